#include <complex>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/hdf5/element.hpp>
#include <serried/hdf5/file.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

static_assert(Element<char> && Element<std::uint64_t> && Element<float> && Element<double> && Element<bool>);
static_assert(Element<std::complex<float>> && Element<std::complex<double>>);
static_assert(!Element<long double> && !Element<std::complex<long double>> && !Element<const int>);
static_assert(!Element<std::string> && !Element<double*>);

template <class T>
class ElementTest : public FileTest {};
using Types = testing::Types<char, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                             std::uint32_t, std::int64_t, std::uint64_t, long, unsigned long long, float,
                             double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(ElementTest, Types);

template <class T>
struct Extremes {
  static std::vector<T> values() {
    return {std::numeric_limits<T>::min(), T(0), std::numeric_limits<T>::max()};
  }
};
template <class T>
struct Extremes<std::complex<T>> {
  static std::vector<std::complex<T>> values() { return {{1, -2}, {0, std::numeric_limits<T>::max()}, {}}; }
};

TYPED_TEST(ElementTest, ExtremesComeBack) {
  const auto values = Extremes<TypeParam>::values();
  const std::string path = this->own_path();
  {
    File file = File::create(path);
    file.create_dataset<TypeParam>("x", {values.size()}).write(values);
    file.set_attribute("list", values);
    file.set_attribute("one", values[0]);
    file.close();
  }
  const File file = File::open(path);
  EXPECT_EQ(file.dataset<TypeParam>("x").read(), values);
  EXPECT_EQ(file.attribute<std::vector<TypeParam>>("list"), values);
  EXPECT_EQ(file.attribute<TypeParam>("one"), values[0]);
}

using BoolTest = FileTest;

TEST_F(BoolTest, ComesBack) {
  const std::array<bool, 3> values{true, false, true};
  File file = File::create(own_path());
  file.create_dataset<bool>("x", {3}).write(values);
  file.set_attribute("yes", true);
  file.set_attribute("no", false);
  std::array<bool, 3> read{};
  file.dataset<bool>("x").read(read);
  EXPECT_EQ(read, values);
  EXPECT_TRUE(file.attribute<bool>("yes"));
  EXPECT_FALSE(file.attribute<bool>("no"));
}

using MismatchTest = FileTest;

TEST_F(MismatchTest, SaysWhatIsThereAndWhatWasExpected) {
  const File file = File::create(own_path());
  static_cast<void>(file.create_dataset<float>("folder/x", {2}));
  static_cast<void>(file.create_dataset<std::complex<double>>("z", {2}));
  static_cast<void>(file.create_dataset<bool>("b", {2}));
  file.write_text("text", "some");
  const auto message = [&](auto action) { return std::string(error_of(action).what()); };
  EXPECT_EQ(message([&] { static_cast<void>(file.dataset<double>("folder/x")); }),
            own_path() + ": /folder/x holds float32, expected float64");
  EXPECT_THAT(message([&] { static_cast<void>(file.dataset<std::uint16_t>("z")); }),
              HasSubstr("/z holds complex128, expected uint16"));
  EXPECT_THAT(message([&] { static_cast<void>(file.dataset<std::int8_t>("b")); }),
              HasSubstr("/b holds bool, expected int8"));
  EXPECT_THAT(message([&] { static_cast<void>(file.dataset<bool>("text")); }),
              HasSubstr("/text holds text, expected bool"));
  EXPECT_THAT(message([&] { static_cast<void>(file.read_text("z")); }),
              HasSubstr("/z holds complex128, expected one text"));
}

}  // namespace
}  // namespace serried::hdf5

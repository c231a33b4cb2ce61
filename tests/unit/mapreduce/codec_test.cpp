#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/delimited.hpp>
#include <serried/mapreduce/whole_files.hpp>

namespace serried::mapreduce {
namespace {

// What is read again of a record, as something that outlives its bytes.
template <class T>
OwnedOf<T> there_and_back(const T& value) {
  std::vector<char> bytes;
  encode_record(bytes, value);
  OwnedOf<T> again = owned<T>(decode_record<T>({bytes.data(), bytes.size()}));
  std::fill(bytes.begin(), bytes.end(), 'x');
  return again;
}

struct Point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};
struct Nothing {
  friend bool operator==(const Nothing&, const Nothing&) = default;
};

const std::string odd("a\0b\n\t", 5);

TEST(Codec, PlainValuesAndText) {
  EXPECT_EQ(there_and_back(std::uint64_t{1} << 60), std::uint64_t{1} << 60);
  EXPECT_EQ(there_and_back(-0.25), -0.25);
  EXPECT_EQ(there_and_back(Point{1, -2}), (Point{1, -2}));
  EXPECT_EQ(there_and_back(Nothing()), Nothing());
  EXPECT_EQ(there_and_back(odd), odd);
  EXPECT_EQ(there_and_back(std::string_view(odd)), odd);
  EXPECT_EQ(there_and_back(std::string()), "");
}

TEST(Codec, WhatIsMadeOfOthers) {
  EXPECT_EQ(there_and_back(KeyValue<std::string, int>{odd, 3}), (KeyValue<std::string, int>{odd, 3}));
  EXPECT_EQ(there_and_back(KeyValue<std::string_view, std::string_view>{odd, "w"}),
            (KeyValue<std::string, std::string>{odd, "w"}));
  EXPECT_EQ(there_and_back(KeyValue<std::uint8_t, std::uint64_t>{7, 8}),
            (KeyValue<std::uint8_t, std::uint64_t>{7, 8}));
  EXPECT_EQ(there_and_back(std::pair<int, std::string>{1, odd}), (std::pair<int, std::string>{1, odd}));
  EXPECT_EQ(there_and_back(std::tuple<std::string, Point, double>{odd, {3, 4}, 0.5}),
            (std::tuple<std::string, Point, double>{odd, {3, 4}, 0.5}));
  EXPECT_EQ(there_and_back(std::optional<std::string>()), std::nullopt);
  EXPECT_EQ(there_and_back(std::optional<std::string>(odd)), odd);
  EXPECT_EQ(there_and_back(std::optional<int>(5)), 5);
  EXPECT_EQ((there_and_back(std::array<std::string_view, 2>{odd, "w"})),
            (std::array<std::string, 2>{odd, "w"}));
  using Either = std::variant<std::string, std::vector<int>>;
  EXPECT_EQ(there_and_back(Either(odd)), Either(odd));
  EXPECT_EQ(there_and_back(Either(std::vector{1, 2, 3})), Either(std::vector{1, 2, 3}));
}

TEST(Codec, Lists) {
  EXPECT_EQ(there_and_back(std::vector<double>()), std::vector<double>());
  EXPECT_EQ(there_and_back(std::vector{0.5, 1.5}), (std::vector{0.5, 1.5}));
  EXPECT_EQ(there_and_back(std::vector<std::string>{"", odd}), (std::vector<std::string>{"", odd}));
  EXPECT_EQ(there_and_back(std::vector<std::vector<int>>{{}, {1, 2}}),
            (std::vector<std::vector<int>>{{}, {1, 2}}));
  using Item = KeyValue<std::string, std::vector<std::pair<std::uint32_t, std::string>>>;
  const Item item{"key", {{1, "one"}, {2, odd}}};
  EXPECT_EQ(there_and_back(item), item);
}

TEST(Codec, ViewsReferToTheBytes) {
  std::vector<char> bytes;
  encode_record(bytes, KeyValue<std::string, std::string>{"key", "value"});
  const auto view = decode_record<KeyValue<std::string, std::string>>({bytes.data(), bytes.size()});
  static_assert(std::same_as<decltype(view), const KeyValue<std::string_view, std::string_view>>);
  EXPECT_GE(view.key.data(), bytes.data());
  EXPECT_EQ(view.value.data() + view.value.size(), bytes.data() + bytes.size());
}

TEST(Codec, WhatCannotTravel) {
  static_assert(!Encodable<int*>);
  static_assert(!Encodable<WholeFile>);
  static_assert(!Encodable<Fields>);
  static_assert(!Encodable<std::vector<std::unique_ptr<int>>>);
  static_assert(!Encodable<KeyValue<std::string, int*>>);
}

}  // namespace
}  // namespace serried::mapreduce

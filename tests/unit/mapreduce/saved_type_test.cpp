#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/saved_type.hpp>

#include "error_of.hpp"
#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

using testing::HasSubstr;

enum class Colour : std::uint16_t { red, green };
struct Position {
  double x = 0;
  double y = 0;
  friend bool operator==(const Position&, const Position&) = default;
};
struct WithGap {
  double x = 0;
  int n = 0;
};
struct Nothing {
  friend bool operator==(const Nothing&, const Nothing&) = default;
};

static_assert(Saveable<Position> && Saveable<Nothing> && Saveable<std::optional<Position>>);
static_assert(!Saveable<WithGap> && !Saveable<long double> && !Saveable<std::pair<int, WithGap>> &&
              !Saveable<KeyValue<std::uint64_t, WithGap>> && !Saveable<std::vector<WithGap>>);

template <class T>
std::string saved(const T& value) {
  std::vector<char> bytes;
  encode_saved(bytes, value);
  return {bytes.begin(), bytes.end()};
}

template <class T>
void expect_same_again(const T& value, const std::string& name, std::size_t n_bytes) {
  EXPECT_EQ(saved_type_name<T>(), name);
  const std::string bytes = saved(value);
  EXPECT_EQ(bytes.size(), n_bytes) << name;
  EXPECT_TRUE(owned<T>(decode_saved<T>(bytes)) == value) << name;
  if constexpr (!TextKey<T>) {
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      // Read where its end is a mistake to read beyond, for the sanitizers to see.
      const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
      EXPECT_THROW(static_cast<void>(decode_saved<T>({cut.data(), cut.size()})), Error) << name << " " << n;
    }
    EXPECT_THROW(static_cast<void>(decode_saved<T>(bytes + 'x')), Error) << name;
  }
}

TEST(SavedType, WhatGoesInComesOut) {
  expect_same_again(std::string("text"), "text", 4);
  expect_same_again(std::string(), "text", 0);
  expect_same_again(std::int8_t{-1}, "i8", 1);
  expect_same_again(std::uint64_t{1} << 63, "u64", 8);
  expect_same_again(-0.5F, "f32", 4);
  expect_same_again(0.1, "f64", 8);
  expect_same_again(true, "bool", 1);
  expect_same_again('c', "char", 1);
  expect_same_again(Colour::green, "u16", 2);
  expect_same_again(Position{1, 2}, "struct(16 bytes)", 16);
  expect_same_again(Nothing(), "struct(0 bytes)", 0);
  expect_same_again(KeyValue<std::uint64_t, std::uint8_t>{1, 2}, "key_value(u64, u8)", 9);
  expect_same_again(KeyValue<std::string, double>{"key", 2}, "key_value(text, f64)", 15);
  expect_same_again(std::pair<std::string, std::string>("a", "bc"), "pair(text, text)", 11);
  expect_same_again(std::tuple<int, std::string, char>(1, "abc", 'x'), "tuple(i32, text, char)", 12);
  expect_same_again(std::array<std::int16_t, 3>{1, 2, 3}, "3 of (i16)", 6);
  expect_same_again(std::array<std::string, 2>{"a", ""}, "2 of (text)", 9);
  expect_same_again(std::optional<std::uint64_t>(), "optional(u64)", 1);
  expect_same_again(std::optional<std::uint64_t>(7), "optional(u64)", 9);
  expect_same_again(std::variant<std::string, int>("ab"), "variant(text, i32)", 7);
  expect_same_again(std::variant<char, int, double>(2.5), "variant(char, i32, f64)", 9);
  expect_same_again(std::vector<double>{1, 2, 3}, "vector(f64)", 28);
  expect_same_again(std::vector<bool>{true, false}, "vector(bool)", 6);
  expect_same_again(std::vector<std::vector<std::string>>{{"a"}, {}, {"b", "c"}}, "vector(vector(text))", 31);
}

TEST(SavedType, WhatLiesBetweenMembersShowsInNoByte) {
  using Item = KeyValue<std::uint64_t, std::optional<std::uint32_t>>;
  test::Random random(5);
  std::string first;
  for (int i = 0; i < 10; ++i) {
    alignas(Item) std::array<unsigned char, sizeof(Item)> place{};
    for (unsigned char& byte : place) {
      byte = static_cast<unsigned char>(random.bits());
    }
    auto* const item = new (place.data()) Item;
    item->key = 1;
    item->value.reset();
    const std::string bytes = saved(*item);
    EXPECT_EQ(bytes, i == 0 ? (first = bytes) : first);
  }
}

TEST(SavedType, OtherBytesAreAnErrorAndNothingElse) {
  using T =
      std::tuple<std::vector<std::string>, std::variant<int, std::string>, std::optional<std::vector<int>>>;
  EXPECT_THAT(test::error_of([] { static_cast<void>(decode_saved<T>("xyz")); }).what(),
              HasSubstr("not of the type"));
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  std::size_t n_values = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = random.bytes(random.below(30), std::string_view("\0\0\0\0\1\2\3", 7));
    try {
      const auto value = decode_saved<T>(bytes);
      EXPECT_LE(std::get<0>(value).size() * sizeof(std::uint32_t), bytes.size());
      ++n_values;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(n_values, 0U);
}

}  // namespace
}  // namespace serried::mapreduce

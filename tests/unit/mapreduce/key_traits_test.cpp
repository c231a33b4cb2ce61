#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <serried/mapreduce/key_traits.hpp>

namespace serried::mapreduce {
namespace {

using namespace std::string_view_literals;

enum class Colour : std::uint8_t { red, green };
struct Pixel {
  std::int32_t x;
  std::int32_t y;
};
struct Padded {
  char letter;
  std::int64_t number;
};

static_assert(Key<std::string> && Key<std::string_view>);
static_assert(Key<int> && Key<std::uint64_t> && Key<char> && Key<Colour> && Key<Pixel> &&
              Key<std::array<int, 9>>);
static_assert(!Key<double> && !Key<float>, "0.0 and -0.0 are equal, their bytes are not");
static_assert(!Key<Padded>, "padding has any bytes");
static_assert(!Key<const char*> && !Key<int*>, "addresses differ from rank to rank");
static_assert(TextKey<std::string> && !TextKey<int> && !BinaryKey<std::string>);

template <class K>
bool less(const K& a, const K& b) {
  return key_less<K>(store_key(key_bytes<K>(a)).key, store_key(key_bytes<K>(b)).key);
}

TEST(KeyTraits, AKeyComesBackFromItsBytes) {
  const auto back = [](const auto& key) {
    using K = std::remove_cvref_t<decltype(key)>;
    const StoredKey stored = store_key(key_bytes<K>(key)).key;
    return key_view<K>(stored);
  };
  EXPECT_EQ(back(std::int64_t{-5}), -5);
  EXPECT_EQ(back(Colour::green), Colour::green);
  EXPECT_EQ(back(Pixel{3, -4}).y, -4);
  const std::array<int, 9> longer{1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(back(longer), longer) << "36 bytes";
  const std::string text = "a text of more than sixteen bytes";
  const HashedKey stored = store_key(key_bytes<std::string>(text));
  EXPECT_EQ(key_view<std::string>(stored.key), text);
  EXPECT_EQ(static_cast<const void*>(key_view<std::string>(stored.key).data()), text.data());
}

TEST(KeyTraits, TheStoredFormOfEveryTypeIsThatOfItsBytes) {
  const auto expect_same = [](const auto& key) {
    using K = std::remove_cvref_t<decltype(key)>;
    const HashedKey wanted = store_key(key_bytes<K>(key));
    const HashedKey got = stored_form(key);
    EXPECT_EQ(got.key, wanted.key);
    EXPECT_EQ(got.key.tag, wanted.key.tag);
    EXPECT_EQ(got.hash, wanted.hash);
  };
  expect_same(std::uint8_t{200});
  expect_same(std::int64_t{-5});
  expect_same(Pixel{3, -4});
  expect_same(std::array<int, 4>{1, 2, 3, 4});
  expect_same(std::array<int, 9>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  expect_same("a text"sv);
  expect_same(std::string("a text of more than sixteen bytes"));
}

TEST(KeyTraits, NumbersByValueTheRestByBytes) {
  EXPECT_TRUE(less<std::int64_t>(-1, 0));
  EXPECT_TRUE(less<std::int64_t>(std::numeric_limits<std::int64_t>::min(), -1));
  EXPECT_TRUE(less<std::uint32_t>(255, 256)) << "little-endian bytes would say otherwise";
  EXPECT_FALSE(less<std::int32_t>(7, 7));
  EXPECT_TRUE(less<std::string_view>("a"sv, "a\0"sv));
  EXPECT_TRUE(less<std::string_view>("z"sv, "\xff"sv)) << "bytes are unsigned";
  EXPECT_FALSE(less<std::string_view>("a"sv, ""sv));
}

}  // namespace
}  // namespace serried::mapreduce

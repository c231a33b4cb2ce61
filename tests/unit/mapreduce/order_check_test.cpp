#include "serried/mapreduce/order_check.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/described.hpp>
#include <serried/mapreduce/order.hpp>

#include "error_of.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using testing::HasSubstr;

template <class T, class Less>
void check(const std::vector<T>& items, const Less& less) {
  check_order(
      items.size(), [&](std::size_t i, std::size_t j) { return less(items[i], items[j]); },
      [&](std::size_t i) { return described(items[i]); });
}
template <class T, class Less>
std::string complaint(const std::vector<T>& items, const Less& less) {
  return error_of([&] { check(items, less); }).what();
}

std::vector<int> numbers(int n) {
  std::vector<int> all;
  for (int i = 0; i < n; ++i) {
    all.push_back(i * 37 % n);
  }
  return all;
}

TEST(CheckOrder, TakesStrictWeakOrders) {
  for (const int n : {0, 1, 2, 23, 24, 25, 193, 1000}) {
    EXPECT_NO_THROW(check(numbers(n), [](int a, int b) { return a < b; })) << n;
    EXPECT_NO_THROW(check(numbers(n), [](int a, int b) { return a / 10 > b / 10; })) << n;
    EXPECT_NO_THROW(check(numbers(n), [](int, int) { return false; })) << n;
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NO_THROW(check(std::vector{1.0, nan, -0.0, 0.0, 2.0}, mpi::total_less<double>));
  EXPECT_NO_THROW(check(std::vector<std::string>{"b", "", "a", "ab"},
                        [](const auto& a, const auto& b) { return a.size() < b.size(); }));
}

TEST(CheckOrder, FindsWhatIsNoStrictWeakOrder) {
  const auto less_or_equal = [](int a, int b) { return a <= b; };
  EXPECT_THAT(complaint(std::vector{7}, less_or_equal),
              HasSubstr("it says that 7 comes before itself (it must be as <"));
  EXPECT_THAT(complaint(numbers(5000), less_or_equal), HasSubstr("comes before itself"));
  EXPECT_THAT(complaint(std::vector{1, 2}, [](int a, int b) { return a != b; }),
              HasSubstr("that 1 and 2 come each before the other"));
  // Rock 0, paper 1, scissors 2.
  EXPECT_THAT(
      complaint(std::vector{0, 1, 2}, [](int a, int b) { return (a + 1) % 3 == b; }),
      HasSubstr(
          "puts 0 before 1 and that before 2, but not the first before the last (it must be transitive)"));
  EXPECT_THAT(complaint(numbers(100), [](int a, int b) { return a + 10 < b; }), HasSubstr("takes"));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(complaint(std::vector{1.0, nan, 2.0}, [](double a, double b) { return a < b; }),
              HasSubstr("takes 1 as equal to nan and that to 2"));
}

TEST(CheckOrder, FindsOneThatDrawsLots) {
  unsigned state = 1;
  EXPECT_THAT(complaint(numbers(30),
                        [&state](int, int) {
                          state = state * 1664525 + 1013904223;
                          return (state >> 31) != 0;
                        }),
              HasSubstr("no strict weak order"));
  int n_calls = 0;
  EXPECT_THAT(complaint(std::vector{3, 4}, [&n_calls](int a, int b) { return ++n_calls <= 4 && a < b; }),
              HasSubstr("says something else when it is asked again whether 3 comes before 4"));
}

TEST(CheckOrder, AsksABoundedNumberOfTimes) {
  std::size_t n_calls = 0;
  const auto less = [&n_calls](std::size_t i, std::size_t j) {
    ++n_calls;
    return i < j;
  };
  check_order(1'000'000'000, less, [](std::size_t) { return ""; });
  EXPECT_LE(n_calls, 2U * 8 * 24 * 24);
  EXPECT_GE(n_calls, 8U * 24 * 24);
}

TEST(Described, IsShortAndOnOneLine) {
  EXPECT_EQ(described(std::string("a\nb")), "'a\\nb'");
  EXPECT_EQ(described(std::string(60, 'x')), "'" + std::string(40, 'x') + "...'");
  EXPECT_EQ(described(std::string(39, 'x') + "\xc3\xa9y"), "'" + std::string(39, 'x') + "...'");
  EXPECT_EQ(described(0.5), "0.5");
  EXPECT_EQ(described(true), "true");
  EXPECT_EQ(described(KeyValue{std::string("k"), std::pair(1, 'a')}).substr(0, 7), "'k': 1,");
  struct Three {
    unsigned char bytes[3];
  };
  EXPECT_EQ(described(Three{{1, 0x2a, 255}}), "3 bytes 0x012aff");
  EXPECT_EQ(described(std::tuple<std::string>("no words for it")), "...");
}

}  // namespace
}  // namespace serried::mapreduce

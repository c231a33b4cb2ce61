#include "serried/mapreduce/reduction_check.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mpi/reduction.hpp>

#include "error_of.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using testing::HasSubstr;

// `n` values, value(i) of key i % n_keys.
template <class V, class Op, class ValueOf>
void see(const Op& op, int n, int n_keys, const ValueOf& value) {
  ReductionCheck<V, Op> check(op, described_key<std::string_view>);
  for (int i = 0; i < n; ++i) {
    const std::string key = "key" + std::to_string(i % n_keys);
    const HashedKey hashed = store_key(key);
    check.see(hashed.key, hashed.hash, value(i));
  }
}

TEST(ReductionCheck, TakesWhatDoesNotDependOnTheOrder) {
  const auto squares = [](int i) { return i * i % 1009; };
  for (const int n_keys : {1, 10, 3000}) {
    EXPECT_NO_THROW(see<std::int64_t>(std::plus<>{}, 10000, n_keys, squares));
    EXPECT_NO_THROW(see<std::int64_t>(std::bit_xor<>{}, 10000, n_keys, squares));
    EXPECT_NO_THROW(see<std::int64_t>([](auto a, auto b) { return std::max(a, b); }, 10000, n_keys, squares));
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::array<double, 5> odd = {0.0, -0.0, nan, 1, -nan};
  EXPECT_NO_THROW(see<double>(mpi::min, 1000, 1, [&](int i) { return odd[i % 5]; }));
  EXPECT_NO_THROW(see<double>(mpi::max, 1000, 1, [&](int i) { return odd[i * 7 % 5]; }));
}

TEST(ReductionCheck, TakesStructsWithGapsAndEmptyOptionals) {
  struct Gap {
    char letter;
    std::int64_t number;
  };
  const auto add = [](const Gap& a, const Gap& b) {
    Gap sum;
    sum.letter = std::max(a.letter, b.letter);
    sum.number = a.number + b.number;
    return sum;
  };
  EXPECT_NO_THROW(see<Gap>(add, 3000, 7, [](int i) { return Gap{static_cast<char>(i % 100), i}; }));
  using Maybe = std::optional<int>;
  const auto smaller = [](const Maybe& a, const Maybe& b) { return !a ? b : !b ? a : std::min(*a, *b); };
  EXPECT_NO_THROW(see<Maybe>(smaller, 3000, 7, [](int i) { return i % 3 == 0 ? Maybe() : Maybe(i % 11); }));
}

TEST(ReductionCheck, FindsWhatDoesAndNamesTheKey) {
  const auto number = [](int i) { return i + 3; };
  const std::string minus = error_of([&] { see<int>(std::minus<>{}, 5, 1, number); }).what();
  EXPECT_THAT(minus,
              HasSubstr("the operation of a reduction depends on the order: of key 'key0' op(a, b) is -1 and "
                        "op(b, a) is 1, where a is 3 and b is 4"));
  EXPECT_THAT(minus, HasSubstr("commutative and associative"));
  EXPECT_THAT(error_of([&] { see<int>([](int a, int) { return a; }, 100, 10, number); }).what(),
              HasSubstr("op(a, b) is 3 and op(b, a) is 13"));
  // Commutative, but not associative.
  EXPECT_THAT(error_of([&] { see<int>([](int a, int b) { return a * b + 1; }, 100, 10, number); }).what(),
              HasSubstr("op(op(a, b), c) is"));
  // A mean of floating-point numbers, in a struct.
  struct Mean {
    double value = 0;
    bool operator==(const Mean&) const = default;
  };
  const auto mean = [](const Mean& a, const Mean& b) { return Mean{(a.value + b.value) / 2}; };
  EXPECT_THAT(error_of([&] { see<Mean>(mean, 100, 10, [](int i) { return Mean{1.0 * i}; }); }).what(),
              HasSubstr("op(op(a, b), c) is 8 bytes 0x"));
}

TEST(ReductionCheck, SeesFrequentKeysAmongMany) {
  // Wrong only for one value in a thousand, long after the first records.
  const auto wrong_at_times = [](int a, int b) { return a == 1000 && b != 1000 ? -1 : std::max(a, b); };
  const std::string what =
      error_of([&] {
        see<int>(wrong_at_times, 2'000'000, 1000, [](int i) { return i > 10'000 && i % 7 == 0 ? 1000 : 5; });
      }).what();
  EXPECT_THAT(what, HasSubstr("op(a, b) is"));
}

}  // namespace
}  // namespace serried::mapreduce

#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/vectorized.hpp>

namespace serried {
namespace {

TEST(Vectorized, CallsOnceWithTheSizeOfARegister) {
  int n_calls = 0;
  std::size_t size = 0;
  vectorized([&](auto n_bytes) {
    ++n_calls;
    size = n_bytes;
  });
  EXPECT_EQ(n_calls, 1);
  const CpuLevel level = cpu_level();
  EXPECT_EQ(size, level == CpuLevel::avx512 ? 64U : level == CpuLevel::avx2 ? 32U : 16U);
}

TEST(Vectorized, ComputesTheSame) {
  std::vector<double> x(1000);
  std::iota(x.begin(), x.end(), 0.1);
  std::vector<double> y(x.size());
  vectorized([&] {
    for (std::size_t i = 0; i < x.size(); ++i) {
      y[i] = x[i] * 0.1 + 0.3;  // rounded twice, on every CPU
    }
  });
  for (std::size_t i = 0; i < x.size(); ++i) {
    const volatile double product = x[i] * 0.1;
    ASSERT_EQ(y[i], product + 0.3);
  }
}

TEST(Vectorized, ThrowsWhatTheCodeThrows) {
  EXPECT_THROW(vectorized([] { throw std::runtime_error("no"); }), std::runtime_error);
}

}  // namespace
}  // namespace serried

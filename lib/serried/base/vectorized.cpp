#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include <serried/base/error.hpp>
#include <serried/base/vectorized.hpp>

namespace serried {
namespace {

CpuLevel best_level() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
      __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0) {
    return CpuLevel::avx512;
  }
  if (__builtin_cpu_supports("avx2") != 0) {
    return CpuLevel::avx2;
  }
#endif
  return CpuLevel::baseline;
}

CpuLevel level_of_name(std::string_view name) {
  if (name == "baseline") {
    return CpuLevel::baseline;
  }
  if (name == "avx2") {
    return CpuLevel::avx2;
  }
  if (name == "avx512") {
    return CpuLevel::avx512;
  }
  throw Error("SERRIED_CPU_LEVEL=" + std::string(name) + " in the environment is no level")
      .hint("it may be baseline, avx2 or avx512")
      .exit_code(ExitCode::usage);
}

}  // namespace

CpuLevel cpu_level() {
  static const CpuLevel level = [] {
    const CpuLevel best = best_level();
    const char* const wanted = std::getenv("SERRIED_CPU_LEVEL");  // NOLINT(concurrency-mt-unsafe)
    return wanted == nullptr ? best : std::min(best, level_of_name(wanted));
  }();
  return level;
}

}  // namespace serried

/// Loops compiled for several CPUs at once; the best version that this machine can run is called.
///
///     vectorized([&] {
///       for (std::size_t i = 0; i < n; ++i) y[i] = a * x[i] + y[i];    // with AVX-512 where there is AVX-512
///     });
///
/// One binary for all CPUs, and the same bits on all of them: elementwise arithmetic is that of IEEE 754 however many
/// elements a register has (-ffp-contract=off, which linking to serried sets, keeps fused operations out). So are sums, as no
/// compiler reorders them without -ffast-math; for a fast one, keep a fixed number of partial sums.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace serried {

/// What code may use: the instructions of every x86-64, those of AVX2, those of AVX-512 (F, BW, DQ, VL).
enum class CpuLevel { baseline, avx2, avx512 };

/// The best that this CPU has, or less where the environment says SERRIED_CPU_LEVEL=baseline, avx2 or avx512. Throws an
/// Error if it says anything else.
[[nodiscard]] CpuLevel cpu_level();

/// How many bytes a vector register has; as a type, so that it can be a constant in the code that it is passed to.
template <std::size_t n_bytes>
using RegisterBytes = std::integral_constant<std::size_t, n_bytes>;

namespace detail {

// A lambda and the inline functions that it calls become part of the function that calls it, and are compiled for its CPU.
template <std::size_t n_bytes, class F>
[[gnu::flatten]] inline void call_vectorized(F& f) {
  if constexpr (std::is_invocable_v<F&, RegisterBytes<n_bytes>>) {
    f(RegisterBytes<n_bytes>());
  } else {
    f();
  }
}

#if defined(__x86_64__)
template <class F>
[[gnu::flatten, gnu::noinline, gnu::target("avx2")]] void call_with_avx2(F& f) {
  call_vectorized<32>(f);
}
#if defined(__clang__)
template <class F>
[[gnu::flatten, gnu::noinline, clang::min_vector_width(512),
  gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]] void
call_with_avx512(F& f) {
  call_vectorized<64>(f);
}
#else
template <class F>
[[gnu::flatten, gnu::noinline,
  gnu::target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")]] void
call_with_avx512(F& f) {
  call_vectorized<64>(f);
}
#endif
#endif

}  // namespace detail

/// Calls `f()`, or `f(RegisterBytes<16, 32 or 64>())`, once, compiled for this CPU. What `f` calls is compiled with it only
/// where its definition can be seen. Throws what `f` throws. Local.
template <class F>
void vectorized(F&& f) {
#if defined(__x86_64__)
  switch (cpu_level()) {
    case CpuLevel::avx512:
      return detail::call_with_avx512(f);
    case CpuLevel::avx2:
      return detail::call_with_avx2(f);
    case CpuLevel::baseline:
      break;
  }
#endif
  detail::call_vectorized<16>(f);
}

}  // namespace serried

/// Floating-point sums over ranks, with the same bits for any number of ranks and any distribution of the values.
///
///     numeric::ExactSum sum;                                      // also ExactDot, ExactMoments, ExactCovariance
///     sum.add(my_values);
///     allreduce_exact(world, sum);                                // now the sum over all ranks, on every rank
///     const double total = allreduce_exact(world, my_values);     // the same in one step
///     allreduce_reproducible(world, binned_sums);                 // long vectors, elementwise
///     allreduce_reproducible(world, matrix);                      // one number of each rank for each element
///
/// The accumulators travel as whole numbers, and whole numbers add up in any order. A message has 576 bytes for an ExactSum,
/// 1,088 for an ExactDot, and 72 for each BinnedSum of a vector.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>
#include <span>
#include <vector>

#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/numeric/binned_sum.hpp>
#include <serried/numeric/exact_sum.hpp>

namespace serried::mpi {

/// An accumulator whose state is words that may be added up: ExactSum, ExactDot, ExactMoments, ExactCovariance.
template <class T>
concept ExactAccumulator = requires(const T& state, const typename T::Words& words) {
  { state.words() } -> std::same_as<typename T::Words>;
  { T::from_words(words) } -> std::same_as<T>;
};

namespace detail {

/// A vector of accumulators is reduced in pieces that take so much memory besides.
inline constexpr std::size_t exact_block_bytes = std::size_t{4} << 20;

}  // namespace detail

/// Collective, in place, elementwise: afterwards states[i] is that of all ranks' states[i] merged, on every rank. The
/// length must be the same on all ranks, of which there may be 2^30. The same bytes for any number of ranks. Uses 4 MiB
/// besides.
template <OutputBuffer R>
requires ExactAccumulator<BufferValue<R>>
void allreduce_exact(const Communicator& comm, R&& states) {
  using T = BufferValue<R>;
  constexpr std::size_t block_size = detail::exact_block_bytes / (8 * T::n_words);
  std::vector<std::int64_t> words;
  for (auto rest = detail::span_of(states); !rest.empty();) {
    const auto block = rest.first(std::min(rest.size(), block_size));
    words.clear();
    for (const T& state : block) {
      const auto mine = state.words();
      words.insert(words.end(), mine.begin(), mine.end());
    }
    allreduce(comm, words, std::plus<>{});
    for (std::size_t i = 0; i < block.size(); ++i) {
      const std::int64_t* const mine = words.data() + i * T::n_words;
      block[i] = T::from_words(std::span<const std::int64_t, T::n_words>(mine, T::n_words));
    }
    rest = rest.subspan(block.size());
  }
}

/// Collective, in place: the same for one accumulator.
template <ExactAccumulator T>
void allreduce_exact(const Communicator& comm, T& state) {
  allreduce_exact(comm, std::span<T>(&state, 1));
}

/// Collective: the double nearest to the true sum of all ranks' values, on every rank. Each rank may have another number of
/// values, or none. The rules for infinities, NaN and zeros are those of ExactSum.
[[nodiscard]] inline double allreduce_exact(const Communicator& comm, std::span<const double> values) {
  numeric::ExactSum sum;
  sum.add(values);
  allreduce_exact(comm, sum);
  return sum.value();
}

/// A numeric::BinnedSum.
template <class T>
concept BinnedAccumulator = requires(const T& sum, const typename T::Words& words, std::uint64_t reach) {
  { sum.reach() } -> std::same_as<std::uint64_t>;
  { sum.words(reach) } -> std::same_as<typename T::Words>;
  { T::from_words(words, reach) } -> std::same_as<T>;
};

/// Collective, in place, elementwise: afterwards sums[i] is that of all ranks' sums[i] merged, on every rank. The length
/// must be the same on all ranks, of which there may be 2^30. The same bytes for any number of ranks. Uses 4 MiB besides.
template <OutputBuffer R>
requires BinnedAccumulator<BufferValue<R>>
void allreduce_reproducible(const Communicator& comm, R&& sums) {
  using T = BufferValue<R>;
  constexpr std::size_t block_size = detail::exact_block_bytes / (8 * (T::n_words + 1));
  std::vector<std::uint64_t> reaches;
  std::vector<std::int64_t> words;
  for (auto rest = detail::span_of(sums); !rest.empty();) {
    const auto block = rest.first(std::min(rest.size(), block_size));
    reaches.clear();
    for (const T& sum : block) {
      reaches.push_back(sum.reach());
    }
    allreduce(comm, reaches, std::bit_or<>{});  // first, which digits are kept

    words.clear();
    for (std::size_t i = 0; i < block.size(); ++i) {
      const auto mine = block[i].words(reaches[i]);
      words.insert(words.end(), mine.begin(), mine.end());
    }
    allreduce(comm, words, std::plus<>{});
    for (std::size_t i = 0; i < block.size(); ++i) {
      const std::int64_t* const mine = words.data() + i * T::n_words;
      block[i] = T::from_words(std::span<const std::int64_t, T::n_words>(mine, T::n_words), reaches[i]);
    }
    rest = rest.subspan(block.size());
  }
}

/// Collective, in place, elementwise, for doubles in a vector or (with mpi/eigen.hpp) a matrix: afterwards values[i] is the
/// sum of all ranks' values[i] on every rank, within n · max · 2^-64 of the true one, where n ranks have numbers of at most
/// max in absolute value, and rounded once. The same bits whichever rank had which of the numbers; Inf, NaN and zeros as in
/// ExactSum. A rank that has added up its share in doubles before has rounded it, which depends on the share: sum into
/// BinnedSums if the number of ranks must not show.
template <OutputBuffer R>
requires std::same_as < BufferValue<R>,
double > void allreduce_reproducible(const Communicator& comm, R&& values) {
  constexpr std::size_t block_size = detail::exact_block_bytes / sizeof(numeric::BinnedSum<>);
  std::vector<numeric::BinnedSum<>> sums;
  for (auto rest = detail::span_of(values); !rest.empty();) {
    const auto block = rest.first(std::min(rest.size(), block_size));
    sums.assign(block.size(), {});
    numeric::add_elementwise(sums, block);
    allreduce_reproducible(comm, sums);
    std::ranges::transform(sums, block.begin(), [](const auto& sum) { return sum.value(); });
    rest = rest.subspan(block.size());
  }
}

}  // namespace serried::mpi

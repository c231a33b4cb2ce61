/// How many values there were of each size, to about four digits. Part of quantiles.hpp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/paged_array.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// Counts of doubles by their first 13 significant bits: each number that has no others is a cell of its own, and what lies
/// between two of them, 2^-12 of the number or less, is another. So 0, whole numbers up to 8,192, and their quotients by powers
/// of two are counted exactly. 64 KiB for each factor of two, and sign, in which there are values. Gathered, for run_rounds;
/// move-only.
class ValueCounts {
 public:
  static constexpr double relative_width = 0x1p-12;

  ValueCounts() : counts_(n_binades) {}

  [[nodiscard]] ValueCounts empty_one() const { return {}; }

  /// Finite; -0 is 0.
  void add(double x) { ++counts_[cell_of(x)]; }
  void count_trials(std::uint64_t n) noexcept { n_trials_ += n; }
  [[nodiscard]] std::uint64_t n_trials() const noexcept { return n_trials_; }

  void merge(ValueCounts&& other);
  /// Collective, in place: afterwards that of all ranks, on every rank.
  void allreduce(const mpi::Communicator& comm);

  /// For a job's ledger, and for files.
  void save(std::vector<std::byte>& bytes) const;
  void load(std::span<const std::byte> bytes);

  /// The values in a cell, of which the bounds are one number or are not in it.
  struct Cell {
    Interval values;
    std::uint64_t n_before = 0;
    std::uint64_t n = 0;
  };
  /// Those that are not empty, in ascending order.
  [[nodiscard]] std::vector<Cell> cells() const;

 private:
  static constexpr int n_cut_bits = 40;  // of 52
  static constexpr std::size_t binade_cells = std::size_t{2} << (52 - n_cut_bits);
  static constexpr std::size_t n_binades = 2 * 2048;  // negative ones, downwards, and positive ones
  static constexpr std::size_t zero = n_binades / 2 * binade_cells;

  [[nodiscard]] static std::size_t cell_of(double x) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x + 0.0);
    const std::uint64_t magnitude = bits & ~(std::uint64_t{1} << 63);
    const bool is_between = (magnitude & ((std::uint64_t{1} << n_cut_bits) - 1)) != 0;
    const std::uint64_t cell = 2 * (magnitude >> n_cut_bits) + (is_between ? 1U : 0U);
    return bits == magnitude ? zero + cell : zero - 1 - cell;
  }
  [[nodiscard]] static Interval values_of(std::size_t cell) noexcept;

  std::uint64_t n_trials_ = 0;
  PagedArray<std::uint64_t, binade_cells> counts_;
};

}  // namespace serried::montecarlo

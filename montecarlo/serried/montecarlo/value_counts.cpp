#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include <serried/montecarlo/saved_values.hpp>
#include <serried/montecarlo/value_counts.hpp>
#include <serried/mpi/allreduce.hpp>

namespace serried::montecarlo {

Interval ValueCounts::values_of(std::size_t cell) noexcept {
  const bool is_negative = cell < zero;
  const std::uint64_t of_magnitude = is_negative ? zero - 1 - cell : cell - zero;
  const std::uint64_t is_between = of_magnitude % 2;
  const double near = std::bit_cast<double>(of_magnitude / 2 << n_cut_bits);
  // Beyond the largest double there is infinity.
  const double far = std::min(std::bit_cast<double>((of_magnitude / 2 + is_between) << n_cut_bits),
                              std::numeric_limits<double>::max());
  return is_negative ? Interval{-far, -near} : Interval{near, far};
}

void ValueCounts::merge(ValueCounts&& other) {
  n_trials_ += other.n_trials_;
  counts_.merge(std::move(other.counts_),
                [](std::span<std::uint64_t> mine, std::span<const std::uint64_t> theirs) {
                  std::ranges::transform(mine, theirs, mine.begin(), std::plus<>{});
                });
}

void ValueCounts::allreduce(const mpi::Communicator& comm) {
  n_trials_ = mpi::allreduce_value(comm, n_trials_, std::plus<>{});
  counts_.allreduce(comm,
                    [&](std::span<std::uint64_t> pages) { mpi::allreduce(comm, pages, std::plus<>{}); });
}

void ValueCounts::save(std::vector<std::byte>& bytes) const {
  put(bytes, std::span<const std::uint64_t>(&n_trials_, 1));
  counts_.save(bytes);
}

void ValueCounts::load(std::span<const std::byte> bytes) {
  ValueCounts saved;
  take(bytes, std::span<std::uint64_t>(&saved.n_trials_, 1));
  saved.counts_.take_from(bytes);
  expect_end(bytes);
  merge(std::move(saved));
}

std::vector<ValueCounts::Cell> ValueCounts::cells() const {
  std::vector<Cell> cells;
  std::uint64_t n_before = 0;
  for (std::size_t p = 0; p < counts_.n_pages(); ++p) {
    const std::span<const std::uint64_t> page = counts_.page(p);
    for (std::size_t i = 0; i < page.size(); ++i) {
      if (page[i] > 0) {
        cells.push_back({values_of(p * binade_cells + i), n_before, page[i]});
        n_before += page[i];
      }
    }
  }
  return cells;
}

}  // namespace serried::montecarlo

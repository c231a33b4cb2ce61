#include <algorithm>
#include <array>

#include <serried/numeric/exact_sum.hpp>

namespace serried::numeric {

namespace {

constexpr unsigned infinite_exponent = 0x7ff;

// What was added of one sign and exponent: after Neal's large superaccumulator (arXiv:1505.05571), but with the mantissas
// in two halves, so that their sums cannot overflow within a block, and with the number of additions in the second
// word's upper bits: no branch, and no third word to update.
struct Cell {
  static constexpr int count_position = 42;

  void add(std::uint64_t bits) noexcept {
    low += bits & 0xffffffff;
    high_and_count += (bits >> 32 & 0xfffff) | std::uint64_t{1} << count_position;
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return high_and_count >> count_position; }
  [[nodiscard]] Uint128 mantissas() const noexcept {
    const std::uint64_t high = high_and_count & ((std::uint64_t{1} << count_position) - 1);
    return (static_cast<Uint128>(high) << 32) + low;
  }

  std::uint64_t low = 0;
  std::uint64_t high_and_count = 0;
};

// A block's additions to a cell: their mantissas' upper 20 bits need 42, their number the 22 above.
constexpr std::size_t block_size = std::size_t{1} << 21;

// Clearing and emptying the table costs as much as this many single additions.
constexpr std::size_t worth_a_table = 6000;

// Two cells for each sign and exponent (the upper 12 bits of a double), used in turn: neighbours of the same exponent,
// the usual case, do not wait for each other's store.
using Table = std::array<std::array<Cell, 2>, 4096>;

void fill(Table& table, std::span<const double> values) noexcept {
  std::size_t i = 0;
  for (; i + 1 < values.size(); i += 2) {
    const auto first = std::bit_cast<std::uint64_t>(values[i]);
    const auto second = std::bit_cast<std::uint64_t>(values[i + 1]);
    table[first >> 52][0].add(first);
    table[second >> 52][1].add(second);
  }
  if (i < values.size()) {
    const auto last = std::bit_cast<std::uint64_t>(values[i]);
    table[last >> 52][0].add(last);
  }
}

// Adds the finite numbers in the table, and empties it. True if there are others.
bool empty(Table& table, ExactSum::Digits& sum) noexcept {
  bool has_special = false;
  for (unsigned index = 0; index < table.size(); ++index) {
    for (Cell& cell : table[index]) {
      if (cell.count() == 0) {
        continue;
      }
      const unsigned exponent = index & infinite_exponent;
      if (exponent == infinite_exponent) {
        has_special = true;
      } else {
        const unsigned is_normal = exponent != 0 ? 1 : 0;
        const Uint128 hidden_bits = static_cast<Uint128>(is_normal * cell.count()) << 52;
        const auto total = static_cast<Int128>(cell.mantissas() + hidden_bits);
        sum.add_long(index > infinite_exponent ? -total : total, exponent - is_normal);
      }
      cell = Cell{};
    }
  }
  return has_special;
}

}  // namespace

void ExactSum::add(std::span<const double> values) noexcept {
  if (values.size() < worth_a_table) {
    for (const double x : values) {
      add(x);
    }
    return;
  }
  Table table{};
  while (!values.empty()) {
    const auto block = values.first(std::min(values.size(), block_size));
    fill(table, block);
    if (empty(table, digits_)) {
      for (const double x : block) {
        if (!std::isfinite(x)) {
          digits_.add_special(x);
        }
      }
    }
    values = values.subspan(block.size());
  }
}

}  // namespace serried::numeric

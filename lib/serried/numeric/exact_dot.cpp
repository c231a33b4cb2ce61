#include <algorithm>
#include <array>

#include <serried/base/contract.hpp>
#include <serried/numeric/exact_dot.hpp>

namespace serried::numeric {

namespace {

unsigned exponent_of(double x) noexcept {
  return static_cast<unsigned>(std::bit_cast<std::uint64_t>(x) >> 52) & 0x7ff;
}
// Neither zero nor subnormal, nor an infinity or a NaN.
bool is_normal(double x) noexcept { return exponent_of(x) - 1 < 0x7fe; }

// A finite double: mantissa · 2^(position - 1074).
struct Parts {
  explicit Parts(double x) noexcept {
    const auto bits = std::bit_cast<std::int64_t>(x);
    const unsigned has_hidden_bit = exponent_of(x) != 0 ? 1 : 0;
    const std::int64_t magnitude = (bits & ((std::int64_t{1} << 52) - 1)) | std::int64_t{has_hidden_bit}
                                                                                << 52;
    const std::int64_t sign = bits >> 63;
    mantissa = (magnitude ^ sign) - sign;
    position = exponent_of(x) - has_hidden_bit;
  }

  std::int64_t mantissa;
  unsigned position;
};

// So many products of 106 bits fit into a cell of 127 with its sign.
constexpr std::size_t block_size = std::size_t{1} << 20;

// Clearing and emptying the table costs as much as this many single additions.
constexpr std::size_t worth_a_table = 2000;

// Two cells for each exponent of a product, used in turn, as in ExactSum.
using Table = std::array<std::array<Int128, 2>, 4096>;

void empty(Table& table, ExactDot::Digits& sum) noexcept {
  for (unsigned position = 0; position < table.size(); ++position) {
    for (Int128& cell : table[position]) {
      if (cell != 0) {
        sum.add_long(cell, position);
        cell = 0;
      }
    }
  }
}

}  // namespace

void ExactDot::add(double x, double y) noexcept {
  if (!std::isfinite(x) || !std::isfinite(y)) [[unlikely]] {
    digits_.add_special(x * y);
    return;
  }
  const Parts a(x);
  const Parts b(y);
  digits_.add_long(Int128{a.mantissa} * b.mantissa, a.position + b.position);
}

void ExactDot::add(std::span<const double> x, std::span<const double> y) {
  expects(x.size() == y.size(), "the two spans have the same length");
  if (x.size() < worth_a_table) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      add(x[i], y[i]);
    }
    return;
  }
  Table table{};
  for (std::size_t begin = 0; begin < x.size(); begin += block_size) {
    const std::size_t end = std::min(x.size(), begin + block_size);
    for (std::size_t i = begin; i < end; ++i) {
      if (is_normal(x[i]) && is_normal(y[i])) [[likely]] {
        const Parts a(x[i]);
        const Parts b(y[i]);
        table[a.position + b.position][i % 2] += Int128{a.mantissa} * b.mantissa;
      } else {
        add(x[i], y[i]);
      }
    }
    empty(table, digits_);
  }
}

}  // namespace serried::numeric

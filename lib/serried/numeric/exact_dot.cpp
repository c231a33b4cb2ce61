#include <algorithm>
#include <array>

#include <serried/base/contract.hpp>
#include <serried/numeric/exact_dot.hpp>

namespace serried::numeric {

namespace {

// A finite double: ±mantissa · 2^(position - 1074).
struct Parts {
  explicit Parts(double x) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const auto exponent = static_cast<unsigned>(bits >> 52) & 0x7ff;
    const unsigned is_normal = exponent != 0 ? 1 : 0;
    mantissa = (bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{is_normal} << 52;
    position = exponent - is_normal;
    sign = static_cast<std::int64_t>(bits) >> 63;
  }
  [[nodiscard]] bool is_finite() const noexcept { return position < 0x7fe; }

  std::uint64_t mantissa;
  unsigned position;
  std::int64_t sign;  // 0 or -1
};

// The product of two mantissas, 106 bits and the sign.
Int128 product(const Parts& x, const Parts& y) noexcept {
  const auto magnitude = static_cast<Int128>(static_cast<Uint128>(x.mantissa) * y.mantissa);
  const Int128 sign = x.sign ^ y.sign;
  return (magnitude ^ sign) - sign;
}

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
  const Parts a(x);
  const Parts b(y);
  if (!a.is_finite() || !b.is_finite()) [[unlikely]] {
    digits_.add_special(x * y);
    return;
  }
  digits_.add_long(product(a, b), a.position + b.position);
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
      const Parts a(x[i]);
      const Parts b(y[i]);
      if (a.is_finite() && b.is_finite()) [[likely]] {
        table[a.position + b.position][i % 2] += product(a, b);
      } else {
        digits_.add_special(x[i] * y[i]);
      }
    }
    empty(table, digits_);
  }
}

}  // namespace serried::numeric

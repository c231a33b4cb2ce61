#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <boost/random/sobol.hpp>

#include <serried/base/contract.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/random/counter_based.hpp>
#include <serried/random/purpose.hpp>
#include <serried/random/sobol.hpp>

namespace serried::random {
namespace {

static_assert(Sobol::max_dimensions == boost::random::default_sobol_table::max_dimension);

// Points 2^k of all dimensions. Boost's engine has no point 0: after seed(i) it is at point i + 1.
std::vector<std::uint64_t> plain_columns(std::size_t dimensions, std::size_t n_bits) {
  std::vector<std::uint64_t> columns(dimensions * n_bits);
  boost::random::sobol engine(dimensions);
  for (std::size_t k = 0; k < n_bits; ++k) {
    engine.seed((std::uint64_t{1} << k) - 1);
    for (std::size_t d = 0; d < dimensions; ++d) {
      columns[d * n_bits + k] = engine();
    }
  }
  return columns;
}

// Multiplies a dimension's columns by a random matrix with ones on the diagonal and zeros above: bit r of a product, from the
// top, is that of the column, changed or not by a random choice of the bits above it. Returns the digital shift.
std::uint64_t scramble(std::uint64_t seed, std::size_t dimension, std::span<std::uint64_t> columns) {
  constexpr Purpose purpose("Sobol scrambling");
  const auto words = [&](std::uint64_t i) {
    return philox4x64_10({dimension, i, 0, 0}, {seed, purpose.id()});
  };
  std::array<std::uint64_t, 52> rows;
  for (std::size_t r = 0; r < rows.size(); r += 4) {
    std::ranges::copy(words(r / 4), rows.begin() + static_cast<std::ptrdiff_t>(r));
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::uint64_t diagonal = std::uint64_t{1} << (63 - r);
    rows[r] = (rows[r] & ~(2 * diagonal - 1)) | diagonal;
  }
  rows[0] = std::uint64_t{1} << 63;
  for (std::uint64_t& column : columns) {
    std::uint64_t product = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      product |= static_cast<std::uint64_t>(std::popcount(rows[r] & column) & 1) << (63 - r);
    }
    column = product;
  }
  return words(rows.size() / 4)[0];
}

// In [1, 2), of the upper 52 bits.
double from_1_to_2(std::uint64_t word) noexcept {
  return std::bit_cast<double>((word >> 12) | 0x3ff0000000000000);
}

// The exclusive or of the columns that the bits of `index` say.
std::uint64_t word_of(std::span<const std::uint64_t> columns, std::uint64_t index) noexcept {
  std::uint64_t word = 0;
  for (; index != 0; index &= index - 1) {
    word ^= columns[static_cast<std::size_t>(std::countr_zero(index))];
  }
  return word;
}

}  // namespace

Sobol::Sobol(std::size_t dimensions, std::optional<std::uint64_t> scramble_seed) {
  expects(dimensions >= 1 && dimensions <= max_dimensions, "a Sobol sequence has from 1 to 3667 dimensions");
  static_cast<void>(cpu_level());  // throws here, if at all
  columns_ = plain_columns(dimensions, n_bits);
  shifts_.resize(dimensions);
  if (scramble_seed) {
    for (std::size_t d = 0; d < dimensions; ++d) {
      shifts_[d] = scramble(*scramble_seed, d, std::span(columns_).subspan(d * n_bits, n_bits));
    }
    origin_ = 1.0 - 0x1p-53;
  }
}

void Sobol::point(std::uint64_t index, std::span<double> coordinates) const {
  expects(coordinates.size() == dimensions(), "a point has as many coordinates as there are dimensions");
  expects(index < max_points, "a Sobol sequence has 2^52 points");
  for (std::size_t d = 0; d < coordinates.size(); ++d) {
    const auto columns = std::span(columns_).subspan(d * n_bits, n_bits);
    coordinates[d] = from_1_to_2(word_of(columns, index) ^ shifts_[d]) - origin_;
  }
}

void Sobol::points(std::uint64_t first, std::span<double> rows) const {
  expects(rows.size() % dimensions() == 0, "the elements are a whole number of points");
  const std::size_t n = rows.size() / dimensions();
  expects(first <= max_points && n <= max_points - first, "a Sobol sequence has 2^52 points");
  vectorized([&] {
    for (std::size_t d = 0; d < dimensions(); ++d) {
      fill_row(d, first, rows.subspan(d * n, n));
    }
  });
}

void Sobol::coordinates(std::size_t dimension, std::uint64_t first, std::span<double> row) const {
  expects(dimension < dimensions(), "the dimension is one of the sequence");
  expects(first <= max_points && row.size() <= max_points - first, "a Sobol sequence has 2^52 points");
  vectorized([&] { fill_row(dimension, first, row); });
}

// In blocks of 2^k points whose numbers differ in the lowest k bits alone: what these say is tabulated once, and a point is one
// exclusive or of the table and the block.
inline void Sobol::fill_row(std::size_t dimension, std::uint64_t first,
                            std::span<double> row) const noexcept {
  constexpr std::size_t max_block = 256;
  const std::uint64_t* const columns = columns_.data() + dimension * n_bits;
  const double origin = origin_;
  const std::size_t n_block = std::bit_ceil(std::min(row.size(), max_block));
  alignas(64) std::array<std::uint64_t, max_block> of_low_bits;
  of_low_bits[0] = 0;
  for (std::size_t n = 1; n < n_block; n *= 2) {
    const std::uint64_t column = columns[std::countr_zero(n)];
    for (std::size_t i = 0; i < n; ++i) {
      of_low_bits[n + i] = of_low_bits[i] ^ column;
    }
  }
  double* to = row.data();
  for (std::size_t left = row.size(); left != 0;) {
    const std::size_t low_bits = first & (n_block - 1);
    const std::size_t n = std::min(left, n_block - low_bits);
    const std::uint64_t of_block = word_of({columns, n_bits}, first - low_bits) ^ shifts_[dimension];
    const std::uint64_t* const words = of_low_bits.data() + low_bits;
    for (std::size_t i = 0; i < n; ++i) {
      to[i] = from_1_to_2(words[i] ^ of_block) - origin;
    }
    first += n;
    to += n;
    left -= n;
  }
}

}  // namespace serried::random

/// One of several outcomes, with given weights, in a time that does not depend on how many there are.
///
///     const Discrete die(std::array{1.0, 1.0, 1.0, 1.0, 1.0, 2.0});
///     const std::size_t face = die(stream);                          // 0 … 5, 5 twice as often
///
/// A. Walker's alias method (ACM TOMS 3 (1977)) with the table of M. Vose (IEEE Trans. Software Engineering 17 (1991)),
/// made in integers: nothing is left over by rounding, and an outcome of weight 0 never comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <serried/random/stream.hpp>

namespace serried::random {

/// An index of the weights. 16 bytes for each. Const calls with different streams may be at the same time.
class Discrete {
 public:
  /// In O(n). The weights need not sum to 1; those below 2^-63 of the largest are as 0. Throws std::logic_error if there is
  /// none, if one is negative, infinite or NaN, or if all are 0.
  explicit Discrete(std::span<const double> weights);

  [[nodiscard]] std::size_t size() const noexcept { return columns_.size(); }

  /// Takes a word. Probabilities are right to within 2^-52 + n 2^-62.
  [[nodiscard]] std::size_t operator()(Stream& stream) const noexcept {
    __extension__ using Product = unsigned __int128;
    // The upper half is uniform in 0 … n - 1, the lower one a uniform fraction.
    const Product product = static_cast<Product>(stream()) * columns_.size();
    const auto index = static_cast<std::size_t>(product >> 64);
    const Column& column = columns_[index];
    return static_cast<std::uint64_t>(product) < column.threshold ? index : column.alias;
  }

 private:
  struct Column {
    std::uint64_t threshold = 0;  // in units of 2^-64: how much of the column is its own outcome's
    std::size_t alias = 0;        // the outcome of the rest
  };
  std::vector<Column> columns_;
};

}  // namespace serried::random

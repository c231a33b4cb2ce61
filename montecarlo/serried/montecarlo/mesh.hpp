/// A mesh of bins over one to three coordinates, for tallies and histograms.
///
///     const Mesh mesh{Axis::uniform(100, -1.0, 1.0), Axis::of_edges({0, 1, 10, 100})};     // 100 x 3 bins
///     mesh.bin({0.5, 20.0});                       // 227: 75th in x, 2nd in y, which runs fastest
///     mesh.bin({0.5, 200.0}) == mesh.outside();
///     mesh.volume(227);                            // 0.02 · 90
///
/// A bin has its lower edges and not its upper ones, but for the last of an axis, which has both (as in NumPy's histogram).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <serried/base/contract.hpp>

namespace serried::montecarlo {

/// The bins of one coordinate. All of it is local.
class Axis {
 public:
  /// What bin() gives for a number that is in none.
  static constexpr std::size_t outside = std::numeric_limits<std::size_t>::max();
  /// Bins of an axis, and of a mesh, at most.
  static constexpr std::size_t max_bins = std::size_t{1} << 31;

  /// Equally wide. Throws std::logic_error unless low < high are finite and far enough from each other for so many bins.
  [[nodiscard]] static Axis uniform(std::size_t n_bins, double low, double high);
  /// One bin fewer than edges. Throws std::logic_error unless these are finite and ascend.
  [[nodiscard]] static Axis of_edges(std::vector<double> edges);

  [[nodiscard]] std::size_t n_bins() const noexcept { return n_bins_; }
  [[nodiscard]] double low() const noexcept { return low_; }
  [[nodiscard]] double high() const noexcept { return high_; }
  /// The lower edge of bin i; edge(n_bins()) is high().
  [[nodiscard]] double edge(std::size_t i) const noexcept {
    return i == n_bins_ ? high_ : edges_.empty() ? low_ + width_ * static_cast<double>(i) : edges_[i];
  }
  [[nodiscard]] double width(std::size_t i) const noexcept { return edge(i + 1) - edge(i); }
  [[nodiscard]] double center(std::size_t i) const noexcept { return 0.5 * edge(i) + 0.5 * edge(i + 1); }

  /// The bin with edge(i) <= x < edge(i + 1), exactly. NaN is outside.
  [[nodiscard]] std::size_t bin(double x) const noexcept {
    if (!(x >= low_ && x <= high_)) {
      return outside;
    }
    if (!edges_.empty()) {
      const auto above = std::upper_bound(edges_.begin(), edges_.end() - 1, x);
      return static_cast<std::size_t>(above - edges_.begin()) - 1;
    }
    // Rounding may have led to a neighbour.
    std::size_t i = std::min(static_cast<std::size_t>((x - low_) * bins_per_unit_), n_bins_ - 1);
    while (x < edge(i)) {
      --i;
    }
    while (i + 1 < n_bins_ && x >= edge(i + 1)) {
      ++i;
    }
    return i;
  }

  /// All that decides what is in which bin, as text.
  [[nodiscard]] std::string description() const;

  friend bool operator==(const Axis&, const Axis&) = default;

 private:
  Axis() = default;

  std::size_t n_bins_ = 0;
  double low_ = 0;
  double high_ = 0;
  double width_ = 0;           // of a uniform axis
  double bins_per_unit_ = 0;   // the same
  std::vector<double> edges_;  // of another
};

/// The bins are numbered row by row, the last axis running fastest, as an array of C or NumPy. All of it is local.
class Mesh {
 public:
  static constexpr std::size_t max_axes = 3;

  /// Throws std::logic_error unless there are 1 to 3 axes with at most 2^31 bins in all.
  Mesh(std::initializer_list<Axis> axes);
  Mesh(Axis axis)
      : Mesh({std::move(axis)}) {}  // NOLINT(google-explicit-constructor): an axis is a mesh of one

  [[nodiscard]] std::size_t n_axes() const noexcept { return axes_.size(); }
  [[nodiscard]] const Axis& axis(std::size_t d) const { return axes_.at(d); }
  [[nodiscard]] std::size_t n_bins() const noexcept { return n_bins_; }

  /// Where a point is: its bin, or outside(). Throws std::logic_error unless it has a coordinate for each axis.
  [[nodiscard]] std::size_t bin(std::span<const double> point) const {
    expects(point.size() == axes_.size(), "a point has a coordinate for each axis");
    std::size_t bin = 0;
    for (std::size_t d = 0; d < point.size(); ++d) {
      const std::size_t i = axes_[d].bin(point[d]);
      if (i == Axis::outside) {
        return outside();
      }
      bin = bin * axes_[d].n_bins() + i;
    }
    return bin;
  }
  [[nodiscard]] std::size_t bin(std::initializer_list<double> point) const {
    return bin(std::span<const double>(point.begin(), point.size()));
  }
  /// The number behind those of all bins.
  [[nodiscard]] std::size_t outside() const noexcept { return n_bins_; }

  /// The bin that has number indices[d] on axis d, and back. Throw std::logic_error if there is none.
  [[nodiscard]] std::size_t bin_at(std::initializer_list<std::size_t> indices) const;
  [[nodiscard]] std::vector<std::size_t> indices(std::size_t bin) const;
  /// Length, area or volume. Throws std::logic_error if there is no such bin.
  [[nodiscard]] double volume(std::size_t bin) const;

  [[nodiscard]] std::string description() const;

  friend bool operator==(const Mesh&, const Mesh&) = default;

 private:
  std::vector<Axis> axes_;
  std::size_t n_bins_ = 1;
};

}  // namespace serried::montecarlo

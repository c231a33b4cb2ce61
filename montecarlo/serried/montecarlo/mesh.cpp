#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <serried/base/hash.hpp>
#include <serried/montecarlo/mesh.hpp>

namespace serried::montecarlo {

Axis Axis::uniform(std::size_t n_bins, double low, double high) {
  expects(n_bins > 0 && n_bins <= max_bins, "an axis has 1 to 2^31 bins");
  expects(std::isfinite(low) && std::isfinite(high) && low < high && std::isfinite(high - low),
          "the bounds of an axis are finite and ascend");
  Axis axis;
  axis.n_bins_ = n_bins;
  axis.low_ = low;
  axis.high_ = high;
  axis.width_ = (high - low) / static_cast<double>(n_bins);
  axis.bins_per_unit_ = static_cast<double>(n_bins) / (high - low);
  // Where numbers are largest they are farthest from each other.
  const double half = 0.5 * axis.width_;
  expects(low + half > low && high - half < high && std::isfinite(axis.bins_per_unit_),
          "there are numbers enough between the bounds of an axis for its bins");
  return axis;
}

Axis Axis::of_edges(std::vector<double> edges) {
  expects(edges.size() > 1 && edges.size() <= max_bins, "an axis has 1 to 2^31 bins");
  for (std::size_t i = 0; i < edges.size(); ++i) {
    expects(std::isfinite(edges[i]) && (i == 0 || edges[i - 1] < edges[i]), "edges are finite and ascend");
  }
  Axis axis;
  axis.n_bins_ = edges.size() - 1;
  axis.low_ = edges.front();
  axis.high_ = edges.back();
  axis.edges_ = std::move(edges);
  return axis;
}

std::string Axis::description() const {
  if (edges_.empty()) {
    return fmt::format("{} bins from {} to {}", n_bins_, low_, high_);
  }
  const std::string_view bytes(reinterpret_cast<const char*>(edges_.data()), edges_.size() * sizeof(double));
  return fmt::format("{} bins from {} to {} with edges {:016x}", n_bins_, low_, high_, hash_bytes(bytes));
}

Mesh::Mesh(std::initializer_list<Axis> axes) : axes_(axes) {
  expects(!axes_.empty() && axes_.size() <= max_axes, "a mesh has one to three axes");
  for (const Axis& axis : axes_) {
    expects(axis.n_bins() <= Axis::max_bins / n_bins_, "a mesh has at most 2^31 bins");
    n_bins_ *= axis.n_bins();
  }
}

std::size_t Mesh::bin_at(std::initializer_list<std::size_t> indices) const {
  expects(indices.size() == axes_.size(), "there is an index for each axis");
  std::size_t bin = 0;
  std::size_t d = 0;
  for (const std::size_t i : indices) {
    expects(i < axes_[d].n_bins(), "there is such a bin");
    bin = bin * axes_[d++].n_bins() + i;
  }
  return bin;
}

std::vector<std::size_t> Mesh::indices(std::size_t bin) const {
  expects(bin < n_bins_, "there is such a bin");
  std::vector<std::size_t> indices(axes_.size());
  for (std::size_t d = axes_.size(); d > 0; --d) {
    indices[d - 1] = bin % axes_[d - 1].n_bins();
    bin /= axes_[d - 1].n_bins();
  }
  return indices;
}

double Mesh::volume(std::size_t bin) const {
  double volume = 1;
  const std::vector<std::size_t> at = indices(bin);
  for (std::size_t d = 0; d < at.size(); ++d) {
    volume *= axes_[d].width(at[d]);
  }
  return volume;
}

std::string Mesh::description() const {
  std::string text;
  for (const Axis& axis : axes_) {
    text += (text.empty() ? "" : ", ") + axis.description();
  }
  return text;
}

}  // namespace serried::montecarlo

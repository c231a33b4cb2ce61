/// An array of elements in a file, read and written whole or in rectangular parts.
///
///     const auto field = file.create_dataset<double>("field", {n_rows, n_columns}, {.chunk = {64, n_columns}});
///     field.write_slab({first, 0}, {n_mine, n_columns}, mine, Transfer::collective);
///     const std::vector<double> all = file.dataset<double>("field").read();
///
/// Buffers hold the elements of a slab in row-major order, the last index running fastest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <serried/hdf5/element.hpp>
#include <serried/hdf5/object.hpp>

namespace serried::hdf5 {

/// Extents, or indices, one a dimension. {} is a single value.
using Shape = std::vector<std::uint64_t>;

/// In a shape that is expected: whatever the dataset has.
inline constexpr std::int64_t any_extent = -1;

/// How ranks write to or read from a dataset of a parallel file. In a serial file both are the same.
///
/// Collective is the faster where every rank has a core of its own, independent where ranks are oversubscribed (400 MB
/// on 2 cores, contiguous: 4 ranks write 3.7 GB/s independently and 1.5 GB/s collectively, 2 ranks 3.9 and 3.8).
enum class Transfer : bool {
  independent,  ///< local: any rank, any number of times. Not for writing compressed datasets.
  collective,   ///< all ranks call it, those with nothing to do with a slab of no elements
};

/// How a dataset lies in the file.
struct Layout {
  /// Extents of a chunk, cut to the shape; none: one contiguous piece. Without compression, chunks only pay off where
  /// they are full rows or large (1000 x 1000): 250 x 250 was 20 times slower to write than full rows.
  Shape chunk = {};
  int deflate = 0;  ///< gzip's level, 1 to 9; needs chunks. 35 times slower than none at level 1.
};

namespace detail {

/// Dataset without its element type.
class RawDataset : public Object {
 public:
  RawDataset(Handle handle, std::string name, std::shared_ptr<const FileContext> file, ElementType type);

  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  /// The number of elements.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Extents of its chunks; none: it is one contiguous piece.
  [[nodiscard]] const Shape& chunk() const noexcept { return chunk_; }
  /// Throws serried::Error, which says both, unless the shape is this one.
  void expect_shape(const std::vector<std::int64_t>& expected) const;

 protected:
  struct Slab {
    const Shape& start;
    const Shape& count;
  };
  void write_raw(const Slab& slab, const void* values, std::uint64_t n_values, Transfer transfer) const;
  void write_all_raw(const void* values, std::uint64_t n_values) const;
  void read_raw(const Slab& slab, void* values, std::uint64_t n_values, Transfer transfer) const;
  void read_all_raw(void* values, std::uint64_t n_values) const;

 private:
  // Throws what is wrong with them, before anybody reads or writes.
  void check_slab(const Slab& slab, std::uint64_t n_values) const;
  void check_whole(std::uint64_t n_values) const;

  // What HDF5 wants to know of a transfer of `n_values`, none of them if that is 0.
  struct Selection {
    Handle in_file;
    Handle in_memory;
    Handle properties;
  };
  [[nodiscard]] Selection select(const Slab& slab, std::uint64_t n_values, Transfer transfer) const;
  void write_selected(const Slab& slab, const void* values, std::uint64_t n_values, Transfer transfer) const;
  void read_selected(const Slab& slab, void* values, std::uint64_t n_values, Transfer transfer) const;

  ElementType type_;
  Shape shape_;
  std::uint64_t size_ = 1;
  Shape chunk_;
  bool is_compressed_ = false;
};

}  // namespace detail

/// Made by Group::create_dataset and Group::dataset. Move-only.
///
/// All functions throw serried::Error, which names file and dataset: if a slab does not lie in the dataset or a buffer
/// has another length than the slab, and if HDF5 fails. What throws on one rank of a collective call throws on all.
template <Element T>
class Dataset : public detail::RawDataset {
 public:
  using RawDataset::RawDataset;

  /// Collective in a parallel file: the whole dataset. Rank 0's values are written; the others pass as many, or none.
  void write(std::span<const T> values) const { write_all_raw(values.data(), values.size()); }
  /// Local: the whole dataset.
  void read(std::span<T> values) const { read_all_raw(values.data(), values.size()); }
  [[nodiscard]] std::vector<T> read() const {
    std::vector<T> values(size());
    read(values);
    return values;
  }

  /// The elements [start, start + count) of each dimension. Local or collective as `transfer` says. Slabs that ranks
  /// write at the same time must not overlap.
  void write_slab(const Shape& start, const Shape& count, std::span<const T> values,
                  Transfer transfer) const {
    write_raw({start, count}, values.data(), values.size(), transfer);
  }
  void read_slab(const Shape& start, const Shape& count, std::span<T> values, Transfer transfer) const {
    read_raw({start, count}, values.data(), values.size(), transfer);
  }
};

}  // namespace serried::hdf5

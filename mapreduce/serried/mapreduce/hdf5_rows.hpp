/// Rows of datasets in HDF5 files: numbers, and tables of named members (hdf5/table.hpp).
///
///     const TextSource source(world, {"runs/*.h5"}, hdf5_rows<double>("run/field", 3), options);
///     … Hdf5RowFeed<double>{3}(block, [&](std::span<const double> row) { … });
///     const TextSource hits(world, {"runs/*.h5"}, hdf5_table_rows("hits", type), options);     // type: of a struct Hit
///     … Hdf5StructFeed<Hit>{}(block, [&](const Hit& hit) { … });
///
/// A row is what one index of the first dimension holds. A split of a file, which is a range of its bytes, stands for as large
/// a share of the rows, in whole chunks: that depends on the file alone. Every rank opens the files by itself, for reading;
/// threads of a rank take turns in HDF5. Nothing is converted but the order of bytes. Blocks are the rows' bytes: their case
/// must not be folded.
///
/// A file cut short is an error, and so is one with another dataset in it. HDF5 has no checksum where none was asked for: of a
/// file with a few bytes changed most is read as if nothing were, and now and then HDF5 1.10 crashes on one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/hdf5/file.hpp>
#include <serried/hdf5/table.hpp>
#include <serried/mapreduce/split_reader.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mapreduce {

namespace detail {

// An open dataset as rows of a fixed size.
class OpenRows {
 public:
  OpenRows() = default;
  OpenRows(const OpenRows&) = delete;
  OpenRows& operator=(const OpenRows&) = delete;
  virtual ~OpenRows() = default;

  [[nodiscard]] virtual std::uint64_t n_rows() const = 0;
  // What is read at once with little more effort than a part of it; 1 if all parts are alike.
  [[nodiscard]] virtual std::uint64_t chunk_rows() const = 0;
  [[nodiscard]] virtual std::uint64_t chunk_bytes() const = 0;
  // Rows from `first` on, as many as there is room for.
  virtual void read(std::uint64_t first, std::span<char> rows) const = 0;
};

using OpenDataset = std::function<std::unique_ptr<OpenRows>(const hdf5::Group& file)>;

// Throws unless a row has `n_values`.
void expect_values(const hdf5::detail::RawDataset& dataset, std::uint64_t n_values);

template <hdf5::Element T>
class NumberRows final : public OpenRows {
 public:
  explicit NumberRows(hdf5::Dataset<T> dataset) : dataset_(std::move(dataset)) {}

  [[nodiscard]] std::uint64_t n_rows() const override { return dataset_.shape()[0]; }
  [[nodiscard]] std::uint64_t chunk_rows() const override {
    return dataset_.chunk().empty() ? 1 : dataset_.chunk()[0];
  }
  [[nodiscard]] std::uint64_t chunk_bytes() const override {
    return std::accumulate(dataset_.chunk().begin(), dataset_.chunk().end(), std::uint64_t{sizeof(T)},
                           std::multiplies<>{});
  }
  void read(std::uint64_t first, std::span<char> rows) const override {
    hdf5::Shape start(dataset_.shape().size());
    hdf5::Shape count = dataset_.shape();
    const std::uint64_t n_values = rows.size() / sizeof(T);
    start[0] = first;
    count[0] = n_values / (dataset_.size() / dataset_.shape()[0]);
    dataset_.read_slab(start, count, std::span(reinterpret_cast<T*>(rows.data()), n_values),
                       hdf5::Transfer::independent);
  }

 private:
  hdf5::Dataset<T> dataset_;
};

[[nodiscard]] Format hdf5_format(std::string name, std::size_t row_bytes, OpenDataset open);

}  // namespace detail

/// Rows of `n_values` Ts: a dataset of one dimension has rows of one value, one of the shape [n, 3, 2] rows of 6.
template <hdf5::Element T>
[[nodiscard]] Format hdf5_rows(const std::string& dataset, std::uint64_t n_values = 1) {
  expects(n_values > 0, "a row has a value");
  const hdf5::Member value = hdf5::column<T>(dataset);
  return detail::hdf5_format(hdf5::to_string({{value}, sizeof(T)}) + " x " + std::to_string(n_values),
                             n_values * sizeof(T), [dataset, n_values](const hdf5::Group& file) {
                               auto opened = file.dataset<T>(dataset);
                               detail::expect_values(opened, n_values);
                               return std::make_unique<detail::NumberRows<T>>(std::move(opened));
                             });
}

/// Rows of a table, with the members of `type` where it has them, and zeros between them.
[[nodiscard]] Format hdf5_table_rows(const std::string& table, const hdf5::RowType& type);

/// Collective. How many values a row has in the first of the files; what kind of members, to read them as bytes (with
/// FixedRecordFeed). Throws serried::Error on all ranks if there is no such file or dataset.
[[nodiscard]] std::uint64_t hdf5_values_of_row(const mpi::Communicator& comm, const InputList& inputs,
                                               const std::string& dataset);
[[nodiscard]] hdf5::RowType hdf5_row_type(const mpi::Communicator& comm, const InputList& inputs,
                                          const std::string& table);

/// Calls `sink(std::span<const T>)` for each row of a block of hdf5_rows<T>.
template <hdf5::Element T>
struct Hdf5RowFeed {
  std::uint64_t n_values = 1;

  template <class Sink>
  void operator()(std::string_view block, Sink&& sink) const {
    const auto row = std::make_unique<T[]>(n_values);  // aligned, as a block need not be
    const std::size_t row_bytes = n_values * sizeof(T);
    for (std::size_t at = 0; at + row_bytes <= block.size(); at += row_bytes) {
      std::memcpy(row.get(), block.data() + at, row_bytes);
      sink(std::span<const T>(row.get(), n_values));
    }
  }
};

/// Calls `sink(const Row&)` for each row of a block of hdf5_table_rows for the type of that struct.
template <hdf5::RowStruct Row>
struct Hdf5StructFeed {
  template <class Sink>
  void operator()(std::string_view block, Sink&& sink) const {
    for (std::size_t at = 0; at + sizeof(Row) <= block.size(); at += sizeof(Row)) {
      Row row{};
      std::memcpy(static_cast<void*>(&row), block.data() + at, sizeof(Row));
      sink(static_cast<const Row&>(row));
    }
  }
};

}  // namespace serried::mapreduce

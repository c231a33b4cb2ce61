/// Where a pipeline's records come from, besides lines, words (pipeline.hpp) and sequences (sequences.hpp).
///
///     mr::delimited(world, {"sales/*.csv"}, mr::csv())
///         .map([](const mr::Fields& row) { return mr::KeyValue{row[0], row.number<double>(3)}; })
///         .sum_by_key()
///         .write_tsv("sales_by_shop.tsv");
///     mr::indices(world, 1'000'000).map(simulate).sum();
///
/// All are collective and throw as text_lines does. What kinds of records are read or refused is said in delimited.hpp,
/// whole_files.hpp, fixed_records.hpp, saved_records.hpp, index_range.hpp and hdf5_rows.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/mapreduce/delimited.hpp>
#include <serried/mapreduce/fixed_records.hpp>
#include <serried/mapreduce/hdf5_rows.hpp>
#include <serried/mapreduce/index_range.hpp>
#include <serried/mapreduce/pipeline.hpp>
#include <serried/mapreduce/saved_records.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mapreduce/whole_files.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mapreduce {

namespace detail {

template <class Record, class Feed>
[[nodiscard]] auto pipeline_of(std::shared_ptr<const TextSource> source, Feed feed) {
  return Pipeline(SourceStage<Record, Feed>(std::move(source), std::move(feed)));
}

}  // namespace detail

/// The records of CSV and TSV files, as Fields: views, which are to be mapped to something else before they are sorted or kept.
[[nodiscard]] inline auto delimited(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                                    const Delimited& kind, const TextOptions& options = {}) {
  return detail::pipeline_of<Fields>(
      std::make_shared<const TextSource>(comm, patterns, delimited_format(kind), options),
      DelimitedFeed(kind));
}

/// Files as WholeFile: path and content, decompressed, of up to `max_bytes` each.
[[nodiscard]] inline auto files(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                                std::uint64_t max_bytes, const TextOptions& options = {}) {
  return detail::pipeline_of<WholeFile>(
      std::make_shared<const TextSource>(comm, patterns, whole_files(max_bytes), options), whole_file_feed);
}

/// Records of `record_bytes` each, as text.
[[nodiscard]] inline auto binary_records(const mpi::Communicator& comm,
                                         const std::vector<std::string>& patterns, std::size_t record_bytes,
                                         const TextOptions& options = {}) {
  return detail::pipeline_of<std::string_view>(
      std::make_shared<const TextSource>(comm, patterns, fixed_records(record_bytes), options),
      FixedRecordFeed{record_bytes});
}

/// Records of type T that Pipeline::save has written, as ViewOf<T>: those of one file after those of another. T is what was saved,
/// or the same with std::string for std::string_view.
template <Saveable T>
[[nodiscard]] auto load(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                        const TextOptions& options = {}) {
  return detail::pipeline_of<ViewOf<T>>(
      std::make_shared<const TextSource>(comm, patterns, saved_records(saved_type_name<T>()), options),
      SavedRecordFeed<T>());
}

/// The numbers from 0 to n - 1. `options.split_bytes` is not used.
[[nodiscard]] inline auto indices(const mpi::Communicator& comm, std::uint64_t n, TextOptions options = {}) {
  options.split_bytes = indices_per_split(n);
  return detail::pipeline_of<std::uint64_t>(
      std::make_shared<const TextSource>(comm, index_inputs(n), index_format(n), options), index_feed);
}

/// The elements of a container, which is the same on all ranks and must outlive the pipeline.
template <class T>
[[nodiscard]] auto elements(const mpi::Communicator& comm, std::span<const T> container,
                            TextOptions options = {}) {
  options.split_bytes = indices_per_split(container.size());
  return detail::pipeline_of<T>(std::make_shared<const TextSource>(comm, index_inputs(container.size()),
                                                                   index_format(container.size()), options),
                                ElementFeed<T>(container));
}

/// The rows of a dataset in HDF5 files, of `n_values` numbers each, as std::span<const T>: to be mapped to something else before
/// they are sorted or kept.
template <hdf5::Element T>
[[nodiscard]] auto hdf5_numbers(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                                const std::string& dataset, std::uint64_t n_values = 1,
                                const TextOptions& options = {}) {
  return detail::pipeline_of<std::span<const T>>(
      std::make_shared<const TextSource>(comm, patterns, hdf5_rows<T>(dataset, n_values), options),
      Hdf5RowFeed<T>{n_values});
}

/// The rows of a table in HDF5 files as structs; `type` says which members they have (hdf5/row_type.hpp).
template <hdf5::RowStruct Row>
[[nodiscard]] auto hdf5_table(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                              const std::string& table, const hdf5::RowType& type,
                              const TextOptions& options = {}) {
  return detail::pipeline_of<Row>(
      std::make_shared<const TextSource>(comm, patterns, hdf5_table_rows(table, type), options),
      Hdf5StructFeed<Row>());
}

}  // namespace serried::mapreduce

/// Records in an order: what sort and sort_by make of a pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <serried/hdf5/row_type.hpp>
#include <serried/mapreduce/dataset.hpp>
#include <serried/mapreduce/encoded_order.hpp>
#include <serried/mapreduce/encoded_stage.hpp>
#include <serried/mapreduce/record_format.hpp>
#include <serried/mapreduce/record_sort.hpp>
#include <serried/mapreduce/tsv_line.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/store/output.hpp>

namespace serried::mapreduce {

template <Stage S>
class Pipeline;

/// Read and cut into partitions; each is sorted when it is written or cached, which can be done once. Records that compare equal
/// stay in the order of the input. Move-only.
template <Encodable T, class Less>
class SortedPipeline {
  using Order = EncodedOrder<T, Less>;

 public:
  /// Collective.
  template <Stage S>
  SortedPipeline(const S& stage, Less less, Equals equals)
      : source_(stage.source()),
        sorted_(sort_records(EncodedStage<S>(stage),
                             Order(std::move(less), stage.source()->options().checked), equals,
                             detail::order_name<T, Less>(equals))) {}

  /// Collective: records of text, a line each. `where`: a path, "-" for standard output, or a store::Output.
  template <class Where>
  void write_lines(Where&& where) requires TextKey<T> {
    write(where, RecordAndEnd{"\n"});
  }
  /// Collective: a line each, as `formatter(record, auto& line)` (lines.hpp) puts it.
  template <class Where, class Formatter>
  void write_lines(Where&& where, Formatter formatter) {
    write(where, RecordLines<T, Formatter>(std::move(formatter)));
  }
  /// Collective: a line each, fields separated by tabs (tsv_line.hpp).
  template <class Where>
  void write_tsv(Where&& where) {
    write_lines(where, TsvLine());
  }

  /// Collective: stored as they are sorted, for all that a pipeline can do.
  [[nodiscard]] auto cache() {
    std::vector<BlockStore> stores;
    stores.emplace_back(memory_for_blocks(*source_), source_->options().tmp);
    std::uint64_t n_partitions = 0;
    std::vector<char> block;
    sorted_.for_each_round([&](std::uint64_t first, const auto& partitions) {
      mpi::together(source_->comm(), [&] {
        for (std::size_t i = 0; i < partitions.size(); ++i) {
          block.clear();
          partitions[i].for_each([&](std::string_view record) { append_record(block, record); });
          stores[0].add(first + i, block);
        }
      });
      n_partitions = std::max<std::uint64_t>(n_partitions, first + partitions.size());
    });
    n_partitions = mpi::allreduce_value(source_->comm(), n_partitions, mpi::max);
    return Pipeline(DatasetStage<T>(gather_blocks(source_, std::move(stores), n_partitions)));
  }

  [[nodiscard]] const TextSource& source() const { return *source_; }

  // As those of a pipeline, through cache().
  [[nodiscard]] std::vector<OwnedOf<T>> collect(int root = 0) { return cache().collect(root); }
  [[nodiscard]] std::uint64_t count() { return cache().count(); }
  template <class Visit>
  void for_each_local(Visit&& visit) {
    cache().for_each_local(visit);
  }
  template <class Fill>
  void write_hdf5(const std::string& path, const std::string& table, const hdf5::RowType& type,
                  const Fill& fill) {
    cache().write_hdf5(path, table, type, fill);
  }
  template <class Where>
  void save(Where&& where) {
    cache().save(where);
  }
  template <class Where, class Formatter = TsvLine>
  void write_parts(Where&& folder, Formatter formatter = {}, const std::string& extension = "tsv") {
    cache().write_parts(folder, std::move(formatter), extension);
  }

 private:
  template <class Format>
  void write(const std::string& path, const Format& format) {
    store::Output output = store::open_output(source_->comm(), path);
    sorted_.write(output, format);
  }
  template <class Format>
  void write(store::Output& output, const Format& format) {
    sorted_.write(output, format);
  }

  std::shared_ptr<const TextSource> source_;
  SortedRecords<Order> sorted_;
};

}  // namespace serried::mapreduce

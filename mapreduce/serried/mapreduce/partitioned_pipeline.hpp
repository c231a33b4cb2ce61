/// Records in numbered parts: what partition_by makes of a pipeline.
///
///     orders.partition_by(12, [](const Order& order) { return order.month - 1; }).write_parts("by_month");
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <serried/base/error.hpp>
#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/parts_output.hpp>
#include <serried/mapreduce/record_format.hpp>
#include <serried/mapreduce/record_in_words.hpp>
#include <serried/mapreduce/sorted_pipeline.hpp>
#include <serried/mapreduce/tsv_line.hpp>
#include <serried/store/output_folder.hpp>

namespace serried::mapreduce {

namespace detail {

template <class Part, class Record>
std::uint32_t checked_part(Part part, std::uint32_t n_parts, const Record& record) {
  static_assert(std::is_integral_v<Part>, "part_of gives the number of a part");
  bool is_one = static_cast<std::uint64_t>(part) < n_parts;
  if constexpr (std::is_signed_v<Part>) {
    is_one = is_one && part >= 0;
  }
  if (!is_one) [[unlikely]] {
    throw Error("part_of gives " + std::to_string(part) + ", but parts are numbered from 0 to " +
                std::to_string(n_parts - 1) + "; the record is: " + record_in_words(record));
  }
  return static_cast<std::uint32_t>(part);
}

}  // namespace detail

/// Sorted by the number of the part; within one as the input had them. Written once. Move-only.
template <Encodable T>
class PartitionedPipeline {
  using Item = KeyValue<std::uint32_t, T>;

 public:
  PartitionedPipeline(SortedPipeline<Item, AscendingKey> sorted, std::uint32_t n_parts)
      : sorted_(std::move(sorted)), n_parts_(n_parts) {}

  /// Collective: as many files as there are parts, part-00000-of-00012.tsv and so on, some of them empty, which hold a line for
  /// each record, as `formatter(record, auto& line)` (lines.hpp) puts it: the same bytes for any number of ranks and threads.
  /// `folder`: a path, new or of an empty folder, or a store::OutputFolder that was opened before the work. It appears complete
  /// or not at all.
  template <class Formatter = TsvLine>
  void write_parts(const std::string& folder, Formatter formatter = {},
                   const std::string& extension = "tsv") {
    store::OutputFolder output(sorted_.source().comm(), folder);
    write_parts(output, std::move(formatter), extension);
  }
  template <class Formatter = TsvLine>
  void write_parts(store::OutputFolder& folder, Formatter formatter = {},
                   const std::string& extension = "tsv") {
    const auto line_of = [formatter = std::move(formatter)](const ViewOf<Item>& item, auto& line) {
      formatter(item.value, line);
    };
    const auto part_of = [](std::string_view record) -> std::uint64_t {
      const char* next = record.data();  // the key comes first
      return Codec<std::uint32_t>::decode(next);
    };
    const auto data = sorted_.cache();
    write_part_files(data.stage().blocks(), folder, RecordLines<Item, decltype(line_of)>(line_of), n_parts_,
                     part_of, extension);
  }

 private:
  SortedPipeline<Item, AscendingKey> sorted_;
  std::uint32_t n_parts_;
};

}  // namespace serried::mapreduce

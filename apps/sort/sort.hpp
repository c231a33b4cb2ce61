/// Sorts lines of text, or records of a fixed size: what serried-sort does, for use from other programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/mapreduce.hpp>
#include <serried/store/output.hpp>

#include "sort/line_order.hpp"

namespace serried::sort_lines {

struct RecordFormat {
  std::size_t record_bytes = 0;
  std::size_t key_offset = 0;
  std::size_t key_bytes = 0;  ///< key_offset + key_bytes <= record_bytes
};

struct Options {
  std::vector<std::string> inputs;
  std::string output = "-";
  mapreduce::TextOptions text;
  LineOrderOptions order;
  std::optional<RecordFormat> records;  ///< nothing: lines
};

struct Summary {
  std::uint64_t n_files = 0;
  std::uint64_t n_bytes = 0;            ///< read
  std::uint64_t n_records = 0;          ///< read
  std::uint64_t n_records_written = 0;  ///< fewer with `unique`
  std::uint64_t n_bytes_spilled = 0;    ///< to disk, by all ranks
};

/// What is in the inputs, as a source of blocks of whole lines or records. Collective.
[[nodiscard]] inline auto open_source(const mpi::Communicator& comm, const Options& options) {
  using mapreduce::TextSource;
  return options.records ? std::make_shared<const TextSource>(
                               comm, options.inputs, mapreduce::fixed_records(options.records->record_bytes),
                               options.text)
                         : std::make_shared<const TextSource>(comm, options.inputs,
                                                              mapreduce::Separator::newline, options.text);
}

/// What the order depends on, in one line.
[[nodiscard]] inline std::string order_in_words(const Options& options) {
  if (options.records) {
    return fmt::format("{} bytes from byte {} on", options.records->key_bytes, options.records->key_offset);
  }
  const LineOrderOptions& order = options.order;
  std::string text = "lines";
  for (const auto& [name, is_set] :
       {std::pair(" -b", order.ignore_leading_blanks), std::pair(" -n", order.numeric),
        std::pair(" -r", order.reverse), std::pair(" -s", order.stable), std::pair(" -u", order.unique)}) {
    text += is_set ? name : "";
  }
  for (const std::string& key : order.keys) {
    text += " -k " + key;
  }
  return order.separator ? fmt::format("{} -t {}", text, static_cast<unsigned char>(*order.separator)) : text;
}

/// Collective. The output is the same bytes for any number of ranks and threads and any memory. Throws the same
/// serried::Error on all ranks; then there is no output.
inline Summary sort(const mpi::Communicator& comm, const Options& options) {
  const auto source = open_source(comm, options);
  store::Output output =
      store::open_output(comm, options.output);  // what cannot be written is found before the work
  const auto equals = options.order.unique ? mapreduce::Equals::first_stays : mapreduce::Equals::all_stay;
  const auto sort_by = [&](const auto& feed, const auto& order, std::string_view end) {
    const auto stage = mapreduce::text_stage(source, feed);
    auto sorted = mapreduce::sort_records(stage, order, equals, order_in_words(options));
    const auto& read = sorted.source_counts();
    const auto written = sorted.write(output, end);
    return Summary{.n_files = read.n_files,
                   .n_bytes = read.n_bytes,
                   .n_records = read.n_records,
                   .n_records_written = written.n_records,
                   .n_bytes_spilled = mpi::allreduce_value(comm, sorted.n_spilled(), std::plus<>{})};
  };
  if (options.records) {
    const mapreduce::KeyBytesOrder order{options.records->key_offset, options.records->key_bytes};
    return sort_by(mapreduce::FixedRecordFeed{options.records->record_bytes}, order, "");
  }
  const LineOrder order(options.order);
  if (order.is_plain()) {
    return sort_by(mapreduce::detail::LineFeed(), mapreduce::ByteOrder(), "\n");
  }
  return sort_by(mapreduce::detail::LineFeed(), order, "\n");
}

}  // namespace serried::sort_lines

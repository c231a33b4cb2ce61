/// Records that a pipeline has saved, read again: load (sources.hpp) is made of this.
///
///     mr::text_lines(world, {"corpus/"}).map(parse).save("parsed.records");
///     mr::load<Parsed>(world, {"parsed.records"}).filter(…)…;
///
/// The file is the same bytes for any number of ranks and threads, any memory and any splits of the input. It belongs to the type
/// of its records (saved_type.hpp). What is damaged, cut, of another type or no such file ends in an Error, never in other
/// records; every file's header and end are looked at before the first record is read.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/saved_type.hpp>
#include <serried/mapreduce/split_reader.hpp>

namespace serried::mapreduce {

/// Files of records whose type is called so.
[[nodiscard]] Format saved_records(const std::string& type_name);

/// Calls `sink(const ViewOf<T>&)` for each record of a block.
template <Saveable T>
struct SavedRecordFeed {
  template <class Sink>
  void operator()(std::string_view block, Sink&& sink) const {
    for_each_record(std::span<const char>(block.data(), block.size()),
                    [&](std::string_view record) { sink(decode_saved<T>(record)); });
  }
};

}  // namespace serried::mapreduce

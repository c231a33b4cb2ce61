/// Records of a fixed size, one after the other, without anything between them.
///
///     const TextSource source(world, {"data.bin"}, fixed_records(100), options);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <serried/mapreduce/split_reader.hpp>

namespace serried::mapreduce {

/// Files of records of `record_bytes` each. Reading throws if an input ends in the middle of one.
[[nodiscard]] Format fixed_records(std::uint64_t record_bytes);

/// Calls `visit(std::string_view)` for each record of a block.
struct FixedRecordFeed {
  std::size_t record_bytes = 1;

  template <class Sink>
  void operator()(std::string_view block, Sink&& sink) const {
    for (std::size_t at = 0; at < block.size(); at += record_bytes) {
      sink(block.substr(at, record_bytes));
    }
  }
};

}  // namespace serried::mapreduce

/// What functions of groups make, put where the next stage finds it in the order of the groups. Part of groups.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <serried/mapreduce/block_store.hpp>
#include <serried/mapreduce/codec.hpp>

namespace serried::mapreduce::detail {

/// Where in a partition a group is: one that it shares with the partition before comes first, one that it shares with the
/// next comes last.
enum class Zone : std::uint64_t { head = 0, inside = 1, tail = 2 };

[[nodiscard]] inline std::uint64_t zone_place(std::uint64_t partition, Zone zone) {
  constexpr int zone_bits = 2;
  constexpr int block_bits = 24;
  return (partition << zone_bits | static_cast<std::uint64_t>(zone)) << block_bits;
}

/// Records of type Out, as blocks of about a megabyte, from a place on.
template <Encodable Out>
class GroupOutput {
 public:
  GroupOutput(BlockStore& store, std::uint64_t first_place) : store_(store), next_place_(first_place) {}

  void operator()(const Out& record) {
    constexpr std::size_t block_bytes = std::size_t{1} << 20;
    append_record(block_, [&](std::vector<char>& bytes) { encode_record<Out>(bytes, record); });
    if (block_.size() >= block_bytes) {
      finish();
    }
  }
  void finish() {
    if (!block_.empty()) {
      store_.add(next_place_++, block_);
      block_.clear();
    }
  }

 private:
  BlockStore& store_;
  std::uint64_t next_place_;
  std::vector<char> block_;
};

}  // namespace serried::mapreduce::detail

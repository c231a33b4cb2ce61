/// Copies of frequent records, found where they are read.
///
///     if (!recent.has_earlier(position, record)) store.add(…);
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <serried/base/hash.hpp>
#include <serried/mapreduce/partition_store.hpp>

namespace serried::mapreduce {

/// Some of the records that a thread has seen last, each in the one place that its hash says. Of a record that comes again and
/// again, about one copy in as many records as there are places is not found.
class RecentRecords {
 public:
  /// With about `memory` bytes.
  explicit RecentRecords(std::size_t memory)
      : places_(std::bit_floor(std::clamp<std::size_t>(memory / longest, 16, 4096))) {}

  /// Whether the same bytes were seen here at a position before this one. If not, they may be found from now on.
  [[nodiscard]] bool has_earlier(const Position& position, std::string_view record) {
    if (n_to_pass_ > 0) {
      --n_to_pass_;
      return false;
    }
    if (++n_looked_up_ == n_on_trial) {
      judge();
    }
    if (record.size() > longest) {
      return false;
    }
    const std::uint64_t hash = hash_bytes(record);
    Place& place = places_[hash & (places_.size() - 1)];
    if (place.hash == hash && place.is_used && place.record == record && place.position.is_before(position)) {
      ++n_found_;
      return true;
    }
    place.is_used = true;
    place.hash = hash;
    place.position = position;
    place.record.assign(record);
    return false;
  }

 private:
  static constexpr std::size_t longest = 1024;
  static constexpr std::uint32_t n_on_trial = 1 << 14;

  struct Place {
    std::uint64_t hash = 0;
    Position position;
    bool is_used = false;
    std::string record;
  };

  // Where hardly any is found, most are not looked up for a while.
  void judge() {
    n_to_pass_ = n_found_ < n_on_trial / 32 ? 15 * n_on_trial : 0;
    n_looked_up_ = 0;
    n_found_ = 0;
  }

  std::vector<Place> places_;
  std::uint32_t n_to_pass_ = 0;
  std::uint32_t n_looked_up_ = 0;
  std::uint32_t n_found_ = 0;
};

}  // namespace serried::mapreduce

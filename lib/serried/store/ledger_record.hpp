/// The bytes of a ledger's segment file: records one after the other, the first of which is the segment's head.
///
///     | RecordHead, 56 bytes | n_ranges times begin and end, 16 bytes each | n_payload bytes |
///
/// All numbers are little-endian. Each of the three parts has a CRC32C, and that of the head covers the other two.
/// Every record names its segment, so that bytes of another file, or of a payload that looks like a record, are never
/// taken for one of this file's. The segment's head has no ranges; its payload is a text (`head -c 2000 FILE | less`)
/// that ends with the configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <serried/base/index_set.hpp>
#include <serried/base/provenance.hpp>

namespace serried::store {

/// Not text, so that no text holds it: 0x89 "SRDLED" 0x0a.
inline constexpr std::uint64_t record_magic = 0x0a44454c44525389;

struct RecordHead {
  std::uint64_t magic = record_magic;
  std::uint64_t segment = 0;   ///< a random number, the same in all records of a segment
  std::uint64_t sequence = 0;  ///< of this writer's records, from 0 without a gap
  std::uint32_t writer = 0;    ///< the rank
  std::uint32_t ranges_crc = 0;
  std::uint64_t n_ranges = 0;
  std::uint64_t n_payload = 0;
  std::uint32_t payload_crc = 0;
  std::uint32_t head_crc = 0;  ///< of everything above
};
static_assert(sizeof(RecordHead) == 56);
static_assert(sizeof(Range) == 16);

/// The record's bytes, but for the sequence number and the head's CRC, which `seal` adds.
[[nodiscard]] std::vector<std::byte> encode_record(std::uint64_t segment, std::uint32_t writer,
                                                   const IndexSet& indices,
                                                   std::span<const std::byte> payload);
void seal(std::span<std::byte> record, std::uint64_t sequence);

/// That the head is one, and that nothing in it has changed since it was sealed.
[[nodiscard]] bool is_intact(const RecordHead& head);

/// The bytes of the whole record; nothing if it has more than `limit`, whatever the head says.
[[nodiscard]] std::optional<std::uint64_t> record_size(const RecordHead& head, std::uint64_t limit);

/// That `ranges` are as an IndexSet of [0, n) gives them: not empty, ascending, no two touching.
[[nodiscard]] bool are_in_order(std::span<const Range> ranges, std::uint64_t n);

/// The text of a segment's head.
[[nodiscard]] std::string segment_head_text(const Provenance& origin, const std::string& configuration);
/// The configuration in it; nothing if it is not such a text, or one of another version of the format.
[[nodiscard]] std::optional<std::string> configuration_in(const std::string& head_text);

}  // namespace serried::store

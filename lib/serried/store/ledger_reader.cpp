#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string_view>

#include <serried/base/crc32c.hpp>
#include <serried/base/error.hpp>
#include <serried/store/ledger_reader.hpp>

namespace serried::store {
namespace {

constexpr std::uint64_t window_size = 1 << 20;
static_assert(window_size % sizeof(Range) == 0);

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

SegmentReader::SegmentReader(const std::string& path, std::uint64_t n_indices)
    : file_(FileDescriptor::open(path, O_RDONLY)), size_(file_.size()), n_indices_(n_indices) {
  const RecordFound head = record_at(0);
  std::vector<std::byte> text;
  if (head.is_whole && read_payload(0, head, text)) {
    head_text_ = text_of(text);
    segment_ = head.head.segment;
    first_record_ = head.size;
  }
}

std::span<const std::byte> SegmentReader::at(std::uint64_t offset, std::uint64_t n) {
  if (offset < window_begin_ || offset + n > window_begin_ + window_.size()) {
    window_.resize(std::min(window_size, size_ - offset));
    window_begin_ = offset;
    if (file_.read_at(offset, window_) != window_.size()) {
      throw Error("cannot read: it became shorter meanwhile")
          .at(path(), offset)
          .hint("is another job using it?");
    }
  }
  return std::as_bytes(std::span(window_)).subspan(offset - window_begin_, n);
}

std::uint32_t SegmentReader::crc_at(std::uint64_t offset, std::uint64_t n) {
  std::uint32_t crc = 0;
  for (std::uint64_t done = 0; done < n;) {
    const std::uint64_t piece = std::min(window_size, n - done);
    crc = crc32c(at(offset + done, piece), crc);
    done += piece;
  }
  return crc;
}

bool SegmentReader::read_ranges(std::uint64_t offset, RecordFound& record) {
  record.ranges.resize(record.head.n_ranges);
  std::uint32_t crc = 0;
  const auto bytes = std::as_writable_bytes(std::span(record.ranges));
  for (std::uint64_t done = 0; done < bytes.size();) {
    const std::uint64_t piece = std::min<std::uint64_t>(window_size, bytes.size() - done);
    const auto source = at(offset + done, piece);
    crc = crc32c(source, crc);
    std::memcpy(bytes.data() + done, source.data(), piece);
    done += piece;
  }
  if (crc == record.head.ranges_crc && are_in_order(record.ranges, n_indices_)) {
    return true;
  }
  record.ranges.clear();
  return false;
}

RecordFound SegmentReader::record_at(std::uint64_t offset) {
  RecordFound record;
  const std::uint64_t left = size_ - offset;
  if (left < sizeof record.head) {
    return record;
  }
  std::memcpy(&record.head, at(offset, sizeof record.head).data(), sizeof record.head);
  // The segment's head is the only record without ranges.
  if (!is_intact(record.head) || segment_.value_or(record.head.segment) != record.head.segment ||
      segment_.has_value() != (record.head.n_ranges > 0)) {
    return record;
  }
  // Of a record that is cut off, the ranges may be there all the same.
  RecordHead without_payload = record.head;
  without_payload.n_payload = 0;
  const auto payload = record_size(without_payload, left);
  if (!payload || !read_ranges(offset + sizeof record.head, record)) {
    return record;
  }
  record.size = *payload + record.head.n_payload;
  record.is_whole = record_size(record.head, left).has_value() &&
                    crc_at(offset + *payload, record.head.n_payload) == record.head.payload_crc;
  return record;
}

std::uint64_t SegmentReader::next_candidate(std::uint64_t offset) {
  const auto magic = std::as_bytes(std::span(&record_magic, 1));
  while (offset + magic.size() <= size_) {
    const auto piece = at(offset, std::min(window_size, size_ - offset));
    const std::size_t found = text_of(piece).find(text_of(magic));
    if (found != std::string_view::npos) {
      return offset + found;
    }
    offset += piece.size() - (magic.size() - 1);  // it may lie across the end of the piece
  }
  return size_;
}

bool SegmentReader::read_payload(std::uint64_t offset, const RecordFound& record,
                                 std::vector<std::byte>& payload) const {
  payload.resize(record.head.n_payload);
  const std::span<char> chars(reinterpret_cast<char*>(payload.data()), payload.size());
  return file_.read_at(offset + record.size - payload.size(), chars) == payload.size() &&
         crc32c(payload) == record.head.payload_crc;
}

namespace {

// The numbers of the records that were seen of each writer.
using Sequences = std::map<std::uint32_t, IndexSet>;

std::uint64_t n_missing(const Sequences& seen) {
  std::uint64_t n = 0;
  for (const auto& [writer, numbers] : seen) {
    n += numbers.ranges().back().end - numbers.size();
  }
  return n;
}

// From the damage at `offset` on, whose size is not known, to the next whole record, which is left in `record`.
std::uint64_t skip_damage(SegmentReader& reader, std::uint64_t offset, RecordFound& record,
                          SegmentContent& content) {
  const std::uint64_t begin = offset;
  std::uint64_t known_until = begin;  // all before it is of records whose indices are known
  IndexSet lost;
  while (offset < reader.size() && !record.is_whole) {
    lost.insert(IndexSet(record.ranges));
    if (offset == known_until && !record.ranges.empty()) {
      known_until += std::min(record.size, reader.size() - offset);
    }
    offset = reader.next_candidate(offset + 1);
    if (offset < reader.size()) {
      record = reader.record_at(offset);
    }
  }
  const std::vector<Range> ranges = lost.ranges();
  content.findings.push_back({.kind = offset < reader.size() ? Finding::Kind::damaged : Finding::Kind::torn,
                              .is_all_known = known_until >= offset ? 1U : 0U,
                              .offset = begin,
                              .n = offset - begin,
                              .n_lost = ranges.size()});
  content.lost.insert(content.lost.end(), ranges.begin(), ranges.end());
  return offset;
}

}  // namespace

SegmentContent read_records(SegmentReader& reader) {
  SegmentContent content;
  Sequences seen;
  bool is_damaged = false;
  std::uint64_t offset = reader.first_record();
  while (offset < reader.size()) {
    RecordFound record = reader.record_at(offset);
    if (!record.is_whole) {
      offset = skip_damage(reader, offset, record, content);
      is_damaged = true;
      if (offset == reader.size()) {
        break;
      }
    }
    content.records.push_back({.offset = offset, .n_ranges = record.ranges.size()});
    content.ranges.insert(content.ranges.end(), record.ranges.begin(), record.ranges.end());
    seen[record.head.writer].insert(record.head.sequence);
    offset += record.size;
  }
  // Damage says for itself that records are missing.
  if (const std::uint64_t missing = n_missing(seen); missing > 0 && !is_damaged) {
    content.findings.push_back(
        {.kind = Finding::Kind::missing, .offset = reader.first_record(), .n = missing});
  }
  return content;
}

}  // namespace serried::store

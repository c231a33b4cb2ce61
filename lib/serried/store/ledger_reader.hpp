/// Reads a ledger's segment file, of which any part may be damaged or missing.
///
///     SegmentReader reader(path, n_indices);
///     if (reader.head_text()) {                            // else nothing in the file can be trusted
///       const SegmentContent content = read_records(reader);
///
/// What is damaged is never an error here, but found and named; what is returned as a record is as it was written. All
/// of it is local. Throws serried::Error if the file cannot be opened or read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <serried/base/file_descriptor.hpp>
#include <serried/base/index_set.hpp>
#include <serried/store/ledger_record.hpp>

namespace serried::store {

/// What was found at a place of the file.
struct RecordFound {
  RecordHead head;
  std::vector<Range> ranges;  ///< empty unless they are whole
  std::uint64_t size = 0;     ///< of the record; 0 unless its head is whole
  bool is_whole = false;      ///< all parts are as they were written
};

/// Memory: a window of 1 MiB, and the ranges of one record.
class SegmentReader {
 public:
  SegmentReader(const std::string& path, std::uint64_t n_indices);

  /// The text of the segment's head; nothing if the head is not whole.
  [[nodiscard]] const std::optional<std::string>& head_text() const noexcept { return head_text_; }
  /// Where the first record begins.
  [[nodiscard]] std::uint64_t first_record() const noexcept { return first_record_; }
  /// The file's size when it was opened.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }

  /// Reads and checks the record that may begin at `offset`.
  [[nodiscard]] RecordFound record_at(std::uint64_t offset);
  /// Where, from `offset` on, a record may begin next; size() if nowhere.
  [[nodiscard]] std::uint64_t next_candidate(std::uint64_t offset);
  /// The payload of a whole record, read again into `payload` and checked again: false if it has changed.
  [[nodiscard]] bool read_payload(std::uint64_t offset, const RecordFound& record,
                                  std::vector<std::byte>& payload) const;

 private:
  // The file's bytes there: `n` of them, at most a window.
  [[nodiscard]] std::span<const std::byte> at(std::uint64_t offset, std::uint64_t n);
  [[nodiscard]] bool read_ranges(std::uint64_t offset, RecordFound& record);
  [[nodiscard]] std::uint32_t crc_at(std::uint64_t offset, std::uint64_t n);

  FileDescriptor file_;
  std::uint64_t size_ = 0;
  std::uint64_t n_indices_ = 0;
  std::vector<char> window_;
  std::uint64_t window_begin_ = 0;
  std::optional<std::uint64_t> segment_;
  std::optional<std::string> head_text_;
  std::uint64_t first_record_ = 0;
};

/// Something that is not as it was written.
struct Finding {
  enum class Kind : std::uint32_t {
    no_head,  ///< the file's first record is not whole: none of the file is used
    damaged,  ///< bytes that are in no whole record, with whole records behind them
    torn,     ///< bytes behind the last whole record: what was being written when the writer was killed
    missing,  ///< records are not there, between others
  };
  Kind kind = Kind::damaged;
  /// 1: `lost` holds all indices that were recorded there; 0: there may have been more.
  std::uint32_t is_all_known = 0;
  std::uint64_t offset = 0;
  std::uint64_t n = 0;       ///< bytes; of `missing`, records
  std::uint64_t n_lost = 0;  ///< how many ranges of SegmentContent::lost belong to it
};

/// Plain arrays, as they are sent to other ranks.
struct SegmentContent {
  struct Record {
    std::uint64_t offset = 0;
    std::uint64_t n_ranges = 0;
  };
  std::vector<Record> records;  ///< the whole ones, in the file's order
  std::vector<Range> ranges;    ///< of all records, one after the other
  std::vector<Finding> findings;
  std::vector<Range> lost;  ///< of all findings, one after the other
};

/// Everything behind the head: behind damage it goes on at the next whole record.
[[nodiscard]] SegmentContent read_records(SegmentReader& reader);

}  // namespace serried::store

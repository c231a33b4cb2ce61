/// Records on which a function threw, as a thread remembers them while it goes on.
///
///     SetAside aside(n_most);
///     try { … } catch (...) { aside.add({.input = 0, .offset = at}, std::current_exception()); }
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>

namespace serried::mapreduce {

/// Which record of a source it is.
struct RecordOrigin {
  std::uint64_t input = 0;    ///< index in TextSource::inputs()
  std::uint64_t offset = 0;   ///< in that input
  std::uint64_t place = 0;    ///< of its block, where blocks may have the same offset
  std::uint64_t ordinal = 0;  ///< among the records of that

  friend bool operator<(const RecordOrigin& a, const RecordOrigin& b) {
    return std::tie(a.input, a.offset, a.place, a.ordinal) < std::tie(b.input, b.offset, b.place, b.ordinal);
  }
};

struct SkippedRecord {
  RecordOrigin origin;
  std::string message;  ///< on one line, cut where it is too long
};

/// What an exception says, as one line without control bytes, cut after some hundred bytes.
[[nodiscard]] std::string line_of(const std::exception_ptr& exception);

/// Part of a job::Partial. Not thread-safe.
class SetAside {
 public:
  /// `n_most`: when one more is added, that is an error.
  explicit SetAside(std::uint64_t n_most) : n_most_(n_most) {}
  /// What takes records and forgets them.
  [[nodiscard]] static SetAside nowhere() { return SetAside(); }

  /// Called while `exception` is handled. Throws it again if it is not the record's fault: std::bad_alloc, and an Error that
  /// ends the job to be resumed. Throws serried::Error if there are too many.
  void add(const RecordOrigin& origin, const std::exception_ptr& exception);
  void add(const RecordOrigin& origin, const std::string& message);

  [[nodiscard]] const std::vector<SkippedRecord>& records() const& { return records_; }
  [[nodiscard]] std::vector<SkippedRecord> take_records() && { return std::move(records_); }

  // Beyond n_most + 1 records, which are too many already, the rest is dropped.
  void merge(SetAside&& other);
  /// Their size in bytes first, so that something else can follow.
  void save(std::vector<std::byte>& bytes) const;
  /// Takes what `save` has appended from the front of `bytes`, and returns what follows. Throws serried::Error if it is
  /// something else.
  [[nodiscard]] std::span<const std::byte> load(std::span<const std::byte> bytes);

 private:
  SetAside() : is_nowhere_(true) {}

  void push(const RecordOrigin& origin, std::string line);

  std::uint64_t n_most_ = 0;
  bool is_nowhere_ = false;
  std::vector<SkippedRecord> records_;
};

/// Records as bytes, and back.
void append_skipped(std::vector<std::byte>& bytes, std::span<const SkippedRecord> records);
[[nodiscard]] std::vector<SkippedRecord> skipped_of_bytes(std::span<const std::byte> bytes);

/// The error when there are more than `n_most`.
[[nodiscard]] Error too_many_skipped(std::uint64_t n_most, const std::string& last_message);

}  // namespace serried::mapreduce

/// Writes records to a ledger's segment file from a thread of its own, many with one sync ("group commit").
///
///     const std::uint64_t segment = create_segment(path, head_text);          // one rank of the node
///     SegmentWriter writer(path, segment, options);                           // every rank of the node
///     writer.append(indices, payload);                                        // returns at once
///     writer.flush();                                                         // all of it is on the device
///
/// All ranks of a node append to one file. Each holds the file's lock while it writes, so that one writes at a time and
/// a record that takes several calls of write(2) stays in one piece; the sync is outside the lock, so that the file system
/// serves the ranks' syncs together. As no other node writes to the file, locks and lengths need to be right within one
/// host only, which NFS grants as well. All of it is local, and never calls MPI.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>
#include <serried/base/index_set.hpp>

namespace serried::store {

/// Makes the file `path`, which must not exist, with its head; file and folder are synced. Returns the number by which
/// its records name it. Throws serried::Error.
[[nodiscard]] std::uint64_t create_segment(const std::string& path, const std::string& head_text);

class SegmentWriter {
 public:
  struct Options {
    std::uint32_t writer = 0;                  ///< this rank
    bool is_shared = false;                    ///< other processes append to the file too: take the lock
    std::chrono::milliseconds interval{100};   ///< records of so long go into one sync
    std::uint64_t max_waiting = 256ULL << 20;  ///< bytes that may wait for the device
  };

  /// Opens the file. Throws serried::Error.
  SegmentWriter(const std::string& path, std::uint64_t segment, const Options& options);
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;
  /// Writes what is left, but says nothing if that fails: flush() does.
  ~SegmentWriter();

  /// Thread-safe. Copies the record and returns, unless more than max_waiting bytes would wait: then when they are on the
  /// device. Throws what the thread met since; from then on nothing is written any more.
  void append(const IndexSet& indices, std::span<const std::byte> payload);

  /// Thread-safe. Returns when all that was appended before is on the device; throws as append does.
  void flush();

 private:
  using Chunks = std::vector<std::vector<std::byte>>;
  void work();
  void write(const Chunks& chunks) const;

  FileDescriptor file_;
  std::uint64_t segment_;
  Options options_;

  std::mutex mutex_;  // of everything below
  std::condition_variable work_to_do_;
  std::condition_variable progress_;   // bytes are on the device, or never will be
  Chunks waiting_;                     // whole records each
  std::uint64_t n_waiting_bytes_ = 0;  // in waiting_ and being written
  std::uint64_t n_appended_ = 0;       // records
  std::uint64_t n_durable_ = 0;        // records
  bool is_urgent_ = false;             // somebody waits: do not gather any longer
  bool is_stopping_ = false;
  std::optional<Error> failure_;
  std::jthread thread_;
};

}  // namespace serried::store

/// Remembers on the disk which indices of a job are done, and the results: what was recorded survives a kill of the job, and
/// another run, on any number of ranks, does the rest.
///
///     store::Ledger ledger(world, {.folder = "pi.ledger", .configuration = "pi, seed 42", .n_indices = n, .resume = true});
///     ledger.for_each_record([&](const IndexSet&, auto payload) { merge(payload); });
///     for (const Range& left : ledger.done().complement(n).ranges()) ...    // deal them, compute them, and
///       ledger.record(indices, bytes_of(result));                           // on any rank, from any thread
///     ledger.commit();
///
/// The folder holds a segment file for each node of each run, segment-RUN-NODE.log, to which records are appended
/// (ledger_record.hpp: lengths, sequence numbers, CRC32C). A segment is written by one run and never changed after it: what
/// a killed run left half written stays at its end, where it is noticed and cut off. A record counts only if every bit of it
/// is as it was written; anything else in a file is named by `remarks()`, and its indices are not in `done()`. Two jobs at
/// once in one folder do the work twice, but do each other no harm.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <serried/base/index_set.hpp>
#include <serried/base/provenance.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/store/ledger_catalog.hpp>
#include <serried/store/ledger_writer.hpp>

namespace serried::store {

struct LedgerOptions {
  /// Made if missing; its parent must exist. The same one on all nodes.
  std::string folder = {};
  /// Canonical text of everything that the result depends on. A line for each setting makes the best messages.
  std::string configuration = {};
  std::uint64_t n_indices = 0;
  /// False: a folder that holds a ledger is refused. True: it is continued, or begun if there is none.
  bool resume = false;
  /// Written into each segment's head, for people.
  Provenance origin = {};
  std::chrono::milliseconds commit_interval{100};
};

/// Move-only. A failure to read or write is one serried::Error on all ranks; damage to what the files hold is a remark.
class Ledger {
 public:
  /// Collective; the options must be the same on all ranks. Reads all that is there, a share on each rank. Throws, with exit
  /// code 2: if there is a ledger and not `resume`; if a segment has another configuration (the error says what differs).
  Ledger(const mpi::Communicator& comm, LedgerOptions options);

  /// The indices whose records are whole, the same on all ranks. As it was at opening: what is recorded since is not in it.
  [[nodiscard]] const IndexSet& done() const noexcept { return done_; }

  /// What was torn, damaged, missing or repeated, one line each, the same on all ranks:
  /// "pi.ledger/segment-0001-00000000.log, byte 4096: damaged (88 bytes), 17 indices are done again".
  [[nodiscard]] const std::vector<std::string>& remarks() const noexcept { return remarks_; }

  using Visit = std::function<void(const IndexSet& indices, std::span<const std::byte> payload)>;
  /// Collective. Calls `visit` with each record of `done()`, on one rank each, in that rank's calling thread; the payload is
  /// there during the call. `visit` must not communicate; what it throws is thrown on all ranks. Records are read from the
  /// disk and checked again: memory is that of the largest. Which rank gets which depends on their number: merge without order.
  void for_each_record(const Visit& visit) const;

  /// Local, thread-safe. Takes a copy of the result of these indices, which is on the disk after `commit_interval` and the time
  /// that the disk takes. Returns at once, unless more than 256 MiB wait for the disk. The indices must be in [0, n) but
  /// neither in `done()` nor recorded since: of records that share an index, only one will count. Throws serried::Error if
  /// an earlier record could not be written.
  void record(const IndexSet& indices, std::span<const std::byte> payload);

  /// Collective. Returns when all that was recorded on any rank is on the disk; throws if that is impossible. Call it at the
  /// end: the destructor writes what is left, but cannot say so if that fails.
  void commit();

 private:
  void read();
  void begin_segment();

  mpi::Communicator comm_;
  LedgerOptions options_;
  IndexSet done_;
  std::vector<std::string> remarks_;
  std::vector<std::string> paths_;         // of the segments that were read
  std::vector<RecordPlace> to_visit_;      // this rank's share of the records
  std::unique_ptr<SegmentWriter> writer_;  // none if everything is done
};

}  // namespace serried::store

/// A job that goes on without the records on which its functions throw, and lists them.
///
///     mr::Quarantine quarantine(world, "bad.tsv");
///     options.quarantine = &quarantine;
///     auto sums = mr::delimited(world, {"sales/*.csv"}, mr::csv(), options).map(parse).sum_by_key();
///     quarantine.write();                               // PATH<TAB>OFFSET<TAB>MESSAGE, a line for each record
///     sums.write_tsv("sums.tsv");                       // last: what is there has its list
///     return quarantine.exit_code();                    // 3 if there are any
///
/// What is a record is what the source hands on: a line, a word, a row, an index. If one of the functions that run fused on
/// it (map, filter, flat_map, and what is made of these) throws, nothing of that record enters the result: the functions are
/// run once for a trial, without effect, and, if they end well, once more. So they must be pure, as they must be anyway, and
/// the job takes twice their time.
///
/// Only functions are forgiven. A file that cannot be read or is malformed ends the job as ever, and so do std::bad_alloc, an
/// operation of reduce_by_key, an order, and functions on data that was stored before (cache, groups, joins): these records
/// are not the source's. Numbers of zip_with_index that a record would have had on which a later function throws are left
/// out.
///
/// The list is sorted by the order of the sources and of their input, and the same bytes for any number of ranks and threads
/// and after a resume. A record is listed once, however often its source is read, with what was wrong the first time.
/// OFFSET is that of the record's first byte in its file, decompressed: of a line, a word, a row of CSV, a fixed record. Of
/// HDF5 it is the number of the row; of indices and elements, whose PATH is "indices", the index; of whole files 0. Stretches
/// of sequences, what a feed of one's own makes, and saved records have that of the block in which they were found; a stretch is
/// behind it, or some letters before.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

#include <serried/base/exit_code.hpp>
#include <serried/mapreduce/inputs.hpp>
#include <serried/mapreduce/set_aside.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/store/output.hpp>

namespace serried::mapreduce {

/// Outlives the pipelines that know it. What it says is the same on all ranks.
class Quarantine {
 public:
  /// Collective, of the ranks of the sources. `path`: where the list goes; what cannot be written is found here. More than
  /// `n_most` records end the job: a function that always throws is found soon, and memory is bounded.
  Quarantine(const mpi::Communicator& comm, const std::string& path, std::uint64_t n_most = 10'000);

  /// Collective: writes the list, also an empty one, when all sources have been read. To be called once.
  void write();

  [[nodiscard]] std::uint64_t n_records() const { return n_records_; }
  /// done, or some_tasks_failed.
  [[nodiscard]] ExitCode exit_code() const;
  /// One line for a person: "3 records were skipped, listed in bad.tsv"; empty if there is none.
  [[nodiscard]] std::string remark() const;

  // For sources.

  [[nodiscard]] std::uint64_t n_most() const { return n_most_; }
  /// Collective. A number for a source, in the order in which they are made: the same on all ranks. Throws a usage error if one
  /// of its inputs is the list.
  [[nodiscard]] std::uint64_t add_source(const InputList& inputs);
  /// Collective: what this rank has put aside of a source that was read. Throws the same serried::Error on all ranks if there
  /// are too many.
  void take(std::uint64_t source, const InputList& inputs, std::span<const SkippedRecord> here);

 private:
  struct Entry {
    std::string path;
    std::uint64_t offset = 0;
    std::string message;
  };
  using Key = std::pair<std::uint64_t, RecordOrigin>;

  mpi::Communicator comm_;
  std::string path_;
  store::Output output_;
  std::uint64_t n_most_;
  std::uint64_t n_sources_ = 0;
  std::uint64_t n_records_ = 0;
  std::map<Key, Entry> entries_;  // on rank 0
};

}  // namespace serried::mapreduce

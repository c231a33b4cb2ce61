#include <filesystem>
#include <functional>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/mapreduce/quarantine.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/store/write_text.hpp>

namespace serried::mapreduce {
Quarantine::Quarantine(const mpi::Communicator& comm, const std::string& path, std::uint64_t n_most)
    : comm_(comm.dup()), path_(path), output_(store::open_output(comm_, path)), n_most_(n_most) {
  expects(n_most > 0, "at least one record may be put aside");
}

ExitCode Quarantine::exit_code() const {
  return n_records_ == 0 ? ExitCode::done : ExitCode::some_tasks_failed;
}

std::uint64_t Quarantine::add_source(const InputList& inputs) {
  mpi::on_root(comm_, [&] {
    for (const Input& input : inputs) {
      std::error_code ignored;  // what does not exist is no input
      if (std::filesystem::equivalent(input.path, path_, ignored)) {
        throw usage_error(printable(path_) + ": the list of skipped records would replace an input");
      }
    }
  });
  return n_sources_++;
}

std::string Quarantine::remark() const {
  if (n_records_ == 0) {
    return {};
  }
  return fmt::format("{} {} skipped, listed in {}", n_records_,
                     n_records_ == 1 ? "record was" : "records were", printable(path_));
}

void Quarantine::take(std::uint64_t source, const InputList& inputs, std::span<const SkippedRecord> here) {
  // Before they are brought together: all of them are of one reading, so none is there twice.
  const std::uint64_t n_all = mpi::allreduce_value(comm_, std::uint64_t{here.size()}, std::plus<>{});
  if (n_all == 0) {
    return;
  }
  const auto too_many = [&](const SkippedRecord& last) {
    return too_many_skipped(n_most_, last.message).at(inputs[last.origin.input].path, last.origin.offset);
  };
  mpi::together(comm_, [&] {
    if (n_all > n_most_ && !here.empty()) {
      throw too_many(here.back());
    }
  });
  std::vector<std::byte> bytes;
  append_skipped(bytes, here);
  const std::vector<std::byte> all = mpi::gather_ragged(comm_, bytes);
  mpi::on_root(comm_, [&] {
    for (SkippedRecord& record : skipped_of_bytes(all)) {
      const RecordOrigin& origin = record.origin;
      entries_.try_emplace({source, origin}, Entry{inputs[origin.input].path, origin.offset, record.message});
      if (entries_.size() > n_most_) {
        throw too_many(record);
      }
    }
  });
  n_records_ = mpi::broadcast_value(comm_, std::uint64_t{entries_.size()});
}

void Quarantine::write() {
  std::string text;
  for (const auto& [key, entry] : entries_) {
    text += fmt::format("{}\t{}\t{}\n", printable(entry.path), entry.offset, entry.message);
  }
  store::write_text(comm_, output_, text);
}

}  // namespace serried::mapreduce

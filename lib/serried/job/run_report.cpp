#include <span>
#include <string>

#include <serried/job/command_line.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>

namespace serried::job {
namespace {

Provenance origin_of(const mpi::Communicator& comm, const CommandLine& line) {
  Provenance origin = provenance_here();
  origin.n_ranks = comm.size();
  origin.seed = line.job.seed;
  return origin;
}

}  // namespace

Report::Report(const mpi::Communicator& comm, const CommandLine& line)
    : comm_(comm.dup()), record_(origin_of(comm, line)) {
  if (!line.report.empty()) {
    file_.emplace(comm_, line.report);
  }
}

void Report::write() {
  if (!file_) {
    return;
  }
  std::uint64_t n_bytes = 0;
  mpi::on_root(comm_, [&] {
    const std::string text = record_.json();
    file_->local_write_at(0, text);
    n_bytes = text.size();
  });
  file_->commit(mpi::broadcast_value(comm_, n_bytes));
}

}  // namespace serried::job

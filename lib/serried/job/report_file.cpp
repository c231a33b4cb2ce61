#include <cstdint>

#include <serried/job/report_file.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>

namespace serried::job {

ReportFile::ReportFile(const mpi::Communicator& comm, const std::string& path, const Options& options)
    : comm_(comm.dup()), record_(origin_of(comm, options.seed)) {
  if (!path.empty()) {
    file_.emplace(comm_, path);
  }
}

void ReportFile::write() {
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

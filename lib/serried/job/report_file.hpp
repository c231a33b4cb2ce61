/// The run's record as a file: --report.
///
///     job::ReportFile report(world, line.report, line.job);   // fails at once if the path cannot be written
///     line.job.record = report.record();
///     …
///     report.write();
#pragma once

#include <optional>
#include <string>

#include <serried/job/work.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/report/run_record.hpp>
#include <serried/store/output_file.hpp>

namespace serried::job {

/// With an empty path, a report that is kept nowhere.
class ReportFile {
 public:
  /// Collective. Throws on all ranks if the file cannot be made.
  ReportFile(const mpi::Communicator& comm, const std::string& path, const Options& options);

  /// Local. Null if nothing is to be recorded.
  [[nodiscard]] report::RunRecord* record() { return file_ ? &record_ : nullptr; }
  /// Collective. The file appears complete or not at all.
  void write();

 private:
  mpi::Communicator comm_;
  report::RunRecord record_;
  std::optional<store::OutputFile> file_;
};

}  // namespace serried::job

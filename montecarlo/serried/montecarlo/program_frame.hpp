/// What all programs that estimate have in common, whatever they estimate by: the shared command line, output, report, summary.
/// Part of program.hpp and chain_program.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <serried/job/command_line.hpp>
#include <serried/job/report_file.hpp>
#include <serried/montecarlo/means.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/store/output.hpp>

namespace serried::montecarlo {

class ProgramFrame {
 public:
  /// Local. `comm` must outlive it.
  ProgramFrame(const mpi::Communicator& comm, const std::string& what, const std::string& name,
               std::uint64_t seed);
  ProgramFrame(const ProgramFrame&) = delete;
  ProgramFrame& operator=(const ProgramFrame&) = delete;
  ~ProgramFrame();

  [[nodiscard]] CLI::App& app() { return *app_; }
  /// Adds --target-error and --target-relative-error, for these numbers. `of`: "standard error", or which one.
  void add_targets(const std::string& of, double& absolute_error, double& relative_error);
  /// Adds the options that every program has, and the last lines of the help with this example.
  void add_shared_options(const std::string& example);

  /// Collective. Reads the arguments; false if all that was asked for is the help or the version, which rank 0 has printed.
  /// Throws a usage error that says what to do.
  [[nodiscard]] bool parse(int argc, char** argv);
  /// Collective, after that: opens the report and the output.
  void open();

  [[nodiscard]] std::uint64_t seed() const noexcept { return line_.job.seed.value_or(0); }
  /// With the number of threads, and a place for the report.
  [[nodiscard]] const job::Options& job() const noexcept { return line_.job; }

  /// How it went.
  struct Summary {
    Value mean;                ///< of what the program is about
    std::uint64_t trials = 0;  ///< or samples
    double seconds = 0;
    std::string unit = "trials";
    std::string ended_by;  ///< as description_of says it; empty: by nothing but its length
    std::string json;      ///< an object of what else there is to say
    std::string remark;    ///< a sentence on how far to trust it
  };
  /// Collective: `table` to -o or standard output, the report, the summary.
  void write(const std::string& table, const Summary& summary);

 private:
  const mpi::Communicator& comm_;
  std::string name_;
  std::unique_ptr<CLI::App> app_;
  job::CommandLine line_;
  std::optional<job::ReportFile> report_;
  std::optional<store::Output> output_;
};

}  // namespace serried::montecarlo

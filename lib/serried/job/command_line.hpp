/// The command line that every app shares, so that nobody has to learn it twice.
///
///     CLI::App app("Counts words.", "serried-wordcount");
///     app.add_option("INPUT", inputs)->required();
///     job::CommandLine line;
///     job::add_options(app, line);                    // --output --threads --checkpoint --report --progress …
///     if (!job::parse(app, argc, argv, world, line)) return;   // only the help or the version was wanted
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <serried/job/work.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/report/run_record.hpp>
#include <serried/store/output_file.hpp>

namespace CLI {
class App;
}

namespace serried::job {

/// What the shared options say.
struct CommandLine {
  Options
      job;  ///< --threads, --checkpoint, --checkpoint-every, --resume, --progress, --quiet; `app` is the name
  std::string output;  ///< -o; empty: standard output
  std::string report;  ///< --report; empty: none
  bool wants_json = false;
  bool is_quiet = false;

  // Words on the way.
  std::string progress = "auto";
  std::string checkpoint_every = "60s";
};

/// Local. Adds the options to `app`, which keeps references to `line`. --seed is added where `seed` says so.
enum class Seed : bool { none, wanted };
void add_options(CLI::App& app, CommandLine& line, Seed seed = Seed::none);

/// Local. Reads the arguments; false if the help or the version was asked for, which `prints` says to print (rank 0 does).
/// Throws a usage error that says what to do.
[[nodiscard]] bool parse(CLI::App& app, int argc, char** argv, bool prints, CommandLine& line);

/// The --report file: made when the job begins, so that a path that cannot be written is found then; written at its end.
class Report {
 public:
  /// Collective. With an empty path, a report that is kept nowhere.
  Report(const mpi::Communicator& comm, const CommandLine& line);

  [[nodiscard]] report::RunRecord* record() { return file_ ? &record_ : nullptr; }
  /// Collective.
  void write();

 private:
  mpi::Communicator comm_;
  report::RunRecord record_;
  std::optional<store::OutputFile> file_;
};

}  // namespace serried::job

/// The command line that every app shares, so that nobody has to learn it twice.
///
///     CLI::App app("Counts words.", "serried-wordcount");
///     app.add_option("INPUT", inputs)->required();
///     job::CommandLine line;
///     job::add_options(app, line);                    // --output --threads --checkpoint --report --progress …
///     if (!job::parse(app, argc, argv, world.is_root(), line)) return;   // only the help or the version was wanted
#pragma once

#include <cstdint>
#include <string>

#include <serried/job/work.hpp>

namespace CLI {
class App;
}

namespace serried::job {

/// What the shared options say.
struct CommandLine {
  Options
      job;  ///< --threads, --checkpoint, --checkpoint-every, --resume, --progress, --quiet; `app` is the name
  std::string output;        ///< -o; empty: standard output
  std::string report;        ///< --report; empty: none
  std::string skipped_list;  ///< --on-error skip:FILE; empty: the first error stops the job
  bool wants_json = false;
  bool is_quiet = false;
  std::uint64_t memory = std::uint64_t{512} << 20;  ///< --memory, in bytes
  std::string tmp;                                  ///< --tmp; empty: $TMPDIR, or /tmp

  // Words on the way.
  std::string progress = "auto";
  std::string checkpoint_every = "60s";
  std::string memory_size = "512M";
  std::string on_error = "stop";
};

/// Options that not every app has.
struct Wanted {
  bool seed = false;      ///< --seed: it draws random numbers
  bool memory = false;    ///< --memory and --tmp: it puts on disk what does not fit
  bool on_error = false;  ///< --on-error: it can go on without records that it fails on
};

/// Local. Adds the options to `app`, which keeps references to `line`.
void add_options(CLI::App& app, CommandLine& line, const Wanted& wanted = {});

/// Local. For CLI11's `check`: empty if `text` is a whole number, else what is wrong. CLI11 alone would take -1 for the
/// largest number that there is.
[[nodiscard]] std::string whole_number(const std::string& text);

/// Local. Reads the arguments; false if the help or the version was asked for, which `prints` says to print (rank 0 does).
/// Throws a usage error that says what to do.
[[nodiscard]] bool parse(CLI::App& app, int argc, char** argv, bool prints, CommandLine& line);

/// Local, for rank 0: how a job ended, as --json and --quiet want it: `json` on standard output, `text`, a line, on standard
/// error, or nothing. Throws if the first cannot be written.
void print_summary(const CommandLine& line, const std::string& json, const std::string& text);

}  // namespace serried::job

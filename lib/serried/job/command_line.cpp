#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <serried/base/duration.hpp>
#include <serried/base/error.hpp>
#include <serried/base/quantity.hpp>
#include <serried/base/version.hpp>
#include <serried/job/command_line.hpp>

namespace serried::job {
namespace {

// Whatever the two are called by; neither needs to be there.
bool name_the_same(const std::string& one, const std::string& other) {
  namespace fs = std::filesystem;
  std::error_code ignored;  // what is wrong with a path shows when it is opened
  const auto resolved = [&](const std::string& path) {
    return fs::weakly_canonical(fs::absolute(path, ignored), ignored);
  };
  return one == other || (!resolved(one).empty() && resolved(one) == resolved(other));
}

// CLI11 takes an empty word for the number 0, and the next option for the value of one that has none.
void check_values(const CLI::App& app) {
  for (const CLI::Option* const option : app.get_options()) {
    const std::string type = option->get_type_name();
    const bool is_number = type.starts_with("FLOAT") || type.starts_with("INT") || type.starts_with("UINT");
    for (const std::string& word : option->results()) {
      if (is_number && word.empty()) {
        throw usage_error(fmt::format("{} has an empty value: it is a number", option->get_name()));
      }
      if (word.starts_with("--") && !option->get_positional()) {
        throw usage_error(fmt::format("{} has no value, but {} after it", option->get_name(), word))
            .hint("a file of such a name is ./" + word);
      }
    }
  }
}

void check_report(const CommandLine& line) {
  if (line.report.empty() || line.report == "-") {
    throw usage_error("--report needs the name of a file");
  }
  if (!line.output.empty() && line.output != "-" && name_the_same(line.report, line.output)) {
    throw usage_error("--report and -o name the same file: the one would replace the other");
  }
}

// The file of --on-error skip:FILE; empty for stop.
std::string list_of_skipped(const CommandLine& line) {
  constexpr std::string_view skip = "skip:";
  if (line.on_error == "stop") {
    return {};
  }
  std::string list = line.on_error.starts_with(skip) ? line.on_error.substr(skip.size()) : std::string();
  if (list.empty() || list == "-") {
    throw usage_error(
        fmt::format("--on-error {}: it is stop, or skip:FILE with the name of a file", line.on_error));
  }
  for (const auto& [option, file] : {std::pair("-o", &line.output), std::pair("--report", &line.report)}) {
    if (!file->empty() && *file != "-" && name_the_same(list, *file)) {
      throw usage_error(
          fmt::format("--on-error and {} name the same file: the one would replace the other", option));
    }
  }
  return list;
}

void check_checkpoint(const CLI::App& app, const CommandLine& line) {
  if (!line.job.checkpoint.empty()) {
    return;
  }
  if (app.count("--checkpoint") > 0) {
    throw usage_error("--checkpoint needs the name of a folder");
  }
  if (line.job.resume) {
    throw usage_error("--resume needs the folder to go on with: --checkpoint FOLDER");
  }
  if (app.count("--checkpoint-every") > 0) {
    throw usage_error("--checkpoint-every needs the folder to save in: --checkpoint FOLDER");
  }
}

std::uint64_t parse_memory(const std::string& app, const std::string& size) {
  constexpr std::uint64_t least = std::uint64_t{8} << 20;
  std::uint64_t memory = 0;
  try {
    memory = parse_bytes(size);
  } catch (const Error& error) {
    throw usage_error(fmt::format("--memory {}: {}", size, error.problem()));
  }
  if (memory < least) {
    throw usage_error(fmt::format("--memory {}: {} needs at least {}", size, app, format_bytes(least)));
  }
  return memory;
}

}  // namespace

void add_options(CLI::App& app, CommandLine& line, const Wanted& wanted) {
  app.add_option("-o,--output", line.output, "File for the result (default: standard output)");
  app.add_option("--threads", line.job.threads, "Threads of each rank (default: its share of the cores)")
      ->check(CLI::Range(1, 4096))
      ->option_text("T");
  if (wanted.seed) {
    app.add_option("--seed", line.job.seed, "Seed of all random numbers")
        ->check(whole_number)
        ->option_text("N");
  }
  if (wanted.memory) {
    app.add_option("--memory", line.memory_size, "Of a rank; what does not fit goes to disk (512M)")
        ->option_text("SIZE");
    app.add_option("--tmp", line.tmp, "Folder for what does not fit into memory ($TMPDIR, or /tmp)")
        ->option_text("FOLDER");
  }
  app.add_option("--checkpoint", line.job.checkpoint,
                 "Folder that remembers what is done, to go on after a stop")
      ->option_text("FOLDER");
  app.add_option("--checkpoint-every", line.checkpoint_every, "How much work a kill may cost (default: 60s)")
      ->option_text("TIME");
  app.add_flag("--resume", line.job.resume, "Go on with what --checkpoint remembers");
  if (wanted.on_error) {
    app.add_option(
           "--on-error", line.on_error,
           "stop at the first record that makes no sense (default), or skip:FILE: go on without such, "
           "list them in FILE, end with exit code 3")
        ->option_text("WHAT");
  }
  app.add_option("--report", line.report,
                 "File for the run's record, as JSON: time, memory and work of every rank")
      ->option_text("FILE");
  app.add_option("--progress", line.progress,
                 "auto (on a terminal; in a log once a minute), always (in a log every 10 s) or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  app.add_flag("--json", line.wants_json,
               "Print a summary as JSON on standard output; without -o, instead of the result");
  app.add_flag("--quiet", line.is_quiet, "No progress and no summary on standard error");
  app.set_version_flag("--version", fmt::format("{} {}", app.get_name(), version));
}

std::string whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const char* const text_end = text.data() + text.size();
  const auto [end, status] = std::from_chars(text.data(), text_end, number);
  return status == std::errc() && end == text_end
             ? ""
             : fmt::format("'{}' is not a whole number, or too large", text);
}

bool parse(CLI::App& app, int argc, char** argv, bool prints, CommandLine& line) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    if (prints) {
      app.exit(request);
    }
    return false;
  } catch (const CLI::ParseError& error) {
    throw usage_error(fmt::format("{}; see --help", error.what()));
  }
  check_values(app);
  if (app.count("--output") > 0 && line.output.empty()) {
    throw usage_error("-o has an empty name; leave it out, or give -, for standard output");
  }
  if (app.count("--report") > 0) {
    check_report(line);
  }
  line.skipped_list = list_of_skipped(line);
  check_checkpoint(app, line);
  try {
    line.job.checkpoint_every = parse_duration(line.checkpoint_every);
  } catch (const Error& error) {
    throw usage_error(fmt::format("--checkpoint-every: {}", error.problem()));
  }
  line.memory = parse_memory(app.get_name(), line.memory_size);
  using report::Progress;
  line.job.progress = line.is_quiet || line.progress == "never" ? Progress::never
                      : line.progress == "always"               ? Progress::always
                                                                : Progress::automatic;
  line.job.app = app.get_name();
  return true;
}

void print_summary(const CommandLine& line, const std::string& json, const std::string& text) {
  if (line.wants_json) {
    std::puts(json.c_str());
    if (std::fflush(stdout) != 0) {
      throw system_error("write the summary", errno, "standard output");
    }
  } else if (!line.is_quiet) {
    std::fputs(text.c_str(), stderr);  // the job is done even if nobody can be told
  }
}

}  // namespace serried::job

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <serried/base/quantity.hpp>
#include <serried/base/version.hpp>
#include <serried/job/command_line.hpp>
#include <serried/job/report_file.hpp>

#include "wordcount.hpp"

namespace {

struct CommandLine {
  serried::job::CommandLine shared;
  serried::wordcount::Options options;
};

// Nothing if all that was asked for is the help or the version, which rank 0 has printed.
std::optional<CommandLine> parse(int argc, char** argv, bool prints) {
  CommandLine line;
  serried::wordcount::Options& options = line.options;
  CLI::App app("Counts the words of text files on all cores: COUNT<TAB>WORD, most frequent first.",
               "serried-wordcount");
  app.add_option("INPUT", options.inputs,
                 "Files, directories (all files below), patterns such as '*.txt', or - for standard input; "
                 "files named .gz and .zst "
                 "are decompressed")
      ->required();
  app.add_option("--top", options.top, "Only the K most frequent words")
      ->check(serried::job::whole_number)
      ->option_text("K");
  app.add_flag("--fold-case", options.text.fold_case, "Count A-Z as a-z");
  serried::job::add_options(app, line.shared, {.memory = true});
  app.footer(
      "Words are runs of bytes other than space, \\t, \\n, \\v, \\f and \\r. The output is the same bytes "
      "for any\n"
      "number of ranks and threads, and after any stop. Exit codes: 0 done, 1 failed, 2 bad usage, 75 "
      "stopped\n"
      "early with a checkpoint. Example: mpirun serried-wordcount corpus/ -o counts.tsv");
  if (!serried::job::parse(app, argc, argv, prints, line.shared)) {
    return std::nullopt;
  }
  options.text.memory = line.shared.memory;
  options.text.tmp = line.shared.tmp;
  options.writes_counts = !line.shared.output.empty() || !line.shared.wants_json;
  if (!line.shared.output.empty()) {
    options.output = line.shared.output;
  }
  return line;
}

void print_summary(const CommandLine& line, const serried::wordcount::Summary& summary, int n_ranks,
                   int n_threads) {
  const double megabytes_per_second =
      summary.seconds > 0 ? static_cast<double>(summary.n_bytes) / summary.seconds / 1e6 : 0;
  const nlohmann::ordered_json json = {{"files", summary.n_files},   {"bytes", summary.n_bytes},
                                       {"words", summary.n_words},   {"distinct", summary.n_distinct},
                                       {"seconds", summary.seconds}, {"mb_per_second", megabytes_per_second},
                                       {"ranks", n_ranks},           {"threads_per_rank", n_threads},
                                       {"version", serried::version}};
  const std::string text = fmt::format(
      "{} words, {} distinct, {} in {} files: {} ({:.0f} MB/s) on {} ranks x {} threads\n", summary.n_words,
      summary.n_distinct, serried::format_bytes(summary.n_bytes), summary.n_files,
      serried::format_seconds(summary.seconds), megabytes_per_second, n_ranks, n_threads);
  serried::job::print_summary(line.shared, json.dump(), text);
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("wordcount", argc, argv, [&](serried::Environment& mpi) {
    auto line = parse(argc, argv, mpi.world().is_root());
    if (!line) {
      return;
    }
    serried::job::ReportFile report(mpi.world(), line->shared.report, line->shared.job);
    serried::job::Options& job = line->options.text.job;
    job = line->shared.job;
    job.record = report.record();
    job.threads = serried::job::n_threads_of(mpi.world(), job);
    const auto summary = serried::wordcount::run(mpi.world(), line->options);
    report.write();
    if (mpi.world().is_root()) {
      print_summary(*line, summary, mpi.world().size(), job.threads);
    }
  });
}

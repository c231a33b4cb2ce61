#include <algorithm>
#include <cstddef>
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
#include <serried/store/write_text.hpp>

#include "index.hpp"
#include "query.hpp"

namespace {

struct CommandLine {
  serried::job::CommandLine shared;
  serried::index::Options options;
  std::optional<std::string> query;
  std::size_t top = 10;
};

// Nothing if all that was asked for is the help or the version, which rank 0 has printed.
std::optional<CommandLine> parse(int argc, char** argv, bool prints) {
  CommandLine line;
  serried::index::Options& options = line.options;
  CLI::App app(
      "Makes an index of text files: for each word in which documents it is, how often and where; and "
      "answers queries from it.",
      "serried-index");
  app.add_option("INPUT", options.inputs,
                 "Files, directories (all files below), patterns such as '*.txt', or - for standard input; "
                 "files named .gz and .zst are decompressed. With --query: an index")
      ->required();
  app.add_flag("--fold-case", options.text.fold_case, "Index A-Z as a-z; queries of the index do so, too");
  app.add_flag("--skip-binary", options.skips_binary,
               "Leave files out that hold a NUL byte, instead of failing");
  auto* const query =
      app.add_option("--query", line.query,
                     "Print SCORE<TAB>PATH of the documents of an index that fit these words best")
          ->option_text("WORDS");
  app.add_option("--top", line.top, "How many documents --query prints at most (10)")
      ->check(serried::job::whole_number)
      ->needs(query)
      ->option_text("K");
  serried::job::add_options(app, line.shared, {.memory = true});
  app.footer(
      "Words are runs of bytes other than space, \\t, \\n, \\v, \\f and \\r. The index is the same bytes for "
      "any number of\n"
      "ranks and threads, any memory, and after any stop. Exit codes: 0 done, 1 failed, 2 bad usage, 75 "
      "stopped early\n"
      "with a checkpoint. Example: mpirun serried-index corpus/ -o index.tsv && serried-index --query 'two "
      "words' index.tsv");
  if (!serried::job::parse(app, argc, argv, prints, line.shared)) {
    return std::nullopt;
  }
  options.text.memory = line.shared.memory;
  options.text.tmp = line.shared.tmp;
  if (!line.shared.output.empty()) {
    options.output = line.shared.output;
  }
  if (line.query) {
    if (options.inputs.size() != 1) {
      throw serried::usage_error("--query looks into one index");
    }
    if (!line.shared.job.checkpoint.empty() || line.shared.wants_json || !line.shared.report.empty()) {
      throw serried::usage_error("--query has no --checkpoint, --report or --json");
    }
  } else if (line.shared.wants_json && line.shared.output.empty()) {
    throw serried::usage_error("--json needs -o: standard output is for the index");
  }
  return line;
}

// Collective; rank 0 does all of it.
void answer(const serried::mpi::Communicator& comm, const CommandLine& line) {
  std::string text;
  serried::mpi::on_root(comm, [&] {
    const serried::index::IndexFile index(line.options.inputs.front());
    for (const auto& hit : serried::index::query(index, *line.query, line.top)) {
      text += fmt::format("{}.{:06}\t{}\n", hit.score / 1'000'000, hit.score % 1'000'000, hit.path);
    }
  });
  serried::store::Output output = serried::store::open_output(comm, line.options.output);
  serried::store::write_text(comm, output, text);
}

void print_summary(const CommandLine& line, const serried::index::Summary& summary, int n_ranks,
                   int n_threads) {
  const double megabytes_per_second =
      summary.seconds > 0 ? static_cast<double>(summary.n_bytes) / summary.seconds / 1e6 : 0;
  const nlohmann::ordered_json json = {{"documents", summary.n_documents},
                                       {"left_out", summary.n_left_out},
                                       {"bytes", summary.n_bytes},
                                       {"words", summary.n_words},
                                       {"distinct", summary.n_distinct},
                                       {"seconds", summary.seconds},
                                       {"mb_per_second", megabytes_per_second},
                                       {"ranks", n_ranks},
                                       {"threads_per_rank", n_threads},
                                       {"version", serried::version}};
  const std::string left_out =
      summary.n_left_out == 0 ? "" : fmt::format(" ({} binary files left out)", summary.n_left_out);
  const std::string text = fmt::format(
      "{} words, {} distinct, {} in {} documents{}: {} ({:.0f} MB/s) on {} ranks x {} threads\n",
      summary.n_words, summary.n_distinct, serried::format_bytes(summary.n_bytes), summary.n_documents,
      left_out, serried::format_seconds(summary.seconds), megabytes_per_second, n_ranks, n_threads);
  serried::job::print_summary(line.shared, json.dump(), text);
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("index", argc, argv, [&](serried::Environment& mpi) {
    auto line = parse(argc, argv, mpi.world().is_root());
    if (!line) {
      return;
    }
    if (line->query) {
      answer(mpi.world(), *line);
      return;
    }
    serried::job::ReportFile report(mpi.world(), line->shared.report, line->shared.job);
    serried::job::Options& job = line->options.text.job;
    job = line->shared.job;
    job.record = report.record();
    job.threads = serried::job::n_threads_of(mpi.world(), job);
    const auto summary = serried::index::run(mpi.world(), line->options);
    report.write();
    if (mpi.world().is_root()) {
      print_summary(*line, summary, mpi.world().size(), job.threads);
    }
  });
}

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <serried/base/exit_code.hpp>
#include <serried/base/quantity.hpp>
#include <serried/base/version.hpp>
#include <serried/job/command_line.hpp>
#include <serried/job/report_file.hpp>
#include <serried/mapreduce/quarantine.hpp>

#include "pagerank.hpp"

namespace {

struct CommandLine {
  serried::job::CommandLine shared;
  serried::pagerank::Options options;
};

// Nothing if all that was asked for is the help or the version, which rank 0 has printed.
std::optional<CommandLine> parse(int argc, char** argv, bool prints) {
  CommandLine line;
  serried::pagerank::Options& options = line.options;
  serried::pagerank::Rules& rules = options.rules;
  CLI::App app("Ranks the nodes of a directed graph by PageRank: NODE<TAB>RANK, the highest first.",
               "serried-pagerank");
  app.add_option("EDGES", options.inputs,
                 "Files of lines FROM TO (# begins a comment), directories (all files below), patterns such "
                 "as '*.txt', or - for standard input; files named .gz and .zst are decompressed")
      ->required();
  app.add_option("--damping", rules.damping, "Share of a rank that follows edges (0.85)")->option_text("D");
  app.add_option("--tolerance", rules.tolerance,
                 "Done when the ranks change by no more than this in all (1e-10)")
      ->option_text("T");
  app.add_option("--max-iterations", rules.max_iterations, "Or after so many iterations (100)")
      ->check(serried::job::whole_number)
      ->option_text("N");
  app.add_option("--top", options.top, "Only the K highest nodes")
      ->check(serried::job::whole_number)
      ->option_text("K");
  serried::job::add_options(app, line.shared, {.memory = true, .on_error = true});
  app.footer(
      "An edge that is there several times counts several times, and so does one from a node to itself. The "
      "graph stays in\n"
      "memory; --memory is for sorting the result. The output is\n"
      "the same bytes for any number of ranks and threads, any memory, and after any stop. Exit codes: 0 "
      "done, 1 failed,\n"
      "2 bad usage, 3 done but for lines that were skipped, 75 stopped early with a checkpoint. Example: "
      "mpirun serried-pagerank links.txt.gz -o "
      "ranks.tsv");
  if (!serried::job::parse(app, argc, argv, prints, line.shared)) {
    return std::nullopt;
  }
  options.text.memory = line.shared.memory;
  options.text.tmp = line.shared.tmp;
  if (rules.max_iterations == 0 || options.top == 0) {
    throw serried::usage_error("--max-iterations and --top must be at least 1");
  }
  options.writes_ranks = !line.shared.output.empty() || !line.shared.wants_json;
  if (!line.shared.output.empty()) {
    options.output = line.shared.output;
  }
  return line;
}

void print_summary(const CommandLine& line, const serried::pagerank::Summary& summary, int n_ranks,
                   int n_threads, std::uint64_t n_skipped) {
  const double seconds_each = summary.seconds_of_iterations / static_cast<double>(summary.n_iterations);
  const nlohmann::ordered_json json = {{"files", summary.n_files},
                                       {"bytes", summary.n_bytes},
                                       {"nodes", summary.n_nodes},
                                       {"edges", summary.n_edges},
                                       {"dangling", summary.n_dangling},
                                       {"iterations", summary.n_iterations},
                                       {"change", summary.change},
                                       {"converged", summary.has_converged},
                                       {"skipped", n_skipped},
                                       {"seconds", summary.seconds},
                                       {"seconds_of_reading", summary.seconds_of_reading},
                                       {"seconds_an_iteration", seconds_each},
                                       {"ranks", n_ranks},
                                       {"threads_per_rank", n_threads},
                                       {"version", serried::version}};
  const std::string text = fmt::format(
      "{} nodes, {} edges, {} iterations, {} by {:.1e}: {}, {} of it reading, {} an iteration, on {} ranks x "
      "{} threads\n",
      summary.n_nodes, summary.n_edges, summary.n_iterations,
      summary.has_converged ? "the last changed the ranks" : "not converged, the last changed the ranks",
      summary.change, serried::format_seconds(summary.seconds),
      serried::format_seconds(summary.seconds_of_reading), fmt::format("{:.3f} s", seconds_each), n_ranks,
      n_threads);
  serried::job::print_summary(line.shared, json.dump(), text);
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("pagerank", argc, argv, [&](serried::Environment& mpi) {
    auto line = parse(argc, argv, mpi.world().is_root());
    if (!line) {
      return serried::ExitCode::done;
    }
    serried::job::ReportFile report(mpi.world(), line->shared.report, line->shared.job);
    serried::job::Options& job = line->options.text.job;
    job = line->shared.job;
    job.record = report.record();
    job.threads = serried::job::n_threads_of(mpi.world(), job);
    std::optional<serried::mapreduce::Quarantine> quarantine;
    if (!line->shared.skipped_list.empty()) {
      line->options.text.quarantine = &quarantine.emplace(mpi.world(), line->shared.skipped_list);
    }
    const auto summary = serried::pagerank::run(mpi.world(), line->options);
    report.write();
    if (mpi.world().is_root()) {
      print_summary(*line, summary, mpi.world().size(), job.threads,
                    quarantine ? quarantine->n_records() : 0);
      if (quarantine && quarantine->n_records() > 0) {
        fmt::print(stderr, "serried-pagerank: {}\n", quarantine->remark());
      }
    }
    return quarantine ? quarantine->exit_code() : serried::ExitCode::done;
  });
}

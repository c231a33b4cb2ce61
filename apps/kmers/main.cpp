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

#include "kmers.hpp"

namespace {

struct CommandLine {
  serried::job::CommandLine shared;
  serried::kmers::Options options;
};

// Nothing if all that was asked for is the help or the version, which rank 0 has printed.
std::optional<CommandLine> parse(int argc, char** argv, bool prints) {
  CommandLine line;
  serried::kmers::Options& options = line.options;
  bool is_canonical = false;
  CLI::App app(
      "Counts the k-mers of FASTA and FASTQ files on all cores: KMER<TAB>COUNT, in the order A C G T.",
      "serried-kmers");
  app.add_option("INPUT", options.inputs,
                 "FASTA and FASTQ files, directories (all files below), patterns such as '*.fq.gz', or - for "
                 "standard input; files named .gz and .zst are decompressed")
      ->required();
  app.add_option("-k", options.k,
                 fmt::format("Bases of a k-mer, 1 to {} (default: 21)", serried::kmers::max_k))
      ->check(serried::job::whole_number)
      ->check(CLI::Range(1, serried::kmers::max_k))
      ->option_text("K");
  app.add_flag("--canonical", is_canonical,
               "Count a k-mer and its reverse complement as one: the smaller of the two");
  app.add_option("--min-count", options.min_count, "Only k-mers that occur at least so often")
      ->check(serried::job::whole_number)
      ->option_text("C");
  app.add_flag("--histogram", options.wants_histogram,
               "Write how many k-mers occur how often, COUNT<TAB>NUMBER_OF_KMERS, instead of the k-mers");
  serried::job::add_options(app, line.shared, {.memory = true});
  app.footer(
      "Lower case is read as upper case; any letter but A C G T ends a k-mer. The output is the same bytes "
      "for "
      "any\n"
      "number of ranks and threads, and after any stop. Exit codes: 0 done, 1 failed, 2 bad usage, 75 "
      "stopped\n"
      "early with a checkpoint. -o NAME.h5 writes an HDF5 table.\n"
      "Example: mpirun serried-kmers -k 21 --canonical reads/ -o kmers.tsv");
  if (!serried::job::parse(app, argc, argv, prints, line.shared)) {
    return std::nullopt;
  }
  options.text.memory = line.shared.memory;
  options.text.tmp = line.shared.tmp;
  options.strands = is_canonical ? serried::kmers::Strands::both : serried::kmers::Strands::one;
  options.writes_counts = !line.shared.output.empty() || !line.shared.wants_json;
  if (!line.shared.output.empty()) {
    options.output = line.shared.output;
  }
  return line;
}

void print_summary(const CommandLine& line, const serried::kmers::Summary& summary, int n_ranks,
                   int n_threads) {
  const double megabytes_per_second =
      summary.seconds > 0 ? static_cast<double>(summary.n_bytes) / summary.seconds / 1e6 : 0;
  const nlohmann::ordered_json json = {{"files", summary.n_files},
                                       {"bytes", summary.n_bytes},
                                       {"kmers", summary.n_kmers},
                                       {"distinct", summary.n_distinct},
                                       {"kept", summary.n_kept},
                                       {"k", line.options.k},
                                       {"spilled_bytes", summary.n_bytes_spilled},
                                       {"seconds", summary.seconds},
                                       {"mb_per_second", megabytes_per_second},
                                       {"ranks", n_ranks},
                                       {"threads_per_rank", n_threads},
                                       {"version", serried::version}};
  const std::string text = fmt::format(
      "{} {}-mers, {} distinct, {} in {} files: {} ({:.0f} MB/s) on {} ranks x {} threads\n", summary.n_kmers,
      line.options.k, summary.n_distinct, serried::format_bytes(summary.n_bytes), summary.n_files,
      serried::format_seconds(summary.seconds), megabytes_per_second, n_ranks, n_threads);
  serried::job::print_summary(line.shared, json.dump(), text);
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("kmers", argc, argv, [&](serried::Environment& mpi) {
    auto line = parse(argc, argv, mpi.world().is_root());
    if (!line) {
      return;
    }
    serried::job::ReportFile report(mpi.world(), line->shared.report, line->shared.job);
    serried::job::Options& job = line->options.text.job;
    job = line->shared.job;
    job.record = report.record();
    job.threads = serried::job::n_threads_of(mpi.world(), job);
    const auto summary = serried::kmers::run(mpi.world(), line->options);
    report.write();
    if (mpi.world().is_root()) {
      print_summary(*line, summary, mpi.world().size(), job.threads);
    }
  });
}

#include <algorithm>
#include <chrono>
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

#include "check_order.hpp"
#include "sort.hpp"

namespace {

using serried::sort_lines::Options;

struct CommandLine {
  serried::job::CommandLine shared;
  Options options;
  bool checks = false;
};

// Nothing if all that was asked for is the help or the version, which rank 0 has printed.
std::optional<CommandLine> parse(int argc, char** argv, bool prints) {
  CommandLine line;
  Options& options = line.options;
  serried::sort_lines::LineOrderOptions& order = options.order;
  serried::sort_lines::RecordFormat records;
  std::optional<std::string> separator;
  std::optional<std::size_t> key_bytes;
  CLI::App app(
      "Sorts lines, or records of a fixed size, that may be far more than memory holds, on all cores.",
      "serried-sort");
  app.add_option(
         "INPUT", options.inputs,
         "Files, directories (all files below), patterns such as '*.txt', or - for standard input; files "
         "named .gz and .zst are decompressed")
      ->required();
  app.add_option(
         "-k,--key-field", order.keys,
         "Sort by FIRST[.CHARACTER][OPTIONS][,LAST[.CHARACTER][OPTIONS]], options from b, n and r; may be "
         "given again for what comes next")
      ->option_text("FIELDS")
      ->allow_extra_args(false);
  app.add_option("-t,--field-separator", separator,
                 "The byte between two fields, instead of blanks; \\0 for NUL")
      ->option_text("BYTE");
  app.add_flag("-n,--numeric-sort", order.numeric, "By the number at the beginning");
  app.add_flag("-r,--reverse", order.reverse, "The other way round");
  app.add_flag("-u,--unique", order.unique, "Of lines with equal keys only the first");
  app.add_flag("-s,--stable", order.stable, "Lines with equal keys stay in the order of the input");
  app.add_flag("-b,--ignore-leading-blanks", order.ignore_leading_blanks, "Blanks before a key do not count");
  auto* const record = app.add_option("--record", records.record_bytes, "Records of N bytes instead of lines")
                           ->check(serried::job::whole_number)
                           ->option_text("N");
  app.add_option("--key", key_bytes, "Bytes of a record to sort by, ascending (all)")
      ->check(serried::job::whole_number)
      ->needs(record)
      ->option_text("N");
  app.add_option("--key-offset", records.key_offset, "Bytes of a record before its key (0)")
      ->check(serried::job::whole_number)
      ->needs(record)
      ->option_text("N");
  app.add_flag("-c,--check", line.checks,
               "Sort nothing: say whether the one input is sorted, by exit code 0 or 1");
  serried::job::add_options(app, line.shared, {.memory = true});
  app.footer(
      "Lines are sorted as LC_ALL=C sort does with the same options. The output is the same bytes for any "
      "number of\n"
      "ranks and threads, any memory, and after any stop. Exit codes: 0 done, 1 failed or not sorted, 2 bad "
      "usage,\n"
      "75 stopped early with a checkpoint. Example: mpirun serried-sort -t, -k2n table.csv -o sorted.csv");
  if (!serried::job::parse(app, argc, argv, prints, line.shared)) {
    return std::nullopt;
  }
  if (separator) {
    order.separator = serried::sort_lines::parse_separator(*separator);
  }
  if (record->count() > 0) {
    if (!order.keys.empty() || order.separator || order.numeric || order.reverse || order.unique ||
        order.stable || order.ignore_leading_blanks) {
      throw serried::usage_error("--record sorts bytes: -k, -t, -n, -r, -u, -s and -b are for lines");
    }
    records.key_bytes =
        key_bytes.value_or(records.record_bytes - std::min(records.key_offset, records.record_bytes));
    if (records.record_bytes == 0 || records.key_bytes == 0 || records.key_bytes > records.record_bytes ||
        records.key_offset > records.record_bytes - records.key_bytes) {
      throw serried::usage_error(
          fmt::format("a key of {} bytes from byte {} on is not within a record of {} bytes",
                      records.key_bytes, records.key_offset, records.record_bytes));
    }
    options.records = records;
  }
  options.text.memory = line.shared.memory;
  options.text.tmp = line.shared.tmp;
  if (!line.shared.output.empty()) {
    options.output = line.shared.output;
  }
  if (line.shared.wants_json && line.shared.output.empty()) {
    throw serried::usage_error("--json needs -o: standard output is for the sorted lines");
  }
  if (line.checks && !line.shared.output.empty()) {
    throw serried::usage_error("--check writes nothing: -o makes no sense with it");
  }
  return line;
}

void print_summary(const CommandLine& line, const serried::sort_lines::Summary& summary, double seconds,
                   int n_ranks) {
  const nlohmann::ordered_json json = {{"files", summary.n_files},
                                       {"bytes", summary.n_bytes},
                                       {"records", summary.n_records},
                                       {"written", summary.n_records_written},
                                       {"spilled_bytes", summary.n_bytes_spilled},
                                       {"seconds", seconds},
                                       {"ranks", n_ranks},
                                       {"threads_per_rank", line.options.text.job.threads},
                                       {"version", serried::version}};
  const double megabytes_per_second = seconds > 0 ? static_cast<double>(summary.n_bytes) / seconds / 1e6 : 0;
  const std::string text = fmt::format(
      "{} {}, {} in {} files, {} written, {} on disk meanwhile: {} ({:.0f} MB/s) on {} ranks x {} "
      "threads\n",
      summary.n_records, line.options.records ? "records" : "lines", serried::format_bytes(summary.n_bytes),
      summary.n_files, summary.n_records_written, serried::format_bytes(summary.n_bytes_spilled),
      serried::format_seconds(seconds), megabytes_per_second, n_ranks, line.options.text.job.threads);
  serried::job::print_summary(line.shared, json.dump(), text);
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("sort", argc, argv, [&](serried::Environment& mpi) {
    auto line = parse(argc, argv, mpi.world().is_root());
    if (!line) {
      return;
    }
    const auto start = std::chrono::steady_clock::now();
    serried::job::ReportFile report(mpi.world(), line->shared.report, line->shared.job);
    serried::job::Options& job = line->options.text.job;
    job = line->shared.job;
    job.record = report.record();
    job.threads = serried::job::n_threads_of(mpi.world(), job);
    if (line->checks) {
      serried::sort_lines::check(mpi.world(), line->options);
      report.write();
      return;
    }
    const auto summary = serried::sort_lines::sort(mpi.world(), line->options);
    report.write();
    if (mpi.world().is_root()) {
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      print_summary(*line, summary, seconds.count(), mpi.world().size());
    }
  });
}

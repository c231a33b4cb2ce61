#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <serried/base/error.hpp>
#include <serried/job/command_line.hpp>
#include <serried/montecarlo/chain_program.hpp>

namespace serried::montecarlo {
namespace {

constexpr const char* max_samples = "--max-samples";

const char* ending_of(Stop stop) {
  switch (stop) {
    case Stop::trials:
      return "the number of samples";
    case Stop::no_variation:
      return "no variation among the samples";
    default:
      return description_of(stop);
  }
}

}  // namespace

ChainProgram::ChainProgram(const mpi::Communicator& comm, const std::string& what, const std::string& name,
                           const ChainOptions& defaults, const std::string& targets_of,
                           const std::string& example)
    : frame_(comm, what, name, defaults.seed), options_(defaults) {
  const auto add = [&](const char* option, std::uint64_t& number, const std::string& help) {
    app()
        .add_option(option, number, fmt::format("{} (default: {})", help, number))
        ->check(job::whole_number)
        ->option_text("N");
  };
  add("--samples", options_.samples, "Of each chain, rounded up to whole bins; with a target, at first");
  add("--warm-up", options_.warm_up, "Samples of each chain that are not measured, at first");
  add("--steps-per-sample", options_.steps_per_sample, "Of the chain");
  add("--chains", options_.chains, "That know nothing of each other: as many as cores, or more");
  frame_.add_targets(targets_of, options_.absolute_error, options_.relative_error);
  app()
      .add_option(max_samples, options_.max_samples, "Of each chain, with a target (default: no limit)")
      ->check(job::whole_number)
      ->option_text("N");
  frame_.add_shared_options(example);
}

bool ChainProgram::parse(int argc, char** argv) {
  if (!frame_.parse(argc, argv)) {
    return false;
  }
  if (app().count(max_samples) > 0) {
    if (!options_.has_target()) {
      throw usage_error(fmt::format("{} is for a target: the number is that of --samples", max_samples))
          .hint("or give --target-error or --target-relative-error");
    }
    if (options_.max_samples < options_.samples) {
      throw usage_error(fmt::format("{} {} is less than --samples {}, which are made at first", max_samples,
                                    options_.max_samples, options_.samples));
    }
  }
  frame_.open();
  options_.seed = frame_.seed();
  options_.job = frame_.job();
  return true;
}

void ChainProgram::write(const Table& table, const Value& first, const LadderEstimate& found,
                         const std::string& remark) {
  std::string text;
  for (const std::string& column : table.columns) {
    text += (text.empty() ? "" : "\t") + column;
  }
  text += '\n';
  nlohmann::ordered_json json = {{"rows", nlohmann::ordered_json::array()}};
  for (const std::vector<double>& row : table.rows) {
    nlohmann::ordered_json object;
    for (std::size_t column = 0; column < row.size(); ++column) {
      const double number = std::isnan(row[column]) ? std::nan("") : row[column];  // without a sign
      text += fmt::format("{}{:.17g}", column == 0 ? "" : "\t", number);
      object[table.columns[column]] = row[column];
    }
    text += '\n';
    json["rows"].push_back(std::move(object));
  }
  frame_.write(text, {.mean = first,
                      .trials = found.samples(),
                      .seconds = found.seconds,
                      .unit = "samples",
                      .ended_by = options_.has_target() ? ending_of(found.stop) : "",
                      .json = json.dump(),
                      .remark = remark});
}

}  // namespace serried::montecarlo

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <serried/job/command_line.hpp>
#include <serried/montecarlo/chain_program.hpp>

namespace serried::montecarlo {

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
  frame_.add_targets(targets_of);
  add("--max-samples", options_.max_samples, "Of each chain, with a target");
  frame_.add_shared_options(example);
}

bool ChainProgram::parse(int argc, char** argv) {
  if (!frame_.parse(argc, argv)) {
    return false;
  }
  frame_.open();
  options_.seed = frame_.seed();
  options_.absolute_error = frame_.target_error();
  options_.relative_error = frame_.target_relative_error();
  options_.job = frame_.job();
  return true;
}

void ChainProgram::write(const Table& table, const Value& first, const ChainEffort& effort,
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
  // With no target there is but one way.
  const bool has_target = options_.absolute_error > 0 || options_.relative_error > 0;
  const std::string ended_by = has_target ? description_of(effort.stop) : "";
  frame_.write(text, {.mean = first,
                      .trials = effort.samples,
                      .seconds = effort.seconds,
                      .unit = "samples",
                      .ended_by = ended_by,
                      .json = json.dump(),
                      .remark = remark});
}

}  // namespace serried::montecarlo

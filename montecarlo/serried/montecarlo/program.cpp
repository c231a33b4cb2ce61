#include <chrono>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <serried/base/duration.hpp>
#include <serried/base/error.hpp>
#include <serried/montecarlo/program.hpp>

namespace serried::montecarlo {
namespace {

std::string table_of(const std::vector<Quantity>& quantities) {
  std::string text = "quantity\tmean\tstandard_error\n";
  for (const Quantity& quantity : quantities) {
    text += fmt::format("{}\t{:.17g}\t{:.17g}\n", quantity.name, quantity.value.value,
                        quantity.value.standard_error);
  }
  return text;
}

}  // namespace

Program::Program(const mpi::Communicator& comm, const std::string& what, const std::string& name,
                 const Options& defaults)
    : frame_(comm, what, name, defaults.seed), options_(defaults), default_trials_(defaults.trials) {
  options_.trials = 0;
  app()
      .add_option("--trials", options_.trials,
                  fmt::format("How many, at most (default: {}, if nothing else ends it)", default_trials_))
      ->check(job::whole_number)
      ->option_text("N");
  frame_.add_targets("standard error", options_.absolute_error, options_.relative_error);
  app()
      .add_option(
          "--time", time_,
          "Until about so long after the start: 90s, 2h. How many trials that makes depends on the machine")
      ->option_text("TIME");
  frame_.add_shared_options("--target-relative-error 1e-4");
}

bool Program::parse(int argc, char** argv) {
  if (!frame_.parse(argc, argv)) {
    return false;
  }
  if (app().count("--trials") > 0 && options_.trials == 0) {
    throw usage_error("--trials 0: there must be at least one");
  }
  if (app().count("--time") > 0) {
    try {
      options_.wall_time = parse_duration(time_);
    } catch (const Error& error) {
      throw usage_error(fmt::format("--time: {}", error.problem()));
    }
    if (options_.wall_time.count() == 0) {
      throw usage_error("--time " + time_ + ": it must be longer");
    }
  }
  const bool has_rule = options_.absolute_error > 0 || options_.relative_error > 0 || !time_.empty();
  if (options_.trials == 0 && !has_rule) {
    options_.trials = default_trials_;
  }
  frame_.open();
  options_.seed = frame_.seed();
  options_.job = frame_.job();
  return true;
}

void Program::write(const std::vector<Quantity>& quantities, const Effort& effort) {
  nlohmann::ordered_json json;
  if (quantities.size() > 1) {
    for (const Quantity& quantity : quantities) {
      json["quantities"][quantity.name] = {{"mean", quantity.value.value},
                                           {"standard_error", quantity.value.standard_error}};
    }
  }
  const bool has_error = quantities.front().value.standard_error != 0;
  frame_.write(
      table_of(quantities),
      {.mean = quantities.front().value,
       .trials = effort.trials,
       .seconds = effort.seconds,
       .ended_by = description_of(effort.stop),
       .json = json.empty() ? "" : json.dump(),
       .remark = has_error ? "" : "No two trials differed: all are the same, or what counts is too rare."});
}

}  // namespace serried::montecarlo

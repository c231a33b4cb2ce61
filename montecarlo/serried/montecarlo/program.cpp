#include <chrono>
#include <limits>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <serried/base/duration.hpp>
#include <serried/base/error.hpp>
#include <serried/base/quantity.hpp>
#include <serried/base/version.hpp>
#include <serried/montecarlo/program.hpp>
#include <serried/store/write_text.hpp>

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
    : comm_(comm),
      app_(std::make_unique<CLI::App>(what, name)),
      options_(defaults),
      default_trials_(defaults.trials) {
  options_.trials = 0;
  line_.job.seed = defaults.seed;
  app_->add_option("--trials", options_.trials,
                   fmt::format("How many, at most (default: {}, if nothing else ends it)", default_trials_))
      ->check(job::whole_number)
      ->option_text("N");
  app_->add_option("--target-error", options_.absolute_error, "Until the standard error is at most this")
      ->option_text("E");
  app_->add_option("--target-relative-error", options_.relative_error,
                   "Until the standard error is at most this part of the mean")
      ->option_text("E");
  app_->add_option(
          "--time", time_,
          "Until about so long after the start: 90s, 2h. How many trials that makes depends on the machine")
      ->option_text("TIME");
  job::add_options(*app_, line_, {.seed = true});
  app_->footer(fmt::format(
      "The result is the same digits for any number of ranks and threads, and after any stop. Exit codes: 0 "
      "done, 1 failed,\n"
      "2 bad usage, 75 stopped early with a checkpoint. Example: mpirun {} --target-relative-error 1e-4",
      name));
}

Program::~Program() = default;

bool Program::parse(int argc, char** argv) {
  if (!job::parse(*app_, argc, argv, comm_.is_root(), line_)) {
    return false;
  }
  for (const auto& [option, target] : {std::pair("--target-error", options_.absolute_error),
                                       std::pair("--target-relative-error", options_.relative_error)}) {
    if (app_->count(option) > 0 && !(target > 0 && target < std::numeric_limits<double>::infinity())) {
      throw usage_error(fmt::format("{} {}: it must be above 0, and finite", option, target));
    }
  }
  if (app_->count("--trials") > 0 && options_.trials == 0) {
    throw usage_error("--trials 0: there must be at least one");
  }
  if (app_->count("--time") > 0) {
    try {
      options_.wall_time = parse_duration(time_);
    } catch (const Error& error) {
      throw usage_error(fmt::format("--time: {}", error.problem()));
    }
    if (options_.wall_time.count() == 0) {
      throw usage_error("--time " + time_ + ": it must be longer");
    }
  }
  const bool has_rule =
      app_->count("--target-error") + app_->count("--target-relative-error") > 0 || !time_.empty();
  if (options_.trials == 0 && !has_rule) {
    options_.trials = default_trials_;
  }
  options_.seed = line_.job.seed.value_or(0);
  report_.emplace(comm_, line_.report, line_.job);
  if (!line_.output.empty() || !line_.wants_json) {
    output_ = store::open_output(comm_, line_.output.empty() ? "-" : line_.output);
  }
  options_.job = line_.job;
  options_.job.record = report_->record();
  options_.job.threads = job::n_threads_of(comm_, options_.job);
  return true;
}

void Program::write(const std::vector<Quantity>& quantities, const Effort& effort) {
  if (output_) {
    store::write_text(comm_, *output_, table_of(quantities));
  }
  report_->write();
  if (!comm_.is_root()) {
    return;
  }
  const Quantity& first = quantities.front();
  const double rate = effort.seconds > 0 ? static_cast<double>(effort.trials) / effort.seconds : 0;
  nlohmann::ordered_json json = {{"mean", first.value.value},
                                 {"standard_error", first.value.standard_error},
                                 {"trials", effort.trials},
                                 {"seed", options_.seed},
                                 {"stopped_by", description_of(effort.stop)},
                                 {"seconds", effort.seconds},
                                 {"trials_per_second", rate},
                                 {"ranks", comm_.size()},
                                 {"threads_per_rank", options_.job.threads},
                                 {"version", version}};
  if (quantities.size() > 1) {
    for (const Quantity& quantity : quantities) {
      json["quantities"][quantity.name] = {{"mean", quantity.value.value},
                                           {"standard_error", quantity.value.standard_error}};
    }
  }
  const std::string text = fmt::format(
      "{} trials, ended by {}: {} ({:.4g} a second) on {} ranks x {} threads\n", effort.trials,
      description_of(effort.stop), format_seconds(effort.seconds), rate, comm_.size(), options_.job.threads);
  job::print_summary(line_, json.dump(), text);
}

}  // namespace serried::montecarlo

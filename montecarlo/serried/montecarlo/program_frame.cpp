#include <cmath>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <serried/base/error.hpp>
#include <serried/base/quantity.hpp>
#include <serried/base/version.hpp>
#include <serried/montecarlo/program_frame.hpp>
#include <serried/store/write_text.hpp>

namespace serried::montecarlo {
namespace {

constexpr const char* target_option = "--target-error";
constexpr const char* relative_target_option = "--target-relative-error";

}  // namespace

ProgramFrame::ProgramFrame(const mpi::Communicator& comm, const std::string& what, const std::string& name,
                           std::uint64_t seed)
    : comm_(comm), name_(name), app_(std::make_unique<CLI::App>(what, name)) {
  line_.job.seed = seed;
}

ProgramFrame::~ProgramFrame() = default;

void ProgramFrame::add_targets(const std::string& of, double& absolute_error, double& relative_error) {
  app_->add_option(target_option, absolute_error, fmt::format("Until the {} is at most this", of))
      ->option_text("E");
  app_->add_option(relative_target_option, relative_error,
                   fmt::format("Until the {} is at most this part of the mean", of))
      ->option_text("E");
}

void ProgramFrame::add_shared_options(const std::string& example) {
  job::add_options(*app_, line_, {.seed = true});
  app_->footer(fmt::format(
      "The result is the same digits for any number of ranks and threads, and after any stop. Exit codes: 0 "
      "done, 1 failed,\n"
      "2 bad usage, 75 stopped early with a checkpoint. Example: mpirun {} {}",
      name_, example));
}

bool ProgramFrame::parse(int argc, char** argv) {
  if (!job::parse(*app_, argc, argv, comm_.is_root(), line_)) {
    return false;
  }
  for (const char* option : {target_option, relative_target_option}) {
    const CLI::Option* const found = app_->get_option_no_throw(option);
    if (found == nullptr || found->count() == 0) {
      continue;
    }
    const auto target = found->as<double>();
    if (!(target > 0 && std::isfinite(target))) {
      throw usage_error(fmt::format("{} {}: it must be above 0, and finite", option, target));
    }
  }
  return true;
}

void ProgramFrame::open() {
  report_.emplace(comm_, line_.report, line_.job);
  if (!line_.output.empty() || !line_.wants_json) {
    output_ = store::open_output(comm_, line_.output.empty() ? "-" : line_.output);
  }
  line_.job.record = report_->record();
  line_.job.threads = job::n_threads_of(comm_, line_.job);
}

void ProgramFrame::write(const std::string& table, const Summary& summary) {
  if (output_) {
    store::write_text(comm_, *output_, table);
  }
  report_->write();
  if (!comm_.is_root()) {
    return;
  }
  const double rate = summary.seconds > 0 ? static_cast<double>(summary.trials) / summary.seconds : 0;
  nlohmann::ordered_json json = {{"mean", summary.mean.value},
                                 {"standard_error", summary.mean.standard_error},
                                 {"trials", summary.trials},
                                 {"seed", seed()}};
  if (!summary.ended_by.empty()) {
    json["stopped_by"] = summary.ended_by;
  }
  json["seconds"] = summary.seconds;
  json["trials_per_second"] = rate;
  json["ranks"] = comm_.size();
  json["threads_per_rank"] = line_.job.threads;
  json["version"] = version;
  if (!summary.json.empty()) {
    json.update(nlohmann::ordered_json::parse(summary.json));
  }
  if (!summary.remark.empty()) {
    json["remark"] = summary.remark;
  }
  const std::string text = fmt::format(
      "{} {}{}: {} ({:.4g} a second) on {} ranks x {} threads\n{}", summary.trials, summary.unit,
      summary.ended_by.empty() ? "" : ", ended by " + summary.ended_by, format_seconds(summary.seconds), rate,
      comm_.size(), line_.job.threads, summary.remark.empty() ? "" : summary.remark + "\n");
  job::print_summary(line_, json.dump(), text);
}

}  // namespace serried::montecarlo

#include <algorithm>
#include <cmath>
#include <limits>

#include <serried/base/error.hpp>
#include <serried/montecarlo/stopping.hpp>

namespace serried::montecarlo {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_target(double x) { return x >= 0 && x < infinity; }

// Values that are all the same have an error that rounding makes, or none.
bool varies(double value, double error) { return error > 0x1p-50 * std::abs(value); }

bool has_variation(const Means& means) {
  for (std::size_t k = 0; k < means.size(); ++k) {
    if (varies(means.value(k), means.standard_error(k))) {
      return true;
    }
  }
  return false;
}

}  // namespace

StoppingRules::StoppingRules(const Options& options)
    : absolute_error_(options.absolute_error),
      relative_error_(options.relative_error),
      wall_time_(options.wall_time.count()),
      trials_per_block_(options.trials_per_block),
      first_blocks_(options.errors == Errors::of_blocks ? first_blocks_as_observations : first_blocks),
      most_blocks_(std::numeric_limits<std::uint64_t>::max()),
      most_trials_(options.trials) {
  if (!is_target(absolute_error_) || !is_target(relative_error_) || !is_target(wall_time_)) {
    throw usage_error("a target error or a time that is negative, infinite or no number");
  }
  if (most_trials_ == 0 && absolute_error_ == 0 && relative_error_ == 0 && wall_time_ == 0) {
    throw usage_error(
        "nothing would end the estimate: it needs a number of trials, a target error or a time");
  }
  if (trials_per_block_ == 0 || trials_per_block_ > std::uint64_t{1} << 40) {
    throw usage_error("a block has 1 to 2^40 trials");
  }
  if (most_trials_ > 0) {
    most_blocks_ = (most_trials_ - 1) / trials_per_block_ + 1;
    if (options.errors == Errors::of_blocks) {
      most_trials_ = most_blocks_ * trials_per_block_;  // what is spread evenly over a block needs all of it
    }
  }
}

std::uint64_t StoppingRules::trials_of_block(std::uint64_t index) const noexcept {
  return most_trials_ == 0 ? trials_per_block_
                           : std::min(trials_per_block_, most_trials_ - index * trials_per_block_);
}

// By how much the error is above what is wanted of it; one of the two rules is enough.
double StoppingRules::excess(double value, double error, const SoFar& so_far) const {
  if (!varies(value, error)) {
    return so_far.trials < trials_without_variation ? infinity : 0.0;
  }
  double least = infinity;
  if (absolute_error_ > 0) {
    least = error / absolute_error_;
  }
  if (relative_error_ > 0) {
    least = std::min(least, error / (relative_error_ * std::abs(value)));
  }
  return least;
}

std::optional<double> StoppingRules::wanted_growth(const SoFar& so_far, const Means& means) const {
  if (absolute_error_ == 0 && relative_error_ == 0) {
    return std::nullopt;
  }
  double largest = 0;
  for (std::size_t k = 0; k < means.size(); ++k) {
    largest = std::max(largest, excess(means.value(k), means.standard_error(k), so_far));
  }
  return largest * largest;
}

std::optional<Stop> StoppingRules::verdict(const SoFar& so_far, const Means& means) const {
  const std::optional<double> growth = wanted_growth(so_far, means);
  if (growth && *growth <= 1 && so_far.trials >= least_trials) {
    return has_variation(means) ? Stop::error : Stop::no_variation;
  }
  if (so_far.blocks >= most_blocks_) {
    return Stop::trials;
  }
  if (wall_time_ > 0 && so_far.seconds >= wall_time_) {
    return Stop::wall_time;
  }
  return std::nullopt;
}

std::uint64_t StoppingRules::blocks_after_next_round(const SoFar& so_far, const Means& means) const {
  const std::optional<double> growth = so_far.blocks == 0 ? std::nullopt : wanted_growth(so_far, means);
  const bool wants_error = absolute_error_ > 0 || relative_error_ > 0;
  if (!wants_error && wall_time_ == 0) {
    return most_blocks_;
  }
  if (so_far.blocks == 0) {
    return std::min(first_blocks_, most_blocks_);
  }
  // Eight times as many at most, for the first errors are rough; a fiftieth more than wanted, for the error that is found then
  // varies, too; a fifth more than there are at least, for rounds cost time, unless it is running out.
  double factor = 8;
  double least = 1.2;
  if (growth) {
    factor = std::min(factor, 1.02 * *growth);
  }
  if (wall_time_ > 0) {
    const double by_time = wall_time_ / std::max(so_far.seconds, 1e-3);
    factor = std::min(factor, by_time);
    least = std::clamp(by_time, 1.02, least);
  }
  const double blocks = std::ceil(std::max(factor, least) * static_cast<double>(so_far.blocks));
  return blocks >= static_cast<double>(most_blocks_) ? most_blocks_ : static_cast<std::uint64_t>(blocks);
}

}  // namespace serried::montecarlo

/// When an estimate has enough trials, and how many it makes before that is asked again: functions of the options and of the
/// results, so that all ranks say the same.
#pragma once

#include <cstdint>
#include <optional>

#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/options.hpp>

namespace serried::montecarlo {

/// How far an estimate is, after whole rounds.
struct SoFar {
  std::uint64_t blocks = 0;
  std::uint64_t trials = 0;
  double seconds = 0;  ///< the same on all ranks
};

/// Local.
class StoppingRules {
 public:
  /// So many blocks at first, and no error is trusted that fewer have.
  static constexpr std::uint64_t first_blocks = 16;
  /// The same where blocks are the observations.
  static constexpr std::uint64_t first_blocks_as_observations = 32;
  /// No error is trusted that fewer trials have.
  static constexpr std::uint64_t least_trials = 100;
  /// Something that has always been the same is believed to be so after this many.
  static constexpr std::uint64_t trials_without_variation = std::uint64_t{1} << 24;

  /// Throws a usage error if the options have no rule, or an impossible one.
  explicit StoppingRules(const Options& options);

  /// Which may be the largest number that there is.
  [[nodiscard]] std::uint64_t most_blocks() const noexcept { return most_blocks_; }
  /// The trials of block `index`.
  [[nodiscard]] std::uint64_t trials_of_block(std::uint64_t index) const noexcept;

  /// Why it is enough, if it is.
  [[nodiscard]] std::optional<Stop> verdict(const SoFar& so_far, const Means& means) const;
  /// How many blocks there are to be after the next round; of the first one, with nothing so far.
  [[nodiscard]] std::uint64_t blocks_after_next_round(const SoFar& so_far, const Means& means) const;
  /// How many times as many trials the error wants: 1 or less, if there are enough; infinity, if that cannot be known; nothing,
  /// if no error is wanted.
  [[nodiscard]] std::optional<double> wanted_growth(const SoFar& so_far, const Means& means) const;

 private:
  [[nodiscard]] double excess(double value, double error, const SoFar& so_far) const;

  double absolute_error_;
  double relative_error_;
  double wall_time_;
  std::uint64_t trials_per_block_;
  std::uint64_t first_blocks_;
  std::uint64_t most_blocks_;
  std::uint64_t most_trials_;  // 0: no limit
};

}  // namespace serried::montecarlo

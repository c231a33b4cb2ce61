/// When an estimate is done, and what else decides it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <serried/job/work.hpp>
#include <serried/random/seeding.hpp>
#include <serried/schedule/policy.hpp>

namespace serried::montecarlo {

/// What error bars are made of.
enum class Errors : std::uint8_t {
  of_trials,  ///< trials are independent
  of_blocks,  ///< blocks are, but not the trials of one: those of a stratified sample, or of points that fill a space evenly
};

/// An estimate ends as soon as one of its rules says so; at least one must be given. The same on all ranks.
///
/// An error is small enough if it is so by one of the two targets, and all observables' must be. None is trusted before 16 blocks
/// and 100 trials. That of a mean of 0 never is small enough as a part of it: give a number of trials, too.
///
/// Rules are looked at after rounds of whole blocks. How many blocks a round has follows from the rules and from the results so
/// far, so that an estimate ends after the same trials on any number of ranks; only `wall_time` depends on the machine.
struct Options {
  std::uint64_t trials = 0;                    ///< so many, at most; 0: no limit
  double absolute_error = 0;                   ///< target of standard errors; 0: none
  double relative_error = 0;                   ///< the same as a part of the mean; 0: none
  std::chrono::duration<double> wall_time{0};  ///< about so long, a restart included; 0: no limit

  std::uint64_t seed = 0;
  /// Purpose of the streams and file of the checkpoint: another one for each estimate of a program.
  std::string name = "trials";
  /// The unit of work: block b draws from Stream(seed, name, b). Smaller where a trial takes more than a millisecond.
  std::uint64_t trials_per_block = 65'536;
  Errors errors = Errors::of_trials;
  random::Seeding seeding =
      random::Seeding::per_index;  ///< per_rank: results depend on ranks, threads and chance

  /// Everything else that a trial depends on, as lines "name=value": a checkpoint of another configuration is refused.
  std::string configuration{};
  schedule::Policy policy = schedule::Policy::stealing;
  job::Options job{};  ///< threads, checkpoint, progress, …: none of it shows in the result
};

/// Why an estimate ended.
enum class Stop : std::uint8_t {
  trials,        ///< there were as many as wanted
  error,         ///< the error is small enough
  wall_time,     ///< the time was up
  no_variation,  ///< all of 2^24 trials, or more, gave the same: no error, or something too rare
};

/// "the number of trials", …
[[nodiscard]] const char* description_of(Stop stop) noexcept;

}  // namespace serried::montecarlo

/// What programs that estimate have in common: their options, their output, their summary.
///
///     montecarlo::Program program(world, "Estimates pi.", "serried-pi", {.trials = 100'000'000});
///     program.app().add_flag("--scalar", is_scalar, "…");
///     if (!program.parse(argc, argv)) return;                    // only the help or the version was wanted
///     const auto pi = estimate(world, program.options(), trial);
///     program.write({{"pi", pi.means[0]}}, pi);
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/montecarlo/estimate.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/program_frame.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// One line of a result.
struct Quantity {
  std::string name;
  Value value;
};

/// What a summary says of an estimate, whatever its observables are.
struct Effort {
  std::uint64_t trials = 0;
  double seconds = 0;
  Stop stop = Stop::trials;

  template <class T>
  Effort(const Estimate<T>& estimate)  // NOLINT(google-explicit-constructor): write(quantities, estimate)
      : trials(estimate.trials), seconds(estimate.seconds), stop(estimate.stop) {}
};

/// "asian, european": the names of a choice, for its help.
template <class T>
[[nodiscard]] std::string names_of(const std::map<std::string, T>& choices) {
  std::string names;
  for (const auto& [name, value] : choices) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}
/// What `option` asks for by its name. Throws a usage error that lists the names.
template <class T>
[[nodiscard]] T named(const std::map<std::string, T>& choices, const std::string& option,
                      const std::string& name) {
  const auto found = choices.find(name);
  if (found == choices.end()) {
    throw usage_error(option + " " + name + ": it is one of " + names_of(choices));
  }
  return found->second;
}

class Program {
 public:
  /// Local. `comm` must outlive it. `defaults`: of these, trials is what is done where no rule is given.
  Program(const mpi::Communicator& comm, const std::string& what, const std::string& name,
          const Options& defaults);

  /// For options of one's own, before `parse`.
  [[nodiscard]] CLI::App& app() { return frame_.app(); }

  /// Collective. Reads the arguments and opens the output; false if all that was asked for is the help or the version, which
  /// rank 0 has printed. Throws a usage error that says what to do.
  [[nodiscard]] bool parse(int argc, char** argv);

  /// As the arguments say; a program adds its configuration.
  [[nodiscard]] Options& options() { return options_; }

  /// Collective: the result, as lines NAME<TAB>MEAN<TAB>STANDARD_ERROR under a header, to -o or standard output, the report, and
  /// the summary, of which the first quantity is part.
  void write(const std::vector<Quantity>& quantities, const Effort& effort);

 private:
  ProgramFrame frame_;
  std::string time_;
  Options options_;
  std::uint64_t default_trials_;
};

}  // namespace serried::montecarlo

/// What programs that sample by Markov chains have in common: their options, their output, their summary.
///
///     montecarlo::ChainProgram program(world, "Simulates …", "serried-ising", {.seed = 1},
///                                  "largest standard error", "--size 256");
///     program.app().add_option("--size", size, "…");
///     if (!program.parse(argc, argv)) return;              // only the help or the version was wanted
///     const auto found = estimate_by_tempering(world, program.options(), …);
///     program.write({.columns = {"temperature", "energy"}, .rows = …}, energy, found);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <serried/montecarlo/chain_set.hpp>
#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/program_frame.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// A row has a number in each column.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;
};

class ChainProgram {
 public:
  /// Local. `comm` must outlive it.
  /// `targets_of`: "standard error of …", of what --target-error is: of all that is measured, unless the program sets
  /// options().target_observables.
  ChainProgram(const mpi::Communicator& comm, const std::string& what, const std::string& name,
               const ChainOptions& defaults, const std::string& targets_of, const std::string& example);

  /// For options of one's own, before `parse`.
  [[nodiscard]] CLI::App& app() { return frame_.app(); }

  /// Collective. Reads the arguments and opens the output; false if all that was asked for is the help or the version, which
  /// rank 0 has printed. Throws a usage error that says what to do.
  [[nodiscard]] bool parse(int argc, char** argv);

  /// As the arguments say; a program adds its configuration.
  [[nodiscard]] ChainOptions& options() { return options_; }

  /// Collective: the table, as tab-separated lines with 17 digits under a header, to -o or standard output, the report, and the
  /// summary, of which `first` is part, and a remark, if there is one.
  void write(const Table& table, const Value& first, const LadderEstimate& found,
             const std::string& remark = {});

 private:
  ProgramFrame frame_;
  ChainOptions options_;
};

}  // namespace serried::montecarlo

#include <CLI/CLI.hpp>

#include <serried/montecarlo/program.hpp>
#include <serried/mpi/run_main.hpp>

#include "pi.hpp"

int main(int argc, char** argv) {
  return serried::run_main("pi", argc, argv, [&](serried::Environment& mpi) {
    serried::montecarlo::Program program(mpi.world(), "Estimates pi from random points in a square.",
                                         "serried-pi", {.trials = 100'000'000, .seed = 1});
    bool is_scalar = false;
    program.app().add_flag("--scalar", is_scalar,
                           "A closure for each point, not for batches: to compare their speed");
    if (!program.parse(argc, argv)) {
      return;
    }
    program.options().configuration = is_scalar ? "trial=scalar\n" : "trial=batch\n";
    const auto pi = is_scalar ? serried::pi::run_scalar(mpi.world(), program.options())
                              : serried::pi::run(mpi.world(), program.options());
    program.write({{"pi", pi.means[0]}}, pi);
  });
}

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/job/command_line.hpp>
#include <serried/montecarlo/chain_program.hpp>
#include <serried/montecarlo/program.hpp>
#include <serried/mpi/run_main.hpp>

#include "ising.hpp"
#include "onsager.hpp"
#include "temperatures.hpp"

namespace {

using serried::ising::Algorithm;
using serried::ising::Start;

const std::map<std::string, Algorithm> algorithms = {{"metropolis", Algorithm::metropolis},
                                                     {"wolff", Algorithm::wolff}};
const std::map<std::string, Start> starts = {{"ordered", Start::ordered}, {"disordered", Start::disordered}};

// If errors are too small, the result says so.
std::string remark_of(const serried::ising::Summary& summary) {
  const auto n =
      std::ranges::count_if(summary.temperatures, [](const auto& found) { return !found.is_long_enough; });
  return n == 0
             ? std::string()
             : fmt::format(
                   "At {} of {} temperatures the chains are too short for what they remember, and errors may "
                   "be too small: take more --samples (with a target, --max-samples), or more "
                   "--steps-per-sample.",
                   n, summary.temperatures.size());
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("ising", argc, argv, [&](serried::Environment& mpi) {
    using serried::montecarlo::named;
    using serried::montecarlo::names_of;
    serried::montecarlo::ChainProgram program(
        mpi.world(), "Simulates the Ising model on a square lattice, at one temperature or several.",
        "serried-ising", {.seed = 1}, "larger standard error of energy and magnetisation",
        "--size 256 --temperature 2:2.6:13 --algorithm wolff");
    serried::ising::Options options;
    std::string temperatures = fmt::format("{}", serried::ising::critical_temperature);
    std::string algorithm = "metropolis";
    std::string start = "ordered";
    CLI::App& app = program.app();
    app.add_option("--size", options.size, fmt::format("Sites of a side, even (default: {})", options.size))
        ->check(serried::job::whole_number)
        ->option_text("L");
    app.add_option(
           "--temperature", temperatures,
           "T1,T2,…, FIRST:LAST:N for N of them (default: that of the transition, " + temperatures + ")")
        ->option_text("T");
    app.add_option("--algorithm", algorithm, names_of(algorithms) + " (default: " + algorithm + ")")
        ->option_text("A");
    app.add_option("--start", start, names_of(starts) + " (default: " + start + ")")->option_text("S");
    app.add_option("--exchange-every", options.exchange_every,
                   "Samples between two exchanges of configurations with the next temperature (0: never)")
        ->check(serried::job::whole_number)
        ->option_text("N");
    if (!program.parse(argc, argv)) {
      return;
    }
    options.temperatures = serried::ising::temperatures_of(temperatures);
    options.algorithm = named(algorithms, "--algorithm", algorithm);
    options.start = named(starts, "--start", start);
    if (options.size < serried::ising::min_length || options.size > serried::ising::max_length ||
        options.size % 2 != 0) {
      throw serried::usage_error(fmt::format("--size {}: an even number from {} to {}", options.size,
                                             serried::ising::min_length, serried::ising::max_length));
    }
    if (options.algorithm == Algorithm::metropolis && std::ranges::max(options.temperatures) > 100) {
      throw serried::usage_error("--temperature " + temperatures +
                                 ": above 100 a sweep turns nearly all spins over")
          .hint("there, take --algorithm wolff");
    }
    if (options.exchange_every > 0 && options.temperatures.size() < 2) {
      throw serried::usage_error("--exchange-every is for two temperatures or more");
    }
    program.options().configuration = fmt::format("size={}\ntemperatures={}\nalgorithm={}\nstart={}\n",
                                                  options.size, temperatures, algorithm, start);
    options.chains = program.options();
    options.chains.target_observables = {serried::ising::energy_per_spin,
                                         serried::ising::absolute_magnetisation};
    options.chains.samples_per_stretch = serried::ising::samples_per_stretch(options);
    const serried::ising::Summary found = serried::ising::run(mpi.world(), options);
    program.write(table_of(found), found.temperatures.front().energy, found.ladder, remark_of(found));
  });
}

// bench_schedule_simulated [NODES WORKERS_PER_NODE [INDICES [MEAN_MS]]]: for_each_index on machines that are not there.
// Without arguments, the tables of README.md. Runs on one core, without mpirun.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <serried/schedule/simulator.hpp>

#include "schedule_costs.hpp"

namespace {

using serried::schedule::Options;
using serried::schedule::Policy;
using serried::schedule::SimulatedMachine;
using serried::schedule::Simulation;

Simulation run(const SimulatedMachine& machine, const std::vector<double>& costs, Policy policy,
               bool has_hints) {
  Options options{.policy = policy};
  if (has_hints) {
    options.cost = [&](std::uint64_t index) { return costs[index]; };
  }
  return simulate(machine, costs.size(), options, [&](std::uint64_t index) { return costs[index]; });
}

void print_row(const std::string& shape, const std::string& policy, const Simulation& result) {
  const double total = result.seconds * result.n_workers;
  fmt::print("| {} | {} | {:.1f} | {:.3f} | {:.3f} | {:.3f} | {:.3f} | {:.4f} | {:.1f} | {} |\n", shape,
             policy, 1e3 * result.seconds, result.efficiency(), result.best_efficiency(),
             result.tail_seconds / total, result.starved_seconds / total, result.overhead_seconds / total,
             1e3 * result.longest_body, result.n_messages);
  std::fflush(stdout);
}

void print_table(const SimulatedMachine& machine, std::size_t n, double mean,
                 const std::vector<std::string>& shapes) {
  fmt::print("\n{} indices of mean {} ms on {} nodes of {} workers\n\n", n, 1e3 * mean, machine.n_nodes,
             machine.workers_per_node);
  fmt::print(
      "| costs | policy | ms | efficiency | best possible | lost: tail | starved | dealing | longest ms | "
      "messages |\n");
  fmt::print("|---|---|---|---|---|---|---|---|---|---|\n");
  for (const std::string& shape : shapes) {
    const std::vector<double> costs = schedule_costs(shape, n, mean);
    for (const Policy policy : {Policy::static_block, Policy::stealing}) {
      print_row(shape, std::string(name_of(policy)), run(machine, costs, policy, false));
    }
    print_row(shape, "costs known", run(machine, costs, Policy::stealing, true));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> shapes{"equal", "lognormal", "pareto", "ascending", "descending"};
  if (argc > 2) {
    const auto number = [&](int i) { return static_cast<std::uint32_t>(std::atoi(argv[i])); };
    const std::size_t n = argc > 3 ? number(3) : 1'000'000;
    const double mean = argc > 4 ? std::atof(argv[4]) / 1e3 : 1e-3;
    print_table({.n_nodes = number(1), .workers_per_node = number(2)}, n, mean, shapes);
    return 0;
  }
  print_table({.n_nodes = 16, .workers_per_node = 64}, 1'000'000, 1e-3, shapes);
  // Without Pareto: 3.5 s in which 1,023 leaders wait for one index take minutes to simulate and show nothing.
  print_table({.n_nodes = 1024, .workers_per_node = 64}, 1'000'000, 1e-3,
              {"equal", "lognormal", "descending"});
  return 0;
}

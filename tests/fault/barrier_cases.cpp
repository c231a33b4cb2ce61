// Barriers to which somebody does not come, and hangs; the script barrier looks at how that shows from outside.
//
//   barrier_cases CASE
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <string_view>
#include <thread>
#include <vector>

#include <serried/mpi.hpp>

namespace {

using namespace serried;
using namespace std::chrono_literals;
using mpi::Communicator;

constexpr auto deadline = 1s;

void spin_for_ever() {
  for (volatile bool forever = true; forever;) {
  }
}

void wait_for_ever(const Communicator& world) {
  std::vector<char> buffer(1);
  mpi::async_receive(world, buffer, mpi::any_source).wait();
}

// Says on stdout by how much the error was late.
void barrier_in_time(const Communicator& world) {
  const auto start = std::chrono::steady_clock::now();
  try {
    mpi::barrier_for(world, deadline);
  } catch (const Error&) {
    const std::chrono::duration<double, std::milli> waited = std::chrono::steady_clock::now() - start;
    std::printf("late %.0f ms\n", (waited - deadline).count());
    throw;
  }
}

bool is_odd(const Communicator& world) { return world.rank() % 2 == 1; }

using Action = std::function<void(const Communicator&)>;

// The odd ranks do `meanwhile`, the others wait for them.
Action odd_ones(Action meanwhile) {
  return [meanwhile](const Communicator& world) {
    mpi::barrier(world);
    if (is_odd(world)) {
      meanwhile(world);
    } else {
      barrier_in_time(world);
    }
  };
}

const std::map<std::string_view, Action> cases = {
    {"all_come", [](const Communicator& world) { mpi::barrier_for(world, 60s); }},
    {"odd_sleep", odd_ones([](const Communicator&) { std::this_thread::sleep_for(1h); })},
    {"odd_spin", odd_ones([](const Communicator&) { spin_for_ever(); })},
    {"odd_are_stopped", odd_ones([](const Communicator&) { raise(SIGSTOP); })},
    {"odd_return", odd_ones([](const Communicator&) {})},
    {"odd_wait", odd_ones(wait_for_ever)},
    {"hang_in_wait", wait_for_ever},
    {"first_hangs_in_barrier",
     [](const Communicator& world) {
       if (!world.is_root()) {
         std::this_thread::sleep_for(1h);
       }
       mpi::barrier(world);
     }},
};

}  // namespace

int main(int argc, char** argv) {
  const auto found = cases.find(argc == 2 ? argv[1] : "");
  if (found == cases.end()) {
    std::fprintf(stderr, "barrier_cases: no case \"%s\"\n", argc == 2 ? argv[1] : "");
    return 99;
  }
  return run_main("cases", argc, argv, [&](Environment& mpi) { found->second(mpi.world()); });
}

// Ends in the way that its argument names; the script run_main looks at how that shows from outside.
//
//   run_main_cases CASE
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <serried/mpi.hpp>

namespace {

using namespace serried;
using namespace std::chrono_literals;
using mpi::Communicator;

bool is_last(const Communicator& world) { return world.rank() == world.size() - 1; }

Error disk_error() { return Error("cannot read: Input/output error").at("data.txt", 4096); }

void compute_for_ever() {
  for (volatile bool forever = true; forever;) {
  }
}

void receive_for_ever(const Communicator& world) {
  std::vector<char> buffer(1);
  (void)mpi::receive(world, buffer);
}

void print_variable(const Communicator& world, const char* name) {
  const char* value = std::getenv(name);
  std::printf("rank %d: %s=%s\n", world.rank(), name, value == nullptr ? "(unset)" : value);
}

using Body = std::function<ExitCode(Environment&)>;

template <class Work>
Body doing(Work work) {
  return [work](Environment& environment) {
    work(environment.world());
    return ExitCode::done;
  };
}

// One rank throws, the others do `meanwhile`, which never returns.
template <class Throw, class Meanwhile>
Body last_throws(Throw throw_it, Meanwhile meanwhile) {
  return doing([=](const Communicator& world) {
    if (is_last(world)) {
      throw_it();
    }
    meanwhile(world);
  });
}

const std::map<std::string_view, Body> bodies = {
    {"ends_well", doing([](const Communicator& world) { mpi::barrier(world); })},
    {"last_some_tasks_failed",
     [](Environment& environment) {
       return is_last(environment.world()) ? ExitCode::some_tasks_failed : ExitCode::done;
     }},
    {"first_resumable",
     [](Environment& environment) {
       return environment.world().is_root() ? ExitCode::resumable : ExitCode::done;
     }},
    {"resumable_beats_some_tasks_failed",
     [](Environment& environment) {
       return is_last(environment.world()) ? ExitCode::resumable : ExitCode::some_tasks_failed;
     }},
    {"all_usage", doing([](const Communicator&) { throw usage_error("no input files"); })},
    {"all_throw_with_messages_under_way", doing([](const Communicator& world) {
       const std::vector<char> long_message(10'000'000);
       std::vector<char> short_buffer(5);
       const mpi::Request outgoing = mpi::async_send(world, long_message, world.rank() ^ 1 % world.size(), 7);
       const mpi::Request incoming = mpi::async_receive(world, short_buffer, world.rank(), 8);
       throw disk_error();
     })},
    {"agreed", doing([](const Communicator& world) {
       mpi::together(world, [&] {
         if (is_last(world)) {
           throw disk_error();
         }
       });
     })},
    {"late_failures", doing([](const Communicator& world) {
       // The last rank fails first, rank 1 later, the others not at all.
       if (is_last(world)) {
         throw Error("the last one");
       }
       std::this_thread::sleep_for(300ms);
       if (world.rank() == 1) {
         throw Error("the second one").exit_code(ExitCode::resumable);
       }
     })},
    {"last_throws_before_barrier",
     last_throws([] { throw disk_error(); }, [](const Communicator& world) { mpi::barrier(world); })},
    {"last_throws_before_receive", last_throws([] { throw disk_error(); }, receive_for_ever)},
    {"last_throws_before_computing",
     last_throws([] { throw disk_error(); }, [](const Communicator&) { compute_for_ever(); })},
    {"last_throws_resumable",
     last_throws([] { throw disk_error().exit_code(ExitCode::resumable); }, receive_for_ever)},
    {"last_throws_others_return", doing([](const Communicator& world) {
       if (is_last(world)) {
         throw disk_error();
       }
     })},
    {"last_bad_alloc", last_throws([] { throw std::bad_alloc(); }, receive_for_ever)},
    {"last_logic_error", last_throws([] { expects(1 + 1 == 3, "sums are sums"); }, receive_for_ever)},
    {"last_int", last_throws([] { throw 42; }, receive_for_ever)},
    {"last_control_bytes",
     last_throws([] { throw std::runtime_error("line 1\nline 2\x1b[2J\r\x07 end"); }, receive_for_ever)},
    {"mpi_error", doing([](const Communicator& world) {
       try {
         mpi::send(world, std::string("x"), world.size() + 5);
       } catch (const Error& error) {
         std::printf("rank %d: class %d of %d, found on rank %d, host %s\n", world.rank(),
                     error.mpi_class().value_or(-1), MPI_ERR_RANK, error.rank().value_or(-1),
                     error.host() == mpi::host_name() ? "this" : "another");
         throw;
       }
     })},
    {"print_yield",
     doing([](const Communicator& world) { print_variable(world, "OMPI_MCA_mpi_yield_when_idle"); })},
    {"print_fcoll", doing([](const Communicator& world) { print_variable(world, "OMPI_MCA_fcoll"); })},
    {"print_world", doing([](const Communicator& world) {
       std::printf("rank %d of %d, running %d\n", world.rank(), world.size(), mpi::is_running() ? 1 : 0);
     })},
};

// Without run_main: an exception leaves the scope of an Environment on one rank while the others wait.
int bare_environment(int argc, char** argv) {
  try {
    Environment environment(argc, argv);
    if (is_last(environment.world())) {
      throw disk_error();
    }
    receive_for_ever(environment.world());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "never reached: MPI_Abort ends the job: %s\n", error.what());
  }
  return 0;
}

// Exceptions within the scope do not end the job, nor does one that is being handled around it.
int bare_environment_ends_well(int argc, char** argv) {
  try {
    throw disk_error();
  } catch (const Error&) {
    Environment environment(argc, argv, ThreadLevel::serialized);
    try {
      throw disk_error();
    } catch (const Error&) {
      mpi::barrier(environment.world());
    }
  }
  std::printf("finalized, running %d\n", mpi::is_running() ? 1 : 0);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc == 2 ? argv[1] : "";
  if (name == "bare_environment") {
    return bare_environment(argc, argv);
  }
  if (name == "bare_environment_ends_well") {
    return bare_environment_ends_well(argc, argv);
  }
  if (name == "returns_nothing") {
    return run_main("cases", argc, argv, [](Environment& environment) { mpi::barrier(environment.world()); });
  }
  const auto body = bodies.find(name);
  if (body == bodies.end()) {
    std::fprintf(stderr, "run_main_cases: no case \"%s\"\n", argc == 2 ? argv[1] : "");
    return 99;
  }
  return run_main("cases", argc, argv, body->second);
}

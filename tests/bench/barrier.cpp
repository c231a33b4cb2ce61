// What a barrier with a deadline, the mark of a waiting rank and the status board cost. See README.md.
//
//   mpirun -n 2 bench_barrier
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <serried/mpi.hpp>

namespace {

using namespace serried;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using mpi::Communicator;

struct Subject {
  const char* name;
  std::function<void()> call;
  std::vector<double> batches;  // microseconds a call

  [[nodiscard]] double median() {
    std::ranges::sort(batches);
    return batches[batches.size() / 2];
  }
};

// Turn by turn, so that whatever else the machine does meets all of them. Collective if the calls are.
void measure(const Communicator& world, std::span<Subject> subjects, int n_calls) {
  constexpr int n_batches = 101;
  for (int batch = 0; batch < n_batches; ++batch) {
    for (Subject& subject : subjects) {
      mpi::barrier(world);
      const auto start = Clock::now();
      for (int i = 0; i < n_calls; ++i) {
        subject.call();
      }
      const std::chrono::duration<double, std::micro> elapsed = Clock::now() - start;
      subject.batches.push_back(elapsed.count() / n_calls);
    }
  }
}

void print(const Communicator& world, std::span<Subject> subjects) {
  const double first = subjects.front().median();
  for (Subject& subject : subjects) {
    const double median = subject.median();
    if (world.is_root()) {
      std::printf("%d ranks  %-28s median %9.3f us  ratio %5.2f  least %9.3f us\n", world.size(),
                  subject.name, median, median / first, subject.batches.front());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench", argc, argv, [](Environment& environment) {
    const Communicator& world = environment.world();
    std::array barriers = {
        Subject{"MPI_Barrier", [&] { MPI_Barrier(world.get()); }, {}},
        Subject{"barrier", [&] { mpi::barrier(world); }, {}},
        Subject{"barrier_for", [&] { mpi::barrier_for(world, 60s); }, {}},
        Subject{"MPI_Ibarrier and MPI_Test",
                [&] {
                  MPI_Request request = MPI_REQUEST_NULL;
                  MPI_Ibarrier(world.get(), &request);
                  for (int is_complete = 0; is_complete == 0;) {
                    MPI_Test(&request, &is_complete, MPI_STATUS_IGNORE);
                  }
                },
                {}},
    };
    measure(world, barriers, 1000);
    print(world, barriers);

    const auto touch = [] { asm volatile("" ::: "memory"); };
    std::array marks = {
        Subject{"a loop's turn", touch, {}},
        Subject{"Waiting",
                [&] {
                  const mpi::Waiting waiting("mark");
                  touch();
                },
                {}},
    };
    measure(world, marks, 10000);
    print(world, marks);
  });
}

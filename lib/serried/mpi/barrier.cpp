#include <atomic>
#include <optional>
#include <thread>

#include <serried/mpi/barrier.hpp>
#include <serried/mpi/hidden_tags.hpp>
#include <serried/mpi/roll_call.hpp>

namespace serried::mpi {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// One round of a dissemination barrier (Hensgen, Finkel, Manber 1988): after round k a rank has heard,
// directly or not, of the 2^(k+1) ranks up to itself.
class Round {
 public:
  Round(const Communicator& comm, int distance) {
    constexpr int tag = hidden_tags::barrier_round;
    const int size = comm.size();
    const int source = (comm.rank() - distance + size) % size;
    const int destination = (comm.rank() + distance) % size;
    check(MPI_Irecv(nullptr, 0, MPI_BYTE, source, tag, comm.get(), &incoming_), "MPI_Irecv");
    check(MPI_Isend(nullptr, 0, MPI_BYTE, destination, tag, comm.get(), &outgoing_), "MPI_Isend");
  }
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;
  ~Round() {
    if (incoming_ != MPI_REQUEST_NULL) {
      MPI_Cancel(&incoming_);
      MPI_Wait(&incoming_, MPI_STATUS_IGNORE);
    }
    if (outgoing_ != MPI_REQUEST_NULL) {
      MPI_Request_free(&outgoing_);  // it goes its way: there is no buffer
    }
  }

  [[nodiscard]] MPI_Request& incoming() { return incoming_; }

 private:
  MPI_Request incoming_ = MPI_REQUEST_NULL;
  MPI_Request outgoing_ = MPI_REQUEST_NULL;
};

}  // namespace

void barrier_for(const Communicator& comm, std::chrono::duration<double> deadline) {
  constexpr auto spinning =
      20ms;                      // then asleep between two looks, for who is missing may need this very core
  constexpr auto grace = 100ms;  // where all have come, so that only messages are under way
  const Waiting waiting("barrier_for");
  std::atomic_thread_fence(std::memory_order_release);
  RollCall& roll_call = RollCall::of(comm.hidden());
  roll_call.begin();
  std::optional<Clock::time_point> start;  // set when there is something to wait for
  std::optional<RollCall::Report> report;
  for (int distance = 1; distance < comm.size(); distance *= 2) {
    Round round(comm.hidden(), distance);
    while (!roll_call.test(round.incoming())) {
      const Clock::time_point now = Clock::now();
      const std::chrono::duration<double> waited = now - start.value_or(now);
      start = now - std::chrono::duration_cast<Clock::duration>(waited);
      if (waited < deadline) {
        if (waited > spinning) {
          std::this_thread::sleep_for(100us);
        }
      } else if (!report) {
        report = roll_call.report(deadline);  // and then one more look
      } else if (report->is_somebody_missing || waited >= deadline + grace) {
        roll_call.give_up(report->text);
      }
    }
  }
  std::atomic_thread_fence(std::memory_order_acquire);
}

}  // namespace serried::mpi

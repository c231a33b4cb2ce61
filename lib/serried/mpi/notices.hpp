/// Small messages that ranks leave for each other while they work, read when there is time.
///
/// A long loop without collectives needs two things from the other ranks: to hear that one of them failed, so
/// that it need not go on, and to tell rank 0 how far it is. Both are notices: sent without waiting, polled
/// between two pieces of work, and at the end all read or dropped together.
///
///     Notices notices(world);
///     while (work()) {
///       notices.post(0, {.kind = bytes_done, .value = n});
///       while (const auto received = notices.poll()) …
///     }
///     notices.close();                                    // collective
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <serried/mpi/communicator.hpp>
#include <serried/mpi/request.hpp>

namespace serried::mpi {

struct Notice {
  std::uint64_t kind = 0;
  std::uint64_t value = 0;
};

struct ReceivedNotice {
  Notice notice;
  int source = 0;
};

/// Not thread-safe: for the thread that calls MPI.
class Notices {
 public:
  /// Collective.
  explicit Notices(const Communicator& comm);

  /// Local; sends without waiting.
  void post(int destination, Notice notice);
  /// Local; to every other rank.
  void post_to_all(Notice notice);
  /// Local; the next notice that has arrived, if any.
  [[nodiscard]] std::optional<ReceivedNotice> poll();
  [[nodiscard]] const Communicator& comm() const { return comm_; }
  /// Collective. Returns the notices that were still under way to this rank.
  std::vector<ReceivedNotice> close();

 private:
  struct Outgoing {
    Notice notice;
    Request request;
  };
  [[nodiscard]] ReceivedNotice receive_next();

  Communicator comm_;
  std::deque<Outgoing> outgoing_;  // a deque: a notice stays where it is while it is being sent
  std::vector<std::uint64_t> n_posted_to_;
  std::uint64_t n_received_ = 0;
};

}  // namespace serried::mpi

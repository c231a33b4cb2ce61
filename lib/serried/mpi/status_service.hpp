/// Answers what ranks on other hosts ask about this host's status board. Part of barrier_for (roll_call.hpp).
///
/// Only the thread that made the Environment may call MPI, and the rank that is asked about may be anywhere
/// in its own code. So each process has a thread with a UDP socket (IPv4) of its own, which sleeps until it
/// is asked. A process that has been stopped does not answer, but every other one of its host can in its
/// stead.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include <serried/base/file_descriptor.hpp>
#include <serried/mpi/absentees.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mpi {

/// One at a time in a process, while its StatusBoard lasts.
class StatusService {
 public:
  /// Collective over `world`, which holds all ranks in the order of MPI_COMM_WORLD. A rank without a socket
  /// is one that does not answer: nothing is thrown for that.
  explicit StatusService(const Communicator& world);
  StatusService(const StatusService&) = delete;
  StatusService& operator=(const StatusService&) = delete;
  /// Local; does not call MPI.
  ~StatusService();

  /// nullptr where there is none: all ranks are on one board, or there is no Environment.
  [[nodiscard]] static const StatusService* current() noexcept;

 private:
  friend class StatusInquiry;

  // How a process is reached. Addresses and port are as in sockaddr_in.
  struct Endpoint {
    std::uint64_t key = 0;  // a question that does not hold it is not for this process
    std::array<std::uint32_t, 6> addresses{};
    std::uint16_t port = 0;  // 0: it has no socket
  };

  void answer_questions(std::uint64_t key, int rank) const;

  FileDescriptor socket_;
  FileDescriptor stop_;
  std::vector<Endpoint> endpoints_;  // of all ranks of the world
  std::jthread thread_;
};

/// Questions about who has come to one barrier, and the answers to them. No call blocks.
class StatusInquiry {
 public:
  /// `barrier_id` and `epoch` say which barrier (Activity).
  StatusInquiry(std::uint64_t barrier_id, std::uint64_t epoch);

  /// Asks `rank` who has not come of `world_ranks`, all of which share its board. All ranks are those of the
  /// world. A datagram holds 12,000 of them: of more, the answer tells about the first.
  void ask(int rank, std::span<const int> world_ranks) const;

  struct Answer {
    int rank = 0;  ///< that gave it
    Absentees absentees;
  };
  /// An answer that has come, if there is one. Datagrams from elsewhere than the rank's own process are
  /// skipped.
  [[nodiscard]] std::optional<Answer> next_answer() const;

 private:
  FileDescriptor socket_;
  std::uint64_t barrier_id_;
  std::uint64_t epoch_;
};

}  // namespace serried::mpi

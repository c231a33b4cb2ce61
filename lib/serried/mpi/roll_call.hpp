/// Who has come to a barrier_for and who has not, asked of those who can tell. Part of barrier.cpp.
///
/// The ranks of one status board see on it who has come. A rank whose deadline has passed asks one rank after
/// the other of each other board, which answers for all of its board: the rank itself, if it waits in the
/// same barrier, or its process's StatusService, whatever the rank is doing. Whoever gives up says so to its
/// partners of the barrier's rounds, who pass it on: few messages, and over connections that are there
/// already.
#pragma once

#include <mpi.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <serried/mpi/absentees.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/status_service.hpp>

namespace serried::mpi {

class RollCall {
 public:
  struct Report {
    std::string text;
    bool is_somebody_missing = false;
  };

  /// Local. The one that belongs to `comm`, a hidden communicator, and ends with it.
  [[nodiscard]] static RollCall& of(const Communicator& comm);

  explicit RollCall(const Communicator& comm);
  RollCall(const RollCall&) = delete;
  RollCall& operator=(const RollCall&) = delete;
  ~RollCall();

  /// This rank comes to the next barrier. Throws if one was given up before.
  void begin();
  /// Whether `round` is complete. Answers what has been asked meanwhile; throws if another rank has given up.
  [[nodiscard]] bool test(MPI_Request& round);
  /// Asks who is missing; takes 0.1 s at most.
  [[nodiscard]] Report report(std::chrono::duration<double> deadline);
  /// Tells the others and throws.
  [[noreturn]] void give_up(const std::string& text);
  // Local: a barrier was given up, here or elsewhere.
  [[nodiscard]] bool is_spent() const { return given_up_.has_value(); }

 private:
  enum class Kind : std::uint32_t { question, answer, given_up };
  struct Message {
    Kind kind{};
    std::int32_t rank = 0;  // the sender's in the world
    std::uint64_t epoch = 0;
    Absentees absentees{};  // in an answer; of one that gave up, only the text, which is its error
  };
  struct Outgoing {
    Message message;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  // The ranks of `comm` on one board.
  struct Group {
    std::vector<int> ranks;
    std::vector<int> world_ranks;
    std::size_t n_asked = 0;
    std::optional<Absentees> answer;
  };

  void expect_message();
  void handle(const Message& message, int source);
  void send(int destination, const Message& message);
  void tell_partners(const Message& message);
  [[noreturn]] static void throw_given_up(const Message& message);
  [[nodiscard]] std::vector<Group> other_groups() const;
  void ask_next(Group& group, double progress, const StatusInquiry& inquiry);
  void take_answer(int source, const Absentees& answer);
  [[nodiscard]] int world_rank_of(int rank) const { return world_ranks_[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] int board_of(int rank) const;

  MPI_Comm comm_;
  int rank_;
  int size_;
  std::vector<int> world_ranks_;  // of the ranks of comm
  std::uint64_t id_ = 0;          // the same on all ranks of comm, and not that of another communicator
  std::uint64_t epoch_ = 0;
  std::optional<Message> given_up_;
  std::vector<Group> asked_;  // while report() runs
  Message incoming_;
  MPI_Request incoming_request_ = MPI_REQUEST_NULL;  // always posted, so that a barrier need not probe
  std::deque<std::unique_ptr<Outgoing>> outgoing_;
};

}  // namespace serried::mpi

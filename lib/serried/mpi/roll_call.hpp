/// Who has come to a barrier_for and who has not, asked of those who can tell. Part of barrier.cpp.
///
/// The ranks of one status board see on it who has come. A rank whose deadline has passed asks one rank after the other
/// of each other board; the first that waits in the same barrier answers for all of its board. Whoever gives up says so to
/// its partners of the barrier's rounds, who pass it on: few messages, and over connections that are there already.
#pragma once

#include <mpi.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <serried/mpi/communicator.hpp>

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

 private:
  enum class Kind : std::uint32_t { question, answer, given_up };
  struct Message {
    Kind kind{};
    std::int32_t rank = 0;  // in the world: of the one that gave up
    std::uint64_t epoch = 0;
    // An answer: how many ranks have not come, how many there is something to say of, and a line for the first of these.
    std::uint64_t n_absent = 0;
    std::uint64_t n_remarkable = 0;
    std::array<char, 3800> text{};  // small enough to be sent without waiting for the receiver

    [[nodiscard]] std::string_view str() const { return text.data(); }
    // What there is room for.
    void append(std::string_view more) {
      more.copy(text.data() + str().size(), text.size() - 1 - str().size());
    }
  };
  struct Outgoing {
    Message message;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  // The ranks of `comm` on one board.
  struct Group {
    std::vector<int> ranks;
    std::size_t n_asked = 0;
    std::optional<Message> answer;
  };

  void expect_message();
  void handle(const Message& message, int source);
  void send(int destination, const Message& message);
  void tell_partners(const Message& message);
  void ask_next(Group& group, double progress);
  [[nodiscard]] std::vector<Group> other_groups() const;
  [[nodiscard]] Message look_around() const;
  [[nodiscard]] int board_of(int rank) const;
  [[nodiscard]] std::string name(int rank) const;
  [[nodiscard]] Message describe_silence(const Group& group) const;
  [[nodiscard]] Report compose(const std::vector<Message>& answers,
                               std::chrono::duration<double> deadline) const;
  [[noreturn]] static void throw_given_up(const Message& message);

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

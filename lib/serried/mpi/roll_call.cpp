#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <numeric>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include <serried/base/hash.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/roll_call.hpp>
#include <serried/mpi/status_board.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int message_tag = 2;
constexpr std::uint64_t max_lines = 8;

int delete_roll_call(MPI_Comm, int, void* roll_call, void*) {
  delete static_cast<RollCall*>(roll_call);
  return MPI_SUCCESS;
}

int roll_call_key() {
  static const int key = [] {
    int made = MPI_KEYVAL_INVALID;
    check(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, delete_roll_call, &made, nullptr),
          "MPI_Comm_create_keyval");
    return made;
  }();
  return key;
}

std::vector<int> world_ranks_of(MPI_Comm comm, int size) {
  std::vector<int> ranks(static_cast<std::size_t>(size));
  std::iota(ranks.begin(), ranks.end(), 0);
  std::vector<int> world_ranks(ranks.size());
  MPI_Group group = MPI_GROUP_NULL;
  MPI_Group world = MPI_GROUP_NULL;
  check(MPI_Comm_group(comm, &group), "MPI_Comm_group");
  check(MPI_Comm_group(MPI_COMM_WORLD, &world), "MPI_Comm_group");
  check(MPI_Group_translate_ranks(group, size, ranks.data(), world, world_ranks.data()),
        "MPI_Group_translate_ranks");
  MPI_Group_free(&group);
  MPI_Group_free(&world);
  return world_ranks;
}

// Agreed without a message: communicators of the same ranks come to their first barrier_for in the same order on each.
std::uint64_t identity(const std::vector<int>& world_ranks) {
  static std::mutex mutex;
  static std::map<std::uint64_t, std::uint64_t> n_of_the_same;
  const auto bytes_of = [](const auto& values) {
    return std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
  };
  const std::uint64_t ranks = hash_bytes(bytes_of(world_ranks));
  const std::lock_guard lock(mutex);
  return hash_bytes(bytes_of(std::array{ranks, ++n_of_the_same[ranks]})) | 1;  // never 0
}

}  // namespace

RollCall& RollCall::of(const Communicator& comm) {
  void* found = nullptr;
  int is_there = 0;
  check(MPI_Comm_get_attr(comm.get(), roll_call_key(), &found, &is_there), "MPI_Comm_get_attr");
  if (is_there == 0) {
    auto made = std::make_unique<RollCall>(comm);
    check(MPI_Comm_set_attr(comm.get(), roll_call_key(), made.get()), "MPI_Comm_set_attr");
    found = made.release();
  }
  return *static_cast<RollCall*>(found);
}

RollCall::RollCall(const Communicator& comm)
    : comm_(comm.get()),
      rank_(comm.rank()),
      size_(comm.size()),
      world_ranks_(world_ranks_of(comm_, size_)),
      id_(identity(world_ranks_)) {
  expect_message();
}

RollCall::~RollCall() {
  MPI_Cancel(&incoming_request_);
  MPI_Wait(&incoming_request_, MPI_STATUS_IGNORE);
  for (std::unique_ptr<Outgoing>& one : outgoing_) {
    int is_complete = 0;
    MPI_Test(&one->request, &is_complete, MPI_STATUS_IGNORE);
    if (is_complete == 0) {
      MPI_Request_free(&one->request);
      (void)one.release();  // MPI still reads it
    }
  }
}

void RollCall::expect_message() {
  check(MPI_Irecv(&incoming_, sizeof incoming_, MPI_BYTE, MPI_ANY_SOURCE, message_tag, comm_,
                  &incoming_request_),
        "MPI_Irecv");
}

void RollCall::begin() {
  if (given_up_) {
    throw Error(
        fmt::format("this communicator has no barrier_for any more, one was given up: {}", given_up_->str()));
  }
  Waiting::own_entry().come_to_barrier(id_, ++epoch_);
}

bool RollCall::test(MPI_Request& round) {
  for (;;) {
    std::array requests = {incoming_request_, round};
    int index = 0;
    int is_complete = 0;
    MPI_Status status;
    check(MPI_Testany(static_cast<int>(requests.size()), requests.data(), &index, &is_complete, &status),
          "MPI_Testany");
    incoming_request_ = requests[0];
    round = requests[1];
    if (is_complete == 0) {
      return false;
    }
    if (index != 0) {
      return true;
    }
    const Message message = incoming_;
    expect_message();
    handle(message, status.MPI_SOURCE);
  }
}

void RollCall::handle(const Message& message, int source) {
  switch (message.kind) {
    case Kind::question:
      if (message.epoch == epoch_) {
        send(source, look_around());
      }
      return;
    case Kind::answer:
      for (Group& group : asked_) {
        if (message.epoch == epoch_ && std::ranges::find(group.ranks, source) != group.ranks.end()) {
          group.answer = message;
        }
      }
      return;
    case Kind::given_up:
      given_up_ = message;
      tell_partners(message);
      throw_given_up(message);
  }
}

void RollCall::send(int destination, const Message& message) {
  std::erase_if(outgoing_, [](const std::unique_ptr<Outgoing>& one) {
    int is_complete = 0;
    check(MPI_Test(&one->request, &is_complete, MPI_STATUS_IGNORE), "MPI_Test");
    return is_complete != 0;
  });
  Outgoing& sent = *outgoing_.emplace_back(std::make_unique<Outgoing>(Outgoing{message, MPI_REQUEST_NULL}));
  const std::size_t n_bytes = offsetof(Message, text) + sent.message.str().size() + 1;
  check(MPI_Isend(&sent.message, static_cast<int>(n_bytes), MPI_BYTE, destination, message_tag, comm_,
                  &sent.request),
        "MPI_Isend");
}

void RollCall::tell_partners(const Message& message) {
  for (int distance = 1; distance < size_; distance *= 2) {
    send((rank_ + distance) % size_, message);
  }
}

void RollCall::give_up(const std::string& text) {
  Message message{.kind = Kind::given_up, .rank = world_rank(), .epoch = epoch_};
  message.append(text);
  given_up_ = message;
  tell_partners(message);
  throw_given_up(message);
}

void RollCall::throw_given_up(const Message& message) {
  const StatusBoard* board = StatusBoard::current();
  throw Error(std::string(message.str()))
      .on_rank(message.rank, board != nullptr ? board->host_of(message.rank) : std::string());
}

int RollCall::board_of(int rank) const {
  const StatusBoard* board = StatusBoard::current();
  const int world_rank = world_ranks_[static_cast<std::size_t>(rank)];
  return board != nullptr ? board->board_of(world_rank) : world_rank;
}

std::string RollCall::name(int rank) const {
  const StatusBoard* board = StatusBoard::current();
  const int world_rank = world_ranks_[static_cast<std::size_t>(rank)];
  return board != nullptr ? board->name(world_rank) : fmt::format("rank {}", world_rank);
}

// What this rank sees on its board, as the answer to a question.
RollCall::Message RollCall::look_around() const {
  Message message{.kind = Kind::answer, .rank = world_rank(), .epoch = epoch_};
  const StatusBoard* board = StatusBoard::current();
  const int here = board_of(rank_);
  for (int rank = 0; board != nullptr && rank < size_; ++rank) {
    if (board_of(rank) != here) {
      continue;
    }
    const int world_rank = world_ranks_[static_cast<std::size_t>(rank)];
    const Activity activity = board->read(world_rank);
    const bool has_come = activity.barrier_id == id_ && activity.barrier_epoch >= epoch_;
    message.n_absent += has_come ? 0 : 1;
    if ((!has_come || !board->can_run(world_rank)) && message.n_remarkable++ < max_lines) {
      message.append(board->describe(world_rank) + '\n');
    }
  }
  return message;
}

std::vector<RollCall::Group> RollCall::other_groups() const {
  std::map<int, Group> groups;
  for (int rank = 0; rank < size_; ++rank) {
    groups[board_of(rank)].ranks.push_back(rank);
  }
  groups.erase(board_of(rank_));
  std::vector<Group> others;
  for (auto& [board, group] : groups) {
    others.push_back(std::move(group));
  }
  return others;
}

// `progress`: the part of the time that has passed, in which all ranks of the group are to be asked.
void RollCall::ask_next(Group& group, double progress) {
  const auto n_ranks = static_cast<double>(group.ranks.size());
  if (!group.answer && group.n_asked < group.ranks.size() &&
      static_cast<double>(group.n_asked) <= progress * n_ranks) {
    send(group.ranks[group.n_asked++], {.kind = Kind::question, .rank = world_rank(), .epoch = epoch_});
  }
}

// In place of the answer.
RollCall::Message RollCall::describe_silence(const Group& group) const {
  const std::string first = name(group.ranks.front());
  Message message{.n_absent = group.ranks.size(), .n_remarkable = 1};
  message.append(group.ranks.size() == 1
                     ? first + ": does not answer"
                     : fmt::format("{} ranks of the host of {}: none answers", group.ranks.size(), first));
  return message;
}

RollCall::Report RollCall::compose(const std::vector<Message>& answers,
                                   std::chrono::duration<double> deadline) const {
  std::uint64_t n_absent = 0;
  std::uint64_t n_remarkable = 0;
  std::uint64_t n_lines = 0;
  std::string list;
  for (const Message& answer : answers) {
    n_absent += answer.n_absent;
    n_remarkable += answer.n_remarkable;
    for (std::string_view rest = answer.str(); !rest.empty() && n_lines < max_lines; ++n_lines) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      list += fmt::format("{}{}", n_lines == 0 ? ": " : "; ", line);
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
  }
  if (n_remarkable > n_lines) {
    list += fmt::format("; and {} more", n_remarkable - n_lines);
  }
  const double seconds = deadline.count();
  const std::string summary =
      n_absent == 0
          ? fmt::format("all ranks have come to the barrier, but not got through within {:.1f} s", seconds)
          : fmt::format("{} of {} ranks {} not come to the barrier within {:.1f} s", n_absent, size_,
                        n_absent == 1 ? "has" : "have", seconds);
  return {summary + list, n_remarkable > 0};
}

RollCall::Report RollCall::report(std::chrono::duration<double> deadline) {
  constexpr std::chrono::duration<double> time_to_ask = 80ms;
  constexpr std::chrono::duration<double> time_to_answer = 100ms;
  asked_ = other_groups();
  const auto is_answered = [](const Group& group) { return group.answer.has_value(); };
  const Clock::time_point start = Clock::now();
  for (std::chrono::duration<double> passed{0};
       passed < time_to_answer && !std::ranges::all_of(asked_, is_answered); passed = Clock::now() - start) {
    for (Group& group : asked_) {
      ask_next(group, passed / time_to_ask);
    }
    MPI_Request no_round = MPI_REQUEST_NULL;
    (void)test(no_round);
    std::this_thread::sleep_for(20us);
  }
  std::vector<Message> answers = {look_around()};
  for (const Group& group : asked_) {
    answers.push_back(group.answer ? *group.answer : describe_silence(group));
  }
  asked_.clear();
  return compose(answers, deadline);
}

}  // namespace serried::mpi

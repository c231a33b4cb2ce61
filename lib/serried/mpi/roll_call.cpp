#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/mpi/activity.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/hidden_tags.hpp>
#include <serried/mpi/roll_call.hpp>
#include <serried/mpi/status_board.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

int delete_roll_call(MPI_Comm, int, void* roll_call, void*) {
  std::unique_ptr<RollCall> ended(static_cast<RollCall*>(roll_call));
  if (ended->is_spent()) {
    // Messages of the barrier that was given up may still be under way. Its posted receive keeps MPI from
    // giving the id of this communicator to the next one, which they would reach.
    static auto* const kept = new std::vector<std::unique_ptr<RollCall>>;
    kept->push_back(std::move(ended));
  }
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
      id_(comm.id()) {
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
  check(MPI_Irecv(&incoming_, sizeof incoming_, MPI_BYTE, MPI_ANY_SOURCE, hidden_tags::roll_call, comm_,
                  &incoming_request_),
        "MPI_Irecv");
}

void RollCall::begin() {
  if (given_up_) {
    throw Error(fmt::format("this communicator has no barrier_for any more, one was given up: {}",
                            given_up_->absentees.text()));
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
        send(source, {.kind = Kind::answer,
                      .rank = world_rank_of(rank_),
                      .epoch = epoch_,
                      .absentees = absentees_here(world_ranks_, id_, epoch_)});
      }
      return;
    case Kind::answer:
      if (message.epoch == epoch_) {
        take_answer(world_rank_of(source), message.absentees);
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
  const std::size_t n_bytes =
      offsetof(Message, absentees) + offsetof(Absentees, bytes) + sent.message.absentees.text().size() + 1;
  check(MPI_Isend(&sent.message, static_cast<int>(n_bytes), MPI_BYTE, destination, hidden_tags::roll_call,
                  comm_, &sent.request),
        "MPI_Isend");
}

void RollCall::tell_partners(const Message& message) {
  for (int distance = 1; distance < size_; distance *= 2) {
    send((rank_ + distance) % size_, message);
  }
}

void RollCall::give_up(const std::string& text) {
  Message message{.kind = Kind::given_up, .rank = world_rank_of(rank_), .epoch = epoch_};
  message.absentees.append(text);
  given_up_ = message;
  tell_partners(message);
  throw_given_up(message);
}

void RollCall::throw_given_up(const Message& message) {
  const StatusBoard* board = StatusBoard::current();
  throw Error(std::string(message.absentees.text()))
      .on_rank(message.rank, board != nullptr ? board->host_of(message.rank) : std::string());
}

int RollCall::board_of(int rank) const {
  const StatusBoard* board = StatusBoard::current();
  return board != nullptr ? board->board_of(world_rank_of(rank)) : rank;
}

std::vector<RollCall::Group> RollCall::other_groups() const {
  std::map<int, Group> groups;
  for (int rank = 0; rank < size_; ++rank) {
    Group& group = groups[board_of(rank)];
    group.ranks.push_back(rank);
    group.world_ranks.push_back(world_rank_of(rank));
  }
  groups.erase(board_of(rank_));
  std::vector<Group> others;
  others.reserve(groups.size());
  for (auto& [board, group] : groups) {
    others.push_back(std::move(group));
  }
  return others;
}

void RollCall::take_answer(int source, const Absentees& answer) {
  for (Group& group : asked_) {
    if (std::ranges::find(group.world_ranks, source) != group.world_ranks.end()) {
      group.answer = answer;
    }
  }
}

// `progress`: the part of the time that has passed, in which all ranks of the group are to be asked.
void RollCall::ask_next(Group& group, double progress, const StatusInquiry& inquiry) {
  const auto n_ranks = static_cast<double>(group.ranks.size());
  if (!group.answer && group.n_asked < group.ranks.size() &&
      static_cast<double>(group.n_asked) <= progress * n_ranks) {
    inquiry.ask(group.world_ranks[group.n_asked], group.world_ranks);
    send(group.ranks[group.n_asked++],
         {.kind = Kind::question, .rank = world_rank_of(rank_), .epoch = epoch_});
  }
}

RollCall::Report RollCall::report(std::chrono::duration<double> deadline) {
  constexpr std::chrono::duration<double> time_to_ask = 80ms;
  constexpr std::chrono::duration<double> time_to_answer = 100ms;
  asked_ = other_groups();
  const StatusInquiry inquiry(id_, epoch_);
  const auto is_answered = [](const Group& group) { return group.answer.has_value(); };
  const Clock::time_point start = Clock::now();
  for (std::chrono::duration<double> passed{0};
       passed < time_to_answer && !std::ranges::all_of(asked_, is_answered); passed = Clock::now() - start) {
    for (Group& group : asked_) {
      ask_next(group, passed / time_to_ask, inquiry);
    }
    while (const auto answer = inquiry.next_answer()) {
      take_answer(answer->rank, answer->absentees);
    }
    MPI_Request no_round = MPI_REQUEST_NULL;
    (void)test(no_round);
    std::this_thread::sleep_for(20us);
  }
  std::vector<Absentees> groups = {absentees_here(world_ranks_, id_, epoch_)};
  for (const Group& group : asked_) {
    groups.push_back(
        group.answer.value_or(absentees_silent(group.world_ranks.front(), group.world_ranks.size())));
  }
  asked_.clear();
  const bool is_somebody_missing =
      std::ranges::any_of(groups, [](const Absentees& group) { return group.n_remarkable > 0; });
  return {describe_absentees(groups, size_, deadline), is_somebody_missing};
}

}  // namespace serried::mpi

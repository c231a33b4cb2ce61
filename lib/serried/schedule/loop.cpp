#include <sched.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <serried/base/error.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/waiting.hpp>
#include <serried/schedule/broker.hpp>
#include <serried/schedule/loop.hpp>
#include <serried/schedule/pace.hpp>
#include <serried/schedule/plan.hpp>
#include <serried/schedule/setup.hpp>
#include <serried/schedule/team.hpp>

namespace serried::schedule::detail {
namespace {

using Clock = std::chrono::steady_clock;

// A failure for which no index is to blame comes after those of indices.
constexpr std::uint64_t no_index = std::numeric_limits<std::uint64_t>::max() - 1;
constexpr std::uint64_t no_failure = no_index + 1;

Error error_about(std::uint64_t index, const std::exception_ptr& exception) {
  Error error = as_error(exception);
  // A body that says who found it (mpi::found_here) has said all that there is to say.
  if (index == no_index || error.rank()) {
    return error;
  }
  return std::move(error).context("index " + std::to_string(index));
}

}  // namespace

struct Loop::State {
  State(const mpi::Communicator& on, std::uint64_t n, const Options& with, int ranks_a_node)
      : comm(on),
        options(with),
        n_threads(n_threads_of(comm, options)),
        team(comm, n_threads, ranks_a_node),
        order(make_agreed_order(comm, n, options, team.workers_of_node())),
        plan(make_deal_plan(options, team.workers_of_node(), team.node(), order)),
        broker(make_broker_plan(options, team.workers_of_node(), team.node(), order), team.board()) {}

  [[nodiscard]] double now() const { return std::chrono::duration<double>(Clock::now() - start).count(); }

  // What the MPI thread does for the others between two bodies.
  void attend(Loop& loop, double time);
  void exchange_messages(double time);

  const mpi::Communicator& comm;
  const Options& options;
  int n_threads;
  Team team;
  IndexOrder order;
  DealPlan plan;
  Broker broker;  // used on leaders
  Clock::time_point start = Clock::now();
  double last_attended = 0;
  double last_asked = 0;  // whether to stop
  double last_progress = 0;
  Summary summary;

  std::mutex mutex;  // of what follows
  std::uint64_t failed_index = no_failure;
  std::exception_ptr failure;
};

void Loop::State::exchange_messages(double time) {
  std::optional<mpi::Notices>& notices = team.notices();
  while (const auto received = notices ? notices->poll() : std::nullopt) {
    const auto [kind, value] = received->notice;
    broker.receive(static_cast<std::uint32_t>(received->source),
                   {.kind = static_cast<BrokerMessage::Kind>(kind >> 32),
                    .n_left = static_cast<std::uint32_t>(kind),
                    .value = value});
  }
  broker.step(time);
  for (const auto& [node, message] : broker.take_outgoing()) {
    const std::uint64_t kind = static_cast<std::uint64_t>(message.kind) << 32 | message.n_left;
    notices->post(static_cast<int>(node), {.kind = kind, .value = message.value});
  }
}

void Loop::State::attend(Loop& loop, double time) {
  try {
    last_attended = time;
    if (options.should_stop && time - last_asked >= attend_interval) {
      last_asked = time;
      if (options.should_stop()) {
        team.board().raise(NodeBoard::stopped);
      }
    }
    if (team.is_leader()) {
      exchange_messages(time);
    }
    const double interval = std::chrono::duration<double>(options.progress_interval).count();
    if (comm.is_root() && options.on_progress && time - last_progress >= interval) {
      last_progress = time;
      options.on_progress({.n_done = broker.n_done_in_all(),
                           .n_total = order.n_items(),
                           .efficiency = team.board().busy_seconds() / (time * team.board().n_workers())});
    }
  } catch (...) {
    loop.fail(no_index, std::current_exception());
  }
}

Loop::Loop(const mpi::Communicator& comm, std::uint64_t n, const Options& options, int ranks_a_node) {
  check_options(comm, n, options);
  state_ = std::make_unique<State>(comm, n, options, ranks_a_node);
  Team& team = state_->team;
  if (team.is_leader() && !is_fixed(state_->plan.policy)) {
    team.board().common().store(state_->order.share_of_node(team.node()));
  }
  team.wait_for_node();
  state_->start = Clock::now();
}

Loop::~Loop() = default;

int Loop::n_threads() const noexcept { return state_->n_threads; }
const IndexOrder& Loop::order() const noexcept { return state_->order; }

void Loop::fail(std::uint64_t index, std::exception_ptr exception) noexcept {
  const std::lock_guard lock(state_->mutex);
  if (index < state_->failed_index) {
    state_->failed_index = index;
    state_->failure = std::move(exception);
  }
  state_->team.board().raise(NodeBoard::failed);
}

Summary Loop::finish() {
  State& state = *state_;
  Summary& summary = state.summary;
  summary.seconds = state.now();
  summary.n_threads = state.n_threads;
  if (state.team.is_leader()) {
    state.exchange_messages(summary.seconds);  // tells the other nodes why this one has left
  }
  const bool was_stopped = (state.team.board().flags() & NodeBoard::stopped) != 0;
  state.team.close();

  std::array<std::uint64_t, 2> sums{summary.n_done, was_stopped ? 1U : 0U};
  mpi::allreduce(state.comm, sums, std::plus<>{});
  summary.n_done_in_all = sums[0];
  summary.has_stopped = sums[1] != 0 && sums[0] < state.order.n_items();

  const std::uint64_t first_failed = mpi::allreduce_value(state.comm, state.failed_index, mpi::min);
  if (first_failed != no_failure) {
    std::optional<Error> mine;
    if (state.failed_index == first_failed) {
      mine = error_about(first_failed, state.failure);
    }
    mpi::agree(state.comm, mine);
  }
  mpi::on_root(state.comm, [&] {
    if (state.options.on_progress) {
      state.options.on_progress({.n_done = summary.n_done_in_all, .n_total = state.order.n_items()});
    }
  });
  return summary;
}

LoopWorker::LoopWorker(Loop& loop, int thread)
    : loop_(&loop),
      board_(loop.state_->team.board()),
      order_(&loop.state_->order),
      dealer_(loop.state_->plan, board_,
              loop.state_->team.first_worker() + static_cast<std::uint32_t>(thread),
              loop.state_->team.first_global_worker() + static_cast<std::uint32_t>(thread)),
      n_done_on_board_(
          &board_.n_done_by(loop.state_->team.first_worker() + static_cast<std::uint32_t>(thread))),
      busy_on_board_(
          &board_.busy_seconds_of(loop.state_->team.first_worker() + static_cast<std::uint32_t>(thread))),
      thread_(thread),
      busy_since_(loop.state_->now()) {}

void LoopWorker::look_at_clock() {
  const double now = loop_->state_->now();
  busy_seconds_ += now - busy_since_;
  dealer_.expect((now - busy_since_) / stride_ * static_cast<double>(order_->items_per_position()));
  stride_ = next_stride(stride_, now - busy_since_);
  until_clock_ = stride_;
  busy_since_ = now;
  busy_on_board_->store(busy_seconds_, std::memory_order_relaxed);
  if (thread_ == 0 && now - loop_->state_->last_attended >= attend_interval) {
    loop_->state_->attend(*loop_, now);
    busy_since_ = loop_->state_->now();
  }
}

bool LoopWorker::has_failed() {
  if (const double now = loop_->state_->now();
      thread_ == 0 && now - loop_->state_->last_attended >= attend_interval) {
    loop_->state_->attend(*loop_, now);
  }
  return (board_.flags() & NodeBoard::failed) != 0;
}

void LoopWorker::rest() {
  const double now = loop_->state_->now();
  if (n_rests_ == 0) {
    busy_seconds_ += now - busy_since_;
  }
  const double seconds = rest_seconds(n_rests_++);
  if (thread_ == 0) {
    loop_->state_->attend(*loop_, now);
  }
  if (must_leave()) {
    return;
  }
  if (seconds == 0) {
    sched_yield();
  } else if (thread_ == 0) {
    const mpi::Waiting waiting("for_each_index");
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  } else {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  }
}

void LoopWorker::resume() {
  n_rests_ = 0;
  busy_since_ = loop_->state_->now();
  until_clock_ = stride_ = 1;
}

void LoopWorker::leave() {
  if (n_rests_ == 0) {
    busy_seconds_ += loop_->state_->now() - busy_since_;
  }
  const std::lock_guard lock(loop_->state_->mutex);
  Summary& summary = loop_->state_->summary;
  summary.n_done += n_done_;
  summary.n_steals += dealer_.n_steals();
  summary.busy_seconds += busy_seconds_;
}

}  // namespace serried::schedule::detail

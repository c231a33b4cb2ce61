#include <algorithm>
#include <new>
#include <thread>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/parcels.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {
namespace {

// What all ranks have posted to each, on its way to them.
struct Closing {
  std::vector<std::uint64_t> n_sent_to;
  MPI_Request request = MPI_REQUEST_NULL;
};

}  // namespace

Parcels::Parcels(const Communicator& comm, std::size_t n_at_once)
    : comm_(comm.dup()), n_at_once_(n_at_once), n_posted_to_(static_cast<std::size_t>(comm.size())) {
  expects(n_at_once > 0, "a message can be received at a time");
}

// MPI reads and writes what is moving; only a job that fails leaves anything behind.
Parcels::~Parcels() {
  if (!leaving_.empty() || !arriving_.empty()) {
    static_cast<void>(new (std::nothrow) std::vector<Moving>(std::move(leaving_)));
    static_cast<void>(new (std::nothrow) std::vector<Moving>(std::move(arriving_)));
  }
}

void Parcels::post(int destination, std::vector<char> bytes) {
  expects(!bytes.empty() && bytes.size() <= max_units_per_message, "a parcel has 1 byte to 1 GiB");
  Moving sent{std::move(bytes), {}};
  sent.request = async_send(comm_, sent.bytes, destination);
  leaving_.push_back(std::move(sent));
  ++n_posted_to_[static_cast<std::size_t>(destination)];
}

void Parcels::let_leave() {
  for (std::size_t i = 0; i < leaving_.size();) {
    if (leaving_[i].request.test()) {
      if (spare_.size() < n_at_once_) {
        spare_.push_back(std::move(leaving_[i].bytes));
      }
      std::swap(leaving_[i], leaving_.back());
      leaving_.pop_back();
    } else {
      ++i;
    }
  }
}

void Parcels::start_receiving() {
  while (arriving_.size() < n_at_once_) {
    int is_there = 0;
    MPI_Status status;
    check(MPI_Iprobe(any_source, any_tag, comm_.get(), &is_there, &status), "MPI_Iprobe");
    if (is_there == 0) {
      return;
    }
    int n_bytes = 0;
    check(MPI_Get_count(&status, MPI_CHAR, &n_bytes), "MPI_Get_count");
    Moving next;
    if (!spare_.empty()) {
      next.bytes = std::move(spare_.back());
      spare_.pop_back();
    }
    next.bytes.resize(static_cast<std::size_t>(n_bytes));
    next.request =
        async_receive(comm_, next.bytes, status.MPI_SOURCE, status.MPI_TAG);  // the one that was seen
    arriving_.push_back(std::move(next));
  }
}

std::optional<std::vector<char>> Parcels::poll() {
  let_leave();
  start_receiving();
  const auto arrived =
      std::ranges::find_if(arriving_, [](Moving& message) { return message.request.test(); });
  if (arrived == arriving_.end()) {
    return std::nullopt;
  }
  std::vector<char> bytes = std::move(arrived->bytes);
  std::swap(*arrived, arriving_.back());
  arriving_.pop_back();
  ++n_received_;
  return bytes;
}

bool Parcels::close(const Visit& visit, std::optional<std::chrono::milliseconds> limit) {
  using Clock = std::chrono::steady_clock;
  const Waiting waiting("close of parcels");
  const Clock::time_point start = Clock::now();
  // A rank that has failed on its own does not come: hence neither a blocking collective nor one that is checked. MPI writes
  // there until it is complete, and cannot be told not to.
  auto* const closing = new Closing{n_posted_to_};
  check(MPI_Iallreduce(MPI_IN_PLACE, closing->n_sent_to.data(), comm_.size(), MPI_UINT64_T, MPI_SUM,
                       comm_.get(), &closing->request),
        "MPI_Iallreduce");
  for (int are_counted = 0;;) {
    if (are_counted == 0) {
      check(MPI_Test(&closing->request, &are_counted, MPI_STATUS_IGNORE), "MPI_Test");
    }
    if (auto bytes = poll()) {
      visit(*std::move(bytes));
      continue;
    }
    if (are_counted != 0 && leaving_.empty() &&
        n_received_ == closing->n_sent_to[static_cast<std::size_t>(comm_.rank())]) {
      delete closing;
      return true;
    }
    if (limit && Clock::now() - start > *limit) {
      return false;
    }
    std::this_thread::yield();
  }
}

}  // namespace serried::mpi

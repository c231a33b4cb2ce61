#include <algorithm>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include <serried/base/checked_cast.hpp>
#include <serried/base/contract.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/parcels.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {
namespace {

// What all ranks have posted to each, on its way to them.
struct Closing {
  Closing(const Communicator& comm, std::vector<std::uint64_t> n_posted_to)
      : n_sent_to(std::move(n_posted_to)), request(async_allreduce(comm, n_sent_to, std::plus<>{})) {}
  std::vector<std::uint64_t> n_sent_to;
  Request request;
};

}  // namespace

Parcels::Parcels(const Communicator& comm, std::size_t n_at_once)
    : comm_(comm.dup()), n_at_once_(n_at_once), n_posted_to_(static_cast<std::size_t>(comm.size())) {
  expects(n_at_once > 0, "a message can be received at a time");
}

void Parcels::post(int destination, std::vector<char> bytes) {
  expects(!bytes.empty() && bytes.size() <= max_units_per_message, "a parcel has 1 byte to 1 GiB");
  Moving& sent = leaving_.emplace_back(Moving{std::move(bytes), {}});
  std::vector<MPI_Request> request(1, MPI_REQUEST_NULL);
  check(MPI_Isend(sent.bytes.data(), checked_cast<int>(sent.bytes.size()), MPI_CHAR, destination, 0,
                  comm_.get(), request.data()),
        "MPI_Isend");
  sent.request = Request(std::move(request), Request::Buffer::is_read);
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
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    check(MPI_Improbe(any_source, any_tag, comm_.get(), &is_there, &message, &status), "MPI_Improbe");
    if (is_there == 0) {
      return;
    }
    int n_bytes = 0;
    check(MPI_Get_count(&status, MPI_CHAR, &n_bytes), "MPI_Get_count");
    Moving& next = arriving_.emplace_back();
    if (!spare_.empty()) {
      next.bytes = std::move(spare_.back());
      spare_.pop_back();
    }
    next.bytes.resize(static_cast<std::size_t>(n_bytes));
    std::vector<MPI_Request> request(1, MPI_REQUEST_NULL);
    check(MPI_Imrecv(next.bytes.data(), n_bytes, MPI_CHAR, &message, request.data()), "MPI_Imrecv");
    next.request = Request(std::move(request), Request::Buffer::is_written);
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
  // A rank that has failed on its own does not come: hence not the blocking form.
  auto closing = std::make_unique<Closing>(comm_, n_posted_to_);
  for (bool are_counted = false;;) {
    are_counted = are_counted || closing->request.test();
    if (auto bytes = poll()) {
      visit(*std::move(bytes));
      continue;
    }
    if (are_counted && leaving_.empty() &&
        n_received_ == closing->n_sent_to[static_cast<std::size_t>(comm_.rank())]) {
      return true;
    }
    if (limit && Clock::now() - start > *limit) {
      static_cast<void>(closing.release());  // MPI may yet write there, and cannot be told not to
      return false;
    }
    std::this_thread::yield();
  }
}

}  // namespace serried::mpi

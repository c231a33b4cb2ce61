#include <functional>
#include <span>

#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/notices.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

Notices::Notices(const Communicator& comm)
    : comm_(comm.dup()), n_posted_to_(static_cast<std::size_t>(comm.size())) {}

void Notices::post(int destination, Notice notice) {
  while (!outgoing_.empty() && outgoing_.front().request.test()) {
    outgoing_.pop_front();
  }
  Outgoing& sent = outgoing_.emplace_back(Outgoing{notice, {}});
  sent.request = async_send(comm_, std::span<const Notice>(&sent.notice, 1), destination);
  ++n_posted_to_[static_cast<std::size_t>(destination)];
}

void Notices::post_to_all(Notice notice) {
  for (int rank = 0; rank < comm_.size(); ++rank) {
    if (rank != comm_.rank()) {
      post(rank, notice);
    }
  }
}

ReceivedNotice Notices::receive_next() {
  ReceivedNotice received;
  received.source = receive(comm_, std::span<Notice>(&received.notice, 1)).source;
  ++n_received_;
  return received;
}

std::optional<ReceivedNotice> Notices::poll() {
  if (!local_probe(comm_)) {
    return std::nullopt;
  }
  return receive_next();
}

std::vector<ReceivedNotice> Notices::close() {
  const Waiting waiting("close of notices");
  std::vector<std::uint64_t> n_sent_to = n_posted_to_;
  allreduce(comm_, n_sent_to, std::plus<>{});
  std::vector<ReceivedNotice> rest;
  while (n_received_ < n_sent_to[static_cast<std::size_t>(comm_.rank())]) {
    rest.push_back(receive_next());
  }
  for (Outgoing& sent : outgoing_) {
    sent.request.wait();
  }
  outgoing_.clear();
  return rest;
}

}  // namespace serried::mpi

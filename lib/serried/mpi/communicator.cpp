#include <utility>

#include <serried/base/contract.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

Communicator::Communicator(MPI_Comm owned, Kind kind) : comm_(owned) {
  check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
  if (kind == Kind::visible) {
    MPI_Comm copy = MPI_COMM_NULL;
    check(MPI_Comm_dup(comm_, &copy), "MPI_Comm_dup");
    hidden_ = new Communicator(copy, Kind::hidden);
  }
}

Communicator::Communicator(Communicator&& other) noexcept
    : comm_(std::exchange(other.comm_, MPI_COMM_NULL)),
      hidden_(std::exchange(other.hidden_, nullptr)),
      rank_(other.rank_),
      size_(other.size_) {}

Communicator& Communicator::operator=(Communicator&& other) noexcept {
  std::swap(comm_, other.comm_);
  std::swap(hidden_, other.hidden_);
  std::swap(rank_, other.rank_);
  std::swap(size_, other.size_);
  return *this;
}

Communicator::~Communicator() {
  delete hidden_;
  if (comm_ != MPI_COMM_NULL && is_running()) {
    MPI_Comm_free(&comm_);
  }
}

Communicator Communicator::duplicate_of(MPI_Comm comm) {
  const Waiting waiting("dup");
  MPI_Comm copy = MPI_COMM_NULL;
  check(MPI_Comm_dup(comm, &copy), "MPI_Comm_dup");
  return Communicator(copy);
}

Communicator Communicator::dup() const { return duplicate_of(comm_); }

Communicator Communicator::split(int color, int key) const {
  const Waiting waiting("split");
  expects(color >= 0, "the color is not negative");
  MPI_Comm part = MPI_COMM_NULL;
  check(MPI_Comm_split(comm_, color, key, &part), "MPI_Comm_split");
  return Communicator(part);
}

Communicator Communicator::node() const {
  const Waiting waiting("node");
  MPI_Comm part = MPI_COMM_NULL;
  check(MPI_Comm_split_type(comm_, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &part), "MPI_Comm_split_type");
  return Communicator(part);
}

std::optional<Communicator> Communicator::node_leaders() const {
  const Waiting waiting("node_leaders");
  const bool is_leader = node().is_root();
  MPI_Comm part = MPI_COMM_NULL;
  check(MPI_Comm_split(comm_, is_leader ? 0 : MPI_UNDEFINED, 0, &part), "MPI_Comm_split");
  if (part == MPI_COMM_NULL) {
    return std::nullopt;
  }
  return Communicator(part);
}

}  // namespace serried::mpi

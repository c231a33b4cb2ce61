#include <atomic>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

namespace {

// Collective: the root's number in the world, and how many it has made. A rank that never learns of it, because it has
// gone another way, cannot disturb the others' count.
std::uint64_t new_id(MPI_Comm comm) {
  static std::atomic<std::uint32_t> n_made{0};
  int world_rank = 0;
  check(MPI_Comm_rank(MPI_COMM_WORLD, &world_rank), "MPI_Comm_rank");
  std::uint64_t id = (static_cast<std::uint64_t>(world_rank) << 32) | ++n_made;
  check(MPI_Bcast(&id, 1, MPI_UINT64_T, 0, comm), "MPI_Bcast");
  return id;
}

}  // namespace

Communicator::Communicator(MPI_Comm owned, std::uint64_t id) : comm_(owned), id_(id) {
  check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
  if (id_ == 0) {
    id_ = new_id(comm_);
    MPI_Comm copy = MPI_COMM_NULL;
    check(MPI_Comm_dup(comm_, &copy), "MPI_Comm_dup");
    hidden_ = new Communicator(copy, id_);
  }
}

Communicator::Communicator(Communicator&& other) noexcept
    : comm_(std::exchange(other.comm_, MPI_COMM_NULL)),
      hidden_(std::exchange(other.hidden_, nullptr)),
      id_(other.id_),
      n_operations_(other.n_operations_),
      rank_(other.rank_),
      size_(other.size_) {}

Communicator& Communicator::operator=(Communicator&& other) noexcept {
  std::swap(comm_, other.comm_);
  std::swap(hidden_, other.hidden_);
  std::swap(id_, other.id_);
  std::swap(n_operations_, other.n_operations_);
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

#include <serried/base/checked_cast.hpp>
#include <serried/base/contract.hpp>
#include <serried/base/scope_guard.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/scattered.hpp>

namespace serried::mpi::detail {

namespace {

MPI_Datatype datatype_of(const std::vector<int>& lengths, const std::vector<MPI_Aint>& addresses) {
  MPI_Datatype type = MPI_DATATYPE_NULL;
  check(MPI_Type_create_hindexed(checked_cast<int>(lengths.size()), lengths.data(), addresses.data(),
                                 MPI_BYTE, &type),
        "MPI_Type_create_hindexed");
  check(MPI_Type_commit(&type), "MPI_Type_commit");
  return type;
}

}  // namespace

void Scattered::add(std::span<const char> bytes) {
  if (bytes.empty()) {
    return;
  }
  MPI_Aint address = 0;
  check(MPI_Get_address(bytes.data(), &address), "MPI_Get_address");
  lengths_.push_back(checked_cast<int>(bytes.size()));
  addresses_.push_back(address);
}

void Scattered::start_send(const Communicator& comm, int destination,
                           std::vector<MPI_Request>& requests) const {
  if (empty()) {
    return;
  }
  MPI_Datatype type = datatype_of(lengths_, addresses_);
  const ScopeGuard free([&] { MPI_Type_free(&type); });  // MPI keeps that of a message under way
  check(MPI_Isend(MPI_BOTTOM, 1, type, destination, 0, comm.get(), &requests.emplace_back(MPI_REQUEST_NULL)),
        "MPI_Isend");
}

void Scattered::start_receive(const Communicator& comm, int source,
                              std::vector<MPI_Request>& requests) const {
  if (empty()) {
    return;
  }
  MPI_Datatype type = datatype_of(lengths_, addresses_);
  const ScopeGuard free([&] { MPI_Type_free(&type); });
  check(MPI_Irecv(MPI_BOTTOM, 1, type, source, 0, comm.get(), &requests.emplace_back(MPI_REQUEST_NULL)),
        "MPI_Irecv");
}

}  // namespace serried::mpi::detail

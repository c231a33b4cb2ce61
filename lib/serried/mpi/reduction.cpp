#include <serried/base/checked_cast.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/reduction.hpp>

namespace serried::mpi::detail {

MPI_Op make_operation(MPI_User_function* function, bool is_commutative) {
  MPI_Op op = MPI_OP_NULL;
  check(MPI_Op_create(function, is_commutative ? 1 : 0, &op), "MPI_Op_create");
  return op;
}

MPI_Datatype make_element_type(std::size_t n_bytes) {
  MPI_Datatype type = MPI_DATATYPE_NULL;
  check(MPI_Type_contiguous(checked_cast<int>(n_bytes), MPI_BYTE, &type), "MPI_Type_contiguous");
  check(MPI_Type_commit(&type), "MPI_Type_commit");
  return type;
}

}  // namespace serried::mpi::detail

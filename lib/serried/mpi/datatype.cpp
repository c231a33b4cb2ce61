#include <array>

#include <serried/base/checked_cast.hpp>
#include <serried/base/contract.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/datatype.hpp>

namespace serried::mpi {

// Whole messages, then the rest.
void WireCount::make_type(std::size_t n_units) {
  const MPI_Datatype unit = type_;
  const int n_whole = checked_cast<int>(n_units / max_units_per_message);
  const int rest = static_cast<int>(n_units % max_units_per_message);
  MPI_Aint lower_bound = 0;
  MPI_Aint unit_bytes = 0;
  check(MPI_Type_get_extent(unit, &lower_bound, &unit_bytes), "MPI_Type_get_extent");
  const MPI_Aint whole_bytes = static_cast<MPI_Aint>(max_units_per_message) * unit_bytes;

  MPI_Datatype whole = MPI_DATATYPE_NULL;
  check(MPI_Type_contiguous(static_cast<int>(max_units_per_message), unit, &whole), "MPI_Type_contiguous");
  const std::array<int, 2> lengths = {n_whole, rest};
  const std::array<MPI_Aint, 2> offsets = {0, n_whole * whole_bytes};
  const std::array<MPI_Datatype, 2> types = {whole, unit};
  check(MPI_Type_create_struct(2, lengths.data(), offsets.data(), types.data(), &type_),
        "MPI_Type_create_struct");
  is_made_ = true;
  check(MPI_Type_free(&whole), "MPI_Type_free");
  check(MPI_Type_commit(&type_), "MPI_Type_commit");
}

void detail::expect_room(std::size_t n_values, std::size_t n_arriving) {
  expects(n_values == n_arriving, "the buffer has room for exactly what arrives");
}

}  // namespace serried::mpi

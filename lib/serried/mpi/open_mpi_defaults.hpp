/// Sound settings for Open MPI where the user has set none.
///
/// Three of Open MPI's defaults hurt: ranks that outnumber their cores spin while they wait (a barrier of 8
/// ms instead of 2 us), parallel file output may go through fcoll/vulcan, which can corrupt
/// (open-mpi/ompi#12718) and through data sieving, which can read wrongly (#10546), and containers that
/// forbid cross-memory copies print warnings. They can only be changed before MPI_Init, through the
/// environment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serried::mpi {

/// What can be known of this process's node before MPI_Init.
struct NodeFacts {
  int n_ranks = 1;                     ///< ranks on this node
  int n_cores = 1;                     ///< cores that this node has online
  bool is_launched = false;            ///< by mpirun or srun; otherwise this process is a job of one rank
  bool may_copy_across_memory = true;  ///< process_vm_readv is allowed
};

struct Setting {
  std::string name;
  std::string value;
  friend bool operator==(const Setting&, const Setting&) = default;
};

/// The environment variables to set, for these facts. Pure.
[[nodiscard]] std::vector<Setting> open_mpi_defaults(const NodeFacts& facts);

/// Reads the facts from the environment, from the system and by one trial call of process_vm_readv.
[[nodiscard]] NodeFacts node_facts();

/// Sets each default that the environment does not hold yet. Call before MPI_Init; not thread-safe (setenv).
void set_open_mpi_defaults();

/// Tasks on node number `node` from Slurm's compressed list, e.g. "2(x3),1": nodes 0 to 2 have 2, node 3
/// has 1. Nothing if the text is no such list or has no such node.
[[nodiscard]] std::optional<int> slurm_tasks_on_node(std::string_view list, int node);

}  // namespace serried::mpi

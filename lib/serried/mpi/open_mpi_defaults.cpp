#include <sys/uio.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

#include <serried/mpi/open_mpi_defaults.hpp>

namespace serried::mpi {
namespace {

std::optional<int> parse_int(std::string_view text) {
  int number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<int> environment_int(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::nullopt : parse_int(text);
}

// Containers often forbid the call as such, so a copy from this process to itself shows it.
bool may_copy_across_memory() {
  int source = 1;
  int target = 0;
  const iovec from{&source, sizeof source};
  const iovec to{&target, sizeof target};
  return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == static_cast<ssize_t>(sizeof source);
}

std::optional<int> ranks_on_node() {
  if (const auto n = environment_int("OMPI_COMM_WORLD_LOCAL_SIZE")) {
    return n;
  }
  const char* list = std::getenv("SLURM_STEP_TASKS_PER_NODE");
  const auto node = environment_int("SLURM_NODEID");
  return list == nullptr || !node ? std::nullopt : slurm_tasks_on_node(list, *node);
}

}  // namespace

std::optional<int> slurm_tasks_on_node(std::string_view list, int node) {
  std::optional<int> found;
  for (bool is_last = false; !is_last;) {  // to the end, also behind the node: is it such a list at all?
    const std::string_view item = list.substr(0, list.find(','));
    is_last = item.size() == list.size();
    list.remove_prefix(item.size() + (is_last ? 0 : 1));
    const std::size_t parenthesis = item.find("(x");
    const auto n_tasks = parse_int(item.substr(0, parenthesis));
    std::optional<int> n_nodes = 1;
    if (parenthesis != std::string_view::npos) {
      if (!item.ends_with(')')) {
        return std::nullopt;
      }
      n_nodes = parse_int(item.substr(parenthesis + 2, item.size() - parenthesis - 3));
    }
    if (!n_tasks || *n_tasks < 1 || !n_nodes || *n_nodes < 1) {
      return std::nullopt;
    }
    if (node >= 0 && node < *n_nodes) {
      found = n_tasks;
    }
    node = node < *n_nodes ? -1 : node - *n_nodes;
  }
  return found;
}

NodeFacts node_facts() {
  NodeFacts facts;
  const auto n_ranks = ranks_on_node();
  facts.n_ranks = n_ranks.value_or(1);
  facts.n_cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  facts.is_launched = n_ranks.has_value() || std::getenv("PMIX_RANK") != nullptr;
  facts.may_copy_across_memory = may_copy_across_memory();
  return facts;
}

std::vector<Setting> open_mpi_defaults(const NodeFacts& facts) {
  std::vector<Setting> settings = {
      {"OMPI_MCA_fcoll", "^vulcan"},
      {"OMPI_MCA_fbtl_posix_read_datasieving", "0"},
  };
  if (facts.n_ranks > facts.n_cores) {
    settings.push_back({"OMPI_MCA_mpi_yield_when_idle", "1"});
  }
  if (!facts.may_copy_across_memory) {
    settings.push_back({"OMPI_MCA_btl_vader_single_copy_mechanism", "none"});
  }
  if (!facts.is_launched) {
    // A single process needs no daemon to start others for it; without one it starts faster.
    settings.push_back({"OMPI_MCA_ess_singleton_isolated", "1"});
    // It has no folder for shared file pointers either, which nobody here uses: every file that MPI opens would say so.
    settings.push_back({"OMPI_MCA_sharedfp", "^sm"});
  }
  return settings;
}

void set_open_mpi_defaults() {
  for (const Setting& setting : open_mpi_defaults(node_facts())) {
    constexpr int keep_the_users = 0;
    setenv(setting.name.c_str(), setting.value.c_str(), keep_the_users);
  }
}

}  // namespace serried::mpi

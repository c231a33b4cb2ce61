#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/scope_guard.hpp>
#include <serried/mpi/open_mpi_defaults.hpp>

namespace serried::mpi {
namespace {

using testing::Contains;
using testing::IsSupersetOf;
using testing::Not;

const Setting yields{"OMPI_MCA_mpi_yield_when_idle", "1"};
const Setting no_single_copy{"OMPI_MCA_btl_vader_single_copy_mechanism", "none"};
const Setting isolated{"OMPI_MCA_ess_singleton_isolated", "1"};

std::optional<std::string> variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

// Sets or (nullptr) unsets a variable for a scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name), before_(variable(name)) {
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(OpenMpiDefaults, AvoidWhatCanCorruptEverywhere) {
  EXPECT_THAT(open_mpi_defaults({}), IsSupersetOf({Setting{"OMPI_MCA_fcoll", "^vulcan"},
                                                   Setting{"OMPI_MCA_fbtl_posix_read_datasieving", "0"}}));
}

TEST(OpenMpiDefaults, YieldOnlyWhereRanksOutnumberCores) {
  EXPECT_THAT(open_mpi_defaults({.n_ranks = 5, .n_cores = 4}), Contains(yields));
  EXPECT_THAT(open_mpi_defaults({.n_ranks = 4, .n_cores = 4}), Not(Contains(yields)));
  EXPECT_THAT(open_mpi_defaults({.n_ranks = 1, .n_cores = 4}), Not(Contains(yields)));
}

TEST(OpenMpiDefaults, CopyAcrossMemoryOnlyWhereAllowed) {
  EXPECT_THAT(open_mpi_defaults({.may_copy_across_memory = false}), Contains(no_single_copy));
  EXPECT_THAT(open_mpi_defaults({.may_copy_across_memory = true}), Not(Contains(no_single_copy)));
}

TEST(OpenMpiDefaults, OnlyAProcessOfItsOwnIsIsolated) {
  EXPECT_THAT(open_mpi_defaults({.is_launched = false}), Contains(isolated));
  EXPECT_THAT(open_mpi_defaults({.is_launched = false}), Contains(Setting{"OMPI_MCA_sharedfp", "^sm"}));
  EXPECT_THAT(open_mpi_defaults({.is_launched = true}), Not(Contains(isolated)));
}

TEST(SetOpenMpiDefaults, KeepsTheUsersSettings) {
  const Variable users("OMPI_MCA_fcoll", "two_phase");
  const Variable unset("OMPI_MCA_fbtl_posix_read_datasieving", nullptr);
  set_open_mpi_defaults();
  EXPECT_EQ(variable("OMPI_MCA_fcoll"), "two_phase");
  EXPECT_EQ(variable("OMPI_MCA_fbtl_posix_read_datasieving"), "0");
}

TEST(NodeFacts, ComeFromMpirunOrSlurm) {
  const Variable pmix("PMIX_RANK", nullptr);
  const Variable nodes("SLURM_STEP_TASKS_PER_NODE", "3(x2),17");
  const Variable node("SLURM_NODEID", "2");
  {
    const Variable open_mpi("OMPI_COMM_WORLD_LOCAL_SIZE", "4");
    EXPECT_EQ(node_facts().n_ranks, 4) << "mpirun knows best";
    EXPECT_TRUE(node_facts().is_launched);
  }
  const Variable no_open_mpi("OMPI_COMM_WORLD_LOCAL_SIZE", nullptr);
  EXPECT_EQ(node_facts().n_ranks, 17);
  EXPECT_TRUE(node_facts().is_launched);
  EXPECT_EQ(node_facts().n_cores, ::sysconf(_SC_NPROCESSORS_ONLN));
  {
    const Variable garbage("SLURM_STEP_TASKS_PER_NODE", "many");
    EXPECT_EQ(node_facts().n_ranks, 1);
    EXPECT_FALSE(node_facts().is_launched);
    const Variable rank("PMIX_RANK", "0");
    EXPECT_TRUE(node_facts().is_launched) << "some launcher, with an unknown number of ranks";
  }
  const Variable no_node("SLURM_NODEID", nullptr);
  EXPECT_FALSE(node_facts().is_launched);
}

TEST(SlurmTasksOnNode, ReadsSlurmsCompressedList) {
  EXPECT_EQ(slurm_tasks_on_node("4", 0), 4);
  EXPECT_EQ(slurm_tasks_on_node("4", 1), std::nullopt);
  const std::vector<int> expected = {2, 2, 2, 1, 16, 16};
  for (int node = 0; node < 6; ++node) {
    EXPECT_EQ(slurm_tasks_on_node("2(x3),1,16(x2)", node), expected[static_cast<std::size_t>(node)]) << node;
  }
  EXPECT_EQ(slurm_tasks_on_node("2(x3),1,16(x2)", 6), std::nullopt);
  EXPECT_EQ(slurm_tasks_on_node("128(x1000000)", 999'999), 128);
}

TEST(SlurmTasksOnNode, RefusesWhatIsNoSuchList) {
  for (const std::string_view list :
       {"",          ",",     "x",      "4x",    " 4",   "4 ",        "+4",          "-4",
        "0",         "4,",    ",4",     "4,,4",  "4(x",  "4(x)",      "4(x2",        "4(2)",
        "4(x2)y",    "4(x0)", "4(x-2)", "4(xy)", "(x2)", "4(x2)(x3)", "99999999999", "4(x99999999999)",
        "4,garbage", "4;5"}) {
    EXPECT_EQ(slurm_tasks_on_node(list, 0), std::nullopt) << '"' << list << '"';
  }
  EXPECT_EQ(slurm_tasks_on_node("4", -1), std::nullopt);
  EXPECT_EQ(slurm_tasks_on_node("4(x2147483647),4(x2147483647)", 2147483647), 4) << "no overflow";
}

}  // namespace
}  // namespace serried::mpi

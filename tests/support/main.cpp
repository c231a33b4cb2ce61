// The main program of all tests that run under MPI.
//
// A test passes only if it passes on every rank. A rank prints its failures at once, so that they are seen
// even when the others then hang until the deadline. Rank 0 prints everything else, and which ranks failed.
#include <mpi.h>
#include <stdio.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "removal_list.hpp"

namespace {

// A value's minimum and maximum over the ranks, equal if all ranks hold the same.
struct Range {
  std::int64_t min;
  std::int64_t max;
};

class MpiListener : public testing::EmptyTestEventListener {
 public:
  // Tests must be free to leave messages in flight on MPI_COMM_WORLD: the listener has its own communicator.
  explicit MpiListener(testing::TestEventListener* printer) : printer_(printer) {
    MPI_Comm_dup(MPI_COMM_WORLD, &comm_);
    MPI_Comm_set_errhandler(comm_, MPI_ERRORS_ARE_FATAL);
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &n_ranks_);
  }
  MpiListener(const MpiListener&) = delete;
  MpiListener& operator=(const MpiListener&) = delete;
  ~MpiListener() override { delete printer_; }

  // Collective. To be called after the last test, while MPI still runs.
  [[nodiscard]] bool all_passed(int status) {
    const Range run = over_ranks(n_run_);
    if (run.min != run.max) {
      if (rank_ == 0) printf("[  FAILED  ] the ranks ran %ld to %ld tests\n", run.min, run.max);
      status = 1;
    }
    const Range statuses = over_ranks(status);
    MPI_Comm_free(&comm_);
    return statuses.min == 0 && statuses.max == 0;
  }

  void OnTestIterationStart(const testing::UnitTest& unit, int iteration) override {
    std::string names;
    for (int s = 0; s < unit.total_test_suite_count(); ++s) {
      const testing::TestSuite& suite = *unit.GetTestSuite(s);
      for (int t = 0; t < suite.total_test_count(); ++t) {
        const testing::TestInfo& test = *suite.GetTestInfo(t);
        if (test.should_run()) names.append(suite.name()).append(".").append(test.name()).append("\n");
      }
    }
    const Range hashes = over_ranks(static_cast<std::int64_t>(std::hash<std::string>{}(names)));
    if (hashes.min != hashes.max) {
      fprintf(stderr, "[rank %d] would run these tests:\n%s", rank_, names.c_str());
      if (rank_ == 0) fprintf(stderr, "The ranks would run different tests, or in different order.\n");
      MPI_Abort(MPI_COMM_WORLD, 1);
    }
    if (rank_ == 0) printf("Running on %d rank%s.\n", n_ranks_, n_ranks_ == 1 ? "" : "s");
    on_rank_0([&] { printer_->OnTestIterationStart(unit, iteration); });
  }

  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (rank_ == 0) {
      printer_->OnTestPartResult(part);
    } else if (part.failed() || part.skipped()) {
      const char* file = part.file_name() ? part.file_name() : "unknown file";
      fprintf(stderr, "[rank %d] %s:%d: %s\n%s\n", rank_, file, part.line_number(),
              part.failed() ? "Failure" : "Skipped", part.summary());
    }
  }

  // Collective.
  void OnTestEnd(const testing::TestInfo& test) override {
    ++n_run_;
    enum Outcome : int { passed, skipped, failed };
    const int own = test.result()->Failed() ? failed : test.result()->Skipped() ? skipped : passed;
    std::vector<int> outcomes(static_cast<std::size_t>(n_ranks_));
    MPI_Allgather(&own, 1, MPI_INT, outcomes.data(), 1, MPI_INT, comm_);
    std::string failed_ranks;
    bool some_skipped = false;
    bool all_skipped = true;
    for (int r = 0; r < n_ranks_; ++r) {
      const int outcome = outcomes[static_cast<std::size_t>(r)];
      if (outcome == failed) failed_ranks.append(" ").append(std::to_string(r));
      some_skipped = some_skipped || outcome == skipped;
      all_skipped = all_skipped && outcome == skipped;
    }
    if (rank_ == 0) {
      if (!failed_ranks.empty()) ADD_FAILURE() << "failed on rank" << failed_ranks << " of " << n_ranks_;
      if (some_skipped && !all_skipped && failed_ranks.empty()) {
        ADD_FAILURE() << "skipped on some ranks only: agree first, then skip";
      }
    } else if (own != failed && (!failed_ranks.empty() || (some_skipped && !all_skipped))) {
      quiet_failure();
    }
    // Every rank has left the test: nobody uses its files now.
    serried::test::remove_listed();
    on_rank_0([&] { printer_->OnTestEnd(test); });
  }

  void OnTestProgramStart(const testing::UnitTest& u) override {
    on_rank_0([&] { printer_->OnTestProgramStart(u); });
  }
  void OnEnvironmentsSetUpStart(const testing::UnitTest& u) override {
    on_rank_0([&] { printer_->OnEnvironmentsSetUpStart(u); });
  }
  void OnTestSuiteStart(const testing::TestSuite& s) override {
    on_rank_0([&] { printer_->OnTestSuiteStart(s); });
  }
  void OnTestStart(const testing::TestInfo& t) override {
    on_rank_0([&] { printer_->OnTestStart(t); });
  }
  void OnTestSuiteEnd(const testing::TestSuite& s) override {
    on_rank_0([&] { printer_->OnTestSuiteEnd(s); });
  }
  void OnEnvironmentsTearDownStart(const testing::UnitTest& u) override {
    on_rank_0([&] { printer_->OnEnvironmentsTearDownStart(u); });
  }
  void OnTestIterationEnd(const testing::UnitTest& u, int iteration) override {
    on_rank_0([&] { printer_->OnTestIterationEnd(u, iteration); });
  }
  void OnTestProgramEnd(const testing::UnitTest& u) override {
    on_rank_0([&] { printer_->OnTestProgramEnd(u); });
  }

 private:
  template <class Action>
  void on_rank_0(const Action& action) {
    if (rank_ != 0) return;
    action();
    fflush(stdout);
  }

  // Fails the current test without printing: the rank that failed has said why.
  void quiet_failure() {
    testing::TestEventListener* printer = printer_;
    const int rank = rank_;
    static testing::EmptyTestEventListener silent;
    printer_ = &silent;
    rank_ = 0;
    ADD_FAILURE();
    printer_ = printer;
    rank_ = rank;
  }

  [[nodiscard]] Range over_ranks(std::int64_t value) {
    // ~x reverses the order of signed integers without overflow.
    std::array<std::int64_t, 2> pair{value, ~value};
    MPI_Allreduce(MPI_IN_PLACE, pair.data(), 2, MPI_INT64_T, MPI_MIN, comm_);
    return {pair[0], ~pair[1]};
  }

  testing::TestEventListener* printer_;
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  int n_ranks_ = 1;
  std::int64_t n_run_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  // As serried::Environment does, but raw: the tests of the lowest module must not rest on it.
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  testing::InitGoogleTest(&argc, argv);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank != 0) GTEST_FLAG_SET(output, "");  // one report file, not one a rank on top of each other

  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  auto* listener = new MpiListener(listeners.Release(listeners.default_result_printer()));
  listeners.Append(listener);
  const bool passed = listener->all_passed(RUN_ALL_TESTS());

  // For tests/support/mpirun: an exit code of 0 alone does not show that all ranks came this far.
  const char* verdict = std::getenv("SERRIED_VERDICT");
  if (rank == 0 && passed && verdict) std::ofstream(verdict) << "passed\n";
  MPI_Finalize();
  return passed ? 0 : 1;
}

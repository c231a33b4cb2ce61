#include <mpi.h>

#include <chrono>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <serried/mpi/check.hpp>
#include <serried/report/moved_bytes.hpp>
#include <serried/report/run_record.hpp>
#include <serried/report/timed_phase.hpp>

#include "world.hpp"

namespace serried::report {
namespace {

using test::world;

Provenance sample_origin() {
  Provenance origin{.program = "serried-test",
                    .version = "1.2.3",
                    .command_line = "serried-test 'a b'",
                    .host = "here",
                    .started = "2026-01-02T03:04:05Z"};
  origin.n_ranks = world().size();
  return origin;
}

TEST(RunRecord, HoldsEveryPhaseOfEveryRank) {
  moved_bytes().sent += 7;
  RunRecord record(sample_origin());
  const int me = world().rank();
  moved_bytes().sent += 1000 + static_cast<unsigned>(me);
  moved_bytes().spilled += 5;
  record.add_phase(world(), "map",
                   {.seconds = 2.0 + me,
                    .busy_seconds = 3.0,
                    .n_threads = 2,
                    .n_indices = 10U + static_cast<unsigned>(me),
                    .n_bytes = std::uint64_t{1} << 40,
                    .n_steals = 3});
  record.add_phase(world(), "sort", {.seconds = 1});
  if (!world().is_root()) {
    return;
  }
  const auto json = nlohmann::json::parse(record.json());
  EXPECT_EQ(json["provenance"]["program"], "serried-test");
  EXPECT_EQ(json["provenance"]["command_line"], "serried-test 'a b'");
  EXPECT_EQ(json["provenance"]["ranks"], world().size());
  EXPECT_FALSE(json["provenance"].contains("seed"));
  ASSERT_EQ(json["phases"].size(), 2U);
  const auto& map = json["phases"][0];
  EXPECT_EQ(map["name"], "map");
  EXPECT_DOUBLE_EQ(map["seconds"], 2.0 + world().size() - 1) << "the longest";
  double threads_seconds = 0;
  ASSERT_EQ(map["ranks"].size(), static_cast<std::size_t>(world().size()));
  for (int rank = 0; rank < world().size(); ++rank) {
    const auto& line = map["ranks"][static_cast<std::size_t>(rank)];
    EXPECT_EQ(line["rank"], rank);
    EXPECT_EQ(line["indices"], 10 + rank);
    EXPECT_EQ(line["bytes"], std::uint64_t{1} << 40);
    EXPECT_EQ(line["steals"], 3);
    EXPECT_DOUBLE_EQ(line["waiting_seconds"], 2 * (2.0 + rank) - 3);
    EXPECT_GT(line["peak_memory_bytes"], 1 << 20);
    EXPECT_EQ(line["sent_bytes"], 1000 + rank);
    EXPECT_EQ(line["spilled_bytes"], 5);
    EXPECT_EQ(json["phases"][1]["ranks"][static_cast<std::size_t>(rank)]["sent_bytes"], 0) << "counted once";
    EXPECT_EQ(line["host"], mpi::host_name());
    threads_seconds += 2 * (2.0 + rank);
  }
  EXPECT_DOUBLE_EQ(map["efficiency"], 3.0 * world().size() / threads_seconds);
}

TEST(RunRecord, ASeedAndBytesThatAreNotUtf8) {
  Provenance origin = sample_origin();
  origin.seed = 42;
  origin.command_line = "x \xff\xfe";
  const auto json = nlohmann::json::parse(RunRecord(origin).json());
  EXPECT_EQ(json["provenance"]["seed"], 42);
  EXPECT_EQ(json["phases"].size(), 0U);
}

TEST(RunRecord, WaitingIsNeverNegative) {
  EXPECT_EQ((PhaseOfRank{.seconds = 1, .busy_seconds = 1.5}).waiting_seconds(), 0);
}

TEST(TimedPhase, RecordsTheTimeOfAPieceOfCode) {
  RunRecord record(sample_origin());
  const TimedPhase phase(&record, world(), "pause");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  phase.finish(3);
  TimedPhase(nullptr, world(), "nowhere").finish(1);
  if (world().is_root()) {
    const auto json = nlohmann::json::parse(record.json());
    ASSERT_EQ(json["phases"].size(), 1U);
    EXPECT_EQ(json["phases"][0]["name"], "pause");
    EXPECT_GE(json["phases"][0]["seconds"], 0.02);
    EXPECT_EQ(json["phases"][0]["ranks"][0]["threads"], 3);
  }
}

}  // namespace
}  // namespace serried::report

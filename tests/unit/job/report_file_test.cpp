#include <mpi.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <serried/job/report_file.hpp>

#include "error_of.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::job {
namespace {

using test::error_of;
using test::world;
using testing::HasSubstr;

TEST(ReportFile, IsWrittenAtTheEnd) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  const std::string path = (folder.path() / "run.json").string();
  ReportFile report(world(), path, {.seed = 42});
  ASSERT_NE(report.record(), nullptr);
  report.record()->add_phase(world(), "only", {.seconds = 1});
  EXPECT_FALSE(std::filesystem::exists(path));
  report.write();
  if (world().is_root()) {
    std::ifstream file(path);
    const auto json = nlohmann::json::parse(file);
    EXPECT_EQ(json["phases"][0]["name"], "only");
    EXPECT_EQ(json["provenance"]["ranks"], world().size());
    EXPECT_EQ(json["provenance"]["seed"], 42);
  }
}

TEST(ReportFile, WithoutAPathThereIsNone) {
  ReportFile report(world(), "", {});
  EXPECT_EQ(report.record(), nullptr);
  report.write();
}

TEST(ReportFile, AnImpossiblePathIsFoundAtOnce) {
  EXPECT_THAT(error_of([&] { const ReportFile report(world(), "/does/not/exist/run.json", {}); }).what(),
              HasSubstr("/does/not/exist"));
}

}  // namespace
}  // namespace serried::job

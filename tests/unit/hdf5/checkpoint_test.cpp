#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/version.hpp>
#include <serried/hdf5/checkpoint.hpp>
#include <serried/hdf5/file.hpp>
#include <serried/mpi/agree.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const CheckpointKey key{
    .program = "serried-ising", .format = 2, .configuration = "size=64\nbeta=0.44\n", .seed = 42};

class CheckpointTest : public FileTest {
 protected:
  [[nodiscard]] Checkpoint checkpoint(const CheckpointKey& with = key) const {
    return {world(), path(), with};
  }

  // Each rank's part of 1000 values.
  void write(const std::string& step) const {
    checkpoint().write([&](const Group& state) {
      state.set_attribute("step", step);
      const auto values = state.create_dataset<std::uint64_t>("values", {n_ranks(), 1000});
      values.write_slab({my_rank(), 0}, {1, 1000}, std::vector<std::uint64_t>(1000, my_rank() + 1),
                        Transfer::collective);
    });
  }
  [[nodiscard]] std::string read_step() const {
    std::string step;
    checkpoint().read([&](const Group& state) {
      step = state.attribute<std::string>("step");
      std::vector<std::uint64_t> values(1000);
      state.dataset<std::uint64_t>("values").read_slab({my_rank(), 0}, {1, 1000}, values,
                                                       Transfer::collective);
      EXPECT_EQ(values, std::vector<std::uint64_t>(1000, my_rank() + 1));
    });
    return step;
  }
  // What reading with this key throws on all ranks.
  [[nodiscard]] std::string refusal(const CheckpointKey& with) const {
    return same_error_of([&] { checkpoint(with).read([](const Group&) { ADD_FAILURE() << "was read"; }); })
        .what();
  }
};

TEST_F(CheckpointTest, ComesBackWithWhoWroteIt) {
  EXPECT_FALSE(checkpoint().exists());
  write("1");
  EXPECT_TRUE(checkpoint().exists());
  EXPECT_EQ(read_step(), "1");
  const Provenance origin = checkpoint().read([](const Group&) {});
  EXPECT_EQ(origin.program, "serried-ising");
  EXPECT_EQ(origin.version, version);
  EXPECT_THAT(origin.command_line, HasSubstr("test_unit.hdf5"));
  EXPECT_FALSE(origin.host.empty());
  EXPECT_FALSE(origin.started.empty());
  EXPECT_EQ(origin.n_ranks, world().size());
  EXPECT_EQ(origin.seed, 42U);
}

TEST_F(CheckpointTest, ALaterOneReplacesItAndNothingElseStays) {
  write("1");
  write("2");
  EXPECT_EQ(read_step(), "2");
  EXPECT_THAT(names(), ElementsAre("shared.h5"));
}

TEST_F(CheckpointTest, AFailedOneLeavesTheEarlierOne) {
  write("1");
  // The same on all ranks; between collective calls on one; of a file that is not there any more.
  EXPECT_EQ(same_error_of([&] { checkpoint().write([](const Group&) { throw Error("no"); }); }).what(),
            std::string("no"));
  EXPECT_THAT(same_error_of([&] {
                checkpoint().write([](const Group& state) {
                  state.set_attribute("step", "2");
                  mpi::together(world(), [] {
                    if (my_rank() + 1 == n_ranks()) {
                      throw std::runtime_error("the last rank fails");
                    }
                  });
                });
              }).what(),
              HasSubstr("the last rank fails"));
  EXPECT_EQ(read_step(), "1");
  EXPECT_THAT(names(), ElementsAre("shared.h5"));
}

TEST_F(CheckpointTest, OneRankFailsAtTheEndOfWriting) {
  write("1");
  EXPECT_EQ(same_error_of([&] {
              checkpoint().write([](const Group&) {
                if (my_rank() + 1 == n_ranks()) {
                  throw Error("the last rank fails");
                }
              });
            }).rank(),
            world().size() - 1);
  EXPECT_EQ(read_step(), "1");
}

TEST_F(CheckpointTest, OneRankFailsWhileItReads) {
  write("1");
  EXPECT_EQ(
      same_error_of([&] {
        checkpoint().read([](const Group& state) {
          static_cast<void>(state.attribute<std::string>(my_rank() + 1 == n_ranks() ? "missing" : "step"));
        });
      }).what(),
      path() + ": /state has no attribute missing");
  EXPECT_EQ(read_step(), "1");
}

TEST_F(CheckpointTest, WhatDoesNotFitIsSaid) {
  write("1");
  const std::string front = path() + ": checkpoint of another job: ";
  CheckpointKey other = key;
  other.program = "serried-pi";
  EXPECT_THAT(refusal(other),
              StartsWith(front + "written by serried-ising, expected serried-pi (it was written by: "));
  other = key;
  other.format = 3;
  EXPECT_THAT(refusal(other), StartsWith(front + "written in format 2, this program reads 3 ("));
  other = key;
  other.seed = 1;
  EXPECT_THAT(refusal(other), StartsWith(front + "written with seed 42, expected 1 ("));
  other.seed = std::nullopt;
  EXPECT_THAT(refusal(other), StartsWith(front + "written with seed 42, expected none ("));
  other = key;
  other.configuration = "size=64\nbeta=0.43\n";
  EXPECT_THAT(refusal(other),
              StartsWith(front + "another configuration: \"beta=0.44\" there, \"beta=0.43\" here ("));
  other.configuration = "size=64\n";
  EXPECT_THAT(refusal(other), StartsWith(front + "another configuration: \"beta=0.44\" is only there ("));
  other.configuration = "size=64\nbeta=0.44\nflips=2\n";
  EXPECT_THAT(refusal(other), StartsWith(front + "another configuration: \"flips=2\" is only here ("));
  other.configuration = "size=64\nbeta=0.44";
  EXPECT_THAT(refusal(other), HasSubstr("another configuration: only a last line break"));
  other.configuration = "";
  EXPECT_THAT(refusal(other), HasSubstr("\"size=64\" is only there"));
}

TEST_F(CheckpointTest, WithoutASeedAndWithALongConfiguration) {
  const CheckpointKey with{.program = "x", .configuration = std::string(200'000, 'c')};
  checkpoint(with).write([](const Group&) {});
  EXPECT_EQ(checkpoint(with).read([](const Group&) {}).seed, std::nullopt);
  CheckpointKey other = with;
  other.seed = 1;
  EXPECT_THAT(refusal(other), HasSubstr("written with seed none, expected 1"));
}

TEST_F(CheckpointTest, WhatIsNoCheckpoint) {
  EXPECT_EQ(refusal(key), path() + ": cannot open: No such file or directory");
  const std::string no_seal =
      ": does not end in the checksum of a checkpoint: it is cut short, or something else (use an earlier "
      "checkpoint, "
      "or remove it to start anew)";
  make(path(), "");
  EXPECT_EQ(refusal(key), path() + ", byte 0" + no_seal);
  make(path(), std::string(1000, 'x'));
  EXPECT_THAT(refusal(key), HasSubstr(no_seal));
  File file = File::create(world(), path());
  file.close();
  EXPECT_THAT(refusal(key), HasSubstr(no_seal));
}

TEST_F(CheckpointTest, OutputsThatCannotBe) {
  const Checkpoint nowhere(world(), path("missing/x"), key);
  EXPECT_THAT(
      same_error_of([&] { nowhere.write([](const Group&) { ADD_FAILURE() << "was written"; }); }).what(),
      StartsWith(path("missing/x") + ": cannot create the output: No such file"));
  EXPECT_FALSE(nowhere.exists());
}

TEST_F(CheckpointTest, H5dumpShowsIt) {
  if (std::system("command -v h5dump >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "h5dump (package hdf5-tools) is not installed";
  }
  write("1");
  if (world().is_root()) {
    const std::string command = "h5dump " + path() + " >" + path("dump") + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);
    const std::string dump = content(path("dump"));
    for (const char* part : {"\"serried_checkpoint\"", "\"serried-ising\"", "\"size=64", "GROUP \"state\"",
                             "DATASET \"values\"", "(0,0): 1, 1, 1"}) {
      EXPECT_THAT(dump, HasSubstr(part));
    }
  }
}

// Python oracle, where there is one.
TEST_F(CheckpointTest, H5pyReadsIt) {
  if (std::system("python3 -c 'import h5py' >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "h5py (package python3-h5py) is not installed";
  }
  write("1");
  if (world().is_root()) {
    const std::string program =
        "import h5py, sys; f = h5py.File(sys.argv[1], 'r'); p = f['provenance']; "
        "assert p.attrs['seed'] == 42 and f['state'].attrs['step'] == b'1', dict(p.attrs); "
        "v = f['state/values']; assert v[-1, 999] == v.shape[0]";
    EXPECT_EQ(std::system(("python3 -c \"" + program + "\" " + path()).c_str()), 0);
  }
}

}  // namespace
}  // namespace serried::hdf5

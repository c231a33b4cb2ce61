#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/store/output_file.hpp>

#include "output_file_fixture.hpp"

namespace serried::store {
namespace {

using namespace test_output;
using testing::ElementsAre;
using testing::IsEmpty;

static_assert(!std::is_copy_constructible_v<OutputFile> && std::is_move_constructible_v<OutputFile>);

TEST_F(OutputFileTest, AllRanksWriteAndItAppearsWhenCommitted) {
  OutputFile output(world(), path());
  EXPECT_EQ(output.path(), path());
  write_digits(output);
  const std::vector<std::string> before = names();
  ASSERT_EQ(before.size(), 1U);
  EXPECT_THAT(before[0], testing::MatchesRegex("out\\.partial-[0-9a-f]+"));
  output.commit(n_ranks());
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(content(path()), digits());
}

TEST_F(OutputFileTest, WritesInAnyOrderWithLargePieces) {
  constexpr std::size_t n = 300'000;
  {
    OutputFile output(world(), path());
    const std::string piece(n, static_cast<char>('a' + world().rank()));
    const std::uint64_t place = n_ranks() - 1 - static_cast<std::uint64_t>(world().rank());
    output.local_write_at(place * n, piece);
    output.commit(n_ranks() * n);
  }
  mpi::barrier(world());
  std::string expected;
  for (int rank = world().size() - 1; rank >= 0; --rank) {
    expected.append(n, static_cast<char>('a' + rank));
  }
  EXPECT_TRUE(content(path()) == expected);
}

TEST_F(OutputFileTest, OfNothingIsAnEmptyFile) {
  {
    OutputFile output(world(), path());
    output.local_write_at(0, {});
    output.commit(0);
  }
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(fs::file_size(path()), 0U);
}

TEST_F(OutputFileTest, IsRemovedWhenNotCommitted) {
  {
    const OutputFile output(world(), path());
    write_digits(output);
    EXPECT_EQ(names().size(), 1U);
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OutputFileTest, IsRemovedWhenAnExceptionUnwinds) {
  const Error error = same_error_of([&] {
    OutputFile output(world(), path());
    mpi::together(world(), [&] {
      write_digits(output);
      if (world().rank() == world().size() - 1) {
        throw Error("no more words");
      }
    });
    output.commit(n_ranks());
  });
  EXPECT_STREQ(error.what(), "no more words");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OutputFileTest, TheOldFileStaysUntilTheNewOneIsComplete) {
  make("out", "old and longer");
  {
    const OutputFile abandoned(world(), path());
    write_digits(abandoned);
  }
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(content(path()), "old and longer");

  OutputFile output(world(), path());
  write_digits(output);
  mpi::barrier(world());
  EXPECT_EQ(content(path()), "old and longer");
  output.commit(n_ranks());
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(content(path()), digits());
}

TEST_F(OutputFileTest, HasThePermissionsOfTheFileThatItReplaces) {
  for (const unsigned mode : {0444U, 0600U, 0640U, 0755U, 0000U}) {
    make("out", "old");
    if (world().is_root()) {
      fs::permissions(path(), static_cast<fs::perms>(mode));
    }
    mpi::barrier(world());
    OutputFile output(world(), path());
    EXPECT_EQ(fs::status(output.partial_path()).permissions(), static_cast<fs::perms>(mode | 0600U))
        << "nobody who may not read the one may read the other";
    write_digits(output);
    mpi::barrier(world());
    output.commit(n_ranks());
    EXPECT_EQ(fs::status(path()).permissions(), static_cast<fs::perms>(mode));
    mpi::barrier(world());
    if (world().is_root()) {
      fs::remove(path());
    }
    mpi::barrier(world());
  }
}

TEST_F(OutputFileTest, WhoReadsTheOldFileKeepsIt) {
  make("out", "old");
  const FileDescriptor reader = FileDescriptor::open(path(), O_RDONLY);
  {
    OutputFile output(world(), path());
    write_digits(output);
    output.commit(n_ranks());
  }
  mpi::barrier(world());
  std::string old(10, '?');
  old.resize(reader.read_at(0, old));
  EXPECT_EQ(old, "old") << "replaced, not overwritten";
}

TEST_F(OutputFileTest, ThroughASymbolicLinkTheLinkStays) {
  if (world().is_root()) {
    write_file(folder() / "elsewhere" / "target", "old");
    fs::create_symlink("elsewhere/target", folder() / "link");
    fs::create_symlink("link", folder() / "out");  // a link to a link
  }
  mpi::barrier(world());
  {
    OutputFile output(world(), path());
    write_digits(output);
    output.commit(n_ranks());
  }
  EXPECT_THAT(names(), ElementsAre("elsewhere", "link", "out"));
  EXPECT_TRUE(fs::is_symlink(path()));
  EXPECT_FALSE(fs::is_symlink(path("elsewhere/target")));
  EXPECT_EQ(content(path("elsewhere/target")), digits());
}

TEST_F(OutputFileTest, ThroughALinkToNothingItsTargetIsMade) {
  if (world().is_root()) {
    fs::create_directory(folder() / "elsewhere");
    fs::create_symlink("elsewhere/target", folder() / "out");
  }
  mpi::barrier(world());
  {
    OutputFile output(world(), path());
    write_digits(output);
    output.commit(n_ranks());
  }
  EXPECT_THAT(names(), ElementsAre("elsewhere", "out"));
  EXPECT_TRUE(fs::is_symlink(path()));
  EXPECT_EQ(content(path("elsewhere/target")), digits());
}

TEST_F(OutputFileTest, TwoAtOnceDoNotMeet) {
  OutputFile first(world(), path());
  OutputFile second(world(), path());
  EXPECT_EQ(names().size(), 2U);
  first.local_write_at(0, std::string("1"));
  second.local_write_at(0, std::string("2"));
  first.commit(1);
  mpi::barrier(world());
  EXPECT_EQ(content(path()), "1");
  mpi::barrier(world());
  second.commit(1);
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(content(path()), "2");
}

TEST_F(OutputFileTest, MovesItsFile) {
  {
    OutputFile first(world(), path("a"));
    write_digits(first);
    OutputFile second(std::move(first));
    second.commit(n_ranks());
  }
  EXPECT_THAT(names(), ElementsAre("a"));
  EXPECT_EQ(content(path("a")), digits());
  {
    OutputFile kept(world(), path("b"));
    {
      OutputFile given(world(), path("c"));
      write_digits(given);
      kept = std::move(given);
    }
    EXPECT_EQ(names().size(), 2U) << "what was assigned over is gone: a and c's part are left";
    kept.commit(n_ranks());
  }
  EXPECT_THAT(names(), ElementsAre("a", "c"));
}

TEST_F(OutputFileTest, IsSpecialFileTellsDevicesAndPipesFromFiles) {
  make("file", "x");
  if (world().is_root()) {
    ::mkfifo(path("pipe").c_str(), 0600);
    fs::create_symlink("pipe", folder() / "link_to_pipe");
    fs::create_symlink("file", folder() / "link_to_file");
    fs::create_symlink("nothing", folder() / "link_to_nothing");
  }
  mpi::barrier(world());
  EXPECT_TRUE(is_special_file(world(), "/dev/null"));
  EXPECT_TRUE(is_special_file(world(), path("pipe")));
  EXPECT_TRUE(is_special_file(world(), path("link_to_pipe")));
  EXPECT_FALSE(is_special_file(world(), path("file")));
  EXPECT_FALSE(is_special_file(world(), path("link_to_file")));
  EXPECT_FALSE(is_special_file(world(), path("link_to_nothing")));
  EXPECT_FALSE(is_special_file(world(), path("missing")));
  EXPECT_FALSE(is_special_file(world(), folder().string())) << "a directory is refused by OutputFile itself";
}

TEST_F(OutputFileTest, ASpecialFileIsNotReplaced) {
  if (world().is_root()) {
    ::mkfifo(path("pipe").c_str(), 0600);
  }
  mpi::barrier(world());
  EXPECT_EQ(same_error_of([&] { OutputFile(world(), path("pipe")).commit(0); }).path(), path("pipe"));
  EXPECT_THAT(names(), ElementsAre("pipe"));
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
}

TEST_F(OutputFileTest, TemporaryFileIsRemovedUnlessKept) {
  const std::string name = path("mine-" + std::to_string(world().rank()));
  const auto touch = [](const std::string& file) { write_file(file, ""); };
  touch(name);
  { const TemporaryFile file(name); }
  EXPECT_FALSE(fs::exists(name));
  touch(name);
  {
    TemporaryFile file(name);
    file.keep();
  }
  EXPECT_TRUE(fs::exists(name));
  touch(name + "b");
  {
    TemporaryFile first(name);
    TemporaryFile second(std::move(first));
    first = TemporaryFile(name + "b");  // NOLINT(bugprone-use-after-move): it holds nothing now
    second.keep();
  }
  EXPECT_TRUE(fs::exists(name));
  EXPECT_FALSE(fs::exists(name + "b"));
}

}  // namespace
}  // namespace serried::store

// The folder of a ledger and the disk below it: not a folder, not writable, full.
#include <unistd.h>

#include <gmock/gmock.h>

#include <serried/mpi/agree.hpp>

#include "ledger_fixture.hpp"
#include "small_file_system.hpp"

namespace serried::store {
namespace {

using namespace test_ledger;
using test::SmallFileSystem;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(LedgerTest, AFileIsNoFolder) {
  on_root([&] { write_file(folder(), "x"); });
  const Error error = same_error_of([&] { begun(5).commit(); });
  EXPECT_EQ(error.path(), folder().string());
  EXPECT_THAT(error.what(), HasSubstr("not a folder"));
}

TEST_F(LedgerTest, AFolderInPlaceOfASegment) {
  on_root([&] { fs::create_directories(folder() / "segment-0001.log"); });
  EXPECT_THAT(same_error_of([&] { resumed(5).commit(); }).what(), HasSubstr("it is not a file"));
}

TEST_F(LedgerTest, TheFoldersParentMustExist) {
  LedgerOptions deep = options(5);
  deep.folder = (outside() / "missing" / "ledger").string();
  const Error error = same_error_of([&] { Ledger(world(), deep).commit(); });
  EXPECT_EQ(error.path(), deep.folder);
  EXPECT_THAT(error.what(), HasSubstr("No such file or directory"));
  deep.folder.clear();
  EXPECT_EQ(same_error_of([&] { Ledger(world(), deep).commit(); }).exit_code(), ExitCode::usage);
}

TEST_F(LedgerTest, AFolderThatMayNotBeWritten) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may write everywhere";
  }
  on_root([&] {
    fs::create_directory(folder());
    fs::permissions(folder(), fs::perms::owner_read | fs::perms::owner_exec);
  });
  const Error error = same_error_of([&] { begun(5).commit(); });
  EXPECT_THAT(error.what(), HasSubstr("cannot create a segment of the ledger: Permission denied"));
}

TEST_F(LedgerTest, AFullDiskFailsAllAndHarmsNothing) {
  const SmallFileSystem small(folder());
  if (!small.is_there()) {
    GTEST_SKIP() << "cannot mount a tmpfs here";
  }
  const std::uint64_t n = n_ranks() + 2;
  {
    Ledger ledger = begun(n);
    record(ledger, IndexSet({{my_rank(), my_rank() + 1}}), 1000);
    ledger.commit();
    if (world().is_root()) {
      record(ledger, IndexSet({{n_ranks(), n_ranks() + 1}}), 1 << 20);
    }
    const Error error = same_error_of([&] { ledger.commit(); });
    EXPECT_THAT(error.what(), HasSubstr("No space left on device"));
    EXPECT_EQ(error.path(), (folder() / "segment-0001-00000000.log").string());
    EXPECT_EQ(error.rank(), 0);
    mpi::together(world(), [&] {
      if (world().is_root()) {
        EXPECT_THROW(record(ledger, IndexSet({{n_ranks() + 1, n_ranks() + 2}})), Error)
            << "nothing is written any more";
      }
    });
  }
  const Ledger ledger = resumed(n);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{0, n_ranks()}}));
  EXPECT_THAT(ledger.remarks(), IsEmpty()) << "half a record is taken back";
}

TEST_F(LedgerTest, AReadOnlyFolderIsAnErrorUnlessAllIsDone) {
  const SmallFileSystem small(folder());
  if (!small.is_there()) {
    GTEST_SKIP() << "cannot mount a tmpfs here";
  }
  {
    Ledger ledger = begun(n_ranks());
    record(ledger, IndexSet({{my_rank(), my_rank() + 1}}));
    ledger.commit();
  }
  const auto other = [&] {
    LedgerOptions options = this->options(5, true);
    options.folder = (folder() / "other").string();
    return options;
  };
  Ledger(world(), other()).commit();
  small.make_read_only();
  EXPECT_EQ(visited(world(), resumed(n_ranks())).size(), n_ranks());
  EXPECT_THAT(same_error_of([&] { Ledger(world(), other()).commit(); }).what(),
              HasSubstr("cannot create a segment of the ledger: Read-only file system"));
}

}  // namespace
}  // namespace serried::store

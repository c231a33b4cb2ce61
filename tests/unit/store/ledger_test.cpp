#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include <gmock/gmock.h>

#include <serried/mpi/agree.hpp>
#include <serried/store/ledger_reader.hpp>

#include "ledger_fixture.hpp"
#include "on_every_rank.hpp"

namespace serried::store {
namespace {

using namespace test_ledger;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

static_assert(!std::is_copy_constructible_v<Ledger> && std::is_move_constructible_v<Ledger>);

// One index a record, in one segment, written by rank 0 alone: its bytes are known.
constexpr std::uint64_t small_record_size = sizeof(RecordHead) + sizeof(Range) + 8;
constexpr std::uint64_t n_small = 10;

class LedgerOfTen : public LedgerTest {
 protected:
  void SetUp() override {
    {
      Ledger ledger = begun(n_small);
      if (world().is_root()) {
        for (std::uint64_t i = 0; i < n_small; ++i) {
          record(ledger, IndexSet({{i, i + 1}}));
        }
      }
      ledger.commit();
    }
    const std::vector<fs::path> paths = segments();
    ASSERT_TRUE(test::on_every_rank(paths.size() == 1));
    segment_ = paths[0];
    first_record_ = fs::file_size(segment_) - n_small * small_record_size;
  }
  // Where record i begins.
  [[nodiscard]] std::uint64_t place(std::uint64_t i) const { return first_record_ + i * small_record_size; }
  // Rank 0 changes the segment's bytes.
  void edit(const std::function<void(std::string&)>& change) const {
    on_root([&] {
      std::string bytes = content(segment_);
      change(bytes);
      write_file(segment_, bytes);
    });
  }
  [[nodiscard]] std::string at(std::uint64_t offset) const {
    return segment_.string() + ", byte " + std::to_string(offset) + ": ";
  }

  fs::path segment_;
  std::uint64_t first_record_ = 0;
};

TEST_F(LedgerTest, BeginsWithNothingDone) {
  Ledger ledger = begun(100);
  EXPECT_TRUE(ledger.done().empty());
  EXPECT_THAT(ledger.remarks(), IsEmpty());
  EXPECT_TRUE(visited(world(), ledger).empty());
  ledger.commit();
  EXPECT_THAT(segments(), ElementsAre(folder() / "segment-0001-00000000.log")) << "one a node";
}

TEST_F(LedgerTest, WhatWasCommittedIsDoneInTheNextRun) {
  const std::uint64_t n = 50 * n_ranks();
  {
    Ledger ledger = begun(n);
    for (std::uint64_t i = 0; i < 20; ++i) {
      record(ledger, IndexSet({{i * n_ranks() + my_rank(), i * n_ranks() + my_rank() + 1}}), i);
    }
    ledger.commit();
    EXPECT_TRUE(ledger.done().empty()) << "as it was at opening";
  }
  {
    Ledger ledger = resumed(n);
    EXPECT_EQ(ledger.done(), IndexSet({{0, 20 * n_ranks()}}));
    EXPECT_THAT(ledger.remarks(), IsEmpty());
    EXPECT_EQ(visited(world(), ledger), ledger.done());
    const Range mine = block(30 * n_ranks(), n_ranks(), my_rank());
    record(ledger, IndexSet({{mine.begin + 20 * n_ranks(), mine.end + 20 * n_ranks()}}));
    ledger.commit();
  }
  const Ledger ledger = resumed(n);
  EXPECT_EQ(ledger.done(), IndexSet({{0, n}}));
  EXPECT_EQ(visited(world(), ledger), ledger.done());
  EXPECT_EQ(visited(world(), ledger), ledger.done()) << "a second time";
}

TEST_F(LedgerTest, RecordsOfScatteredIndicesAndOfAnySize) {
  const IndexSet odd({{3, 4}, {5, 9}, {100 + my_rank(), 101 + my_rank()}});
  const std::uint64_t base = 1000 * my_rank();
  const std::uint64_t n = 1000 * n_ranks() + 1000;
  const std::vector<std::size_t> sizes = {0, 1, 7, 4096, 1 << 20, (1 << 20) + 1, 3'000'000};
  {
    Ledger ledger = begun(n);
    for (std::uint64_t i = 0; i < sizes.size(); ++i) {
      record(ledger, IndexSet({{base + 10 * i, base + 10 * i + 3}, {base + 10 * i + 5, base + 10 * i + 6}}),
             sizes[i]);
    }
    ledger.commit();
  }
  const Ledger ledger = resumed(n);
  EXPECT_EQ(ledger.done().size(), 4 * sizes.size() * n_ranks());
  EXPECT_EQ(visited(world(), ledger), ledger.done());
}

TEST_F(LedgerTest, AnotherNumberOfRanksReadsIt) {
  const std::uint64_t n = 12 * n_ranks();
  // By all, then by each smaller group in turn, then by all again.
  {
    Ledger ledger = begun(n);
    record(ledger, IndexSet({{my_rank(), my_rank() + 1}}));
    ledger.commit();
  }
  for (std::uint64_t group = n_ranks() - 1; group >= 1; --group) {
    const mpi::Communicator part = world().split(my_rank() < group ? 0 : 1);
    if (my_rank() < group) {
      Ledger ledger(part, options(n, true));
      EXPECT_EQ(visited(part, ledger), ledger.done());
      const std::uint64_t next = ledger.done().size() + my_rank();
      record(ledger, IndexSet({{next, next + 1}}));
      ledger.commit();
    }
    mpi::barrier(world());
  }
  const Ledger ledger = resumed(n);
  EXPECT_EQ(ledger.done(), IndexSet({{0, n_ranks() * (n_ranks() + 1) / 2}}));
  EXPECT_EQ(visited(world(), ledger), ledger.done());
  EXPECT_EQ(segments().size(), n_ranks() + 1);
}

TEST_F(LedgerTest, ManyThreadsRecord) {
  constexpr std::uint64_t n_threads = 4;
  constexpr std::uint64_t n_each = 500;
  const std::uint64_t n = n_ranks() * n_threads * n_each;
  {
    Ledger ledger = begun(n);
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < n_threads; ++t) {
      threads.emplace_back([&ledger, begin = (my_rank() * n_threads + t) * n_each] {
        for (std::uint64_t i = begin; i < begin + n_each; ++i) {
          record(ledger, IndexSet({{i, i + 1}}), i % 50);
        }
      });
    }
    threads.clear();
    ledger.commit();
  }
  const Ledger ledger = resumed(n);
  EXPECT_EQ(ledger.done(), IndexSet({{0, n}}));
  EXPECT_THAT(ledger.remarks(), IsEmpty());
  EXPECT_EQ(visited(world(), ledger), ledger.done());
}

TEST_F(LedgerTest, IsDurableSoonWithoutCommit) {
  Ledger ledger = begun(n_ranks());
  const IndexSet mine({{my_rank(), my_rank() + 1}});
  record(ledger, mine);
  // Another reader sees it in the end; the test's deadline is the only one.
  const fs::path path = folder() / "segment-0001-00000000.log";
  for (bool is_there = false; !is_there;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    SegmentReader reader(path.string(), n_ranks());
    const SegmentContent found = read_records(reader);
    is_there = IndexSet(found.ranges).contains(my_rank());
  }
  ledger.commit();
}

TEST_F(LedgerTest, TheDestructorWritesWhatIsLeft) {
  {
    LedgerOptions slow = options(n_ranks());
    slow.commit_interval = std::chrono::hours(1);
    Ledger ledger(world(), slow);
    record(ledger, IndexSet({{my_rank(), my_rank() + 1}}));
  }
  mpi::barrier(world());
  EXPECT_EQ(resumed(n_ranks()).done().size(), n_ranks());
}

TEST_F(LedgerTest, AFinishedLedgerIsOpenedWithoutWriting) {
  {
    Ledger ledger = begun(n_ranks());
    record(ledger, IndexSet({{my_rank(), my_rank() + 1}}));
    ledger.commit();
  }
  Ledger ledger = resumed(n_ranks());
  EXPECT_EQ(visited(world(), ledger).size(), n_ranks());
  ledger.commit();
  EXPECT_EQ(segments().size(), 1U);
}

TEST_F(LedgerTest, AnEarlierLedgerIsNotTakenWithoutResume) {
  begun(5).commit();
  const Error error = same_error_of([&] { begun(5).commit(); });
  EXPECT_EQ(error.exit_code(), ExitCode::usage);
  EXPECT_EQ(error.path(), folder().string());
  EXPECT_THAT(error.what(), HasSubstr("--resume"));
  EXPECT_EQ(segments().size(), 1U);
}

TEST_F(LedgerTest, ResumeBeginsWhereThereIsNone) {
  EXPECT_TRUE(resumed(5).done().empty());
  EXPECT_EQ(segments().size(), 1U);
}

TEST_F(LedgerTest, TwoAtOnceDoEachOtherNoHarm) {
  const std::uint64_t n = 3 * n_ranks();
  {
    Ledger first = begun(n);
    Ledger second = resumed(n);
    record(first, IndexSet({{my_rank(), my_rank() + 1}}));
    record(second, IndexSet({{my_rank(), my_rank() + 1}}));
    record(second, IndexSet({{n_ranks() + my_rank(), n_ranks() + my_rank() + 1}}));
    first.commit();
    second.commit();
  }
  const Ledger ledger = resumed(n);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{0, 2 * n_ranks()}}));
  EXPECT_THAT(ledger.remarks(),
              ElementsAre(HasSubstr("recorded before: not used, 0 indices are done again")));
}

TEST_F(LedgerTest, OtherFilesInTheFolderAreLeftAlone) {
  on_root([&] {
    fs::create_directory(folder());
    write_file(folder() / "notes.txt", "mine");
  });
  begun(5).commit();
  EXPECT_EQ(content(folder() / "notes.txt"), "mine");
}

TEST_F(LedgerTest, AnotherConfigurationIsRefused) {
  begun(5).commit();
  LedgerOptions other = options(5, true);
  other.configuration = "seed: 43\ntrials: 1000\n";
  Error error = same_error_of([&] { Ledger(world(), other).commit(); });
  EXPECT_EQ(error.exit_code(), ExitCode::usage);
  EXPECT_EQ(error.path(), (folder() / "segment-0001-00000000.log").string());
  EXPECT_THAT(error.what(), HasSubstr("\"seed: 42\" there, \"seed: 43\" here"));
  error = same_error_of([&] { resumed(6).commit(); });
  EXPECT_THAT(error.what(), HasSubstr("\"indices: 5\" there, \"indices: 6\" here"));
  EXPECT_EQ(segments().size(), 1U) << "nothing is made";
}

TEST_F(LedgerTest, ASegmentOfAnotherJobIsRefused) {
  begun(5).commit();
  LedgerOptions other = options(5);
  other.folder = (outside() / "other").string();
  other.configuration = "something else";
  Ledger(world(), other).commit();
  on_root([&] {
    fs::copy_file(fs::path(other.folder) / "segment-0001-00000000.log", folder() / "segment-0007.log");
  });
  const Error error = same_error_of([&] { resumed(5).commit(); });
  EXPECT_EQ(error.path(), (folder() / "segment-0007.log").string());
  EXPECT_THAT(error.what(), HasSubstr("another configuration"));
}

TEST_F(LedgerTest, TheHeadTellsPeopleWhereItIsFrom) {
  LedgerOptions told = options(5);
  told.origin.program = "serried-pi";
  told.origin.command_line = "serried-pi --seed 42\n\nconfiguration:\nnone";
  told.origin.seed = 42;
  Ledger(world(), told).commit();
  const std::string head = content(segments()[0]);
  EXPECT_THAT(head, HasSubstr("serried ledger, format 1\nprogram: serried-pi\n"));
  EXPECT_THAT(head, HasSubstr("seed: 42\n\nconfiguration:\nindices: 5\nseed: 42\ntrials: 1000\n"));
  EXPECT_TRUE(resumed(5).done().empty()) << "no text can look like the configuration";
}

TEST_F(LedgerTest, BadCallsAreBugs) {
  {
    Ledger ledger = begun(10);
    record(ledger, IndexSet({{my_rank(), my_rank() + 1}}));
    ledger.commit();
  }
  Ledger ledger = resumed(10);
  EXPECT_THROW(ledger.record(IndexSet(), {}), std::logic_error) << "nothing";
  EXPECT_THROW(ledger.record(IndexSet({{9, 11}}), {}), std::logic_error) << "beyond the end";
  EXPECT_THROW(ledger.record(IndexSet({{0, 2}}), {}), std::logic_error) << "done already";
}

TEST_F(LedgerTest, WhatAVisitThrowsIsThrownOnAllRanks) {
  {
    Ledger ledger = begun(n_ranks());
    record(ledger, IndexSet({{my_rank(), my_rank() + 1}}));
    ledger.commit();
  }
  const Ledger ledger = resumed(n_ranks());
  const Error error = same_error_of([&] {
    ledger.for_each_record([&](const IndexSet& indices, std::span<const std::byte>) {
      if (indices.contains(n_ranks() - 1)) {
        throw Error("cannot merge");
      }
    });
  });
  EXPECT_STREQ(error.what(), "cannot merge");
}

TEST_F(LedgerOfTen, IsAsItWasWritten) {
  const Ledger ledger = resumed(n_small);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{0, n_small}}));
  EXPECT_THAT(ledger.remarks(), IsEmpty());
}

TEST_F(LedgerOfTen, ATornTailIsCutOff) {
  edit([&](std::string& bytes) { bytes.resize(bytes.size() - 3); });
  Ledger ledger = resumed(n_small);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{0, 9}}));
  EXPECT_THAT(ledger.remarks(),
              ElementsAre(at(place(9)) + "torn tail of 77 bytes cut off, 1 index is done again"));
  if (world().is_root()) {
    record(ledger, IndexSet({{9, 10}}));
  }
  ledger.commit();
  const Ledger complete = resumed(n_small);
  EXPECT_EQ(visited(world(), complete), IndexSet({{0, n_small}}));
  EXPECT_THAT(complete.remarks(),
              ElementsAre(at(place(9)) + "torn tail of 77 bytes cut off, 0 indices are done again"));
}

TEST_F(LedgerOfTen, ATailOfWhichNothingIsKnown) {
  edit([&](std::string& bytes) { bytes.resize(place(9) + 20); });
  const Ledger ledger = resumed(n_small);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{0, 9}}));
  EXPECT_THAT(
      ledger.remarks(),
      ElementsAre(at(place(9)) + "torn tail of 20 bytes cut off, the indices recorded there are done again"));
}

TEST_F(LedgerOfTen, DamageInTheMiddleIsFound) {
  // The payload of record 3; the head of record 5; records 7 and 8, of which nothing is left.
  edit([&](std::string& bytes) {
    bytes[place(4) - 1] ^= 4;
    bytes[place(5) + 9] ^= 1;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(place(7)), 2 * small_record_size, '\0');
  });
  const Ledger ledger = resumed(n_small);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{0, 3}, {4, 5}, {6, 7}, {9, 10}}));
  EXPECT_THAT(ledger.remarks(),
              ElementsAre(at(place(3)) + "damaged (80 bytes), 1 index is done again",
                          at(place(5)) + "damaged (80 bytes), the indices recorded there are done again",
                          at(place(7)) + "damaged (160 bytes), the indices recorded there are done again"));
}

TEST_F(LedgerOfTen, MissingRecordsAreFound) {
  edit([&](std::string& bytes) { bytes.erase(place(2), 3 * small_record_size); });
  const Ledger ledger = resumed(n_small);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{0, 2}, {5, 10}}));
  EXPECT_THAT(ledger.remarks(),
              ElementsAre(at(place(0)) +
                          "3 records are missing behind it, the indices recorded there are done again"));
}

TEST_F(LedgerOfTen, ADamagedHeadMakesTheFileUseless) {
  for (const auto& change : std::vector<std::function<void(std::string&)>>{
           [](std::string& bytes) { bytes[30] ^= 1; },   // the head's head
           [](std::string& bytes) { bytes[100] ^= 1; },  // its text
           [](std::string& bytes) { bytes.resize(70); },
           [](std::string& bytes) { bytes.clear(); },
       }) {
    const std::string before = content(segment_);
    edit(change);
    const Ledger ledger = resumed(n_small);
    EXPECT_TRUE(visited(world(), ledger).empty());
    EXPECT_THAT(ledger.remarks(), ElementsAre(HasSubstr(at(0) + "damaged head")));
    edit([&](std::string& bytes) { bytes = before; });
  }
}

TEST_F(LedgerOfTen, ACopyCountsOnce) {
  on_root([&] { fs::copy_file(segment_, folder() / "segment-copy.log"); });
  const Ledger ledger = resumed(n_small);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{0, n_small}}));
  EXPECT_THAT(ledger.remarks(),
              ElementsAre((folder() / "segment-copy.log").string() + ", byte " + std::to_string(place(0)) +
                          ": 10 records from here on repeat indices that were recorded before: not used, 0 "
                          "indices are done again"));
}

TEST_F(LedgerOfTen, ACopyMakesDamageGood) {
  on_root([&] { fs::copy_file(segment_, folder() / "segment-copy.log"); });
  edit([&](std::string& bytes) { bytes[place(4) - 1] ^= 4; });
  const Ledger ledger = resumed(n_small);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{0, n_small}}));
  EXPECT_THAT(ledger.remarks(), ElementsAre(at(place(3)) + "damaged (80 bytes), 0 indices are done again",
                                            HasSubstr("9 records")));
}

TEST_F(LedgerOfTen, OfTwoRecordsThatShareAnIndexTheFirstCounts) {
  // A bug of the program, or the ledgers of two runs in one folder.
  on_root([&] {
    const std::string path = (folder() / "segment-0002.log").string();
    const std::string head = segment_head_text({}, "indices: 12\nseed: 42\ntrials: 1000\n");
    SegmentWriter writer(path, create_segment(path, head), {});
    for (const IndexSet& indices : {IndexSet({{5, 7}}), IndexSet({{6, 8}, {9, 11}}), IndexSet({{10, 12}})}) {
      writer.append(indices, result_of(indices, 8));
    }
    writer.flush();
    fs::remove(segment_);
  });
  const Ledger ledger = resumed(12);
  EXPECT_EQ(visited(world(), ledger), IndexSet({{5, 7}, {10, 12}}));
  EXPECT_THAT(ledger.remarks(),
              ElementsAre(HasSubstr("1 record from here on repeat indices that were recorded before: "
                                    "not used, 2 indices are done again")));
}

TEST_F(LedgerOfTen, WhatChangesAfterOpeningIsAnError) {
  const Ledger ledger = resumed(n_small);
  edit([&](std::string& bytes) { bytes[place(10) - 1] ^= 1; });
  const Error error = same_error_of([&] { ledger.for_each_record([](const IndexSet&, auto) {}); });
  EXPECT_EQ(error.path(), segment_.string());
  EXPECT_EQ(error.offset(), place(9));
}

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

// A file system of 256 KiB in `folder`, for the scope's life; only root may have one.
class SmallFileSystem {
 public:
  explicit SmallFileSystem(const fs::path& folder) : folder_(folder.string()) {
    if (world().is_root()) {
      fs::create_directory(folder);
      is_mounted_ = ::mount("serried-test", folder_.c_str(), "tmpfs", 0, "size=256k") == 0;
    }
    is_there_ = mpi::broadcast_value(world(), is_mounted_);
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;
  ~SmallFileSystem() {
    MPI_Barrier(MPI_COMM_WORLD);
    if (is_mounted_) {
      ::umount2(folder_.c_str(), MNT_DETACH);
    }
  }
  [[nodiscard]] bool is_there() const { return is_there_; }
  void make_read_only() const {
    mpi::barrier(world());
    if (is_mounted_) {
      ::mount("serried-test", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=256k");
    }
    mpi::barrier(world());
  }

 private:
  std::string folder_;
  bool is_mounted_ = false;
  bool is_there_ = false;
};

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

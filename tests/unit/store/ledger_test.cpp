#include <chrono>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include <gmock/gmock.h>

#include <serried/store/ledger_reader.hpp>

#include "ledger_fixture.hpp"

namespace serried::store {
namespace {

using namespace test_ledger;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

static_assert(!std::is_copy_constructible_v<Ledger> && std::is_move_constructible_v<Ledger>);

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
  EXPECT_THAT(head, HasSubstr("seed: 42\n\nconfiguration:\nseed: 42\ntrials: 1000\nindices: 5\n"));
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

}  // namespace
}  // namespace serried::store

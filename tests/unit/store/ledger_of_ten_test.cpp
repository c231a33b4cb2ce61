// What a ledger makes of a segment that is torn, damaged, incomplete or there twice: what is left counts, what is lost is
// said and done again.
#include <gmock/gmock.h>

#include <serried/store/ledger_record.hpp>
#include <serried/store/ledger_writer.hpp>

#include "ledger_fixture.hpp"
#include "on_every_rank.hpp"

namespace serried::store {
namespace {

using namespace test_ledger;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
    const std::string head = segment_head_text({}, "seed: 42\ntrials: 1000\nindices: 12\n");
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

}  // namespace
}  // namespace serried::store

#include <gmock/gmock.h>

#include <serried/store/ledger_catalog.hpp>

#include "ledger_fixture.hpp"

namespace serried::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SegmentContent records(const std::vector<std::vector<Range>>& all) {
  SegmentContent content;
  for (const std::vector<Range>& ranges : all) {
    content.records.push_back({.offset = 100 * content.records.size(), .n_ranges = ranges.size()});
    content.ranges.insert(content.ranges.end(), ranges.begin(), ranges.end());
  }
  return content;
}

TEST(LedgerCatalog, OfNothing) {
  const Catalog catalog = make_catalog({}, {});
  EXPECT_THAT(catalog.records, IsEmpty());
  EXPECT_TRUE(catalog.done.empty());
  EXPECT_THAT(catalog.remarks, IsEmpty());
}

TEST(LedgerCatalog, JoinsTheFiles) {
  SegmentContents contents;
  contents.append(0, records({{{0, 2}}, {{5, 6}, {8, 9}}}));
  contents.append(1, records({{{2, 5}}}));
  const Catalog catalog = make_catalog({"a", "b"}, contents);
  EXPECT_EQ(catalog.done, IndexSet({{0, 6}, {8, 9}}));
  ASSERT_EQ(catalog.records.size(), 3U);
  EXPECT_EQ(catalog.records[1].file, 0U);
  EXPECT_EQ(catalog.records[1].offset, 100U);
  EXPECT_EQ(catalog.records[2].file, 1U);
  EXPECT_THAT(catalog.remarks, IsEmpty());
}

TEST(LedgerCatalog, TheFirstOfTwoThatShareAnIndexCounts) {
  SegmentContents contents;
  contents.append(0, records({{{0, 2}}, {{4, 6}}}));
  contents.append(1, records({{{1, 3}, {10, 12}}, {{2, 4}}, {{5, 6}}}));
  const Catalog catalog = make_catalog({"a", "b"}, contents);
  EXPECT_EQ(catalog.done, IndexSet({{0, 6}})) << "2 and 3 are another record's, 10 and 11 nobody's";
  EXPECT_EQ(catalog.records.size(), 3U);
  EXPECT_THAT(
      catalog.remarks,
      ElementsAre("b, byte 0: 2 records from here on repeat indices that were recorded before: not used, 2 "
                  "indices are done again"));
}

TEST(LedgerCatalog, CountsWhatIsDoneAgain) {
  SegmentContents contents;
  contents.append(0, records({{{10, 20}, {30, 40}, {50, 60}}}));
  const auto remark = [&](const std::vector<Range>& lost) {
    SegmentContents all = contents;
    SegmentContent found;
    found.findings = {
        {.kind = Finding::Kind::damaged, .is_all_known = 1, .offset = 0, .n = 9, .n_lost = lost.size()}};
    found.lost = lost;
    all.append(1, found);
    return make_catalog({"a", "b"}, all).remarks.at(0);
  };
  const auto again = [](int n) {
    return "b, byte 0: damaged (9 bytes), " + std::to_string(n) + " indices are done again";
  };
  EXPECT_EQ(remark({{10, 20}, {52, 53}}), again(0));
  EXPECT_EQ(remark({{0, 10}}), again(10)) << "ends where something done begins";
  EXPECT_EQ(remark({{20, 30}}), again(10));
  EXPECT_EQ(remark({{5, 65}}), again(30));
  EXPECT_EQ(remark({{15, 35}, {16, 70}}), again(30)) << "each once";
  EXPECT_EQ(remark({{100, 110}}), again(10));
}

TEST(LedgerCatalog, SaysWhatWasFound) {
  using Kind = Finding::Kind;
  SegmentContents contents;
  contents.append(0, records({{{0, 10}}}));
  SegmentContent found;
  found.findings = {{.kind = Kind::damaged, .is_all_known = 1, .offset = 7, .n = 80, .n_lost = 2},
                    {.kind = Kind::damaged, .is_all_known = 0, .offset = 8, .n = 1, .n_lost = 1},
                    {.kind = Kind::damaged, .is_all_known = 0, .offset = 9, .n = 2, .n_lost = 0},
                    {.kind = Kind::torn, .is_all_known = 1, .offset = 10, .n = 3, .n_lost = 1},
                    {.kind = Kind::missing, .is_all_known = 0, .offset = 11, .n = 1, .n_lost = 0}};
  found.lost = {{5, 12}, {20, 30}, {30, 40}, {40, 41}};
  contents.append(1, found);
  SegmentContent useless;
  useless.findings = {{.kind = Kind::no_head, .is_all_known = 0, .offset = 0, .n = 500, .n_lost = 0}};
  contents.append(2, useless);
  EXPECT_THAT(
      make_catalog({"a", "b", "c\n"}, contents).remarks,
      ElementsAre("b, byte 7: damaged (80 bytes), 12 indices are done again",
                  "b, byte 8: damaged (1 byte), at least 10 indices are done again",
                  "b, byte 9: damaged (2 bytes), the indices recorded there are done again",
                  "b, byte 10: torn tail of 3 bytes cut off, 1 index is done again",
                  "b, byte 11: 1 record is missing behind it, the indices recorded there are done again",
                  "c\\n, byte 0: damaged head of a segment: the file is not used, the indices recorded there "
                  "are done again"));
}

}  // namespace
}  // namespace serried::store

#include <signal.h>
#include <sys/resource.h>

#include <thread>

#include <gmock/gmock.h>

#include <serried/base/scope_guard.hpp>
#include <serried/store/ledger_reader.hpp>
#include <serried/store/ledger_writer.hpp>

#include "ledger_fixture.hpp"

namespace serried::store {
namespace {

using namespace test_ledger;
using testing::HasSubstr;

constexpr std::uint64_t n = 100'000;

class SegmentWriterTest : public testing::Test {
 protected:
  SegmentWriterTest() : segment_(create_segment(path(), segment_head_text({}, "configuration"))) {}
  [[nodiscard]] std::string path() const { return (here_.path() / "segment-1.log").string(); }
  [[nodiscard]] SegmentContent written() const {
    SegmentReader reader(path(), n);
    EXPECT_TRUE(reader.head_text().has_value());
    return read_records(reader);
  }

  test::TemporaryDirectory here_;
  std::uint64_t segment_;
};

TEST_F(SegmentWriterTest, FlushedRecordsAreInTheFileInTheirOrder) {
  SegmentWriter writer(path(), segment_, {.interval = std::chrono::hours(1)});
  std::vector<Range> expected;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const Range range{(i * 7919) % 1000, (i * 7919) % 1000 + 1};
    writer.append(IndexSet({range}), result_of(IndexSet({range}), 10));
    expected.push_back(range);
  }
  writer.flush();
  EXPECT_EQ(written().ranges, expected);
  EXPECT_TRUE(written().findings.empty());
  writer.flush();
  EXPECT_EQ(written().records.size(), expected.size()) << "once";
}

TEST_F(SegmentWriterTest, SeveralAppendToOneFile) {
  constexpr std::uint64_t n_writers = 4;
  constexpr std::uint64_t n_each = 40;
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t w = 0; w < n_writers; ++w) {
      threads.emplace_back([this, w] {
        // With descriptors of their own, as in several processes.
        SegmentWriter writer(path(), segment_,
                             {.writer = w, .is_shared = true, .interval = std::chrono::milliseconds(1)});
        for (std::uint64_t i = 0; i < n_each; ++i) {
          const IndexSet indices({{w * n_each + i, w * n_each + i + 1}});
          writer.append(indices, result_of(indices, i % 5 == 0 ? 300'000 : 20));
          if (i % 10 == 0) {
            writer.flush();
          }
        }
      });
    }
  }
  const SegmentContent content = written();
  EXPECT_EQ(IndexSet(content.ranges), IndexSet({{0, n_writers * n_each}}));
  EXPECT_EQ(content.records.size(), n_writers * n_each);
  EXPECT_TRUE(content.findings.empty());
}

TEST_F(SegmentWriterTest, WaitsWhenTooMuchWaits) {
  {
    SegmentWriter writer(path(), segment_, {.interval = std::chrono::hours(1), .max_waiting = 10'000});
    for (std::uint64_t i = 0; i < 50; ++i) {  // one of 20,000 bytes too, which never fits
      writer.append(IndexSet({{i, i + 1}}), result_of(IndexSet({{i, i + 1}}), i == 25 ? 20'000 : 3'000));
    }
    EXPECT_GE(written().records.size(), 46U) << "what waits is not more than 10,000 bytes";
  }
  EXPECT_EQ(written().records.size(), 50U);
}

TEST_F(SegmentWriterTest, AFailureIsThrownAndHalfARecordTakenBack) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  SegmentWriter writer(path(), segment_, {.interval = std::chrono::milliseconds(1)});
  writer.append(IndexSet({{0, 1}}), result_of(IndexSet({{0, 1}}), 100));
  writer.flush();
  const std::uint64_t good = fs::file_size(path());
  {
    const rlimit little{.rlim_cur = good + 500, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
    const ScopeGuard restore([&] { setrlimit(RLIMIT_FSIZE, &before); });
    writer.append(IndexSet({{1, 2}}), result_of(IndexSet({{1, 2}}), 1000));
    try {
      writer.flush();
      ADD_FAILURE() << "no Error was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.path(), path());
      EXPECT_THAT(error.what(), HasSubstr("cannot write: File too large"));
      EXPECT_THAT(error.what(), HasSubstr("then resume"));
    }
  }
  EXPECT_THROW(writer.append(IndexSet({{2, 3}}), {}), Error) << "although there would be room again";
  EXPECT_THROW(writer.flush(), Error);
  EXPECT_EQ(fs::file_size(path()), good);
  EXPECT_EQ(written().ranges, (std::vector<Range>{{0, 1}}));
}

TEST_F(SegmentWriterTest, ASegmentIsMadeOnceAndWhole) {
  EXPECT_THROW((void)create_segment(path(), "again"), Error);
  EXPECT_TRUE(fs::exists(path())) << "another's file is not removed";
  EXPECT_THROW((void)create_segment((here_.path() / "missing" / "segment.log").string(), "x"), Error);
  EXPECT_THROW(SegmentWriter((here_.path() / "missing.log").string(), 1, {}), Error);
}

}  // namespace
}  // namespace serried::store

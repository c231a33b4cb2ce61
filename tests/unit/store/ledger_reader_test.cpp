#include <cstring>

#include <gmock/gmock.h>

#include <serried/store/ledger_reader.hpp>
#include <serried/store/ledger_writer.hpp>

#include "ledger_fixture.hpp"

namespace serried::store {
namespace {

using namespace test_ledger;

constexpr std::uint64_t n = 1'000'000;

std::string chars(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string record_bytes(std::uint64_t segment, const IndexSet& indices, const std::string& payload,
                         std::uint64_t sequence) {
  std::vector<std::byte> record = encode_record(segment, 0, indices, std::as_bytes(std::span(payload)));
  seal(record, sequence);
  return chars(record);
}

class SegmentReaderTest : public testing::Test {
 protected:
  static constexpr std::uint64_t segment = 0x1234;

  [[nodiscard]] std::string path() const { return (here_.path() / "segment-1.log").string(); }
  // A file of a head and `bytes`.
  SegmentReader reader_of(const std::string& bytes) {
    head_ = record_bytes(segment, IndexSet(), segment_head_text({}, "configuration"), 0);
    write_file(path(), head_ + bytes);
    return {path(), n};
  }
  SegmentContent content_of(const std::string& bytes) {
    SegmentReader reader = reader_of(bytes);
    EXPECT_EQ(reader.first_record(), head_.size());
    return read_records(reader);
  }
  [[nodiscard]] static std::string record(std::uint64_t index, const std::string& payload = "payload") {
    return record_bytes(segment, IndexSet({{index, index + 1}}), payload, index);
  }

  std::string head_;
  test::TemporaryDirectory here_;
};

TEST_F(SegmentReaderTest, ReadsRecordsAndTheirPayloads) {
  SegmentReader reader = reader_of(record(0) + record(1, ""));
  EXPECT_EQ(configuration_in(reader.head_text().value_or("")), "configuration");
  const SegmentContent content = read_records(reader);
  ASSERT_EQ(content.records.size(), 2U);
  EXPECT_EQ(content.ranges, (std::vector<Range>{{0, 1}, {1, 2}}));
  std::vector<std::byte> payload;
  EXPECT_TRUE(
      reader.read_payload(content.records[0].offset, reader.record_at(content.records[0].offset), payload));
  EXPECT_EQ(chars(payload), "payload");
  EXPECT_TRUE(
      reader.read_payload(content.records[1].offset, reader.record_at(content.records[1].offset), payload));
  EXPECT_EQ(chars(payload), "");
}

TEST_F(SegmentReaderTest, FilesThatAreNoSegments) {
  for (const std::string& bytes : {std::string(), std::string("text"), std::string(5000, '\0'), record(1)}) {
    write_file(path(), bytes);
    EXPECT_FALSE(SegmentReader(path(), n).head_text().has_value());
  }
  EXPECT_THROW(SegmentReader((here_.path() / "missing").string(), n), Error);
}

TEST_F(SegmentReaderTest, EveryTruncationIsATornTail) {
  const std::string bytes = record(0) + record(1);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const SegmentContent content = content_of(bytes.substr(0, size));
    const bool is_first_whole = size >= bytes.size() / 2;
    EXPECT_EQ(content.records.size(), is_first_whole ? 1U : 0U);
    const std::size_t torn = size - (is_first_whole ? bytes.size() / 2 : 0);
    ASSERT_EQ(content.findings.size(), torn > 0 ? 1U : 0U) << size;
    if (torn > 0) {
      EXPECT_EQ(content.findings[0].kind, Finding::Kind::torn);
      EXPECT_EQ(content.findings[0].n, torn);
      EXPECT_EQ(content.findings[0].is_all_known, torn >= sizeof(RecordHead) + sizeof(Range) ? 1U : 0U);
    }
  }
}

TEST_F(SegmentReaderTest, EveryFlippedBitIsFound) {
  const std::string bytes = record(0) + record(1) + record(2);
  const std::size_t size = bytes.size() / 3;
  for (std::size_t i = size; i < 2 * size; ++i) {
    for (const int bit : {0, 3, 7}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      const SegmentContent content = content_of(damaged);
      EXPECT_EQ(content.ranges, (std::vector<Range>{{0, 1}, {2, 3}})) << i;
      ASSERT_EQ(content.findings.size(), 1U);
      EXPECT_EQ(content.findings[0].kind, Finding::Kind::damaged);
      EXPECT_EQ(content.findings[0].offset, head_.size() + size);
      EXPECT_EQ(content.findings[0].n, size);
    }
  }
}

TEST_F(SegmentReaderTest, ATornRecordWithOthersBehindIt) {
  // One rank was killed while it wrote, and another of the node wrote on.
  const std::string torn = record(0, std::string(1000, 'x')).substr(0, 500);
  const SegmentContent content = content_of(torn + record(1) + record(2));
  EXPECT_EQ(content.ranges, (std::vector<Range>{{1, 2}, {2, 3}}));
  ASSERT_EQ(content.findings.size(), 1U);
  EXPECT_EQ(content.findings[0].n, 500U);
  EXPECT_EQ(content.findings[0].is_all_known, 1U);
  EXPECT_EQ(content.lost, (std::vector<Range>{{0, 1}}));
}

TEST_F(SegmentReaderTest, RecordsOfAnotherSegmentAreNotTaken) {
  const std::string foreign = record_bytes(segment + 1, IndexSet({{5, 6}}), "payload", 0);
  EXPECT_EQ(content_of(record(0) + foreign + record(1)).ranges, (std::vector<Range>{{0, 1}, {1, 2}}));
  // Nor when damage makes the reader look into a payload that is a ledger.
  std::string holder = record(1, foreign + foreign);
  holder[20] = static_cast<char>(holder[20] ^ 1);
  EXPECT_EQ(content_of(record(0) + holder + record(2)).ranges, (std::vector<Range>{{0, 1}, {2, 3}}));
}

TEST_F(SegmentReaderTest, AHeadInTheMiddleIsNoRecord) {
  const SegmentContent first = content_of(record(0));
  const SegmentContent content = content_of(head_ + record(1));
  EXPECT_EQ(first.records.size(), 1U);
  EXPECT_EQ(content.ranges, (std::vector<Range>{{1, 2}}));
  EXPECT_EQ(content.findings.size(), 1U);
}

TEST_F(SegmentReaderTest, IndicesThatCannotBeAreDamage) {
  const SegmentContent content =
      content_of(record_bytes(segment, IndexSet({{n - 1, n + 1}}), "payload", 0) + record(1));
  EXPECT_EQ(content.ranges, (std::vector<Range>{{1, 2}}));
  EXPECT_EQ(content.findings.size(), 1U);
}

TEST_F(SegmentReaderTest, LengthsThatCannotBeAllocateNothing) {
  RecordHead head{.segment = segment, .n_ranges = std::uint64_t{1} << 59, .n_payload = ~std::uint64_t{0}};
  std::vector<std::byte> bytes(sizeof head);
  std::memcpy(bytes.data(), &head, sizeof head);
  seal(bytes, 0);
  const SegmentContent content = content_of(chars(bytes) + record(1));
  EXPECT_EQ(content.ranges, (std::vector<Range>{{1, 2}}));
  EXPECT_EQ(content.findings.size(), 1U);
}

TEST_F(SegmentReaderTest, RecordsLongerThanItsWindow) {
  IndexSet scattered;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    scattered.insert(2 * i + 10);
  }
  const std::string large(3'000'001, 'y');
  std::string bytes = record(0, large) + record_bytes(segment, scattered, large, 1) + record(2, large);
  SegmentContent content = content_of(bytes);
  EXPECT_EQ(content.records.size(), 3U);
  EXPECT_EQ(IndexSet(content.ranges).size(), scattered.size() + 2);
  // Damage at any place of the second, and the third is found.
  const std::size_t begin = record(0, large).size();
  for (const std::size_t place : {std::size_t{20}, std::size_t{1'500'000}, std::size_t{4'000'000}}) {
    std::string damaged = bytes;
    damaged[begin + place] = static_cast<char>(damaged[begin + place] ^ 1);
    content = content_of(damaged);
    EXPECT_EQ(content.records.size(), 2U);
    ASSERT_EQ(content.findings.size(), 1U);
    EXPECT_EQ(IndexSet(content.lost), place == 4'000'000 ? scattered : IndexSet());
  }
}

TEST_F(SegmentReaderTest, AMagicAcrossTheEdgeOfAWindowIsFound) {
  for (std::uint64_t shift = 0; shift < 16; ++shift) {
    const std::string garbage((1 << 20) + 1 - shift, 'g');
    const SegmentContent content = content_of(garbage + record(1));
    EXPECT_EQ(content.records.size(), 1U) << shift;
  }
}

TEST_F(SegmentReaderTest, AGapInTheNumbersIsFound) {
  const SegmentContent content = content_of(record(0) + record(1) + record(4));
  EXPECT_EQ(content.records.size(), 3U);
  ASSERT_EQ(content.findings.size(), 1U);
  EXPECT_EQ(content.findings[0].kind, Finding::Kind::missing);
  EXPECT_EQ(content.findings[0].n, 2U);
}

TEST_F(SegmentReaderTest, RecordsInAnotherOrderAreAsGood) {
  const SegmentContent content = content_of(record(2) + record(0) + record(1));
  EXPECT_EQ(content.ranges, (std::vector<Range>{{2, 3}, {0, 1}, {1, 2}}));
  EXPECT_TRUE(content.findings.empty());
}

}  // namespace
}  // namespace serried::store

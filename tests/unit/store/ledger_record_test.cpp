#include <cstring>
#include <limits>

#include <serried/store/ledger_record.hpp>

#include "ledger_fixture.hpp"

namespace serried::store {
namespace {

using namespace test_ledger;

RecordHead head_of(std::span<const std::byte> record) {
  RecordHead head;
  std::memcpy(&head, record.data(), sizeof head);
  return head;
}

TEST(LedgerRecord, HoldsWhatItWasGiven) {
  const IndexSet indices({{2, 5}, {7, 8}});
  const std::vector<std::byte> payload = result_of(indices, 100);
  std::vector<std::byte> record = encode_record(77, 3, indices, payload);
  seal(record, 12);
  const RecordHead head = head_of(record);
  EXPECT_TRUE(is_intact(head));
  EXPECT_EQ(head.segment, 77U);
  EXPECT_EQ(head.writer, 3U);
  EXPECT_EQ(head.sequence, 12U);
  EXPECT_EQ(head.n_ranges, 2U);
  EXPECT_EQ(head.n_payload, 100U);
  EXPECT_EQ(record.size(), 56U + 2 * 16U + 100U);
  EXPECT_EQ(record_size(head, record.size()), record.size());
  EXPECT_TRUE(std::ranges::equal(std::span(record).last(100), payload));
}

// The bytes on the disk are a promise to files that exist.
TEST(LedgerRecord, BytesOfTheFormat) {
  std::vector<std::byte> record =
      encode_record(0x0807060504030201, 9, IndexSet({{1, 2}}), std::as_bytes(std::span("abc", 3)));
  seal(record, 5);
  std::string text(reinterpret_cast<const char*>(record.data()), record.size());
  EXPECT_EQ(text.substr(0, 8), "\x89SRDLED\n");
  EXPECT_EQ(text.substr(8, 8), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(text.substr(16, 8), std::string("\x05\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(text.substr(24, 4), std::string("\x09\0\0\0", 4));
  EXPECT_EQ(text.substr(32, 16), std::string("\x01\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0", 16));
  EXPECT_EQ(text.substr(48, 4), "\xb7\x3f\x4b\x36") << "the CRC32C of \"abc\" is 364b3fb7";
  EXPECT_EQ(text.substr(56, 16), std::string("\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", 16));
  EXPECT_EQ(text.substr(72), "abc");
}

TEST(LedgerRecord, EveryBitOfTheHeadCounts) {
  std::vector<std::byte> record = encode_record(77, 3, IndexSet({{2, 5}}), {});
  seal(record, 12);
  for (std::size_t i = 0; i < sizeof(RecordHead); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      record[i] ^= std::byte{1} << bit;
      EXPECT_FALSE(is_intact(head_of(record))) << i;
      record[i] ^= std::byte{1} << bit;
    }
  }
  EXPECT_TRUE(is_intact(head_of(record)));
  EXPECT_FALSE(is_intact(RecordHead{.magic = 0}));
}

TEST(LedgerRecord, SizesThatDoNotFitAreNoSizes) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(record_size({.n_ranges = 1, .n_payload = 8}, 80), 80U);
  EXPECT_EQ(record_size({.n_ranges = 1, .n_payload = 8}, 79), std::nullopt);
  EXPECT_EQ(record_size({}, 55), std::nullopt);
  EXPECT_EQ(record_size({.n_ranges = most / 16 + 1}, most), std::nullopt) << "the product overflows";
  EXPECT_EQ(record_size({.n_payload = most - 10}, most), std::nullopt) << "the sum overflows";
}

TEST(LedgerRecord, RangesInOrder) {
  const auto in_order = [](const std::vector<Range>& ranges) { return are_in_order(ranges, 10); };
  EXPECT_TRUE(in_order({}));
  EXPECT_TRUE(in_order({{0, 3}, {4, 10}}));
  EXPECT_FALSE(in_order({{0, 11}}));
  EXPECT_FALSE(in_order({{3, 3}}));
  EXPECT_FALSE(in_order({{4, 3}}));
  EXPECT_FALSE(in_order({{0, 3}, {3, 5}})) << "one range";
  EXPECT_FALSE(in_order({{5, 6}, {0, 3}}));
}

TEST(LedgerRecord, TheConfigurationComesBack) {
  for (const std::string configuration : {"", "a", "a: 1\nb: 2\n", "\nconfiguration:\nof a configuration"}) {
    EXPECT_EQ(configuration_in(segment_head_text({}, configuration)), configuration);
  }
  EXPECT_EQ(configuration_in("serried ledger, format 2\n\nconfiguration:\na"), std::nullopt);
  EXPECT_EQ(configuration_in("serried ledger, format 1\n"), std::nullopt);
  EXPECT_EQ(configuration_in(""), std::nullopt);
}

}  // namespace
}  // namespace serried::store

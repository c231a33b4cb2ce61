#include <cstring>

#include <fmt/format.h>

#include <serried/base/crc32c.hpp>
#include <serried/base/error.hpp>
#include <serried/store/ledger_record.hpp>

namespace serried::store {
namespace {

constexpr std::string_view first_line = "serried ledger, format 1\n";
constexpr std::string_view before_configuration = "\nconfiguration:\n";

std::uint32_t crc_of_head(const RecordHead& head) {
  return crc32c(std::as_bytes(std::span(&head, 1)).first(offsetof(RecordHead, head_crc)));
}

}  // namespace

std::vector<std::byte> encode_record(std::uint64_t segment, std::uint32_t writer, const IndexSet& indices,
                                     std::span<const std::byte> payload) {
  const std::vector<Range> ranges = indices.ranges();
  const auto range_bytes = std::as_bytes(std::span(ranges));
  const RecordHead head{.segment = segment,
                        .writer = writer,
                        .ranges_crc = crc32c(range_bytes),
                        .n_ranges = ranges.size(),
                        .n_payload = payload.size(),
                        .payload_crc = crc32c(payload)};
  const auto head_bytes = std::as_bytes(std::span(&head, 1));
  std::vector<std::byte> record;
  record.reserve(head_bytes.size() + range_bytes.size() + payload.size());
  for (const auto part : {head_bytes, range_bytes, payload}) {
    record.insert(record.end(), part.begin(), part.end());
  }
  return record;
}

void seal(std::span<std::byte> record, std::uint64_t sequence) {
  RecordHead head;
  std::memcpy(&head, record.data(), sizeof head);
  head.sequence = sequence;
  head.head_crc = crc_of_head(head);
  std::memcpy(record.data(), &head, sizeof head);
}

bool is_intact(const RecordHead& head) {
  return head.magic == record_magic && head.head_crc == crc_of_head(head);
}

std::optional<std::uint64_t> record_size(const RecordHead& head, std::uint64_t limit) {
  if (limit < sizeof head || head.n_ranges > (limit - sizeof head) / sizeof(Range)) {
    return std::nullopt;
  }
  const std::uint64_t before_payload = sizeof head + head.n_ranges * sizeof(Range);
  if (head.n_payload > limit - before_payload) {
    return std::nullopt;
  }
  return before_payload + head.n_payload;
}

bool are_in_order(std::span<const Range> ranges, std::uint64_t n) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].begin >= ranges[i].end || (i > 0 && ranges[i].begin <= ranges[i - 1].end)) {
      return false;
    }
  }
  return ranges.empty() || ranges.back().end <= n;
}

std::string segment_head_text(const Provenance& origin, const std::string& configuration) {
  std::string text(first_line);
  // On one line each, so that none of them can look like the line before the configuration.
  const auto add = [&](const char* name, const std::string& value) {
    text += fmt::format("{}: {}\n", name, printable(value));
  };
  add("program", origin.program);
  add("version", origin.version);
  add("command line", origin.command_line);
  add("host", origin.host);
  add("started", origin.started);
  add("ranks", std::to_string(origin.n_ranks));
  if (origin.seed) {
    add("seed", std::to_string(*origin.seed));
  }
  text += before_configuration;
  text += configuration;
  return text;
}

std::optional<std::string> configuration_in(const std::string& head_text) {
  const std::size_t found = head_text.find(before_configuration);
  if (!head_text.starts_with(first_line) || found == std::string::npos) {
    return std::nullopt;
  }
  return head_text.substr(found + before_configuration.size());
}

}  // namespace serried::store

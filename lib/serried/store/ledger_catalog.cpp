#include <algorithm>
#include <map>
#include <span>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/store/ledger_catalog.hpp>

namespace serried::store {
namespace {

// The next `n` of `ranges`, which are removed from its front.
std::span<const Range> take(std::span<const Range>& ranges, std::uint64_t n) {
  const auto front = ranges.first(n);
  ranges = ranges.subspan(n);
  return front;
}

// How many indices of `ranges`, which may overlap, are in none of `done`, which are in order.
std::uint64_t n_not_in(const std::vector<Range>& done, std::span<const Range> ranges) {
  const IndexSet wanted({ranges.begin(), ranges.end()});
  std::uint64_t n = wanted.size();
  for (const Range& range : wanted.ranges()) {
    auto next = std::ranges::upper_bound(done, range.begin, {}, &Range::end);
    for (; next != done.end() && next->begin < range.end; ++next) {
      n -= std::min(next->end, range.end) - std::max(next->begin, range.begin);
    }
  }
  return n;
}

std::string counted(std::uint64_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string again(std::uint64_t n) { return counted(n, "index is", "indices are") + " done again"; }

std::string remark_of(const Finding& finding, std::uint64_t n_lost) {
  const std::string consequence = finding.is_all_known != 0 ? again(n_lost)
                                  : n_lost > 0              ? "at least " + again(n_lost)
                                                            : "the indices recorded there are done again";
  switch (finding.kind) {
    case Finding::Kind::no_head:
      return "damaged head of a segment: the file is not used, the indices recorded there are done again";
    case Finding::Kind::torn:
      return fmt::format("torn tail of {} cut off, {}", counted(finding.n, "byte", "bytes"), consequence);
    case Finding::Kind::missing:
      return counted(finding.n, "record is", "records are") +
             " missing behind it, the indices recorded there are done again";
    case Finding::Kind::damaged:
      break;
  }
  return fmt::format("damaged ({}), {}", counted(finding.n, "byte", "bytes"), consequence);
}

// Records of one file that do not count.
struct Repeated {
  std::uint64_t first = 0;  // offset
  std::uint64_t n_records = 0;
  std::vector<Range> ranges;
};

}  // namespace

void SegmentContents::append(std::uint64_t file, const SegmentContent& content) {
  for (const SegmentContent::Record& record : content.records) {
    records.push_back({.place = {.file = file, .offset = record.offset}, .n_ranges = record.n_ranges});
  }
  for (const Finding& finding : content.findings) {
    findings.push_back({.file = file, .finding = finding});
  }
  ranges.insert(ranges.end(), content.ranges.begin(), content.ranges.end());
  lost.insert(lost.end(), content.lost.begin(), content.lost.end());
}

Catalog make_catalog(const std::vector<std::string>& paths, const SegmentContents& contents) {
  Catalog catalog;
  std::map<std::uint64_t, Repeated> repeated_of;  // file -> what it repeats
  std::span<const Range> ranges(contents.ranges);
  for (const SegmentContents::Record& record : contents.records) {
    const std::span<const Range> indices = take(ranges, record.n_ranges);
    if (std::ranges::any_of(indices, [&](Range range) { return catalog.done.intersects(range); })) {
      Repeated& repeated = repeated_of[record.place.file];
      if (repeated.n_records++ == 0) {
        repeated.first = record.place.offset;
      }
      repeated.ranges.insert(repeated.ranges.end(), indices.begin(), indices.end());
      continue;
    }
    for (const Range& range : indices) {
      catalog.done.insert(range);
    }
    catalog.records.push_back(record.place);
  }

  const std::vector<Range> done = catalog.done.ranges();
  const auto remark = [&](std::uint64_t file, std::uint64_t offset, const std::string& text) {
    catalog.remarks.push_back(printable(fmt::format("{}, byte {}: {}", paths[file], offset, text)));
  };
  std::span<const Range> lost(contents.lost);
  for (const auto& [file, finding] : contents.findings) {
    remark(file, finding.offset, remark_of(finding, n_not_in(done, take(lost, finding.n_lost))));
  }
  for (const auto& [file, repeated] : repeated_of) {
    remark(file, repeated.first,
           fmt::format("{} on repeat indices that were recorded before: not used, {}",
                       counted(repeated.n_records, "record from here", "records from here"),
                       again(n_not_in(done, repeated.ranges))));
  }
  return catalog;
}

}  // namespace serried::store

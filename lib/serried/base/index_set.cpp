#include <algorithm>
#include <iterator>

#include <serried/base/index_set.hpp>

namespace serried {

IndexSet::IndexSet(const std::vector<Range>& ranges) {
  for (const Range& range : ranges) {
    insert(range);
  }
}

void IndexSet::insert(Range range) {
  expects(range.begin <= range.end, "a range ends where it begins, or later");
  if (range.begin == range.end) {
    return;
  }
  // From here on, the ranges that touch the new one are swallowed by it.
  auto next = end_of_.upper_bound(range.begin);
  if (next != end_of_.begin() && std::prev(next)->second >= range.begin) {
    --next;
  }
  while (next != end_of_.end() && next->first <= range.end) {
    range.begin = std::min(range.begin, next->first);
    range.end = std::max(range.end, next->second);
    size_ -= next->second - next->first;
    next = end_of_.erase(next);
  }
  end_of_.emplace_hint(next, range.begin, range.end);
  size_ += range.size();
}

void IndexSet::insert(const IndexSet& other) {
  for (const auto& [begin, end] : other.end_of_) {
    insert(Range{begin, end});
  }
}

bool IndexSet::contains(std::uint64_t index) const {
  const auto next = end_of_.upper_bound(index);
  return next != end_of_.begin() && std::prev(next)->second > index;
}

bool IndexSet::intersects(Range range) const {
  if (range.begin >= range.end) {
    return false;
  }
  const auto next = end_of_.upper_bound(range.begin);
  return (next != end_of_.begin() && std::prev(next)->second > range.begin) ||
         (next != end_of_.end() && next->first < range.end);
}

std::vector<Range> IndexSet::ranges() const {
  std::vector<Range> ranges;
  ranges.reserve(end_of_.size());
  for (const auto& [begin, end] : end_of_) {
    ranges.push_back({begin, end});
  }
  return ranges;
}

IndexSet IndexSet::complement(std::uint64_t n) const {
  IndexSet rest;
  std::uint64_t from = 0;
  for (const auto& [begin, end] : end_of_) {
    if (begin >= n) {
      break;
    }
    rest.insert(Range{from, begin});
    from = end;
  }
  if (from < n) {
    rest.insert(Range{from, n});
  }
  return rest;
}

}  // namespace serried

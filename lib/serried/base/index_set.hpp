/// A set of indices, kept as ranges: which parts of a job are done, which are still to do.
///
///     IndexSet done;
///     done.insert({0, 1000});
///     done.insert({2000, 2001});
///     done.complement(n).ranges();    // what is left of [0, n), in order
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <serried/base/partition.hpp>

namespace serried {

/// A job of a million indices of which all but a few are done takes a few entries. A value: compare it, copy it.
class IndexSet {
 public:
  IndexSet() = default;
  /// Ranges in any order, which may overlap.
  explicit IndexSet(const std::vector<Range>& ranges);

  /// O(log of the number of ranges), amortised. An empty range inserts nothing.
  void insert(Range range);
  void insert(std::uint64_t index) { insert(Range{index, index + 1}); }
  void insert(const IndexSet& other);

  [[nodiscard]] bool contains(std::uint64_t index) const;
  [[nodiscard]] bool intersects(Range range) const;
  /// How many indices there are.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// Ascending; no two touch.
  [[nodiscard]] std::vector<Range> ranges() const;
  /// The indices of [0, n) that are not in this set.
  [[nodiscard]] IndexSet complement(std::uint64_t n) const;

  friend bool operator==(const IndexSet&, const IndexSet&) = default;

 private:
  std::map<std::uint64_t, std::uint64_t> end_of_;  // begin -> end
  std::uint64_t size_ = 0;
};

}  // namespace serried

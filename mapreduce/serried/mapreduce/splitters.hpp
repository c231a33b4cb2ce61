/// Where an order is cut, so that every partition of a sort gets about as much.
///
/// Records that compare equal may be so many that no cut of the order makes partitions small enough: where that is so, a
/// splitter also has a place in the input, and equal records before it go to the left.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/mapreduce/order_check.hpp>
#include <serried/mapreduce/record_order.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/gather.hpp>

namespace serried::mapreduce {

/// Some records and the places that they come from, as bytes.
class Sample {
 public:
  /// Of more than `n_bytes_most` fewer and fewer stay, evenly among all, for the input may be in order already.
  explicit Sample(std::size_t n_bytes_most = std::size_t{8} << 20) : n_bytes_most_(n_bytes_most) {}

  /// For cuts by `Order`: of a long record its beginning, which is as good a place to cut the order, unless that needs it whole.
  template <class Order>
  void add_for(std::string_view record, std::uint64_t place) {
    constexpr std::size_t longest = 4096;
    if (n_offered_++ % stride_ == 0) {
      add_whole(needs_whole_records<Order> ? record : record.substr(0, longest), place);
      if (bytes_.size() > n_bytes_most_) {
        drop_every_second();
        stride_ *= 2;
      }
    }
  }
  void add_whole(std::string_view record, std::uint64_t place) {
    const std::uint64_t size = record.size();
    append(&place, sizeof place);
    append(&size, sizeof size);
    append(record.data(), record.size());
  }
  [[nodiscard]] const std::vector<char>& bytes() const { return bytes_; }

  /// Calls `visit(record, place)` for each in `bytes`.
  template <class Visit>
  static void for_each(std::span<const char> bytes, Visit&& visit) {
    for (const char* next = bytes.data(); next != bytes.data() + bytes.size();) {
      std::uint64_t place = 0;
      std::uint64_t size = 0;
      std::memcpy(&place, next, sizeof place);
      std::memcpy(&size, next + sizeof place, sizeof size);
      next += sizeof place + sizeof size;
      visit(std::string_view(next, size), place);
      next += size;
    }
  }

 private:
  void drop_every_second() {
    const std::vector<char> all = std::exchange(bytes_, {});
    std::size_t n = 0;
    for_each(all, [&](std::string_view record, std::uint64_t place) {
      if (n++ % 2 == 0) {
        add_whole(record, place);
      }
    });
  }
  void append(const void* data, std::size_t size) {
    const auto* const bytes = static_cast<const char*>(data);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
  }

  std::size_t n_bytes_most_;
  std::vector<char> bytes_;
  std::size_t n_offered_ = 0;
  std::size_t stride_ = 1;  // one of so many is taken
};

template <RecordOrder Order>
class Splitters {
 public:
  /// One partition.
  explicit Splitters(const Order& order) : order_(order) {}

  /// Collective: cuts so that each of `n_partitions` gets about as many of all ranks' samples; fewer partitions where there
  /// are few samples. `parts_equals`: records that compare equal may be parted by their places, where there are enough of them
  /// for several partitions.
  static Splitters of_samples(const mpi::Communicator& comm, const Order& order, const Sample& sample,
                              std::size_t n_partitions, bool parts_equals) {
    const std::vector<char> all = mpi::gather_ragged(comm, sample.bytes());
    Sample chosen;
    mpi::on_root(comm, [&] {
      Splitters sorted(order);
      Sample::for_each(all, [&](std::string_view record, std::uint64_t place) {
        sorted.cuts_.push_back({order.prefix(record), parts_equals ? place : 0, std::string(record)});
      });
      check_if_wanted(order, sorted.cuts_.size(),
                      [&](std::size_t i) { return std::string_view(sorted.cuts_[i].record); });
      std::ranges::sort(sorted.cuts_, [&](const Cut& a, const Cut& b) {
        return !sorted.is_right_of(b, a.prefix, a.record, a.place);
      });
      for (const Cut& cut : sorted.some_of(n_partitions)) {
        chosen.add_whole(cut.record, cut.place);
      }
    });
    std::vector<char> bytes = chosen.bytes();
    mpi::broadcast_resized(comm, bytes);
    Splitters splitters(order);
    Sample::for_each(bytes, [&](std::string_view record, std::uint64_t place) {
      splitters.prefixes_.push_back(order.prefix(record));
      splitters.cuts_.push_back({splitters.prefixes_.back(), place, std::string(record)});
    });
    splitters.parts_equals_ = parts_equals;
    return splitters;
  }

  [[nodiscard]] std::size_t n_partitions() const noexcept { return cuts_.size() + 1; }
  /// Whether records of partition `i` may compare equal to some of the one before.
  [[nodiscard]] bool parts_equals(std::size_t i) const { return i > 0 && cuts_[i - 1].place > 0; }

  /// Grows with the order; `prefix` is the order's of `record`.
  [[nodiscard]] std::size_t partition_of(std::uint64_t prefix, std::string_view record,
                                         std::uint64_t place) const {
    const std::uint64_t* first = prefixes_.data();
    for (std::size_t n = prefixes_.size(); n > 0;) {  // without a branch that would be mispredicted
      const std::size_t half = n / 2;
      first = first[half] < prefix ? first + (n - half) : first;
      n = half;
    }
    auto cut = static_cast<std::size_t>(first - prefixes_.data());
    if (cut == cuts_.size() || cuts_[cut].prefix != prefix) {
      return cut;
    }
    const auto begin = cuts_.begin() + static_cast<std::ptrdiff_t>(cut);
    const auto end = std::upper_bound(begin, cuts_.end(), prefix,
                                      [](std::uint64_t p, const Cut& c) { return p < c.prefix; });
    const auto found = std::partition_point(
        begin, end, [&](const Cut& c) { return is_right_of(c, prefix, record, parts_equals_ ? place : 0); });
    return static_cast<std::size_t>(found - cuts_.begin());
  }

 private:
  struct Cut {
    std::uint64_t prefix = 0;
    std::uint64_t place = 0;
    std::string record;
  };

  // Of all cuts so many that there are about `n_partitions` between them, each behind the one before. Only one amid equal
  // records that fill half a partition keeps its place.
  [[nodiscard]] std::vector<Cut> some_of(std::size_t n_partitions) const {
    const std::size_t n = cuts_.size();
    const std::size_t n_cuts = std::min(n_partitions, n) - std::min<std::size_t>(n, 1);
    std::vector<Cut> some;
    for (std::size_t i = 1; i <= n_cuts; ++i) {
      const std::size_t at = i * n / (n_cuts + 1);
      const std::size_t half = std::max<std::size_t>(n / (n_cuts + 1) / 2, 1);
      const auto is_like = [&](std::size_t other) {
        return order_.compare(cuts_[at].record, cuts_[other].record) == 0;
      };
      Cut cut = cuts_[at];
      if (!is_like(at - std::min(half, at)) && !is_like(std::min(at + half, n - 1))) {
        cut.place = 0;
      }
      const Cut& last = some.empty() ? cuts_.front() : some.back();
      if (!is_right_of(cut, last.prefix, last.record, last.place)) {  // else nothing is between them
        some.push_back(std::move(cut));
      }
    }
    return some;
  }

  // Whether the record is at the cut or after it.
  [[nodiscard]] bool is_right_of(const Cut& cut, std::uint64_t prefix, std::string_view record,
                                 std::uint64_t place) const {
    if (cut.prefix != prefix) {
      return cut.prefix < prefix;
    }
    const int order = order_.compare(cut.record, record);
    return order != 0 ? order < 0 : cut.place <= place;
  }

  Order order_;
  bool parts_equals_ = true;
  std::vector<std::uint64_t> prefixes_;  // of the cuts
  std::vector<Cut> cuts_;
};

}  // namespace serried::mapreduce

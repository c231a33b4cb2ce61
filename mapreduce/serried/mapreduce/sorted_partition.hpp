/// The records of one partition, sorted in memory. Part of record_sort.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include <boost/sort/pdqsort/pdqsort.hpp>

#include <serried/base/zeroed_array.hpp>
#include <serried/mapreduce/order_check.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/record_order.hpp>

namespace serried::mapreduce {

/// What happens to records that compare equal.
enum class Equals : bool { all_stay, first_stays };

namespace detail {

// Its memory is used again for the next one.
template <RecordOrder Order>
class SortedPartition {
 public:
  void assign(std::vector<Chunk> chunks, const Order& order, Equals equals) {
    sort_by_place(chunks);
    std::size_t n_bytes = 0;
    std::size_t n_records = 0;
    for (const Chunk& chunk : chunks) {
      n_bytes += chunk.records.size();
      n_records += chunk.header.n_records;
    }
    if (bytes_.size() < n_bytes) {
      bytes_ = {};
      bytes_ = ZeroedArray<char>(n_bytes + n_bytes / 8);
    }
    rows_.clear();
    rows_.reserve(n_records);
    char* next = bytes_.data();
    for (const Chunk& chunk : chunks) {
      std::memcpy(next, chunk.records.data(), chunk.records.size());
      for_each_record(std::span<const char>(next, chunk.records.size()), [&](std::string_view record) {
        rows_.push_back({order.prefix(record), static_cast<std::uint64_t>(record.data() - bytes_.data())});
      });
      next += chunk.records.size();
    }
    n_bytes_ = n_bytes - n_records * sizeof(std::uint32_t);
    check_if_wanted(order, rows_.size(), [&](std::size_t i) { return record(rows_[i]); });
    sort(rows_, order);
    if (equals == Equals::first_stays) {
      remove_equals(order);
    }
  }

  [[nodiscard]] std::size_t n_records() const { return rows_.size(); }
  [[nodiscard]] std::uint64_t n_bytes() const { return n_bytes_; }
  [[nodiscard]] std::string_view record(std::size_t i) const { return record(rows_[i]); }
  /// Calls `visit(std::string_view)` for each record, in order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    constexpr std::size_t ahead = 16;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (i + ahead < rows_.size()) {
        __builtin_prefetch(bytes_.data() + rows_[i + ahead].offset - sizeof(std::uint32_t));
      }
      visit(record(rows_[i]));
    }
  }

 private:
  struct Row {
    std::uint64_t prefix;
    std::uint64_t offset;  // of the record in bytes_, behind its length; grows with the place in the input
  };

  [[nodiscard]] std::string_view record(const Row& row) const {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes_.data() + row.offset - sizeof size, sizeof size);
    return {bytes_.data() + row.offset, size};
  }

  void remove_equals(const Order& order) {
    const auto is_equal = [&](const Row& a, const Row& b) {
      return order.compare(record(a), record(b)) == 0;
    };
    rows_.erase(std::unique(rows_.begin(), rows_.end(), is_equal), rows_.end());
    n_bytes_ = 0;
    for (const Row& row : rows_) {
      n_bytes_ += record(row).size();
    }
  }

  // `depth`: bytes of the key that all of `rows` have in common, before those in their prefixes.
  void sort(std::span<Row> rows, const Order& order, std::size_t depth = 0) const {
    // Without a branch on the comparison, which would be mispredicted every other time.
    boost::sort::pdqsort_branchless(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      __extension__ using Wide = unsigned __int128;
      return (Wide{a.prefix} << 64 | a.offset) < (Wide{b.prefix} << 64 | b.offset);
    });
    for (std::size_t begin = 0; begin < rows.size();) {
      std::size_t end = begin + 1;
      while (end < rows.size() && rows[end].prefix == rows[begin].prefix) {
        ++end;
      }
      if (end - begin > 1) {
        sort_equal(rows.subspan(begin, end - begin), order, depth);
      }
      begin = end;
    }
  }

  // Rows with equal prefixes, in the order of the input.
  void sort_equal(std::span<Row> rows, const Order& order, std::size_t depth) const {
    constexpr std::size_t few = 12;
    constexpr std::size_t max_depth = 256;
    const auto is_before = [&](const Row& a, const Row& b) {
      return order.compare(record(a), record(b)) < 0;
    };
    if constexpr (OrderByBytes<Order>) {
      if (rows.size() > few && depth < max_depth) {
        const std::size_t deeper = depth + sizeof(std::uint64_t);
        for (Row& row : rows) {
          row.prefix = order.prefix(record(row), deeper);
        }
        // Where nothing is left of any of them, they differ at most in how many zero bytes they end with.
        if (std::ranges::any_of(rows, [](const Row& row) { return row.prefix != 0; })) {
          sort(rows, order, deeper);
          return;
        }
      }
    }
    if (!std::ranges::is_sorted(rows, is_before)) {
      std::ranges::stable_sort(rows, is_before);
    }
  }

  ZeroedArray<char> bytes_;
  std::vector<Row> rows_;
  std::uint64_t n_bytes_ = 0;  // of the records alone
};

}  // namespace detail
}  // namespace serried::mapreduce

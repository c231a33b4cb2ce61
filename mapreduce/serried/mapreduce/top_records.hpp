/// The first records of an order, without sorting the rest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/job/run.hpp>
#include <serried/mapreduce/dataset.hpp>
#include <serried/mapreduce/encoded_order.hpp>
#include <serried/mapreduce/encoded_stage.hpp>
#include <serried/mapreduce/order_check.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/gather.hpp>

namespace serried::mapreduce {

/// The first `k` that it was given, equal ones by their positions; a job::Partial.
template <RecordOrder Order>
class TopRecords {
 public:
  TopRecords(const Order& order, std::uint64_t k) : order_(order), k_(std::min(k, most)) {}

  void add(const Position& position, std::string_view record) {
    if (k_ == 0) {
      return;
    }
    const std::uint64_t prefix = order_.prefix(record);
    if (is_full_ && !comes_before(prefix, record, position, records_[k_ - 1])) {
      return;
    }
    records_.push_back({prefix, position, std::string(record)});
    constexpr std::size_t slack = 1024;
    if (records_.size() >= 2 * k_ + slack) {
      keep_first();
    }
  }
  /// In order.
  void finish() {
    check();
    std::ranges::sort(records_, [&](const Item& a, const Item& b) { return comes_before(a, b); });
    records_.resize(std::min<std::uint64_t>(records_.size(), k_));
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Item& item : records_) {
      visit(item.position, std::string_view(item.record));
    }
  }

  void merge(TopRecords&& other) {
    other.for_each([&](const Position& position, std::string_view record) { add(position, record); });
  }
  void save(std::vector<std::byte>& bytes) const {
    for (const Item& item : records_) {
      job::append_bytes(bytes, item.position);
      job::append_bytes(bytes, std::uint64_t{item.record.size()});
      const auto* const first = reinterpret_cast<const std::byte*>(item.record.data());
      bytes.insert(bytes.end(), first, first + item.record.size());
    }
  }
  void load(std::span<const std::byte> bytes) {
    const auto take = [&](std::size_t n) {
      const auto taken = bytes.first(std::min(n, bytes.size()));
      bytes = bytes.subspan(taken.size());
      return taken;
    };
    while (!bytes.empty()) {
      const auto position = job::value_of_bytes<Position>(take(sizeof(Position)));
      const auto size = job::value_of_bytes<std::uint64_t>(take(sizeof(std::uint64_t)));
      const auto record = take(size);
      add(position, {reinterpret_cast<const char*>(record.data()), record.size()});
    }
  }

 private:
  struct Item {
    std::uint64_t prefix = 0;
    Position position;
    std::string record;
  };

  [[nodiscard]] bool comes_before(std::uint64_t prefix, std::string_view record, const Position& position,
                                  const Item& other) const {
    if (prefix != other.prefix) {
      return prefix < other.prefix;
    }
    if (const int order = order_.compare(record, other.record); order != 0) {
      return order < 0;
    }
    return position.is_before(other.position);
  }
  [[nodiscard]] bool comes_before(const Item& a, const Item& b) const {
    return comes_before(a.prefix, a.record, a.position, b);
  }

  void check() const {
    check_if_wanted(order_, records_.size(),
                    [&](std::size_t i) { return std::string_view(records_[i].record); });
  }

  // Of these, the last is at k - 1.
  void keep_first() {
    check();
    std::ranges::nth_element(records_, records_.begin() + static_cast<std::ptrdiff_t>(k_ - 1),
                             [&](const Item& a, const Item& b) { return comes_before(a, b); });
    records_.resize(k_);
    is_full_ = true;
  }

  static constexpr std::uint64_t most = std::uint64_t{1} << 48;  // more than fit into memory

  Order order_;
  std::uint64_t k_;
  std::vector<Item> records_;
  bool is_full_ = false;  // records_[k_ - 1] is the last of the first k
};

/// Collective: the first `k` records of all ranks by `less`, in order, on rank 0.
template <Stage S, class Less>
[[nodiscard]] auto top_records(const S& stage, std::uint64_t k, const Less& less) {
  using T = typename S::Record;
  using Order = EncodedOrder<T, Less>;
  using Top = TopRecords<Order>;
  const auto& source = stage.source();
  const mpi::Communicator& comm = source->comm();
  const Order order(less, source->options().checked);
  auto parts = EncodedStage<S>(stage).for_each_block(
      "top " + std::to_string(k) + " of " + detail::order_name<T, Less>(Equals::all_stay),
      [&] { return Top(order, k); },
      [](Top& top, const RecordBlock& block, auto&& each) {
        Position position{block.place, 0};
        each([&](std::string_view record) {
          top.add(position, record);
          position.advance();
        });
        return std::uint64_t{position.ordinal};
      });
  std::vector<std::byte> mine;
  mpi::together(comm, [&] {
    Top here(order, k);
    for (auto& part : parts) {
      here.merge(std::move(part.part));
    }
    here.finish();
    here.save(mine);
  });
  const std::vector<std::byte> all = mpi::gather_ragged(comm, mine);
  std::vector<BlockStore> stores;
  mpi::together(comm, [&] {
    Top top(order, k);
    top.load(all);
    top.finish();
    std::vector<char> block;
    top.for_each([&](const Position&, std::string_view record) { append_record(block, record); });
    if (!block.empty()) {
      stores.emplace_back(block.size(), source->options().tmp).add(0, block);
    }
  });
  return DatasetStage<T>(gather_blocks(source, std::move(stores), 1));
}

}  // namespace serried::mapreduce

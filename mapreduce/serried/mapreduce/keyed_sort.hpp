/// Keyed data put into an order, as rows or packed. Part of keyed.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/job/stop_checks.hpp>
#include <serried/mapreduce/combine_partitions.hpp>
#include <serried/mapreduce/described.hpp>
#include <serried/mapreduce/encoded_order.hpp>
#include <serried/mapreduce/exchange.hpp>
#include <serried/mapreduce/keyed_rows.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/order_check.hpp>
#include <serried/mapreduce/packed_rows.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/partitioned_records.hpp>
#include <serried/mapreduce/splitters.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/gather.hpp>

namespace serried::mapreduce::detail {

// Collective: some rows of every part, as bytes, on every rank.
template <Key K, class V>
[[nodiscard]] std::vector<char> gather_sample(const mpi::Communicator& comm, const KeyedRows<K, V>& rows,
                                              std::size_t n_parts_of_all) {
  // Every rank sorts the whole sample: fewer rows of each part where there are many parts.
  const std::size_t n_wanted = std::clamp<std::size_t>(16384 / n_parts_of_all, 16, 128);
  const std::size_t n_from_each =
      std::max<std::size_t>(n_wanted / std::max<std::size_t>(rows.n_parts(), 1), 1);
  std::vector<char> bytes;
  for (const auto& part : rows.parts) {
    // Evenly spaced in an order that has nothing to do with the one wanted.
    const std::size_t n = std::min(part.size(), n_from_each);
    for (std::size_t i = 0; i < n; ++i) {
      append_wire(bytes, part[i * part.size() / n]);
    }
  }
  std::vector<char> all = mpi::gather_ragged(comm, bytes);
  mpi::broadcast_resized(comm, all);
  return all;
}

/// Local: throws if `order` is no strict weak order on some of the rows. Nobody doubts that of numbers and text.
template <Key K, class V, class Order>
void check_rows(std::span<const Row<V>> rows, const Order& order) {
  using Item = KeyValue<KeyView<K>, V>;
  using Part = ComparedPart<Order, Item>;
  if constexpr (!TextKey<Part> && !std::is_arithmetic_v<Part>) {
    const auto item = [&](std::size_t i) { return Item{key_view<K>(rows[i].key), rows[i].value}; };
    check_order(
        rows.size(), [&](std::size_t i, std::size_t j) { return static_cast<bool>(order(item(i), item(j))); },
        [&](std::size_t i) { return described(item(i)); });
  }
}

/// Collective: sorts rows in memory. Every thread of all ranks gets a slice of the order, as equal as a sample can make them.
template <Key K, class V, class Order>
void sort_in_memory(const TextSource& source, const Layout& layout, KeyedRows<K, V>& rows,
                    const Order& order) {
  const mpi::Communicator& comm = source.comm();
  const std::size_t n_parts = layout.n_parts();
  const auto me = static_cast<std::size_t>(comm.rank());
  const RowLess<K, V, Order> less(order);
  rows.is_ordered = false;
  if (n_parts > 1 || rows.parts.size() > 1) {
    std::vector<char> sample_bytes = gather_sample(comm, rows, n_parts);
    std::vector<Row<V>> sample;
    for_each_wire<V>(sample_bytes, [&](const HashedKey& key, const V& value) {
      sample.push_back({key.key, value});
    });
    std::vector<Row<V>> splitters;
    std::vector<Sender<V>> senders(static_cast<std::size_t>(source.n_threads()), Sender<V>(layout, me));
    mpi::together(comm, [&] {  // the user's order may throw
      if (source.options().checked) {
        check_rows<K>(std::span<const Row<V>>(sample), order);
      }
      std::ranges::sort(sample, less);
      for (std::size_t part = 1; part < n_parts && !sample.empty(); ++part) {
        splitters.push_back(sample[part * sample.size() / n_parts]);
      }
      for (Sender<V>& sender : senders) {
        sender.reserve(rows.n_rows() / senders.size());
      }
      for_each_on_threads(source.n_threads(), rows.parts.size(), [&](std::size_t part, std::size_t thread) {
        for_each_row(std::span<const Row<V>>(rows.parts[part]), [&](const Row<V>& row) {
          const auto above = std::ranges::upper_bound(splitters, row, less);
          senders[thread].add(static_cast<std::size_t>(above - splitters.begin()), row);
        });
        rows.parts[part] = {};
      });
    });
    auto exchange = Exchange<V>::run(source.nodes(), layout, senders);
    rows.parts.resize(layout.n_parts_of(me));
    mpi::together(comm, [&] {
      for_each_on_threads(source.n_threads(), rows.parts.size(), [&](std::size_t part, std::size_t) {
        Delivery<V>& delivery = exchange.deliveries[part];
        rows.parts[part].reserve(delivery.n_rows());
        delivery.for_each([&](const HashedKey& key, const V& value) {
          rows.parts[part].push_back({key.key, value});
        });
        delivery = {};
      });
    });
    std::ranges::move(exchange.keepers, std::back_inserter(rows.keepers));
  }
  mpi::together(comm, [&] {
    for_each_on_threads(source.n_threads(), rows.parts.size(), [&](std::size_t part, std::size_t) {
      if (source.options().checked) {
        check_rows<K>(std::span<const Row<V>>(rows.parts[part]), order);
      }
      sort_rows<K>(rows.parts[part], order);
    });
  });
  rows.is_ordered = true;
}

/// `Order` on packed rows, ties by key, as a RecordOrder.
template <Key K, class V, class Order>
class PackedOrder {
 public:
  static constexpr bool needs_whole_records = true;

  PackedOrder(const Order& order, bool checked) : order_(order), less_(order), checked_(checked) {}

  [[nodiscard]] std::uint64_t prefix(std::string_view record) const {
    const Row<V> row = PackedRows<K, V>::row_of(record);
    if constexpr (is_by_value<Order>) {
      if constexpr (std::integral<V> && sizeof(V) <= 8) {
        const std::uint64_t ascending = order_preserving(row.value);
        return std::same_as<Order, AscendingValue> ? ascending : ~ascending;
      }
    } else if constexpr (std::same_as<Order, AscendingKey> || std::same_as<Order, DescendingKey>) {
      std::uint64_t ascending = 0;
      if constexpr (std::integral<K> && sizeof(K) <= 8) {
        ascending = order_preserving(key_view<K>(row.key));
      } else if constexpr (TextKey<K>) {
        ascending = row.key.sort_prefix();
      }
      return std::same_as<Order, AscendingKey> ? ascending : ~ascending;
    }
    return 0;
  }
  [[nodiscard]] int compare(std::string_view a, std::string_view b) const {
    const Row<V> row_a = PackedRows<K, V>::row_of(a);
    const Row<V> row_b = PackedRows<K, V>::row_of(b);
    return less_(row_a, row_b) ? -1 : static_cast<int>(less_(row_b, row_a));
  }

  // For check_order.
  [[nodiscard]] bool is_checked() const { return checked_; }
  [[nodiscard]] bool is_less(std::string_view a, std::string_view b) const {
    const Row<V> row_a = PackedRows<K, V>::row_of(a);
    const Row<V> row_b = PackedRows<K, V>::row_of(b);
    return order_(item_of(row_a), item_of(row_b));
  }
  [[nodiscard]] static std::string described(std::string_view record) {
    const Row<V> row = PackedRows<K, V>::row_of(record);
    return mapreduce::described(item_of(row));
  }

 private:
  // Valid as long as the row is there, which holds a short key itself.
  [[nodiscard]] static auto item_of(const Row<V>& row) {
    return KeyValue<KeyView<K>, V>{key_view<K>(row.key), row.value};
  }

  Order order_;
  RowLess<K, V, Order> less_;
  bool checked_;
};

template <Key K, class V, class Order>
class StoredSort {
  using Packed = PackedRows<K, V>;
  using Splits = Splitters<PackedOrder<K, V, Order>>;
  using Partition = PartitionedRecords::Partition;

 public:
  StoredSort(const TextSource& source, const Order& order)
      : source_(&source), order_(order), packed_order_(order, source.options().checked) {}

  /// Collective: the rows, which are forgotten, sorted.
  [[nodiscard]] StoredRows<K, V> run(StoredRows<K, V> rows) {
    const job::StopChecks stop(source_->options().job.checkpoint, "while sorting what was read");
    const PartitionedRecords::Options options = rounds_of(*source_);
    const std::uint64_t n_bytes = mpi::allreduce_value(comm(), rows.n_bytes(), std::plus<>{});
    const Splits splitters =
        splitters_of(n_wanted(n_bytes, options.bytes_each), n_bytes, [&](const auto& visit) {
          for (std::size_t part = 0; part < rows.n_parts(); ++part) {
            rows.for_each_piece(part, visit);
          }
        });
    PartitionedRecords records(source_->nodes(), options, partitioned(std::move(rows), splitters, stop),
                               splitters.n_partitions());
    records.cut_large_ones(stop, [&](const Partition& partition, std::size_t n_wanted) {
      return Cut{this, splitters_of(n_wanted, partition.n_bytes, [&](const auto& visit) {
                   records.for_each_chunk_here(partition, [&](const Chunk& chunk) { visit(chunk.records); });
                 })};
    });

    StoredRows<K, V> sorted = stored_rows_of<K, V>(*source_);
    records.for_each_round(Deal::in_slices, stop, [&](Range mine) {
      const std::size_t first = sorted.add_parts(mine.size());
      mpi::together(comm(), [&] {
        for_each_on_threads(source_->n_threads(), mine.size(), [&](std::size_t i, std::size_t thread) {
          std::vector<std::vector<char>> from_disk;
          std::vector<Row<V>> of_part;
          for (const Chunk& chunk : records.chunks_of(mine.begin + i, from_disk)) {
            Packed::for_each(chunk.records, [&](const HashedKey& hashed, const V& value) {
              of_part.push_back({hashed.key, value});
            });
          }
          if (source_->options().checked) {
            check_rows<K>(std::span<const Row<V>>(of_part), order_);
          }
          sort_rows<K>(of_part, order_);
          sorted.write(first + i, thread, of_part);
          records.drop(mine.begin + i);
        });
      });
    });
    return sorted;
  }

 private:
  struct Cut {
    const StoredSort* sort;
    Splits splitters;

    [[nodiscard]] std::size_t n_partitions() const { return splitters.n_partitions(); }
    void cut(const Chunk& chunk, PartitionStore& store, std::size_t first) const {
      sort->add(chunk.records, splitters, store, first);
    }
    static void finish(PartitionStore& /*store*/, std::size_t /*first*/) {}
  };

  [[nodiscard]] const mpi::Communicator& comm() const { return source_->comm(); }

  [[nodiscard]] std::uint64_t store_bytes() const {
    return source_->options().memory / 4 / static_cast<std::uint64_t>(source_->n_threads());
  }
  // Collective. A thread fills a block of 4 KiB at least for each.
  [[nodiscard]] std::size_t n_wanted(std::uint64_t n_bytes, std::uint64_t bytes_each) const {
    constexpr std::uint64_t bytes_of_one = std::uint64_t{32} << 10;
    const std::uint64_t n_most = std::max<std::uint64_t>(store_bytes() / bytes_of_one, 1);
    return mpi::allreduce_value(comm(), std::min(n_bytes / bytes_each + 1, n_most), mpi::min);
  }

  // Collective: `for_each_records(visit)` calls `visit(std::span<const char>)` for the packed rows of this rank.
  template <class ForEach>
  [[nodiscard]] Splits splitters_of(std::size_t n_wanted, std::uint64_t n_bytes,
                                    const ForEach& for_each_records) {
    constexpr std::size_t n_samples_each = 64;
    const std::uint64_t stride = n_bytes / (n_wanted * n_samples_each) + 1;
    // Of all ranks together.
    constexpr std::uint64_t enough = std::uint64_t{64} << 20;
    const std::uint64_t n_bytes_most =
        std::min(source_->options().memory / 16, enough) / static_cast<std::uint64_t>(comm().size());
    Sample sample(n_bytes_most);
    mpi::together(comm(), [&] {
      std::uint64_t n_since = stride / 2;
      for_each_records([&](std::span<const char> records) {
        Packed::for_each_record(records, [&](std::string_view record) {
          n_since += record.size();
          if (n_since >= stride) {
            n_since %= stride;
            sample.template add_for<PackedOrder<K, V, Order>>(record, 0);
          }
        });
      });
    });
    return Splits::of_samples(comm(), packed_order_, sample, n_wanted, false);
  }

  void add(std::span<const char> records, const Splits& splitters, PartitionStore& store,
           std::size_t first) const {
    Packed::for_each_record(records, [&](std::string_view record) {
      const std::size_t i = splitters.partition_of(packed_order_.prefix(record), record, 0);
      store.add_bare(first + i, record.size(), [&](char* to) {
        std::memcpy(to, record.data(), record.size());
        return to + record.size();
      });
    });
  }

  // Collective.
  [[nodiscard]] PartitionedRecords::Stores partitioned(StoredRows<K, V> rows, const Splits& splitters,
                                                       const job::StopChecks& stop) const {
    const PartitionStore::Options options{
        .n_partitions = splitters.n_partitions(), .memory = store_bytes(), .tmp = source_->options().tmp};
    PartitionedRecords::Stores stores;
    mpi::together(comm(), [&] {
      for (int i = 0; i < source_->n_threads(); ++i) {
        stores.push_back(std::make_unique<PartitionStore>(options));
      }
      for_each_on_threads(source_->n_threads(), rows.n_parts(), [&](std::size_t part, std::size_t thread) {
        stop.check();
        rows.for_each_piece(
            part, [&](std::span<const char> records) { add(records, splitters, *stores[thread], 0); });
        rows.drop(part);
      });
      for (const auto& store : stores) {
        store->finish();
      }
    });
    return stores;
  }

  const TextSource* source_;
  Order order_;
  PackedOrder<K, V, Order> packed_order_;
};

}  // namespace serried::mapreduce::detail

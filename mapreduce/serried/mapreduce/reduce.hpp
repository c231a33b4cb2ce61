/// How equal keys meet: combine where they are read, then exchange, then combine what arrived.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/base/parallel.hpp>
#include <serried/base/partition.hpp>
#include <serried/job/run.hpp>
#include <serried/mapreduce/combine_table.hpp>
#include <serried/mapreduce/exchange.hpp>
#include <serried/mapreduce/keyed.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/reduction.hpp>
#include <serried/report/timed_phase.hpp>

namespace serried::mapreduce {

/// An operation that gives the same bits in any order and grouping, as far as the types can tell. On floating-point
/// values only Min and Max do: a sum or a product rounds differently in another order. A struct of floating-point
/// numbers, or a lambda that is not associative and commutative, cannot be seen from here.
template <class Op, class V>
concept OrderFree = std::convertible_to<std::invoke_result_t<const Op&, const V&, const V&>, V> &&
    (!std::floating_point<V> || std::same_as<Op, mpi::Min> || std::same_as<Op, mpi::Max>);

namespace detail {

// What a thread has combined, as a job::Partial.
template <class V, class Combine>
class CombinedRows {
 public:
  explicit CombinedRows(const Combine& combine)
      : table_(std::make_unique<CombineTable<V, Combine>>(combine)) {}

  [[nodiscard]] CombineTable<V, Combine>& table() const { return *table_; }

  void merge(CombinedRows&& other) {
    table_->reserve(other.table().n_keys());
    for_each_row(other.table().rows(), [&](const Row<V>& row) {
      if (row.is_used()) {
        table_->add(HashedKey{row.key, row.key.hash()}, row.value);
      }
    });
    table_->flush();
  }
  // Their number, and the rows in the order of their slots.
  void save(std::vector<std::byte>& bytes) const {
    job::append_bytes(bytes, std::uint64_t{table_->n_keys()});
    for_each_row(table_->rows(), [&](const Row<V>& row) {
      if (row.is_used()) {
        append_wire(bytes, row);
      }
    });
  }
  void load(std::span<const std::byte> bytes) {
    const auto front = bytes.first(std::min(bytes.size(), sizeof(std::uint64_t)));
    const auto n_keys = job::value_of_bytes<std::uint64_t>(front);
    const auto rows = bytes.subspan(front.size());
    table_->reserve(std::min(n_keys, rows.size()));  // each takes more than a byte
    const std::span text(reinterpret_cast<const char*>(rows.data()), rows.size());
    for_each_wire<V>(text, [&](const HashedKey& key, const V& value) { table_->add(key, value); });
    table_->flush();
  }

 private:
  std::unique_ptr<CombineTable<V, Combine>> table_;  // large, and moved
};

// The rows of a table that are in use, in a vector of their own.
template <class V, class Combine>
std::vector<Row<V>> used_rows(const CombineTable<V, Combine>& table) {
  std::vector<Row<V>> rows;
  rows.reserve(table.n_keys());
  for (const Row<V>& row : table.rows()) {
    if (row.is_used()) {
      rows.push_back(row);
    }
  }
  return rows;
}

template <class V, class Combine>
void keep_arena(CombineTable<V, Combine>&& table, Keepers& keepers) {
  keepers.push_back(std::make_shared<Arena>(std::move(table).take_arena()));
}

// Collective: what all threads of all ranks have combined, combined; each part is given a slice of the hash range.
template <Key K, class V, class Op>
KeyedData<K, V> exchange_combined(std::shared_ptr<const TextSource> source, const Layout& layout,
                                  std::vector<CombinedRows<V, Op>> tables, const SourceCounts& counts,
                                  const Op& op) {
  using Table = CombineTable<V, Op>;
  const mpi::Communicator& comm = source->comm();
  const int n_threads = source->n_threads();
  const report::TimedPhase phase(source->record(), comm, "exchange");
  std::vector<std::vector<Row<V>>> parts(static_cast<std::size_t>(n_threads));
  Keepers keepers;

  // One thread in all: nobody to exchange with, unless what an earlier run has saved is a table of its own.
  if (layout.n_parts() == 1 && tables.size() <= 1) {
    mpi::together(comm, [&] {
      for (auto& only : tables) {
        parts[0] = used_rows(only.table());
        keep_arena(std::move(only.table()), keepers);
      }
    });
    return {std::move(source), layout, std::move(parts), std::move(keepers), counts};
  }

  // Each part owns a slice of the hash range and is given all rows in it.
  std::vector<Sender<V>> senders(tables.size(), Sender<V>(layout, static_cast<std::size_t>(comm.rank())));
  mpi::together(comm, [&] {
    on_threads(n_threads, [&](int thread) {
      // Up to two tables a thread after a restart; none on a rank that was given nothing.
      for (auto i = static_cast<std::size_t>(thread); i < tables.size();
           i += static_cast<std::size_t>(n_threads)) {
        const Table& table = tables[i].table();
        senders[i].reserve(table.n_keys());
        for_each_row(table.rows(), [&](const Row<V>& row) {
          if (row.is_used()) {
            senders[i].add(hash_slice(row.key.hash(), layout.n_parts()), row);
          }
        });
      }
    });
    for (auto& table : tables) {
      keep_arena(std::move(table.table()), keepers);
    }
    tables.clear();
  });
  auto exchange = Exchange<V>::run(comm, layout, senders);
  std::ranges::move(exchange.keepers, std::back_inserter(keepers));
  mpi::together(comm, [&] {
    on_threads(n_threads, [&](int thread) {
      const auto i = static_cast<std::size_t>(thread);
      Delivery<V>& delivery = exchange.deliveries[i];
      // Rows come in the order of slots of other tables: in a table too small for all of them they would pile
      // up.
      Table table(op, delivery.n_rows(), Table::long_keys_stay);
      delivery.for_each([&](const HashedKey& key, const V& value) { table.add(key, value); });
      table.flush();
      delivery = {};
      parts[i] = used_rows(table);
    });
  });
  phase.finish(n_threads);
  return {std::move(source), layout, std::move(parts), std::move(keepers), counts};
}

}  // namespace detail

/// Collective: reads all records of `stage`, which are KeyValue<K, V>, and combines the values of equal keys.
template <Key K, class V, Stage S, class Op>
KeyedData<K, V> reduce(const S& stage, const Op& op) {
  using Table = CombineTable<V, Op>;
  const std::shared_ptr<const TextSource>& source = stage.source();
  const mpi::Communicator& comm = source->comm();
  const int n_threads = source->n_threads();
  const Layout layout(comm, n_threads);

  // Each thread combines what it reads.
  const std::string purpose = std::string("reduce to ") +
                              (TextKey<K> ? "text" : std::to_string(sizeof(K)) + "-byte") + " keys and " +
                              std::to_string(sizeof(V)) + "-byte values";
  auto tables = stage.for_each_block(
      purpose, [&] { return detail::CombinedRows<V, Op>(op); },
      [&](detail::CombinedRows<V, Op>& combined, const RecordBlock& block, auto&& each) {
        Table& table = combined.table();
        table.set_progress(block.share_done);
        std::uint64_t n_records = 0;
        const std::string_view text = block.bytes;
        each([&](const KeyValue<K, V>& item) {
          ++n_records;
          table.add(stored_form(item.key), item.value);
          const std::string_view key = key_bytes(item.key);
          // The table refers to a long key until it is flushed, which is too late for one that is not part of
          // the block.
          if (key.size() > short_bytes_capacity &&
              (key.data() < text.data() || key.data() >= text.data() + text.size())) {
            table.flush();
          }
        });
        table.flush();
        return n_records;
      });
  const SourceCounts counts = source->counts_of(tables);
  std::vector<detail::CombinedRows<V, Op>> combined;
  combined.reserve(tables.size());
  for (auto& part : tables) {
    combined.push_back(std::move(part.part));
  }
  return detail::exchange_combined<K, V>(source, layout, std::move(combined), counts, op);
}

template <Key K, class V>
template <class Function, class Op>
auto KeyedData<K, V>::regroup(Function function, Op op) const {
  using Out = std::remove_cvref_t<std::invoke_result_t<const Function&, const Item&>>;
  using K2 = decltype(Out::key);
  using V2 = decltype(Out::value);
  static_assert(OrderFree<Op, V2>, "op must give the same bits in any order, as in reduce_by_key");
  std::vector<detail::CombinedRows<V2, Op>> combined;
  combined.reserve(parts_.size());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    combined.emplace_back(op);
  }
  mpi::together(comm(), [&] {
    on_threads(static_cast<int>(parts_.size()), [&](int thread) {
      const auto i = static_cast<std::size_t>(thread);
      CombineTable<V2, Op>& table = combined[i].table();
      for_each_row(std::span<const Row<V>>(parts_[i]), [&](const Row<V>& row) {
        const Out out = function(Item{key_view<K>(row.key), row.value});
        table.add(stored_form(out.key), out.value);
        if (key_bytes(out.key).size() > short_bytes_capacity) {
          table.flush();  // it may be gone with `out`
        }
      });
      table.flush();
    });
  });
  return detail::exchange_combined<K2, V2>(source_, layout_, std::move(combined), source_counts_, op);
}

}  // namespace serried::mapreduce

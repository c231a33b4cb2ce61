/// How equal keys meet: combine where they are read, then exchange, then combine what arrived.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/base/partition.hpp>
#include <serried/mapreduce/combine_table.hpp>
#include <serried/mapreduce/exchange.hpp>
#include <serried/mapreduce/keyed.hpp>
#include <serried/base/parallel.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/reduction.hpp>

namespace serried::mapreduce {

/// An operation that gives the same bits in any order and grouping, as far as the types can tell. On floating-point
/// values only Min and Max do: a sum or a product rounds differently in another order. A struct of floating-point
/// numbers, or a lambda that is not associative and commutative, cannot be seen from here.
template <class Op, class V>
concept OrderFree = std::convertible_to<std::invoke_result_t<const Op&, const V&, const V&>, V> &&
    (!std::floating_point<V> || std::same_as<Op, mpi::Min> || std::same_as<Op, mpi::Max>);

namespace detail {

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

}  // namespace detail

/// Collective: reads all of `source` through `feed(block, sink)`, where sink takes KeyValue<K, V>, and
/// combines the values of equal keys.
template <Key K, class V, class Feed, class Op>
KeyedData<K, V> reduce(std::shared_ptr<const TextSource> source, const Feed& feed, const Op& op) {
  using Table = CombineTable<V, Op>;
  const mpi::Communicator& comm = source->comm();
  const int n_threads = source->n_threads();
  const Layout layout(comm, n_threads);

  // Each thread combines what it reads.
  std::vector<std::unique_ptr<Table>> tables(static_cast<std::size_t>(n_threads));
  const SourceCounts counts =
      source->for_each_block([&](int thread, std::span<char> block, double share_done) {
        auto& table = tables[static_cast<std::size_t>(thread)];
        if (!table) {
          table = std::make_unique<Table>(op);  // by its own thread, so that its memory is near it
        }
        table->set_progress(share_done);
        std::uint64_t n_records = 0;
        const std::string_view text(block.data(), block.size());
        feed(text, [&](const KeyValue<K, V>& item) {
          ++n_records;
          const std::string_view key = key_bytes(item.key);
          table->add(key, item.value);
          // The table refers to a long key until it is flushed, which is too late for one that is not part of
          // the block.
          if (key.size() > short_bytes_capacity &&
              (key.data() < text.data() || key.data() >= text.data() + text.size())) {
            table->flush();
          }
        });
        table->flush();
        return n_records;
      });
  std::vector<std::vector<Row<V>>> parts(static_cast<std::size_t>(n_threads));
  Keepers keepers;

  if (layout.n_parts() == 1) {
    mpi::together(comm, [&] {
      if (tables[0]) {
        parts[0] = detail::used_rows(*tables[0]);
        detail::keep_arena(std::move(*tables[0]), keepers);
      }
    });
    return {std::move(source), layout, std::move(parts), std::move(keepers), counts};
  }

  // Each part owns a slice of the hash range and is given all rows in it.
  std::vector<Sender<V>> senders(static_cast<std::size_t>(n_threads),
                                 Sender<V>(layout, static_cast<std::size_t>(comm.rank())));
  mpi::together(comm, [&] {
    on_threads(n_threads, [&](int thread) {
      const auto i = static_cast<std::size_t>(thread);
      if (!tables[i]) {
        return;
      }
      senders[i].reserve(tables[i]->n_keys());
      for_each_row(tables[i]->rows(), [&](const Row<V>& row) {
        if (row.is_used()) {
          senders[i].add(hash_slice(row.key.hash(), layout.n_parts()), row);
        }
      });
    });
    for (auto& table : tables) {
      if (table) {
        detail::keep_arena(std::move(*table), keepers);
        table.reset();
      }
    }
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
      parts[i] = detail::used_rows(table);
    });
  });
  return {std::move(source), layout, std::move(parts), std::move(keepers), counts};
}

}  // namespace serried::mapreduce

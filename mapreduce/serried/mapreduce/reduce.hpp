/// How equal keys meet: combine where they are read, then exchange, then combine what arrived.
///
/// Few keys are combined in a table a thread, whose rows are then exchanged all at once. Where keys are too many for that
/// (combined_rows.hpp), every thread puts rows into partitions of the hash range, on disk if need be, and these are exchanged
/// and combined one round after the other.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/base/parallel.hpp>
#include <serried/base/partition.hpp>
#include <serried/mapreduce/combine_partitions.hpp>
#include <serried/mapreduce/combine_table.hpp>
#include <serried/mapreduce/combined_rows.hpp>
#include <serried/mapreduce/early_exchange.hpp>
#include <serried/mapreduce/exchange.hpp>
#include <serried/mapreduce/keyed.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/spill_file.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
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

// Collective: how threads combine what they read from `n_sources` sources, one after the other, about `n_bytes` in all.
[[nodiscard]] inline CombineOptions combine_options(const TextSource& source, const Layout& layout,
                                                    std::size_t n_sources, std::uint64_t n_bytes) {
  constexpr std::size_t bytes_of_one = std::size_t{32} << 10;  // a block of 4 KiB is an eighth of it
  constexpr std::uint64_t input_of_one = std::uint64_t{512} << 10;
  constexpr std::size_t fewest = 16;
  constexpr std::size_t cache_bytes = std::size_t{2} << 20;
  const TextOptions& options = source.options();
  // With a checkpoint, a thread has what is saved and what is not.
  const std::size_t n_partials = n_sources * (options.job.checkpoint.empty() ? 1 : 2);
  const std::size_t share = options.memory / 4 / n_partials / static_cast<std::size_t>(source.n_threads());
  const std::size_t n_most = std::max(share / bytes_of_one, fewest);
  // A cache has room for few partitions that are being filled, and for the keys of a small one.
  const std::size_t n_partitions = std::clamp<std::uint64_t>(n_bytes / input_of_one, 256, 2048);
  const std::size_t wanted = std::min(std::max(n_partitions, 4 * layout.n_parts()), n_most);
  const int bits = std::min(static_cast<int>(std::bit_width(wanted)) - 1, most_partition_bits);
  return {.partition_bits = mpi::allreduce_value(source.comm(), bits, mpi::min),
          .table_bytes = share,
          .store_bytes = share,
          .cache_bytes = std::min(cache_bytes, share / 2),
          .tmp = options.tmp,
          .checked = options.checked};
}

// Collective: nothing if ranks do not exchange before all is read. Part of the memory of the threads' tables and stores is its.
[[nodiscard]] inline std::unique_ptr<EarlyExchange> early_exchange(const TextSource& source,
                                                                   CombineOptions& options) {
  const mpi::NodeMap& nodes = source.nodes().nodes();
  const TextOptions& given = source.options();
  const bool is_wanted = given.exchange_early == ExchangeEarly::between_ranks ||
                         (given.exchange_early == ExchangeEarly::between_nodes && nodes.n_nodes() > 1);
  if (!is_wanted || !given.job.checkpoint.empty()) {
    return nullptr;
  }
  const auto me = static_cast<std::size_t>(source.comm().rank());
  std::vector<bool> is_far(nodes.n_ranks());
  for (std::size_t rank = 0; rank < is_far.size(); ++rank) {
    is_far[rank] = given.exchange_early == ExchangeEarly::between_ranks
                       ? rank != me
                       : nodes.node_of(rank) != nodes.node_of(me);
  }
  options.table_bytes -= options.table_bytes / 4;
  options.store_bytes -= options.store_bytes / 4;
  auto early = std::make_unique<EarlyExchange>(
      source.comm(), std::move(is_far),
      EarlyExchange::Options{.n_partitions = std::size_t{1} << options.partition_bits,
                             .memory = given.memory / 8,
                             .tmp = given.tmp});
  options.early = early.get();
  return early;
}

// What `act` returns. If it throws, the same on all ranks, nothing of the exchange, which may be null, stays under way.
template <class Act>
auto abandoned_if_failed(EarlyExchange* early, const Act& act) {
  try {
    return act();
  } catch (...) {
    if (early != nullptr) {
      early->abandon();
    }
    throw;
  }
}

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

// Collective: what all threads of all ranks have combined in tables, combined; each part is given a slice of the hash range.
template <Key K, class V, class Op>
[[nodiscard]] KeyedRows<K, V> exchange_tables(const TextSource& source, const Layout& layout,
                                              std::vector<CombinedRows<K, V, Op>> tables, const Op& op) {
  using Table = CombineTable<V, Op>;
  const mpi::Communicator& comm = source.comm();
  const int n_threads = source.n_threads();
  KeyedRows<K, V> rows;
  rows.parts.resize(static_cast<std::size_t>(n_threads));

  // One thread in all: nobody to exchange with, unless what an earlier run has saved is a table of its own.
  if (layout.n_parts() == 1 && tables.size() <= 1) {
    mpi::together(comm, [&] {
      for (auto& only : tables) {
        rows.parts[0] = used_rows(only.table());
        keep_arena(std::move(only.table()), rows.keepers);
      }
    });
    return rows;
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
      keep_arena(std::move(table.table()), rows.keepers);
    }
    tables.clear();
  });
  auto exchange = Exchange<V>::run(source.nodes(), layout, senders);
  std::ranges::move(exchange.keepers, std::back_inserter(rows.keepers));
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
      rows.parts[i] = used_rows(table);
    });
  });
  return rows;
}

// Collective: what all threads of all ranks have combined, combined. `early` may be null.
template <Key K, class V, class Op>
[[nodiscard]] KeyedData<K, V> exchange_combined(const std::shared_ptr<const TextSource>& source,
                                                const Layout& layout,
                                                std::vector<CombinedRows<K, V, Op>> combined,
                                                const CombineOptions& options, EarlyExchange* early,
                                                const SourceCounts& counts, const Op& op) {
  const mpi::Communicator& comm = source->comm();
  const report::TimedPhase phase(source->record(), comm, "exchange");
  const bool is_partitioned =
      std::ranges::any_of(combined, [](const auto& of_thread) { return of_thread.is_partitioned(); });
  const bool are_partitioned = mpi::allreduce_value(comm, static_cast<int>(is_partitioned), mpi::max) != 0;
  PartitionedRecords::Stores stores(are_partitioned ? combined.size() : 0);
  mpi::together(comm, [&] {
    for_each_on_threads(source->n_threads(), stores.size(),
                        [&](std::size_t i, std::size_t) { stores[i] = std::move(combined[i]).take_store(); });
  });
  if (early != nullptr) {
    early->finish();
    stores.push_back(std::move(*early).take_store());
  }
  KeyedRows<K, V> rows =
      are_partitioned ? combine_partitions<K, V>(*source, std::move(stores), options.partition_bits, op)
                      : exchange_tables<K, V>(*source, layout, std::move(combined), op);
  phase.finish(source->n_threads());
  return {source, layout, std::move(rows), counts};
}

}  // namespace detail

/// Collective: reads all records of `stage`, which are KeyValue<K, V>, and combines the values of equal keys.
template <Key K, class V, Stage S, class Op>
KeyedData<K, V> reduce(const S& stage, const Op& op) {
  using Combined = detail::CombinedRows<K, V, Op>;
  const std::shared_ptr<const TextSource>& source = stage.source();
  const mpi::Communicator& comm = source->comm();
  const Layout layout(comm, source->n_threads());
  detail::CombineOptions options =
      detail::combine_options(*source, layout, stage.n_sources(), stage.n_bytes_known());
  mpi::together(comm, [&] { SpillFile::try_folder(options.tmp); });
  const std::unique_ptr<detail::EarlyExchange> early = detail::early_exchange(*source, options);

  // Each thread combines what it reads.
  const std::string purpose = std::string("reduce 1 to ") +
                              (TextKey<K> ? "text" : std::to_string(sizeof(K)) + "-byte") + " keys and " +
                              std::to_string(sizeof(V)) + "-byte values";
  return detail::abandoned_if_failed(early.get(), [&] {
    auto parts = stage.for_each_block(
        purpose, [&] { return Combined(op, options); },
        [&](Combined& combined, const RecordBlock& block, auto&& each) {
          combined.set_progress(block.share_done);
          std::uint64_t n_records = 0;
          const std::string_view text = block.bytes;
          each([&](const KeyValue<K, V>& item) {
            ++n_records;
            const std::string_view key = key_bytes(item.key);
            // The table refers to a long key until it is flushed, which is too late for one that is not part of
            // the block.
            const bool is_passing = key.size() > short_bytes_capacity &&
                                    (key.data() < text.data() || key.data() >= text.data() + text.size());
            combined.add(stored_form(item.key), item.value, is_passing);
          });
          combined.flush();
          if (early) {
            early->progress();
          }
          return n_records;
        });
    const SourceCounts counts = source->counts_of(parts);
    std::vector<Combined> combined;
    combined.reserve(parts.size());
    for (auto& part : parts) {
      combined.push_back(std::move(part.part));
    }
    return detail::exchange_combined<K, V>(source, layout, std::move(combined), options, early.get(), counts,
                                           op);
  });
}

template <Key K, class V>
template <class Function, class Op>
auto KeyedData<K, V>::regroup(Function function, Op op) const {
  using Out = std::remove_cvref_t<std::invoke_result_t<const Function&, const Item&>>;
  using K2 = decltype(Out::key);
  using V2 = decltype(Out::value);
  static_assert(OrderFree<Op, V2>, "op must give the same bits in any order, as in reduce_by_key");
  const detail::CombineOptions options =
      detail::combine_options(*source_, layout_, 1, source_->n_bytes_known());
  std::vector<detail::CombinedRows<K2, V2, Op>> combined;
  mpi::together(comm(), [&] {
    for (int i = 0; i < source_->n_threads(); ++i) {
      combined.emplace_back(op, options);
    }
    for_each_on_threads(source_->n_threads(), rows_.n_parts(), [&](std::size_t part, std::size_t thread) {
      rows_.read(part, [&](std::span<const Row<V>> rows) {
        for_each_row(rows, [&](const Row<V>& row) {
          const Out out = function(Item{key_view<K>(row.key), row.value});
          const bool is_long = key_bytes(out.key).size() > short_bytes_capacity;
          combined[thread].add(stored_form(out.key), out.value, is_long);  // it may be gone with `out`
        });
      });
    });
    for (auto& of_thread : combined) {
      of_thread.flush();
    }
  });
  return detail::exchange_combined<K2, V2>(source_, layout_, std::move(combined), options, nullptr,
                                           source_counts_, op);
}

}  // namespace serried::mapreduce

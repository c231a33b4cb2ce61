/// A data set of keys, each once, with a value: what reduce_by_key makes.
///
///     auto counts = mr::text_lines(world, {"*.txt"}).flat_map<…>(…).reduce_by_key(std::plus<>{});
///     counts.sort_by(mr::descending_value).write_tsv("counts.tsv");
///
/// It is spread over all threads of all ranks, in memory or, where that is too little (TextOptions::memory), on disk. Unless it was sorted, its order is that of the keys' hashes:
/// it means nothing, but it is the same for any number of ranks and threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <serried/mapreduce/exchange.hpp>
#include <serried/mapreduce/keyed_output.hpp>
#include <serried/mapreduce/keyed_rows.hpp>
#include <serried/mapreduce/keyed_sort.hpp>
#include <serried/mapreduce/keyed_top.hpp>
#include <serried/mapreduce/lines.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mapreduce/tsv.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/exscan.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/report/timed_phase.hpp>
#include <serried/store/output.hpp>

namespace serried::mapreduce {

/// Move-only. Results are the same bits for any number of ranks and threads.
template <Key K, class V>
class KeyedData {
 public:
  using Item = KeyValue<KeyView<K>, V>;
  using OwnedKey = std::conditional_t<TextKey<K>, std::string, K>;
  /// An item that owns its key.
  using OwnedItem = KeyValue<OwnedKey, V>;

  /// For reduce_by_key: the parts of `rows` are slices of the hash range in order, over the ranks, too.
  KeyedData(std::shared_ptr<const TextSource> source, Layout layout, KeyedRows<K, V> rows,
            SourceCounts counts)
      : source_(std::move(source)),
        layout_(std::move(layout)),
        rows_(std::move(rows)),
        source_counts_(counts) {}
  KeyedData(KeyedData&&) noexcept = default;
  KeyedData& operator=(KeyedData&&) noexcept = default;

  /// What was read to make this, over all ranks. Local.
  [[nodiscard]] const SourceCounts& source_counts() const { return source_counts_; }
  /// Bytes that this rank has put on disk, for they did not fit into memory. Local.
  [[nodiscard]] std::uint64_t n_spilled() const { return rows_.stored ? rows_.stored->n_spilled() : 0; }

  /// Collective: how many keys there are, on every rank.
  [[nodiscard]] std::uint64_t count() const {
    return mpi::allreduce_value(comm(), rows_.n_rows(), std::plus<>{});
  }

  /// Collective: sorts by `order` (order.hpp), equal ones by key. A user's order is `bool(const auto& a,
  /// const auto& b)` on items with .key and .value, a strict weak order, called by several threads at once.
  template <class Order>
  KeyedData& sort_by(Order order) & {
    const report::TimedPhase phase(source_->record(), comm(), "sort");
    const std::uint64_t n_bytes = rows_.stored ? 0 : rows_.n_rows() * sizeof(Row<V>);
    // In memory, rows are there three times over while they change places.
    if (mpi::allreduce_value(comm(), n_bytes, mpi::max) > source_->options().memory / 4) {
      pack();
    }
    if (rows_.stored) {
      detail::StoredSort<K, V, Order> sort(*source_, order);
      rows_.stored = sort.run(*std::move(rows_.stored));
    } else {
      detail::sort_in_memory(*source_, layout_, rows_, order);
    }
    rows_.is_ordered = true;
    phase.finish(source_->n_threads());
    return *this;
  }
  template <class Order>
  KeyedData sort_by(Order order) && {
    return std::move(sort_by(std::move(order)));
  }

  /// Collective: keeps the items for which `predicate(const Item&)` is true, which is called by several threads at once.
  template <class Predicate>
  KeyedData& filter(Predicate predicate) & {
    const auto is_out = [&](const Row<V>& row) { return !predicate(Item{key_view<K>(row.key), row.value}); };
    if (!rows_.stored) {
      on_parts([&](std::size_t part, std::size_t) { std::erase_if(rows_.parts[part], is_out); });
      return *this;
    }
    on_parts([&](std::size_t part, std::size_t thread) {
      rows_.stored->read(part, [&](std::vector<Row<V>>& rows) {
        std::erase_if(rows, is_out);
        rows_.stored->write(part, thread, rows);
      });
    });
    return *this;
  }
  template <class Predicate>
  KeyedData filter(Predicate predicate) && {
    return std::move(filter(std::move(predicate)));
  }

  /// Collective: other keys and values, made of these: `function(const Item&)` gives a KeyValue, called by several threads
  /// at once; values of equal keys are combined by `op` as in reduce_by_key. Defined in reduce.hpp.
  ///
  ///     auto histogram = counts.regroup([](const auto& item) { return mr::KeyValue{item.value, 1}; }, std::plus<>{});
  template <class Function, class Op>
  [[nodiscard]] auto regroup(Function function, Op op) const;

  /// Collective: the items as the records of a pipeline, KeyValue<K, V>, in their order; they are copied. Defined in
  /// pipeline.hpp.
  [[nodiscard]] auto records();

  /// Collective: keeps the first `k` by `order` (of all ranks together), sorted.
  template <class Order>
  KeyedData& top(std::uint64_t k, Order order) & {
    // The first k of all are among the first k of each thread.
    const auto n_threads = static_cast<std::uint64_t>(source_->n_threads());
    const std::uint64_t n_bytes = (2 * std::min(k, rows_.n_rows()) + 65'536) * n_threads * sizeof(Row<V>);
    if (!rows_.stored || mpi::allreduce_value(comm(), n_bytes, mpi::max) <= source_->options().memory / 4) {
      mpi::together(comm(), [&] { detail::keep_first(rows_, *source_, k, order); });
    }
    sort_by(order);
    std::uint64_t n_before = mpi::exscan_value(comm(), rows_.n_rows(), std::plus<>{});
    mpi::together(comm(), [&] {
      for (std::size_t part = 0; part < rows_.n_parts(); ++part) {
        const std::uint64_t n = rows_.n_rows(part);
        rows_.truncate(part, std::min(n, k - std::min(k, n_before)));
        n_before += n;
      }
    });
    return *this;
  }
  template <class Order>
  KeyedData top(std::uint64_t k, Order order) && {
    return std::move(top(k, std::move(order)));
  }

  /// Collective: all items in order on `root`, nothing on the other ranks.
  [[nodiscard]] std::vector<OwnedItem> collect(int root = 0) {
    ensure_order();
    std::vector<char> bytes;
    mpi::together(comm(), [&] { for_each_row_here([&](const Row<V>& row) { append_wire(bytes, row); }); });
    const std::vector<char> all = mpi::gather_ragged(comm(), bytes, root);
    std::vector<OwnedItem> items;
    for_each_wire<V>(all, [&](const HashedKey& key, const V& value) {
      items.push_back({OwnedKey(key_view<K>(key.key)), value});
    });
    return items;
  }

  /// Collective in the end: calls `visit(const Item&)` for this rank's items, in order, on this thread. If it
  /// throws on any rank, all ranks throw. Rank r's items come before rank r + 1's.
  template <class Visit>
  void for_each_local(Visit&& visit) {
    ensure_order();
    mpi::together(comm(), [&] {
      for_each_row_here([&](const Row<V>& row) { visit(Item{key_view<K>(row.key), row.value}); });
    });
  }

  /// Collective: one line an item, columns separated by a tab, in order. The file appears complete or not at
  /// all; a device or a pipe is written by rank 0, and so is standard output, which is called "-". Throws on all ranks if
  /// it cannot be written or if a text key holds a tab or a newline. `Where`: a path, or what was opened before the work
  /// began, so that an impossible path was found then: store::Output, OutputFile (which is committed) or OrderedOutput.
  template <class Where>
  void write_tsv(Where&& where, Columns columns = Columns::key_value) {
    write_rows(where, TsvFormat<K>{columns});
  }

  /// Collective: as write_tsv, with lines made by `formatter(const Item&, auto& line)` (lines.hpp), which is called by
  /// several threads at once.
  template <class Where, class Formatter>
  void write_lines(Where&& where, Formatter formatter) {
    write_rows(where, LineFormat<K, Formatter>{std::move(formatter)});
  }

 private:
  [[nodiscard]] const mpi::Communicator& comm() const { return source_->comm(); }

  // Collective: work(part, thread) for each local part; a failure is everybody's.
  template <class Work>
  void on_parts(Work&& work) {
    mpi::together(comm(), [&] { for_each_on_threads(source_->n_threads(), rows_.n_parts(), work); });
  }
  template <class Visit>
  void for_each_row_here(Visit&& visit) const {
    for (std::size_t part = 0; part < rows_.n_parts(); ++part) {
      rows_.read_in_order(part, [&](std::span<const Row<V>> rows) { for_each_row(rows, visit); });
    }
  }

  template <class Format>
  void write_rows(const std::string& path, const Format& format) {
    store::Output output = store::open_output(comm(), path);
    write_rows(output, format);
  }
  template <class Format>
  void write_rows(store::Output& output, const Format& format) {
    std::visit([&](auto& kind) { write_rows(kind, format); }, output);
  }
  template <class Format>
  void write_rows(store::OutputFile& output, const Format& format) {
    write_to(output, format, source_->n_threads());
  }
  template <class Format>
  void write_rows(store::OrderedOutput& output, const Format& format) {
    write_to(output, format, 1);
  }
  template <class Output, class Format>
  void write_to(Output& output, const Format& format, int n_threads) {
    const report::TimedPhase phase(source_->record(), comm(), "write");
    ensure_order();
    const job::StopChecks stop(source_->options().job.checkpoint, "while writing what was read");
    detail::write_rows(comm(), n_threads, rows_, output, format, stop);
    phase.finish(n_threads);
  }

  // Collective. Parts are slices of the hash range in order, so rows sorted by hash in each are in order
  // everywhere. Packed ones are sorted when they are read.
  void ensure_order() {
    if (rows_.is_ordered || rows_.stored) {
      return;
    }
    on_parts([&](std::size_t part, std::size_t) { sort_by_hash<K>(rows_.parts[part]); });
    rows_.is_ordered = true;
  }

  // Collective.
  void pack() {
    StoredRows<K, V> stored = detail::stored_rows_of<K, V>(*source_);
    stored.add_parts(rows_.n_parts());
    on_parts([&](std::size_t part, std::size_t thread) {
      stored.write(part, thread, rows_.parts[part]);
      rows_.parts[part] = {};
    });
    rows_.parts = {};
    rows_.keepers = {};
    rows_.stored = std::move(stored);
  }

  std::shared_ptr<const TextSource> source_;
  Layout layout_;
  KeyedRows<K, V> rows_;
  SourceCounts source_counts_;
};

}  // namespace serried::mapreduce

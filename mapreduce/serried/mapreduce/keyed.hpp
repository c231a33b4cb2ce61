/// A data set of keys, each once, with a value: what reduce_by_key makes.
///
///     auto counts = mr::text_lines(world, {"*.txt"}).flat_map<…>(…).reduce_by_key(std::plus<>{});
///     counts.sort_by(mr::descending_value).write_tsv("counts.tsv");
///
/// It is spread over all threads of all ranks. Unless it was sorted, its order is that of the keys' hashes:
/// it means nothing, but it is the same for any number of ranks and threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <serried/base/parallel.hpp>
#include <serried/mapreduce/exchange.hpp>
#include <serried/mapreduce/lines.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mapreduce/tsv.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/broadcast.hpp>
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

  /// For reduce_by_key: `parts[i]` are the rows of thread i of this rank, whose keys' hashes lie in that
  /// part's slice.
  KeyedData(std::shared_ptr<const TextSource> source, Layout layout, std::vector<std::vector<Row<V>>> parts,
            Keepers keepers, SourceCounts counts)
      : source_(std::move(source)),
        layout_(std::move(layout)),
        parts_(std::move(parts)),
        keepers_(std::move(keepers)),
        source_counts_(counts) {}
  KeyedData(KeyedData&&) noexcept = default;
  KeyedData& operator=(KeyedData&&) noexcept = default;

  /// What was read to make this, over all ranks. Local.
  [[nodiscard]] const SourceCounts& source_counts() const { return source_counts_; }

  /// Collective: how many keys there are, on every rank.
  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t n = 0;
    for (const auto& part : parts_) {
      n += part.size();
    }
    return mpi::allreduce_value(comm(), n, std::plus<>{});
  }

  /// Collective: sorts by `order` (order.hpp), equal ones by key. A user's order is `bool(const auto& a,
  /// const auto& b)` on items with .key and .value, a strict weak order, called by several threads at once.
  template <class Order>
  KeyedData& sort_by(Order order) & {
    const report::TimedPhase phase(source_->record(), comm(), "sort");
    is_ordered_ = false;
    distribute_by(order);
    on_parts([&](std::size_t i) { sort_rows<K>(parts_[i], order); });
    is_ordered_ = true;
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
    on_parts([&](std::size_t i) {
      std::erase_if(parts_[i], [&](const Row<V>& row) {
        return !predicate(Item{key_view<K>(row.key), row.value});
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
    // The first k of all are among the first k of each part.
    on_parts([&](std::size_t i) {
      std::vector<Row<V>>& rows = parts_[i];
      if (rows.size() > k) {
        std::ranges::nth_element(rows, rows.begin() + static_cast<std::ptrdiff_t>(k),
                                 RowLess<K, V, Order>(order));
        rows.resize(k);
      }
    });
    sort_by(order);
    std::uint64_t n_here = 0;
    for (const auto& part : parts_) {
      n_here += part.size();
    }
    std::uint64_t n_before = mpi::exscan_value(comm(), n_here, std::plus<>{});
    for (auto& part : parts_) {
      const std::uint64_t n_kept = std::min<std::uint64_t>(part.size(), k - std::min(k, n_before));
      n_before += part.size();
      part.resize(n_kept);
    }
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
    for (const auto& part : parts_) {
      for (const Row<V>& row : part) {
        append_wire(bytes, row);
      }
    }
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
      for (const auto& part : parts_) {
        for (const Row<V>& row : part) {
          visit(Item{key_view<K>(row.key), row.value});
        }
      }
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
  static constexpr std::size_t text_buffer_bytes = std::size_t{1} << 20;

  [[nodiscard]] const mpi::Communicator& comm() const { return source_->comm(); }

  // Collective: work(i) for each local part, on a thread of its own; a failure is everybody's.
  template <class Work>
  void on_parts(Work&& work) {
    mpi::together(comm(), [&] {
      on_threads(static_cast<int>(parts_.size()), [&](int i) { work(static_cast<std::size_t>(i)); });
    });
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
    const report::TimedPhase phase(source_->record(), comm(), "write");
    ensure_order();
    std::vector<std::uint64_t> sizes(parts_.size());
    on_parts([&](std::size_t i) {
      for (const Row<V>& row : parts_[i]) {
        sizes[i] += format.size(row);
      }
    });
    const std::uint64_t n_here = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
    std::vector<std::uint64_t> offsets(parts_.size(), mpi::exscan_value(comm(), n_here, std::plus<>{}));
    for (std::size_t i = 1; i < offsets.size(); ++i) {
      offsets[i] = offsets[i - 1] + sizes[i - 1];
    }
    on_parts([&](std::size_t i) {
      for_each_text(parts_[i], format, [&](std::span<const char> text) {
        output.local_write_at(offsets[i], text);
        offsets[i] += text.size();
      });
    });
    output.commit(mpi::allreduce_value(comm(), n_here, std::plus<>{}));
    phase.finish(source_->n_threads());
  }
  template <class Format>
  void write_rows(store::OrderedOutput& output, const Format& format) {
    const report::TimedPhase phase(source_->record(), comm(), "write");
    ensure_order();
    output.write([&](const store::OrderedOutput::Put& put) {
      for (const auto& part : parts_) {
        for_each_text(part, format, put);
      }
    });
    phase.finish(1);
  }

  // The lines of `rows` in pieces of about text_buffer_bytes.
  template <class Format, class Put>
  static void for_each_text(const std::vector<Row<V>>& rows, const Format& format, Put&& put) {
    std::vector<char> text;
    text.reserve(2 * text_buffer_bytes);
    for_each_row(std::span<const Row<V>>(rows), [&](const Row<V>& row) {
      format.append(text, row);
      if (text.size() >= text_buffer_bytes) {
        put(std::span<const char>(text));
        text.clear();
      }
    });
    if (!text.empty()) {
      put(std::span<const char>(text));
    }
  }

  // Collective. Parts are slices of the hash range in order, so rows sorted by hash in each are in order
  // everywhere.
  void ensure_order() {
    if (is_ordered_) {
      return;
    }
    on_parts([&](std::size_t i) {
      std::ranges::sort(parts_[i], [](const Row<V>& a, const Row<V>& b) {
        const std::uint64_t hash_a = a.key.hash();
        const std::uint64_t hash_b = b.key.hash();
        return hash_a != hash_b ? hash_a < hash_b : key_less<K>(a.key, b.key);
      });
    });
    is_ordered_ = true;
  }

  // Collective: gives every part a slice of the order, as equal as a sample of the rows can make them.
  template <class Order>
  void distribute_by(const Order& order) {
    const std::size_t n_parts = layout_.n_parts();
    if (n_parts == 1) {
      return;
    }
    const RowLess<K, V, Order> less(order);
    std::vector<char> sample_bytes = gather_sample();
    std::vector<Row<V>> sample;
    for_each_wire<V>(sample_bytes, [&](const HashedKey& key, const V& value) {
      sample.push_back({key.key, value});
    });
    std::vector<Row<V>> splitters;
    mpi::together(comm(), [&] {  // the user's order may throw
      std::ranges::sort(sample, less);
      for (std::size_t part = 1; part < n_parts && !sample.empty(); ++part) {
        splitters.push_back(sample[part * sample.size() / n_parts]);
      }
    });

    const auto me = static_cast<std::size_t>(comm().rank());
    std::vector<Sender<V>> senders(parts_.size(), Sender<V>(layout_, me));
    on_parts([&](std::size_t i) {
      senders[i].reserve(parts_[i].size());
      for_each_row(std::span<const Row<V>>(parts_[i]), [&](const Row<V>& row) {
        const auto above = std::ranges::upper_bound(splitters, row, less);
        senders[i].add(static_cast<std::size_t>(above - splitters.begin()), row);
      });
      parts_[i] = {};
    });
    auto exchange = Exchange<V>::run(comm(), layout_, senders);
    on_parts([&](std::size_t i) {
      parts_[i].reserve(exchange.deliveries[i].n_rows());
      exchange.deliveries[i].for_each([&](const HashedKey& key, const V& value) {
        parts_[i].push_back({key.key, value});
      });
      exchange.deliveries[i] = {};
    });
    std::ranges::move(exchange.keepers, std::back_inserter(keepers_));
  }

  // Collective: some rows of every part, as bytes, on every rank.
  [[nodiscard]] std::vector<char> gather_sample() const {
    // Every rank sorts the whole sample: fewer rows of each part where there are many parts.
    const std::size_t n_from_each = std::clamp<std::size_t>(16384 / layout_.n_parts(), 16, 128);
    std::vector<char> bytes;
    for (const auto& part : parts_) {
      // Evenly spaced in an order that has nothing to do with the one wanted.
      const std::size_t n = std::min(part.size(), n_from_each);
      for (std::size_t i = 0; i < n; ++i) {
        append_wire(bytes, part[i * part.size() / n]);
      }
    }
    std::vector<char> all = mpi::gather_ragged(comm(), bytes);
    mpi::broadcast_resized(comm(), all);
    return all;
  }

  std::shared_ptr<const TextSource> source_;
  Layout layout_;
  std::vector<std::vector<Row<V>>> parts_;
  Keepers keepers_;
  SourceCounts source_counts_;
  bool is_ordered_ = false;
};

}  // namespace serried::mapreduce

/// The rows of keyed data, in parts that are slices of their order: in memory, or on disk where they do not fit.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <serried/mapreduce/arena.hpp>
#include <serried/mapreduce/exchange.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/row.hpp>
#include <serried/mapreduce/stored_rows.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mapreduce {

/// By hash, as keyed data is ordered unless it was sorted; equal ones, of different keys, by key.
template <Key K, class V>
void sort_by_hash(std::vector<Row<V>>& rows) {
  std::ranges::sort(rows, [](const Row<V>& a, const Row<V>& b) {
    const std::uint64_t hash_a = a.key.hash();
    const std::uint64_t hash_b = b.key.hash();
    return hash_a != hash_b ? hash_a < hash_b : key_less<K>(a.key, b.key);
  });
}

/// Of one rank; the parts of rank 0 come before those of rank 1, …. All ranks have theirs in memory, or all on disk.
template <Key K, class V>
struct KeyedRows {
  std::vector<std::vector<Row<V>>> parts;  ///< in memory
  Keepers keepers;                         ///< what their long keys refer to
  std::optional<StoredRows<K, V>> stored;  ///< instead of `parts`
  bool is_ordered = false;                 ///< within each part, too

  [[nodiscard]] std::size_t n_parts() const { return stored ? stored->n_parts() : parts.size(); }
  [[nodiscard]] std::uint64_t n_rows(std::size_t part) const {
    return stored ? stored->n_rows(part) : parts[part].size();
  }
  [[nodiscard]] std::uint64_t n_rows() const {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < n_parts(); ++i) {
      n += n_rows(i);
    }
    return n;
  }
  /// Calls `visit(std::span<const Row<V>>)` with the rows of a part, which are there until it returns.
  template <class Visit>
  void read(std::size_t part, Visit&& visit) const {
    if (stored) {
      stored->read(part, visit);
    } else {
      visit(std::span<const Row<V>>(parts[part]));
    }
  }
  /// Keeps the first `n` rows of a part, or all.
  void truncate(std::size_t part, std::uint64_t n) {
    if (n >= n_rows(part)) {
      return;
    }
    if (stored) {
      stored->read(part, [&](std::span<const Row<V>> rows) { stored->write(part, 0, rows.first(n)); });
    } else {
      parts[part].resize(n);
    }
  }
};

/// Takes in rows part by part, and keeps them in memory until they do not fit there on some rank.
template <Key K, class V>
class RowKeeper {
 public:
  /// `comm` must outlive it. `memory`: of each rank, for rows.
  RowKeeper(const mpi::Communicator& comm, int n_threads, std::uint64_t memory, std::string tmp)
      : comm_(&comm),
        n_threads_(n_threads),
        memory_(memory),
        tmp_(std::move(tmp)),
        arenas_(static_cast<std::size_t>(n_threads)),
        n_held_(static_cast<std::size_t>(n_threads)) {}

  /// Local: adds `n` empty parts and returns the first one's number.
  std::size_t add_parts(std::size_t n) {
    if (rows_.stored) {
      return rows_.stored->add_parts(n);
    }
    rows_.parts.resize(rows_.parts.size() + n);
    return rows_.parts.size() - n;
  }
  /// Local: the rows of a part, once; long keys are copied. If they go to disk they are put into order before, by
  /// `sort(rows)`. Different parts by different threads.
  template <class Sort>
  void put(std::size_t part, std::size_t thread, std::vector<Row<V>> rows, const Sort& sort) {
    if (rows_.stored) {
      sort(rows);
      rows_.stored->write(part, thread, rows);
      return;
    }
    std::size_t n_bytes = rows.capacity() * sizeof(Row<V>);
    for (Row<V>& row : rows) {
      if (!row.key.is_short()) {
        row.key.words.low = std::bit_cast<std::uint64_t>(arenas_[thread].arena.keep(row.key.view()));
        n_bytes += row.key.size;
      }
    }
    n_held_[thread].n += n_bytes;
    rows_.parts[part] = std::move(rows);
  }
  /// Collective, now and then: what does not fit goes to disk.
  template <class Sort>
  void make_room(const Sort& sort) {
    std::uint64_t n_held = 0;
    for (const Held& of_thread : n_held_) {
      n_held += of_thread.n;
    }
    if (rows_.stored || mpi::allreduce_value(*comm_, n_held, mpi::max) <= memory_) {
      return;
    }
    mpi::together(*comm_, [&] {
      StoredRows<K, V> stored(n_threads_, tmp_);
      stored.add_parts(rows_.parts.size());
      for_each_on_threads(n_threads_, rows_.parts.size(), [&](std::size_t part, std::size_t thread) {
        sort(rows_.parts[part]);
        stored.write(part, thread, rows_.parts[part]);
        rows_.parts[part] = {};
      });
      rows_.parts = {};
      arenas_.clear();
      rows_.stored = std::move(stored);
    });
  }

  [[nodiscard]] KeyedRows<K, V> take() && {
    for (OfThread& of_thread : arenas_) {
      rows_.keepers.push_back(std::make_shared<Arena>(std::move(of_thread.arena)));
    }
    rows_.is_ordered = rows_.stored.has_value();
    return std::move(rows_);
  }

 private:
  struct alignas(64) OfThread {
    Arena arena;
  };
  struct alignas(64) Held {
    std::uint64_t n = 0;
  };

  const mpi::Communicator* comm_;
  int n_threads_;
  std::uint64_t memory_;
  std::string tmp_;
  KeyedRows<K, V> rows_;
  std::vector<OfThread> arenas_;
  std::vector<Held> n_held_;
};

}  // namespace serried::mapreduce

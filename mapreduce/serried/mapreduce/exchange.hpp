/// Rows on their way to the thread that is to have them.
///
/// Each thread of each rank holds one *part* of a keyed data set. To give rows to other parts, every thread
/// puts its rows into a Sender, and one collective call delivers them: rows for this rank stay as they are,
/// rows for other ranks travel as bytes (size, key, value) and are read where they arrive.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/mapreduce/exchange_messages.hpp>
#include <serried/mapreduce/row.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/node_exchange.hpp>

namespace serried::mapreduce {

/// Which rank holds which part: the parts of rank 0 first, one for each of its threads, then those of rank 1,
/// …
class Layout {
 public:
  /// Collective.
  Layout(const mpi::Communicator& comm, int n_threads) : first_part_(1, 0) {
    for (const int n : mpi::allgather_value(comm, n_threads)) {
      first_part_.push_back(first_part_.back() + static_cast<std::size_t>(n));
    }
  }

  [[nodiscard]] std::size_t n_parts() const { return first_part_.back(); }
  [[nodiscard]] std::size_t first_part(std::size_t rank) const { return first_part_[rank]; }
  [[nodiscard]] std::size_t n_parts_of(std::size_t rank) const {
    return first_part_[rank + 1] - first_part_[rank];
  }

 private:
  std::vector<std::size_t> first_part_;  // one more than there are ranks
};

/// Rows as bytes: a 32-bit key size, the key, the value.
template <class V, class Byte>
requires(sizeof(Byte) == 1) void append_wire(std::vector<Byte>& bytes, const Row<V>& row) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof row.key.size + row.key.size + sizeof(V));
  Byte* next = bytes.data() + at;
  std::memcpy(next, &row.key.size, sizeof row.key.size);
  next += sizeof row.key.size;
  std::memcpy(next, row.key.data(), row.key.size);
  std::memcpy(next + row.key.size, &row.value, sizeof(V));
}

/// Calls `visit(const HashedKey&, const V&)` for each row in `bytes`; long keys refer to them. Throws if they are not rows
/// of such values.
template <class V, class Visit>
void for_each_wire(std::span<const char> bytes, Visit&& visit) {
  const char* next = bytes.data();
  const char* const end = next + bytes.size();
  const auto expect_bytes = [&](std::size_t n) {
    if (static_cast<std::size_t>(end - next) < n) [[unlikely]] {
      throw Error("rows of keys and values end in the middle of one")
          .hint("were they written by another version of the program?");
    }
  };
  while (next != end) {
    std::uint32_t size = 0;
    expect_bytes(sizeof size);
    std::memcpy(&size, next, sizeof size);
    next += sizeof size;
    expect_bytes(size + sizeof(V));
    V value;
    std::memcpy(&value, next + size, sizeof value);
    visit(store_key({next, size}), value);
    next += size + sizeof value;
  }
}

/// What one thread gives to all parts.
template <class V>
class Sender {
 public:
  Sender(const Layout& layout, std::size_t rank)
      : first_local_(layout.first_part(rank)),
        local_(layout.n_parts_of(rank)),
        bytes_(layout.n_parts()),
        n_rows_(layout.n_parts()) {}

  /// Makes room for about `n_rows` rows, spread evenly.
  void reserve(std::size_t n_rows) {
    constexpr std::size_t typical_key_bytes = 20;
    const std::size_t n_each = n_rows / bytes_.size() + n_rows / (20 * bytes_.size());
    for (std::size_t part = 0; part < bytes_.size(); ++part) {
      if (const std::size_t local = part - first_local_; local < local_.size()) {
        local_[local].reserve(n_each);
      } else {
        bytes_[part].reserve(n_each * (sizeof(std::uint32_t) + typical_key_bytes + sizeof(V)));
      }
    }
  }

  void add(std::size_t part, const Row<V>& row) {
    ++n_rows_[part];
    if (const std::size_t local = part - first_local_; local < local_.size()) {
      local_[local].push_back(row);
    } else {
      append_wire(bytes_[part], row);
    }
  }

  [[nodiscard]] std::vector<Row<V>>& local(std::size_t i) { return local_[i]; }
  [[nodiscard]] std::vector<char>& bytes(std::size_t part) { return bytes_[part]; }
  [[nodiscard]] std::uint64_t n_rows(std::size_t part) const { return n_rows_[part]; }

 private:
  std::size_t first_local_;
  std::vector<std::vector<Row<V>>> local_;
  std::vector<std::vector<char>> bytes_;
  std::vector<std::uint64_t> n_rows_;
};

/// What one part was given.
template <class V>
class Delivery {
 public:
  /// Calls `visit(const HashedKey&, const V&)` for each row, in no particular order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const std::vector<Row<V>>& run : local_) {
      for (const Row<V>& row : run) {
        visit(HashedKey{row.key, row.key.hash()}, row.value);
      }
    }
    for (const std::span<const char> run : wire_) {
      for_each_wire<V>(run, visit);
    }
  }
  [[nodiscard]] std::uint64_t n_rows() const { return n_rows_; }

 private:
  template <class W>
  friend struct Exchange;
  std::vector<std::vector<Row<V>>> local_;
  std::vector<std::span<const char>> wire_;
  std::uint64_t n_rows_ = 0;
};

/// Memory that rows refer to, kept alive with them.
using Keepers = std::vector<std::shared_ptr<const void>>;

template <class V>
struct Exchange {
  std::vector<Delivery<V>> deliveries;  ///< one for each local part
  Keepers keepers;                      ///< the received bytes, which long keys refer to

  /// Collective: what all threads of all ranks gave. `senders`: one for each thread of this rank; emptied.
  static Exchange run(mpi::NodeExchange& nodes, const Layout& layout, std::vector<Sender<V>>& senders) {
    // A message: for each part of its receiver {rows, bytes}, then the bytes of each part.
    struct PartHeader {
      std::uint64_t n_rows = 0;
      std::uint64_t n_bytes = 0;
    };
    const auto n_ranks = static_cast<std::size_t>(nodes.comm().size());
    const auto me = static_cast<std::size_t>(nodes.comm().rank());
    std::vector<std::vector<char>> outgoing(n_ranks);
    for (std::size_t rank = 0; rank < n_ranks; ++rank) {
      if (rank == me) {
        continue;
      }
      const std::size_t first = layout.first_part(rank);
      std::vector<PartHeader> headers(layout.n_parts_of(rank));
      std::size_t n_bytes = headers.size() * sizeof(PartHeader);
      for (std::size_t i = 0; i < headers.size(); ++i) {
        for (Sender<V>& sender : senders) {
          headers[i].n_rows += sender.n_rows(first + i);
          headers[i].n_bytes += sender.bytes(first + i).size();
        }
        n_bytes += headers[i].n_bytes;
      }
      std::vector<char>& message = outgoing[rank];
      message.reserve(n_bytes);
      const auto append = [&](const void* data, std::size_t size) {
        const char* bytes = static_cast<const char*>(data);
        message.insert(message.end(), bytes, bytes + size);
      };
      append(headers.data(), headers.size() * sizeof(PartHeader));
      for (std::size_t i = 0; i < headers.size(); ++i) {
        for (Sender<V>& sender : senders) {
          std::vector<char> part = std::exchange(sender.bytes(first + i), {});
          append(part.data(), part.size());
        }
      }
    }

    auto received = std::make_shared<std::vector<std::vector<char>>>();
    exchange_messages(nodes, outgoing, *received);

    Exchange result;
    result.deliveries.resize(layout.n_parts_of(me));
    for (std::size_t i = 0; i < result.deliveries.size(); ++i) {
      Delivery<V>& delivery = result.deliveries[i];
      for (Sender<V>& sender : senders) {
        delivery.n_rows_ += sender.n_rows(layout.first_part(me) + i);
        delivery.local_.push_back(std::move(sender.local(i)));
      }
    }
    for (const std::vector<char>& message : *received) {
      if (message.empty()) {
        continue;  // from this rank itself
      }
      std::size_t at = result.deliveries.size() * sizeof(PartHeader);
      for (std::size_t i = 0; i < result.deliveries.size(); ++i) {
        PartHeader header;
        std::memcpy(&header, message.data() + i * sizeof header, sizeof header);
        result.deliveries[i].n_rows_ += header.n_rows;
        result.deliveries[i].wire_.push_back(std::span(message).subspan(at, header.n_bytes));
        at += header.n_bytes;
      }
    }
    result.keepers.push_back(std::move(received));
    return result;
  }
};

}  // namespace serried::mapreduce

/// Rows of keyed data as packed bytes, part by part: in memory as long as there is room, then on disk.
///
///     StoredRows<K, V> stored(n_threads, memory, tmp);
///     const std::size_t first = stored.add_parts(n);
///     stored.write(first + i, thread, rows);                  // in any order, by any thread
///     stored.read(first + i, [&](std::vector<Row<V>>& rows) { … });
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/packed_rows.hpp>
#include <serried/mapreduce/row.hpp>
#include <serried/mapreduce/spill_file.hpp>

namespace serried::mapreduce {

/// Move-only. Local. What goes wrong on disk is an Error that names the folder.
template <Key K, class V>
class StoredRows {
  using Packed = PackedRows<K, V>;

 public:
  /// `memory`: bytes that may be held before some go to disk. `tmp`: see SpillFile.
  StoredRows(int n_threads, std::uint64_t memory, const std::string& tmp)
      : memory_(memory), n_held_(std::make_unique<std::atomic<std::uint64_t>>(0)) {
    for (int i = 0; i < n_threads; ++i) {
      files_.emplace_back(tmp);
    }
    buffers_.resize(files_.size());
  }

  [[nodiscard]] std::size_t n_parts() const { return parts_.size(); }
  [[nodiscard]] std::uint64_t n_rows(std::size_t part) const { return parts_[part].n_rows; }
  /// As packed rows.
  [[nodiscard]] std::uint64_t n_bytes() const {
    std::uint64_t n = 0;
    for (const Part& part : parts_) {
      n += part.n_bytes;
    }
    return n;
  }
  /// Bytes that were put on disk.
  [[nodiscard]] std::uint64_t n_spilled() const {
    std::uint64_t n = 0;
    for (const SpillFile& file : files_) {
      n += file.n_stored();
    }
    return n;
  }

  /// Adds `n` empty parts and returns the first one's number.
  std::size_t add_parts(std::size_t n) {
    parts_.resize(parts_.size() + n);
    return parts_.size() - n;
  }
  /// The rows of a part; what it had is lost. Different parts by different threads.
  void write(std::size_t part, std::size_t thread, std::span<const Row<V>> rows) {
    write(part, thread, rows.size(), [&](const auto& visit) {
      for_each_row(rows, [&](const Row<V>& row) { visit(row.key, row.value); });
    });
  }
  /// The same for `n_rows` rows for which `for_each_key(visit)` calls `visit(const StoredKey&, const V&)`.
  template <class ForEach>
  void write(std::size_t part, std::size_t thread, std::size_t n_rows, const ForEach& for_each_key) {
    constexpr std::size_t piece_bytes = std::size_t{1} << 20;
    Part to;
    to.n_rows = n_rows;
    std::vector<char>& buffer = buffers_[thread];
    std::size_t n = 0;
    for_each_key([&](const StoredKey& key, const V& value) {
      const std::size_t n_most = Packed::max_bytes(key);
      if (n + n_most > buffer.size()) [[unlikely]] {
        keep(to, thread, std::span<const char>(buffer).first(n));
        n = 0;
        buffer.resize(std::max(n_most, piece_bytes));
      }
      n = static_cast<std::size_t>(Packed::write(buffer.data() + n, key, value) - buffer.data());
    });
    keep(to, thread, std::span<const char>(buffer).first(n));
    drop(part);
    parts_[part] = std::move(to);
  }
  /// Forgets the rows of a part. Different parts by different threads.
  void drop(std::size_t part) {
    for (const Piece& piece : parts_[part].pieces) {
      *n_held_ -= piece.bytes.size();
    }
    parts_[part] = Part();
  }

  /// Calls `visit(std::span<const char>)` for the packed rows of a part, in order, in pieces.
  template <class Visit>
  void for_each_piece(std::size_t part, Visit&& visit) const {
    std::vector<char> from_disk;
    for (const Piece& piece : parts_[part].pieces) {
      visit(std::span<const char>(bytes_of(parts_[part], piece, from_disk)));
    }
  }
  /// Calls `visit(std::vector<Row<V>>&)` with all rows of a part, which are there until it returns.
  template <class Visit>
  void read(std::size_t part, Visit&& visit) const {
    std::vector<std::vector<char>> from_disk(parts_[part].pieces.size());
    std::vector<Row<V>> rows;
    rows.reserve(parts_[part].n_rows);
    std::size_t i = 0;
    for (const Piece& piece : parts_[part].pieces) {
      Packed::for_each(bytes_of(parts_[part], piece, from_disk[i++]),
                       [&](const HashedKey& hashed, const V& value) {
                         rows.push_back({hashed.key, value});
                       });
    }
    visit(rows);
  }

 private:
  struct Piece {
    std::vector<char> bytes;  // or, if empty,
    SpillFile::Piece on_disk;
  };
  struct Part {
    std::size_t file = 0;
    std::vector<Piece> pieces;
    std::uint64_t n_rows = 0;
    std::uint64_t n_bytes = 0;
  };

  void keep(Part& part, std::size_t thread, std::span<const char> bytes) {
    if (bytes.empty()) {
      return;
    }
    part.file = thread;
    part.n_bytes += bytes.size();
    Piece& piece = part.pieces.emplace_back();
    if (*n_held_ + bytes.size() <= memory_) {
      *n_held_ += bytes.size();
      piece.bytes.assign(bytes.begin(), bytes.end());
    } else {
      piece.on_disk = files_[thread].append(bytes);
    }
  }
  [[nodiscard]] std::span<const char> bytes_of(const Part& part, const Piece& piece,
                                               std::vector<char>& from_disk) const {
    if (!piece.bytes.empty()) {
      return piece.bytes;
    }
    files_[part.file].read(piece.on_disk, from_disk);
    return from_disk;
  }

  std::uint64_t memory_;
  std::unique_ptr<std::atomic<std::uint64_t>> n_held_;  // moved
  std::vector<SpillFile> files_;                        // of the threads
  std::vector<std::vector<char>> buffers_;
  std::vector<Part> parts_;  // in order
};

}  // namespace serried::mapreduce

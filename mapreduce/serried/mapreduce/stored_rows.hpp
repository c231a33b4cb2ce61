/// Rows of keyed data on disk, part by part.
///
///     StoredRows<K, V> stored(n_threads, tmp);
///     const std::size_t first = stored.add_parts(n);
///     stored.write(first + i, thread, rows);                  // each once, in any order, by any thread
///     stored.read(first + i, [&](std::span<const Row<V>> rows) { … });
#pragma once

#include <algorithm>
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
  /// `tmp`: see SpillFile.
  StoredRows(int n_threads, const std::string& tmp) {
    for (int i = 0; i < n_threads; ++i) {
      files_.emplace_back(tmp);
    }
    buffers_.resize(files_.size());
  }

  [[nodiscard]] std::size_t n_parts() const { return parts_.size(); }
  [[nodiscard]] std::uint64_t n_rows(std::size_t part) const { return parts_[part].n_rows; }
  [[nodiscard]] std::uint64_t n_rows() const {
    std::uint64_t n = 0;
    for (const Part& part : parts_) {
      n += part.n_rows;
    }
    return n;
  }
  /// As packed rows.
  [[nodiscard]] std::uint64_t n_bytes() const {
    std::uint64_t n = 0;
    for (const Part& part : parts_) {
      n += part.n_bytes;
    }
    return n;
  }

  /// Adds `n` empty parts and returns the first one's number.
  std::size_t add_parts(std::size_t n) {
    parts_.resize(parts_.size() + n);
    return parts_.size() - n;
  }
  /// Different parts by different threads. What the part had is lost.
  void write(std::size_t part, std::size_t thread, std::span<const Row<V>> rows) {
    constexpr std::size_t piece_bytes = std::size_t{1} << 20;
    Part& to = parts_[part];
    to = {.file = thread, .pieces = {}, .n_rows = rows.size(), .n_bytes = 0};
    std::vector<char>& buffer = buffers_[thread];
    std::size_t n = 0;
    const auto append = [&] {
      if (n > 0) {
        to.pieces.push_back(files_[thread].append(std::span<const char>(buffer).first(n)));
        to.n_bytes += n;
        n = 0;
      }
    };
    for_each_row(rows, [&](const Row<V>& row) {
      const std::size_t n_most = Packed::max_bytes(row.key);
      if (n + n_most > piece_bytes) {
        append();
      }
      if (buffer.size() < n + n_most) {
        buffer.resize(std::max(n + n_most, piece_bytes));
      }
      n = static_cast<std::size_t>(Packed::write(buffer.data() + n, row.key, row.value) - buffer.data());
    });
    append();
  }

  /// Calls `visit(std::span<const char>)` for the packed rows of a part, in order, in pieces.
  template <class Visit>
  void for_each_piece(std::size_t part, Visit&& visit) const {
    std::vector<char> bytes;
    for (const SpillFile::Piece& piece : parts_[part].pieces) {
      files_[parts_[part].file].read(piece, bytes);
      visit(std::span<const char>(bytes));
    }
  }
  /// Calls `visit(std::span<const Row<V>>)` with all rows of a part.
  template <class Visit>
  void read(std::size_t part, Visit&& visit) const {
    std::vector<std::vector<char>> pieces;
    std::vector<Row<V>> rows;
    rows.reserve(parts_[part].n_rows);
    for (const SpillFile::Piece& piece : parts_[part].pieces) {
      files_[parts_[part].file].read(piece, pieces.emplace_back());
      Packed::for_each(pieces.back(), [&](const HashedKey& hashed, const V& value) {
        rows.push_back({hashed.key, value});
      });
    }
    visit(std::span<const Row<V>>(rows));
  }

 private:
  struct Part {
    std::size_t file = 0;
    std::vector<SpillFile::Piece> pieces;
    std::uint64_t n_rows = 0;
    std::uint64_t n_bytes = 0;
  };

  std::vector<SpillFile> files_;  // of the threads
  std::vector<std::vector<char>> buffers_;
  std::vector<Part> parts_;  // in order
};

}  // namespace serried::mapreduce

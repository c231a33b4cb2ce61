/// A table: a list of rows of named members, HDF5's compound type, as h5py and pandas have them.
///
///     write_complete_file(world, "counts.h5", [&](const File& file) {
///       write_table(file, "counts", type, std::span<const Particle>(mine));          // all ranks' rows, in the ranks' order
///     });
///     const File file = File::open("counts.h5");
///     std::vector<Particle> some(100);
///     file.table("counts").read(first, std::span(some), type);
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <serried/base/contract.hpp>
#include <serried/hdf5/object.hpp>
#include <serried/hdf5/row_type.hpp>

namespace serried::hdf5 {

class Group;

/// Made by Group::create_table and Group::table. Move-only. All functions throw serried::Error, which names file and table.
class Table : public Object {
 public:
  Table(Handle handle, std::string name, std::shared_ptr<const FileContext> file);

  [[nodiscard]] std::uint64_t n_rows() const noexcept { return n_rows_; }
  /// The members in the file, packed; those of other kinds (arrays, texts of any length, rows in rows) are not among them.
  [[nodiscard]] const RowType& type() const noexcept { return type_; }
  /// Rows of a chunk; 0: the table is one contiguous piece.
  [[nodiscard]] std::uint64_t chunk_rows() const noexcept { return chunk_rows_; }

  /// Local: the rows from `first` on, as many as `rows` has bytes for, with the members of `wanted`; bytes between them stay
  /// as they are. Nothing is converted but the order of bytes, and texts to longer ones. Throws if the table has no such
  /// members or rows.
  void read(std::uint64_t first, std::span<std::byte> rows, const RowType& wanted) const;
  template <RowStruct Row>
  void read(std::uint64_t first, std::span<Row> rows, const RowType& wanted) const {
    expects(wanted.n_bytes == sizeof(Row), "the type is that of the struct");
    read(first, std::as_writable_bytes(rows), wanted);
  }

  /// Local, also in a parallel file: rows of `type` from `first` on. Ranks must not write the same rows.
  void write(std::uint64_t first, std::span<const std::byte> rows, const RowType& type) const;

 private:
  void check_rows(std::uint64_t first, std::size_t n_bytes, const RowType& type) const;
  void check_members(const RowType& wanted) const;

  RowType type_;
  std::uint64_t n_rows_ = 0;
  std::uint64_t chunk_rows_ = 0;
};

/// Fills `rows` with those of this rank from `first` on.
using FillRows = std::function<void(std::uint64_t first, std::span<std::byte> rows)>;

/// Collective in a parallel file: a new table of all ranks' rows, in the order of the ranks; `type` is the same on all of
/// them. `fill` is called for 1 MiB of rows at a time, and must not communicate; if it throws on one rank, all throw.
void write_table(const Group& group, const std::string& name, const RowType& type, std::uint64_t n_rows_mine,
                 const FillRows& fill);
template <RowStruct Row>
void write_table(const Group& group, const std::string& name, const RowType& type,
                 std::span<const Row> mine) {
  expects(type.n_bytes == sizeof(Row), "the type is that of the struct");
  const std::span<const std::byte> bytes = std::as_bytes(mine);
  write_table(group, name, type, mine.size(), [&](std::uint64_t first, std::span<std::byte> rows) {
    const auto part = bytes.subspan(first * sizeof(Row), rows.size());
    std::copy(part.begin(), part.end(), rows.begin());
  });
}

/// The text in a row's member: as many bytes as it has room for, then NULs. Throws serried::Error if the text is longer, or
/// ends with a NUL, which could not be told from those. Bytes that are no UTF-8 are stored, but h5py may refuse to decode
/// them.
void put_text(std::span<std::byte> row, const Member& member, std::string_view text);
/// The text that put_text has put.
[[nodiscard]] std::string_view text_in(std::span<const std::byte> row, const Member& member);

}  // namespace serried::hdf5

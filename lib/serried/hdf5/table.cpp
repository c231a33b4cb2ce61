#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/hdf5/group.hpp>
#include <serried/hdf5/library.hpp>
#include <serried/hdf5/table.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/exscan.hpp>

namespace serried::hdf5 {
namespace {

std::optional<Member> member_of(hid_t type, unsigned i) {
  char* const name = H5Tget_member_name(type, i);
  Member member{.name = name == nullptr ? "" : name};
  H5free_memory(name);
  const Handle kind(H5Tget_member_type(type, i));
  member.n_bytes = H5Tget_size(kind.get());
  member.number = element_of(kind.get());
  const bool is_text = H5Tget_class(kind.get()) == H5T_STRING && H5Tis_variable_str(kind.get()) == 0;
  return member.number || is_text ? std::optional(member) : std::nullopt;
}

// Where a file is damaged, members may lie outside their row, and HDF5 1.10 believes it.
bool lies_in_row(hid_t type, unsigned i) {
  const std::size_t size = H5Tget_size(type);
  const std::size_t n_bytes = H5Tget_size(Handle(H5Tget_member_type(type, i)).get());
  return n_bytes > 0 && n_bytes <= size && H5Tget_member_offset(type, i) <= size - n_bytes;
}

// In memory, for a table whose texts are those of `in_file`: HDF5 converts from no character set to another.
Handle memory_type(const RowType& wanted, hid_t in_file) {
  Handle made(H5Tcreate(H5T_COMPOUND, wanted.n_bytes));
  for (const Member& member : wanted.members) {
    Handle kind;
    if (member.number) {
      kind = native_type(*member.number);
    } else {
      const int i = H5Tget_member_index(in_file, member.name.c_str());
      kind = text_type(member.n_bytes);
      H5Tset_cset(kind.get(),
                  H5Tget_cset(Handle(H5Tget_member_type(in_file, static_cast<unsigned>(i))).get()));
    }
    expects(H5Tinsert(made.get(), member.name.c_str(), member.offset, kind.get()) >= 0,
            "members have names of their own, and lie within the row beside each other");
  }
  return made;
}

struct Selection {
  Handle in_file;
  Handle in_memory;
};

Selection select(const Table& table, std::uint64_t first, std::uint64_t n, const std::string& path) {
  const hsize_t start = first;
  const hsize_t count = n;
  Selection selection{Handle(H5Dget_space(table.id())), Handle(H5Screate_simple(1, &count, nullptr))};
  check(H5Sselect_hyperslab(selection.in_file.get(), H5S_SELECT_SET, &start, nullptr, &count, nullptr),
        "select rows of", table.name(), path);
  return selection;
}

}  // namespace

Table::Table(Handle handle, std::string name, std::shared_ptr<const FileContext> file)
    : Object(std::move(handle), std::move(name), std::move(file)) {
  const Handle in_file(H5Dget_type(id()));
  const Shape shape = shape_of(Handle(H5Dget_space(id())));
  if (H5Tget_class(in_file.get()) != H5T_COMPOUND || element_of(in_file.get()) || shape.size() != 1) {
    throw Error(fmt::format("{} holds {} in the shape {}, expected a list of rows of named members",
                            this->name(), describe(in_file.get()), to_string(shape)))
        .at(context()->path);
  }
  std::vector<Member> members;
  for (int i = 0; i < H5Tget_nmembers(in_file.get()); ++i) {
    if (!lies_in_row(in_file.get(), static_cast<unsigned>(i))) {
      throw Error(fmt::format("the description of {} is damaged", this->name())).at(context()->path);
    }
    if (auto member = member_of(in_file.get(), static_cast<unsigned>(i))) {
      members.push_back(*std::move(member));
    }
  }
  type_ = packed_rows(std::move(members));
  n_rows_ = shape[0];
  const Shape chunk = chunk_of(id());
  chunk_rows_ = chunk.empty() ? 0 : chunk[0];
}

void Table::check_rows(std::uint64_t first, std::size_t n_bytes, const RowType& type) const {
  expects(type.n_bytes > 0 && n_bytes % type.n_bytes == 0, "the buffer holds whole rows");
  const std::uint64_t n = n_bytes / type.n_bytes;
  if (first > n_rows_ || n > n_rows_ - first) {
    throw Error(
        fmt::format("{} has {} rows: {} from row {} on are not among them", name(), n_rows_, n, first))
        .at(context()->path);
  }
}

void Table::check_members(const RowType& wanted) const {
  for (const Member& member : wanted.members) {
    const auto found = std::ranges::find(type_.members, member.name, &Member::name);
    if (found == type_.members.end()) {
      throw Error(fmt::format("{} has no member {} that can be read; it has: {}", name(), member.name,
                              to_string(type_)))
          .at(context()->path);
    }
    const bool fits =
        member.number ? found->number == member.number : !found->number && found->n_bytes <= member.n_bytes;
    if (!fits) {
      throw Error(
          fmt::format("{} has the member {}, expected {}", name(), to_string(*found), to_string(member)))
          .at(context()->path);
    }
  }
}

void Table::read(std::uint64_t first, std::span<std::byte> rows, const RowType& wanted) const {
  check_rows(first, rows.size(), wanted);
  check_members(wanted);
  if (rows.empty() || wanted.members.empty()) {
    return;
  }
  const std::uint64_t n = rows.size() / wanted.n_bytes;
  const Selection selection = select(*this, first, n, context()->path);
  const Handle in_memory = memory_type(wanted, Handle(H5Dget_type(id())).get());
  check(H5Dread(id(), in_memory.get(), selection.in_memory.get(), selection.in_file.get(), H5P_DEFAULT,
                rows.data()),
        "read", name(), context()->path);
  for (const Member& member : wanted.members) {
    if (member.number && member.number->kind == ElementType::Kind::boolean) {
      for (std::uint64_t i = 0; i < n; ++i) {
        make_valid(*member.number, &rows[i * wanted.n_bytes + member.offset], 1);
      }
    }
  }
}

void Table::write(std::uint64_t first, std::span<const std::byte> rows, const RowType& type) const {
  check_rows(first, rows.size(), type);
  check_members(type);
  if (rows.empty()) {
    return;
  }
  const Selection selection = select(*this, first, rows.size() / type.n_bytes, context()->path);
  const Handle in_memory = memory_type(type, Handle(H5Dget_type(id())).get());
  check(H5Dwrite(id(), in_memory.get(), selection.in_memory.get(), selection.in_file.get(), H5P_DEFAULT,
                 rows.data()),
        "write", name(), context()->path);
}

void write_table(const Group& group, const std::string& name, const RowType& type, std::uint64_t n_rows_mine,
                 const FillRows& fill) {
  constexpr std::uint64_t batch_bytes = std::uint64_t{1} << 20;
  const auto& comm = group.communicator();
  const std::uint64_t begin = comm ? mpi::exscan_value(*comm, n_rows_mine, std::plus<>{}) : 0;
  const std::uint64_t n_rows = comm ? mpi::allreduce_value(*comm, n_rows_mine, std::plus<>{}) : n_rows_mine;
  const Table table = group.create_table(name, type, n_rows);
  const auto write_mine = [&] {
    const std::uint64_t n_batch = std::max<std::uint64_t>(batch_bytes / type.n_bytes, 1);
    std::vector<std::byte> rows(std::min(n_batch, n_rows_mine) * type.n_bytes);
    for (std::uint64_t first = 0; first < n_rows_mine; first += n_batch) {
      const auto batch = std::span(rows).first(std::min(n_batch, n_rows_mine - first) * type.n_bytes);
      std::ranges::fill(batch, std::byte{0});
      fill(first, batch);
      table.write(begin + first, batch, type);
    }
  };
  comm ? mpi::together(*comm, write_mine) : write_mine();
}

void put_text(std::span<std::byte> row, const Member& member, std::string_view text) {
  expects(!member.number && member.offset + member.n_bytes <= row.size(), "the row has such a text");
  if (text.size() > member.n_bytes || text.ends_with('\0')) {
    throw Error(fmt::format("'{}' does not fit into {}", text.substr(0, 40), to_string(member)))
        .hint(text.ends_with('\0') ? "a text must not end with a NUL" : "make the column wider");
  }
  const auto place = row.subspan(member.offset, member.n_bytes);
  std::ranges::fill(place, std::byte{0});
  std::ranges::copy(std::as_bytes(std::span(text)), place.begin());
}

std::string_view text_in(std::span<const std::byte> row, const Member& member) {
  expects(!member.number && member.offset + member.n_bytes <= row.size(), "the row has such a text");
  const std::string_view text(reinterpret_cast<const char*>(row.data()) + member.offset, member.n_bytes);
  return text.substr(0, text.find_last_not_of('\0') + 1);
}

}  // namespace serried::hdf5

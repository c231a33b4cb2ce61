#include <algorithm>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/hdf5/library.hpp>
#include <serried/hdf5/row_type.hpp>

namespace serried::hdf5 {

RowType packed_rows(std::vector<Member> columns) {
  RowType type{.members = std::move(columns)};
  for (Member& member : type.members) {
    member.n_bytes = std::max<std::size_t>(member.n_bytes, 1);
    member.offset = type.n_bytes;
    type.n_bytes += member.n_bytes;
  }
  return type;
}

Handle row_type_in_file(const RowType& type) {
  RowType packed = packed_rows(type.members);
  Handle made(H5Tcreate(H5T_COMPOUND, std::max<std::size_t>(packed.n_bytes, 1)));
  for (const Member& member : packed.members) {
    const Handle kind = member.number ? native_type(*member.number) : text_type(member.n_bytes);
    expects(H5Tinsert(made.get(), member.name.c_str(), member.offset, kind.get()) >= 0,
            "members have names of their own");
  }
  expects(!packed.members.empty(), "a row has a member");
  return made;
}

std::string to_string(const Member& member) {
  return fmt::format(
      "{} ({})", member.name,
      member.number ? to_string(*member.number) : fmt::format("text of {} bytes", member.n_bytes));
}

std::string to_string(const RowType& type) {
  std::string text;
  for (const Member& member : type.members) {
    text.append(text.empty() ? "" : ", ").append(to_string(member));
  }
  return text;
}

}  // namespace serried::hdf5

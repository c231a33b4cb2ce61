#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/hdf5/library.hpp>

namespace serried::hdf5 {
namespace {

herr_t take_message(unsigned /*n*/, const H5E_error2_t* entry, void* message) {
  *static_cast<std::string*>(message) = entry->desc == nullptr ? "" : entry->desc;
  return 1;  // no more: the first is the innermost
}

Handle enumeration() {
  Handle type(H5Tenum_create(H5T_NATIVE_INT8));
  const std::int8_t no = 0;
  const std::int8_t yes = 1;
  H5Tenum_insert(type.get(), "FALSE", &no);
  H5Tenum_insert(type.get(), "TRUE", &yes);
  return type;
}

Handle compound(std::size_t n_bytes, hid_t part) {
  Handle type(H5Tcreate(H5T_COMPOUND, n_bytes));
  H5Tinsert(type.get(), "r", 0, part);
  H5Tinsert(type.get(), "i", n_bytes / 2, part);
  return type;
}

hid_t native_float(std::size_t n_bytes) {
  return n_bytes == sizeof(float) ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
}

hid_t native_integer(bool is_signed, std::size_t n_bytes) {
  switch (n_bytes) {
    case 1:
      return is_signed ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
    case 2:
      return is_signed ? H5T_NATIVE_INT16 : H5T_NATIVE_UINT16;
    case 4:
      return is_signed ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32;
    default:
      return is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
  }
}

}  // namespace

void silence() {
  H5open();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Error failure(const std::string& action, const std::string& path) {
  std::string message;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_message, &message);
  return Error(fmt::format("cannot {}: HDF5 says: {}", action, message)).at(path);
}

Handle native_type(ElementType type) {
  using enum ElementType::Kind;
  Handle made;
  switch (type.kind) {
    case signed_integer:
    case unsigned_integer:
      made = Handle(H5Tcopy(native_integer(type.kind == signed_integer, type.n_bytes)));
      break;
    case floating:
      made = Handle(H5Tcopy(native_float(type.n_bytes)));
      break;
    case boolean:
      made = enumeration();
      break;
    case complex:
      made = compound(type.n_bytes, native_float(type.n_bytes / 2));
      break;
  }
  expects(made.get() >= 0, "HDF5 knows the type");
  return made;
}

Handle text_type(std::size_t n_bytes) {
  Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), std::max<std::size_t>(n_bytes, 1));
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

std::string to_string(ElementType type) {
  constexpr std::size_t bits = 8;
  static constexpr std::array<const char*, 5> names = {"int", "uint", "float", "bool", "complex"};
  const char* name = names.at(static_cast<std::size_t>(type.kind));
  return type.kind == ElementType::Kind::boolean ? name : fmt::format("{}{}", name, type.n_bytes * bits);
}

std::optional<ElementType> element_of(hid_t type_in_file) {
  using enum ElementType::Kind;
  for (const auto kind : {signed_integer, unsigned_integer, floating, boolean, complex}) {
    for (const std::size_t n_bytes : {1, 2, 4, 8, 16}) {
      const bool exists = kind == boolean    ? n_bytes == 1
                          : kind == floating ? n_bytes == 4 || n_bytes == 8
                          : kind == complex  ? n_bytes >= 8
                                             : n_bytes <= 8;
      if (exists && holds(type_in_file, {kind, n_bytes})) {
        return ElementType{kind, n_bytes};
      }
    }
  }
  return std::nullopt;
}

std::string describe(hid_t type) {
  if (const auto element = element_of(type)) {
    return to_string(*element);
  }
  const H5T_class_t kind = H5Tget_class(type);
  return kind == H5T_STRING     ? "text"
         : kind == H5T_COMPOUND ? "rows of named members"
                                : "another kind of element";
}

Shape shape_of(const Handle& space) {
  const int n_dimensions = H5Sget_simple_extent_ndims(space.get());
  std::vector<hsize_t> extents(static_cast<std::size_t>(std::max(n_dimensions, 0)));
  H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr);
  return {extents.begin(), extents.end()};
}

Shape chunk_of(hid_t dataset) {
  const Handle properties(H5Dget_create_plist(dataset));
  if (H5Pget_layout(properties.get()) != H5D_CHUNKED) {
    return {};
  }
  std::vector<hsize_t> extents(H5S_MAX_RANK);
  const int n_dimensions = H5Pget_chunk(properties.get(), H5S_MAX_RANK, extents.data());
  return {extents.begin(), extents.begin() + std::max(n_dimensions, 0)};
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (const auto extent : shape) {
    text.append(text.size() > 1 ? ", " : "").append(std::to_string(extent));
  }
  text.push_back(']');
  return text;
}

bool holds(hid_t type_in_file, ElementType type) {
  const Handle native(H5Tget_native_type(type_in_file, H5T_DIR_ASCEND));
  return H5Tequal(native.get(), native_type(type).get()) > 0;
}

void make_valid(ElementType type, void* values, std::uint64_t n_values) {
  if (type.kind == ElementType::Kind::boolean) {
    auto* const bytes = static_cast<unsigned char*>(values);
    std::replace_if(
        bytes, bytes + n_values, [](unsigned char byte) { return byte > 1; }, 1);
  }
}

}  // namespace serried::hdf5

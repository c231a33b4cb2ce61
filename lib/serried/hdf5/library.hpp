// What the sources of this module share: HDF5's calls with its errors as serried::Error, and its types. Not installed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <hdf5.h>

#include <serried/base/error.hpp>
#include <serried/hdf5/dataset.hpp>
#include <serried/hdf5/element.hpp>
#include <serried/hdf5/object.hpp>
#include <serried/hdf5/row_type.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::hdf5 {

static_assert(std::is_same_v<Id, hid_t>);

// HDF5's own messages stay in its error stack, where `failure` finds them.
void silence();

// "cannot ACTION: HDF5's innermost message".
[[nodiscard]] Error failure(const std::string& action, const std::string& path);

// What HDF5 returned, unless it failed. `action` ends in the object's name.
template <class Result>
Result check(Result result, const char* action, const std::string& name, const std::string& path) {
  if (result < 0) {
    throw failure(std::string(action) + " " + name, path);
  }
  return result;
}

// Calls `work`: in a parallel file on all ranks, and what it throws on one it throws on all.
template <class Work>
auto collectively(const FileContext& file, Work&& work) -> std::invoke_result_t<Work> {
  const mpi::Waiting waiting("HDF5");
  return file.comm ? mpi::together(*file.comm, std::forward<Work>(work)) : std::forward<Work>(work)();
}

// Local. What `work` throws.
template <class Work>
std::optional<Error> failure_of(Work&& work) {
  try {
    std::forward<Work>(work)();
    return std::nullopt;
  } catch (...) {
    return as_error(std::current_exception());
  }
}

[[nodiscard]] Handle native_type(ElementType type);
// A type for a text of `n_bytes`.
[[nodiscard]] Handle text_type(std::size_t n_bytes);
// Of a table's rows: without what lies between members.
[[nodiscard]] Handle row_type_in_file(const RowType& type);
// For messages: "float64", "complex128" (as numpy has them), "text", "another kind of element".
[[nodiscard]] std::string to_string(ElementType type);
[[nodiscard]] std::string describe(hid_t type);
[[nodiscard]] std::string to_string(const Shape& shape);
[[nodiscard]] std::string to_string(const Member& member);
// Whether values of the type in the file are `type`s, in whatever order of bytes.
[[nodiscard]] bool holds(hid_t type_in_file, ElementType type);

// What Element its values are, if any.
[[nodiscard]] std::optional<ElementType> element_of(hid_t type_in_file);

[[nodiscard]] Shape shape_of(const Handle& space);
// Extents of a dataset's chunks; none if it is one contiguous piece.
[[nodiscard]] Shape chunk_of(hid_t dataset);

// After reading: any other byte than 0 and 1 in a bool is undefined behaviour.
void make_valid(ElementType type, void* values, std::uint64_t n_values);

// The text that an attribute or a dataset of `type` and `space` holds; `read(memory_type, buffer)` reads it. Nothing if
// it is no single text.
template <class Read>
std::optional<std::string> text_of(hid_t type, hid_t space, Read read) {
  if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) {
    return std::nullopt;
  }
  if (H5Tis_variable_str(type) > 0) {  // h5py's, for one
    char* text = nullptr;
    read(type, static_cast<void*>(&text));
    std::string copy = text == nullptr ? "" : text;
    H5free_memory(text);
    return copy;
  }
  std::string text(H5Tget_size(type), '\0');
  read(type, static_cast<void*>(text.data()));
  const std::size_t end =
      H5Tget_strpad(type) == H5T_STR_SPACEPAD ? text.find_last_not_of(' ') + 1 : text.find('\0');
  text.resize(std::min(end, text.size()));
  return text;
}

}  // namespace serried::hdf5

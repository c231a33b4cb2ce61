#include <algorithm>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/hdf5/group.hpp>
#include <serried/hdf5/library.hpp>

namespace serried::hdf5 {
namespace {

Handle with_groups_on_the_way() {
  Handle properties(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(properties.get(), 1);
  return properties;
}

Handle creation_properties(const Shape& shape, const Layout& layout) {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE));
  // Else the second at which it was made is in the file, which would be another one each time.
  H5Pset_obj_track_times(properties.get(), 0);
  const bool is_empty = std::ranges::find(shape, 0) != shape.end();
  if (layout.chunk.empty() || is_empty) {
    return properties;
  }
  Shape chunk = layout.chunk;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    chunk[i] = std::min(chunk[i], shape[i]);
  }
  H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()),
               std::vector<hsize_t>(chunk.begin(), chunk.end()).data());
  if (layout.deflate > 0) {
    H5Pset_deflate(properties.get(), static_cast<unsigned>(layout.deflate));
  }
  return properties;
}

Handle space_of(const Shape& shape) {
  if (shape.empty()) {
    return Handle(H5Screate(H5S_SCALAR));
  }
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  return Handle(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr));
}

}  // namespace

std::string Group::name_of(const std::string& child) const {
  return child.starts_with('/') ? child : name() + (name().ends_with('/') ? "" : "/") + child;
}

bool Group::contains(const std::string& child) const {
  // HDF5 fails, instead of saying no, if a group on the way is missing.
  for (std::size_t end = 0; end != std::string::npos;) {
    end = child.find('/', end + 1);
    const std::string front = child.substr(0, end);
    if (front == "/") {
      continue;
    }
    const bool is_last = end == std::string::npos;
    // "a/b" where a is a dataset: no such object.
    if (H5Lexists(id(), front.c_str(), H5P_DEFAULT) <= 0 ||
        (!is_last && H5Oexists_by_name(id(), front.c_str(), H5P_DEFAULT) <= 0)) {
      return false;
    }
  }
  return true;
}

void Group::check_is_there(const std::string& child) const {
  if (!contains(child)) {
    throw Error(fmt::format("there is no {}", name_of(child))).at(context()->path);
  }
}

void Group::check_is_free(const std::string& child) const {
  if (contains(child)) {
    throw Error(fmt::format("{} exists already", name_of(child))).at(context()->path);
  }
}

Group Group::create_group(const std::string& child) const {
  const std::string full_name = name_of(child);
  Handle made = collectively(*context(), [&] {
    check_is_free(child);
    return Handle(
        check(H5Gcreate2(id(), child.c_str(), with_groups_on_the_way().get(), H5P_DEFAULT, H5P_DEFAULT),
              "create group", full_name, context()->path));
  });
  return {std::move(made), full_name, context()};
}

Group Group::group(const std::string& child) const {
  check_is_there(child);
  Handle opened(
      check(H5Gopen2(id(), child.c_str(), H5P_DEFAULT), "open group", name_of(child), context()->path));
  return {std::move(opened), name_of(child), context()};
}

Handle Group::create_raw(const std::string& child, ElementType type, const Shape& shape,
                         const Layout& layout) const {
  return create_raw(child, native_type(type), shape, layout);
}

Handle Group::create_raw(const std::string& child, const Handle& type, const Shape& shape,
                         const Layout& layout) const {
  expects(layout.chunk.empty() || layout.chunk.size() == shape.size(),
          "chunks have the dimensions of the shape");
  expects(std::ranges::find(layout.chunk, 0) == layout.chunk.end(), "chunks are not empty");
  expects(layout.deflate >= 0 && layout.deflate <= 9, "0 <= deflate <= 9");
  expects(layout.deflate == 0 || !layout.chunk.empty(), "a compressed dataset has chunks");
  return collectively(*context(), [&] {
    check_is_free(child);
    return Handle(check(
        H5Dcreate2(id(), child.c_str(), type.get(), space_of(shape).get(), with_groups_on_the_way().get(),
                   creation_properties(shape, layout).get(), H5P_DEFAULT),
        "create dataset", name_of(child), context()->path));
  });
}

Handle Group::open_raw(const std::string& child) const {
  check_is_there(child);
  return Handle(
      check(H5Dopen2(id(), child.c_str(), H5P_DEFAULT), "open dataset", name_of(child), context()->path));
}

Shape Group::shape_of(const std::string& child) const {
  return hdf5::shape_of(Handle(H5Dget_space(open_raw(child).get())));
}

Table Group::create_table(const std::string& child, const RowType& type, std::uint64_t n_rows) const {
  const Handle packed = row_type_in_file(type);
  return {create_raw(child, packed, {n_rows}, {}), name_of(child), context()};
}

Table Group::table(const std::string& child) const { return {open_raw(child), name_of(child), context()}; }

void Group::write_text(const std::string& child, std::string_view text) const {
  expects(text.find('\0') == std::string_view::npos, "the text has no NUL");
  const Handle type = text_type(text.size());
  const bool is_writer = !context()->comm || context()->comm->is_root();
  collectively(*context(), [&] {
    check_is_free(child);
    const Handle dataset(
        check(H5Dcreate2(id(), child.c_str(), type.get(), space_of({}).get(), with_groups_on_the_way().get(),
                         creation_properties({}, {}).get(), H5P_DEFAULT),
              "create text", name_of(child), context()->path));
    if (is_writer && !text.empty()) {
      check(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), "write text",
            name_of(child), context()->path);
    }
  });
}

std::string Group::read_text(const std::string& child) const {
  const Handle dataset = open_raw(child);
  const Handle type(H5Dget_type(dataset.get()));
  const Handle space(H5Dget_space(dataset.get()));
  const auto text = text_of(type.get(), space.get(), [&](hid_t memory_type, void* buffer) {
    check(H5Dread(dataset.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer), "read text",
          name_of(child), context()->path);
  });
  if (!text) {
    throw Error(fmt::format("{} holds {}, expected one text", name_of(child), describe(type.get())))
        .at(context()->path);
  }
  return *text;
}

}  // namespace serried::hdf5

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/hdf5/library.hpp>
#include <serried/hdf5/object.hpp>

namespace serried::hdf5 {
Handle::~Handle() {
  if (id_ != none) {
    H5Idec_ref(id_);  // fails, harmlessly, if the file was closed before its objects
  }
}

Id Object::id() const {
  expects(H5Iis_valid(handle_.get()) > 0, "the HDF5 file is open");
  return handle_.get();
}

bool Object::has_attribute(const std::string& attribute_name) const {
  return check(H5Aexists(id(), attribute_name.c_str()), "look for attributes of", name_, file_->path) > 0;
}

void Object::set_attribute(const std::string& attribute_name, ElementType type,
                           std::optional<std::uint64_t> n_values, const void* values) const {
  const Handle native = native_type(type);
  const hsize_t n = n_values.value_or(1);
  const Handle space(n_values ? H5Screate_simple(1, &n, nullptr) : H5Screate(H5S_SCALAR));
  replace_attribute(attribute_name, native, space, n == 0 ? nullptr : values);
}

void Object::set_attribute(const std::string& attribute_name, std::string_view text) const {
  expects(text.find('\0') == std::string_view::npos, "the text has no NUL");
  const Handle space(H5Screate(H5S_SCALAR));
  replace_attribute(attribute_name, text_type(text.size()), space, text.empty() ? "" : text.data());
}

void Object::replace_attribute(const std::string& attribute_name, const Handle& type, const Handle& space,
                               const void* values) const {
  const std::string& path = file_->path;
  const std::string where = fmt::format("{} of {}", attribute_name, name_);
  collectively(*file_, [&] {
    if (has_attribute(attribute_name)) {
      check(H5Adelete(id(), attribute_name.c_str()), "replace attribute", where, path);
    }
    const Handle attribute(
        check(H5Acreate2(id(), attribute_name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
              "create attribute", where, path));
    if (values != nullptr) {
      check(H5Awrite(attribute.get(), type.get(), values), "write attribute", where, path);
    }
  });
}

Object::OpenAttribute Object::open_attribute(const std::string& attribute_name) const {
  OpenAttribute found;
  found.name = fmt::format("{} of {}", attribute_name, name_);
  if (!has_attribute(attribute_name)) {
    throw Error(fmt::format("{} has no attribute {}", name_, attribute_name)).at(file_->path);
  }
  found.handle = Handle(
      check(H5Aopen(id(), attribute_name.c_str(), H5P_DEFAULT), "open attribute", found.name, file_->path));
  const Handle space(H5Aget_space(found.handle.get()));
  found.n_values = static_cast<std::uint64_t>(check(H5Sget_simple_extent_npoints(space.get()),
                                                    "read the shape of attribute", found.name, file_->path));
  return found;
}

Object::OpenAttribute Object::open_attribute(const std::string& attribute_name, ElementType type,
                                             std::optional<std::uint64_t> n_expected) const {
  OpenAttribute found = open_attribute(attribute_name);
  const Handle in_file(H5Aget_type(found.handle.get()));
  const std::string about = fmt::format("attribute {}: ", found.name);
  if (!holds(in_file.get(), type)) {
    throw Error(fmt::format("{}holds {}, expected {}", about, describe(in_file.get()), to_string(type)))
        .at(file_->path);
  }
  if (n_expected && found.n_values != *n_expected) {
    throw Error(fmt::format("{}holds {} values, expected {}", about, found.n_values, *n_expected))
        .at(file_->path);
  }
  return found;
}

void Object::read_attribute(const OpenAttribute& attribute, ElementType type, void* values) const {
  if (attribute.n_values == 0) {
    return;
  }
  check(H5Aread(attribute.handle.get(), native_type(type).get(), values), "read attribute", attribute.name,
        file_->path);
  make_valid(type, values, attribute.n_values);
}

std::string Object::text_attribute(const std::string& attribute_name) const {
  const OpenAttribute found = open_attribute(attribute_name);
  const Handle type(H5Aget_type(found.handle.get()));
  const Handle space(H5Aget_space(found.handle.get()));
  const auto text = text_of(type.get(), space.get(), [&](hid_t memory_type, void* buffer) {
    check(H5Aread(found.handle.get(), memory_type, buffer), "read attribute", found.name, file_->path);
  });
  if (!text) {
    throw Error(fmt::format("attribute {}: holds {}, expected one text", found.name, describe(type.get())))
        .at(file_->path);
  }
  return *text;
}

}  // namespace serried::hdf5

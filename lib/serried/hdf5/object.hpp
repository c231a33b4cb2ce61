/// What groups and datasets have in common: a name, a file, attributes.
///
///     dataset.set_attribute("unit", "K");
///     dataset.set_attribute("origin", std::vector{0.0, 1.5});
///     const auto unit = dataset.attribute<std::string>("unit");
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/hdf5/element.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::hdf5 {

/// HDF5's hid_t, for calls into HDF5 itself.
using Id = std::int64_t;

/// Move-only owner of an HDF5 identifier. Closing one is local, but for that of a parallel file (see File).
class Handle {
 public:
  Handle() = default;
  explicit Handle(Id owned) noexcept : id_(owned) {}
  Handle(Handle&& other) noexcept : id_(other.release()) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle();

  [[nodiscard]] Id get() const noexcept { return id_; }
  [[nodiscard]] Id release() noexcept { return std::exchange(id_, none); }
  [[nodiscard]] explicit operator bool() const noexcept { return id_ != none; }

 private:
  static constexpr Id none = -1;
  Id id_ = none;
};

/// What all objects of an open file share.
struct FileContext {
  std::string path;
  std::optional<mpi::Communicator> comm;  ///< of a parallel file
};

/// A type that an attribute can be read as: one element, a list of elements, or text.
template <class T>
concept AttributeValue = Element<T> || std::same_as<T, std::string> ||
    (Element<typename T::value_type>&& std::same_as<T, std::vector<typename T::value_type>> &&
     !std::same_as<typename T::value_type, bool>);

/// A group or a dataset of an open file. Move-only. Using one after its file was closed is a bug (std::logic_error).
///
/// Reading attributes is local. Setting them is collective in a parallel file: all ranks pass the same.
class Object {
 public:
  /// From the file's root: "/a/b".
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// For calls into HDF5 itself.
  [[nodiscard]] Id id() const;
  /// Of a parallel file.
  [[nodiscard]] const std::optional<mpi::Communicator>& communicator() const noexcept { return file_->comm; }

  /// Collective. Creates the attribute or replaces it. HDF5 allows about 64 kB.
  template <Element T>
  void set_attribute(const std::string& attribute_name, T value) const {
    set_attribute(attribute_name, element_type<T>(), std::nullopt, &value);
  }
  template <Element T>
  void set_attribute(const std::string& attribute_name, const std::vector<T>& values) const {
    set_attribute(attribute_name, element_type<T>(), values.size(), values.data());
  }
  /// UTF-8 without NUL.
  void set_attribute(const std::string& attribute_name, std::string_view text) const;

  /// Local. Throws serried::Error if there is no such attribute or it is of another type: nothing is converted but the
  /// order of bytes.
  template <AttributeValue T>
  [[nodiscard]] T attribute(const std::string& attribute_name) const {
    if constexpr (std::same_as<T, std::string>) {
      return text_attribute(attribute_name);
    } else if constexpr (Element<T>) {
      T value{};
      read_attribute(open_attribute(attribute_name, element_type<T>(), 1), element_type<T>(), &value);
      return value;
    } else {
      using Value = typename T::value_type;
      const OpenAttribute found = open_attribute(attribute_name, element_type<Value>(), std::nullopt);
      T values(found.n_values);
      read_attribute(found, element_type<Value>(), values.data());
      return values;
    }
  }
  /// Local.
  [[nodiscard]] bool has_attribute(const std::string& attribute_name) const;

 protected:
  Object(Handle handle, std::string name, std::shared_ptr<const FileContext> file)
      : handle_(std::move(handle)), name_(std::move(name)), file_(std::move(file)) {}

  [[nodiscard]] const std::shared_ptr<const FileContext>& context() const noexcept { return file_; }
  void close_object() noexcept { handle_ = Handle(); }

 private:
  struct OpenAttribute {
    std::string name;
    Handle handle;
    std::uint64_t n_values = 0;
  };
  // Without `n_values`: a single value, not a list.
  void set_attribute(const std::string& attribute_name, ElementType type,
                     std::optional<std::uint64_t> n_values, const void* values) const;
  void replace_attribute(const std::string& attribute_name, const Handle& type, const Handle& space,
                         const void* values) const;
  [[nodiscard]] OpenAttribute open_attribute(const std::string& attribute_name) const;
  // Throws unless it is of this type and length, if one is expected.
  [[nodiscard]] OpenAttribute open_attribute(const std::string& attribute_name, ElementType type,
                                             std::optional<std::uint64_t> n_expected) const;
  void read_attribute(const OpenAttribute& attribute, ElementType type, void* values) const;
  [[nodiscard]] std::string text_attribute(const std::string& attribute_name) const;

  Handle handle_;
  std::string name_;
  std::shared_ptr<const FileContext> file_;
};

}  // namespace serried::hdf5

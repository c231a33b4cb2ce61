/// A folder of a file: groups, datasets, tables and texts by name. "a/b" is b in the group a.
///
///     const Group results = file.create_group("run/results");
///     results.create_dataset<double>("energy", {n}).write(energy);
///     const auto energy = file.dataset<double>("run/results/energy").read();
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <serried/hdf5/dataset.hpp>
#include <serried/hdf5/element.hpp>
#include <serried/hdf5/object.hpp>
#include <serried/hdf5/table.hpp>

namespace serried::hdf5 {

/// Move-only. Creating is collective in a parallel file, with the same arguments on all ranks, makes the groups on the
/// way, and throws on all ranks if the name is taken. Opening is local, and throws if there is no such object or it is
/// of another kind.
class Group : public Object {
 public:
  [[nodiscard]] Group create_group(const std::string& name) const;
  [[nodiscard]] Group group(const std::string& name) const;

  /// Elements that nobody writes are 0.
  template <Element T>
  [[nodiscard]] Dataset<T> create_dataset(const std::string& name, const Shape& shape,
                                          const Layout& layout = {}) const {
    return {create_raw(name, element_type<T>(), shape, layout), name_of(name), context(), element_type<T>()};
  }
  /// Throws unless its elements are Ts: nothing is converted but the order of bytes.
  template <Element T>
  [[nodiscard]] Dataset<T> dataset(const std::string& name) const {
    return {open_raw(name), name_of(name), context(), element_type<T>()};
  }
  /// Of a dataset of whatever elements. Local.
  [[nodiscard]] Shape shape_of(const std::string& name) const;

  /// A table of rows of these members, in one contiguous piece.
  [[nodiscard]] Table create_table(const std::string& name, const RowType& type, std::uint64_t n_rows) const;
  /// Throws unless it is a list of rows.
  [[nodiscard]] Table table(const std::string& name) const;

  /// A text of any length: UTF-8 without NUL. All ranks pass the same.
  void write_text(const std::string& name, std::string_view text) const;
  [[nodiscard]] std::string read_text(const std::string& name) const;

  /// Local.
  [[nodiscard]] bool contains(const std::string& name) const;

 protected:
  Group(Handle handle, std::string name, std::shared_ptr<const FileContext> file)
      : Object(std::move(handle), std::move(name), std::move(file)) {}

 private:
  [[nodiscard]] std::string name_of(const std::string& child) const;
  [[nodiscard]] Handle create_raw(const std::string& name, const Handle& type, const Shape& shape,
                                  const Layout& layout) const;
  [[nodiscard]] Handle create_raw(const std::string& name, ElementType type, const Shape& shape,
                                  const Layout& layout) const;
  [[nodiscard]] Handle open_raw(const std::string& name) const;
  void check_is_there(const std::string& name) const;
  void check_is_free(const std::string& name) const;
};

}  // namespace serried::hdf5

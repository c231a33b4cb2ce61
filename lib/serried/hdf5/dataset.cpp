#include <algorithm>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/hdf5/dataset.hpp>
#include <serried/hdf5/library.hpp>

namespace serried::hdf5::detail {
namespace {

std::uint64_t product(const Shape& shape) {
  std::uint64_t n = 1;
  for (const std::uint64_t extent : shape) {
    n *= extent;
  }
  return n;
}

bool has_filters(hid_t dataset) {
  const Handle properties(H5Dget_create_plist(dataset));
  return H5Pget_nfilters(properties.get()) > 0;
}

}  // namespace

RawDataset::RawDataset(Handle handle, std::string name, std::shared_ptr<const FileContext> file,
                       ElementType type)
    : Object(std::move(handle), std::move(name), std::move(file)), type_(type) {
  const Handle in_file(H5Dget_type(id()));
  if (!holds(in_file.get(), type)) {
    throw Error(
        fmt::format("{} holds {}, expected {}", this->name(), describe(in_file.get()), to_string(type)))
        .at(context()->path);
  }
  const Handle space(H5Dget_space(id()));
  shape_ = shape_of(space);
  size_ = H5Sget_simple_extent_type(space.get()) == H5S_NULL ? 0 : product(shape_);
  is_compressed_ = has_filters(id());
  chunk_ = chunk_of(id());
}

void RawDataset::expect_shape(const std::vector<std::int64_t>& expected) const {
  bool is_same = expected.size() == shape_.size();
  std::string extents;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool is_any = expected[i] == any_extent;
    extents.append(i > 0 ? ", " : "").append(is_any ? "any" : std::to_string(expected[i]));
    is_same = is_same && (is_any || std::cmp_equal(shape_[i], expected[i]));
  }
  if (!is_same) {
    throw Error(fmt::format("{} has the shape {}, expected [{}]", name(), to_string(shape_), extents))
        .at(context()->path);
  }
}

void RawDataset::check_slab(const Slab& slab, std::uint64_t n_values) const {
  bool fits = slab.start.size() == shape_.size() && slab.count.size() == shape_.size();
  for (std::size_t i = 0; fits && i < shape_.size(); ++i) {
    fits = slab.start[i] <= shape_[i] && slab.count[i] <= shape_[i] - slab.start[i];
  }
  if (!fits) {
    throw Error(fmt::format("{} has the shape {}: no slab of {} at {} lies in it", name(), to_string(shape_),
                            to_string(slab.count), to_string(slab.start)))
        .at(context()->path);
  }
  if (n_values != product(slab.count)) {
    throw Error(fmt::format("{}: the slab of {} has {} elements, the buffer {}", name(),
                            to_string(slab.count), product(slab.count), n_values))
        .at(context()->path);
  }
}

void RawDataset::check_whole(std::uint64_t n_values) const {
  if (n_values != size_) {
    throw Error(fmt::format("{} has the shape {}, which is {} elements, the buffer {}", name(),
                            to_string(shape_), size_, n_values))
        .at(context()->path);
  }
}

RawDataset::Selection RawDataset::select(const Slab& slab, std::uint64_t n_values, Transfer transfer) const {
  const hsize_t n = n_values;
  Selection selection{Handle(H5Dget_space(id())), Handle(H5Screate_simple(1, &n, nullptr)),
                      Handle(H5Pcreate(H5P_DATASET_XFER))};
  if (n == 0) {
    H5Sselect_none(selection.in_file.get());
    H5Sselect_none(selection.in_memory.get());
  } else if (!shape_.empty()) {
    const std::vector<hsize_t> start(slab.start.begin(), slab.start.end());
    const std::vector<hsize_t> count(slab.count.begin(), slab.count.end());
    check(H5Sselect_hyperslab(selection.in_file.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                              nullptr),
          "select a part of", name(), context()->path);
  }
  if (context()->comm && transfer == Transfer::collective) {
    H5Pset_dxpl_mpio(selection.properties.get(), H5FD_MPIO_COLLECTIVE);
  }
  return selection;
}

void RawDataset::write_selected(const Slab& slab, const void* values, std::uint64_t n_values,
                                Transfer transfer) const {
  if (size_ == 0) {
    return;  // HDF5 1.10 fails where a parallel file has no space for it
  }
  const Selection selection = select(slab, n_values, transfer);
  check(H5Dwrite(id(), native_type(type_).get(), selection.in_memory.get(), selection.in_file.get(),
                 selection.properties.get(), values),
        "write", name(), context()->path);
}

void RawDataset::read_selected(const Slab& slab, void* values, std::uint64_t n_values,
                               Transfer transfer) const {
  if (size_ == 0) {
    return;  // HDF5 1.10 fails where a parallel file has no space for it
  }
  const Selection selection = select(slab, n_values, transfer);
  check(H5Dread(id(), native_type(type_).get(), selection.in_memory.get(), selection.in_file.get(),
                selection.properties.get(), values),
        "read", name(), context()->path);
  make_valid(type_, values, n_values);
}

void RawDataset::write_all_raw(const void* values, std::uint64_t n_values) const {
  const bool is_writer = !context()->comm || context()->comm->is_root();
  collectively(*context(), [&] {
    if (is_writer) {
      check_whole(n_values);
    }
  });
  const Shape origin(shape_.size());
  collectively(*context(), [&] {
    write_selected({origin, shape_}, values, is_writer ? size_ : 0, Transfer::collective);
  });
}

void RawDataset::read_all_raw(void* values, std::uint64_t n_values) const {
  check_whole(n_values);
  const Shape origin(shape_.size());
  read_selected({origin, shape_}, values, n_values, Transfer::independent);
}

void RawDataset::write_raw(const Slab& slab, const void* values, std::uint64_t n_values,
                           Transfer transfer) const {
  if (transfer == Transfer::independent) {
    expects(!context()->comm || !is_compressed_,
            "a compressed dataset of a parallel file is written collectively");
    check_slab(slab, n_values);
    write_selected(slab, values, n_values, transfer);
  } else {
    collectively(*context(), [&] { check_slab(slab, n_values); });
    collectively(*context(), [&] { write_selected(slab, values, n_values, transfer); });
  }
}

void RawDataset::read_raw(const Slab& slab, void* values, std::uint64_t n_values, Transfer transfer) const {
  if (transfer == Transfer::independent) {
    check_slab(slab, n_values);
    read_selected(slab, values, n_values, transfer);
  } else {
    collectively(*context(), [&] { check_slab(slab, n_values); });
    collectively(*context(), [&] { read_selected(slab, values, n_values, transfer); });
  }
}

}  // namespace serried::hdf5::detail

/// HDF5 files as objects that all ranks or one of them read and write, and checkpoints that are whole or refused.
///
///     hdf5::File file = hdf5::File::create(world, "field.h5");
///     const auto field = file.create_dataset<double>("field", {n_rows, n_columns});
///     field.write_slab({my_row, 0}, {n_my_rows, n_columns}, mine, hdf5::Transfer::collective);
///     field.set_attribute("unit", "K");
///     file.close();
///
/// HDF5 is not thread-safe: one thread at a time in the whole process (lock.hpp). From the first file on, HDF5 prints none of its
/// own messages: the innermost one is part of the serried::Error that is thrown.
#pragma once

#include <serried/hdf5/checkpoint.hpp>
#include <serried/hdf5/complete_file.hpp>
#include <serried/hdf5/dataset.hpp>
#include <serried/hdf5/eigen.hpp>
#include <serried/hdf5/element.hpp>
#include <serried/hdf5/file.hpp>
#include <serried/hdf5/group.hpp>
#include <serried/hdf5/lock.hpp>
#include <serried/hdf5/object.hpp>
#include <serried/hdf5/row_type.hpp>
#include <serried/hdf5/table.hpp>

// A table as other programs may have made it, with HDF5's own functions: one that can grow, compressed chunks, big-endian
// numbers, texts of all paddings, and members of kinds that are passed over.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <hdf5.h>

namespace serried::test {

// /table: row i is {id: i as a big-endian int32, spaces: "i" padded with spaces, ended: "i" ended by a NUL, note: "i" as a text
// of any length, pair: [i, i], value: i / 2}.
inline void make_foreign_table(const std::string& path, std::uint64_t n_rows, std::uint64_t chunk_rows) {
  struct Row {
    std::int32_t id;
    std::array<char, 6> spaces;
    std::array<char, 6> ended;
    const char* note;
    std::array<int, 2> pair;
    double value;
  };
  std::vector<std::string> notes(n_rows);
  std::vector<Row> rows(n_rows);
  for (std::size_t i = 0; i < n_rows; ++i) {
    notes[i] = std::to_string(i);
    rows[i].id = static_cast<std::int32_t>(i);
    rows[i].spaces.fill(' ');
    std::memcpy(rows[i].spaces.data(), notes[i].data(), std::min<std::size_t>(notes[i].size(), 6));
    rows[i].ended.fill('\0');
    std::memcpy(rows[i].ended.data(), notes[i].data(), std::min<std::size_t>(notes[i].size(), 5));
    rows[i].note = notes[i].c_str();
    rows[i].pair.fill(static_cast<int>(i));
    rows[i].value = static_cast<double>(i) / 2;
  }
  const hid_t spaces = H5Tcopy(H5T_C_S1);
  H5Tset_size(spaces, 6);
  H5Tset_strpad(spaces, H5T_STR_SPACEPAD);
  const hid_t ended = H5Tcopy(H5T_C_S1);
  H5Tset_size(ended, 6);
  const hid_t any = H5Tcopy(H5T_C_S1);
  H5Tset_size(any, H5T_VARIABLE);
  const hsize_t two = 2;
  const hid_t pair = H5Tarray_create2(H5T_NATIVE_INT, 1, &two);
  const auto row_type = [&](hid_t id) {
    const hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(Row));
    H5Tinsert(type, "id", offsetof(Row, id), id);
    H5Tinsert(type, "spaces", offsetof(Row, spaces), spaces);
    H5Tinsert(type, "ended", offsetof(Row, ended), ended);
    H5Tinsert(type, "note", offsetof(Row, note), any);
    H5Tinsert(type, "pair", offsetof(Row, pair), pair);
    H5Tinsert(type, "value", offsetof(Row, value), H5T_NATIVE_DOUBLE);
    return type;
  };
  const hid_t in_memory = row_type(H5T_NATIVE_INT32);
  const hid_t in_file = row_type(H5T_STD_I32BE);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t n = n_rows;
  const hsize_t chunk = chunk_rows;
  const hsize_t any_number = H5S_UNLIMITED;
  const hid_t space = H5Screate_simple(1, &n, &any_number);
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 1, &chunk);
  H5Pset_deflate(properties, 3);
  const hid_t table = H5Dcreate2(file, "table", in_file, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Dwrite(table, in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data());
  for (const hid_t type : {in_memory, in_file, pair, any, ended, spaces}) {
    H5Tclose(type);
  }
  H5Dclose(table);
  H5Pclose(properties);
  H5Sclose(space);
  H5Fclose(file);
}

}  // namespace serried::test

// A file of saved records, byte by byte as saved_file.hpp says, for comparison.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <serried/base/crc32c.hpp>

namespace serried::test {

[[nodiscard]] inline std::uint32_t crc_of(std::string_view bytes) {
  return crc32c(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

template <class T>
[[nodiscard]] std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// `records` are encoded already.
[[nodiscard]] inline std::string naive_saved(std::string_view type_name,
                                             const std::vector<std::string>& records) {
  constexpr std::uint64_t piece_bytes = 65536;
  std::string file = "\x89saved\r\n" + bytes_of(std::uint32_t{1}) +
                     bytes_of(static_cast<std::uint32_t>(type_name.size())) + std::string(type_name);
  file += bytes_of(crc_of(file));
  std::vector<std::uint64_t> begins;
  for (const std::string& record : records) {
    begins.push_back(file.size());
    file += bytes_of(static_cast<std::uint32_t>(record.size())) + record;
  }
  const std::uint64_t end = file.size();
  const std::uint64_t n_pieces = (end + piece_bytes - 1) / piece_bytes;
  begins.push_back(end);
  for (std::uint64_t i = 0; i <= n_pieces; ++i) {
    const auto first = std::lower_bound(begins.begin(), begins.end(), i < n_pieces ? i * piece_bytes : end);
    const auto last = std::lower_bound(first, begins.end(), (i + 1) * piece_bytes);
    const std::uint64_t begin = first == begins.end() ? end : *first;
    const std::uint64_t next = last == begins.end() ? end : *last;
    const auto n_records = i < n_pieces ? static_cast<std::uint64_t>(std::min(last, begins.end() - 1) - first)
                                        : std::uint64_t{records.size()};
    const std::string fields = bytes_of(begin) + bytes_of(n_records) +
                               bytes_of(crc_of(std::string_view(file).substr(begin, next - begin)));
    file += fields + bytes_of(crc_of(bytes_of(i) + fields));
  }
  const std::string fields = bytes_of(end) + bytes_of(n_pieces) + bytes_of(std::uint64_t{records.size()});
  return file + fields + bytes_of(crc_of(fields)) + std::string("\x89saved end\r\n");
}

}  // namespace serried::test

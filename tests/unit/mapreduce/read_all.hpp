// A ByteStream read to its end.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/byte_stream.hpp>

namespace serried::test {

// Checks what `read` promises about the sizes. Throws std::length_error beyond `limit` bytes.
[[nodiscard]] inline std::string read_all(const mapreduce::Input& input, std::size_t buffer_bytes,
                                          std::size_t limit = std::size_t{64} << 20) {
  const auto stream = mapreduce::open_stream(input, 0);
  std::vector<char> buffer(buffer_bytes);
  std::string text;
  for (;;) {
    const std::size_t n = stream->read(buffer);
    EXPECT_LE(n, buffer.size());
    text.append(buffer.data(), n);
    if (n < buffer.size()) {
      return text;
    }
    if (text.size() > limit) {
      throw std::length_error("more than anybody expected");
    }
  }
}

[[nodiscard]] inline Error error_of_reading(const mapreduce::Input& input, std::size_t buffer_bytes = 1000) {
  try {
    const std::string text = read_all(input, buffer_bytes);
    ADD_FAILURE() << "no Error but " << text.size() << " bytes of " << input.path;
  } catch (const Error& error) {
    return error;
  }
  return Error("none");
}

}  // namespace serried::test

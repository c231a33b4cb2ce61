/// The bytes of an input in order, decompressed where its name says so.
///
///     const auto stream = open_stream(input, 0);
///     while (const std::size_t n = stream->read(buffer)) …
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <serried/mapreduce/inputs.hpp>

namespace serried::mapreduce {

class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  /// Fills `buffer` and returns its size, or less at the end of the input only. Throws serried::Error with
  /// path and offset if the file cannot be read, has become shorter than it was when it was listed, or is
  /// damaged.
  [[nodiscard]] virtual std::size_t read(std::span<char> buffer) = 0;
  /// Bytes taken from the file so far, for progress: of a compressed file, compressed ones.
  [[nodiscard]] virtual std::uint64_t n_bytes_taken() const = 0;
};

/// Opens `input` and begins at byte `offset`, which must be 0 unless it is plain. A pipe that delivers nothing asks
/// `must_stop` ten times a second, and ends if it says so.
[[nodiscard]] std::unique_ptr<ByteStream> open_stream(const Input& input, std::uint64_t offset,
                                                      std::function<bool()> must_stop = {});

}  // namespace serried::mapreduce

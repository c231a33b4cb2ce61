/// What was read of an input and is still to be looked at: a parser sees a piece of text, asks for more of it where that
/// ends too early, and drops what it has done with.
///
///     while (!window.text().empty() || window.more()) { … window.text() … window.drop(n); }
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <serried/mapreduce/byte_stream.hpp>

namespace serried::mapreduce {

class ReadWindow {
 public:
  /// `buffer` is used again and again; text for which it is too small makes it grow. `at`: the offset at which `stream`
  /// begins. Beyond offset `end` little is read at a time.
  ReadWindow(std::vector<char>& buffer, ByteStream& stream, std::uint64_t at, std::uint64_t end)
      : buffer_(buffer), stream_(stream), at_(at), end_(end) {}

  /// Valid until `more` is called.
  [[nodiscard]] std::string_view text() const { return {buffer_.data() + first_, last_ - first_}; }
  /// Offset of the first byte of `text`.
  [[nodiscard]] std::uint64_t at() const { return at_; }
  /// Bytes taken from the file so far.
  [[nodiscard]] std::uint64_t n_taken() const { return stream_.n_bytes_taken(); }

  void drop(std::size_t n) {
    first_ += n;
    at_ += n;
  }
  /// Adds text behind what there is; false at the end of the input. Throws as ByteStream::read does.
  [[nodiscard]] bool more();

 private:
  std::vector<char>& buffer_;
  ByteStream& stream_;
  std::uint64_t at_;
  std::uint64_t end_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  std::uint64_t n_beyond_end_ = 4096;
  bool is_at_end_ = false;
};

}  // namespace serried::mapreduce

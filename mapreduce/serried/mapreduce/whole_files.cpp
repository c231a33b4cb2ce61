#include <algorithm>
#include <cctype>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/mapreduce/byte_stream.hpp>
#include <serried/mapreduce/whole_files.hpp>

namespace serried::mapreduce {
namespace {

constexpr char escape = '%';

// A block is the path, a NUL, which no path holds, and the content.
class WholeFileReader final : public SplitReader {
 public:
  WholeFileReader(std::uint64_t max_bytes, std::size_t window_bytes, std::function<bool()> must_stop)
      : max_bytes_(max_bytes), first_piece_(window_bytes), must_stop_(std::move(must_stop)) {}

  void read(const Input& input, const Split& split, const Visit& visit) override {
    const bool has_size = input.encoding == Encoding::plain;
    if (has_size && split.bytes != Range{0, input.size}) {
      return;  // a sample of a file is none
    }
    if (has_size && input.size > max_bytes_) {
      throw too_long(input, fmt::format("the file has {} bytes", input.size));
    }
    const auto stream = open_stream(input, 0, must_stop_);
    block_.clear();
    const std::string path = path_in_block(input.path);
    block_.insert(block_.end(), path.begin(), path.end());
    block_.push_back('\0');
    const std::size_t begin = block_.size();
    std::size_t n_wanted = has_size ? input.size : first_piece_;
    for (std::size_t n_read = 0;;) {
      // A file of unknown size is read to one byte beyond the limit, to see that there is one.
      n_wanted =
          std::min<std::uint64_t>(n_wanted, max_bytes_ - n_read + static_cast<std::uint64_t>(!has_size));
      block_.resize(begin + n_read + n_wanted);
      const std::size_t n = stream->read(std::span(block_).subspan(begin + n_read));
      n_read += n;
      if (must_stop_ && must_stop_()) {
        return;
      }
      if (n_read > max_bytes_) {
        throw too_long(input, "the file is longer");
      }
      if (n < n_wanted || has_size) {
        block_.resize(begin + n_read);
        (void)visit({block_, n_read, stream->n_bytes_taken()});
        return;
      }
      n_wanted = n_read;
    }
  }

 private:
  [[nodiscard]] Error too_long(const Input& input, const std::string& what) const {
    return Error(fmt::format("{}, and files are taken whole up to {} bytes", what, max_bytes_))
        .at(input.path)
        .hint("give the job more memory, or fewer threads");
  }

  std::uint64_t max_bytes_;
  std::size_t first_piece_;
  std::function<bool()> must_stop_;
  std::vector<char> block_;
};

}  // namespace

std::string path_in_block(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (c == escape || (c >= 'A' && c <= 'Z')) {
      text += fmt::format("{}{:02x}", escape, static_cast<unsigned>(c));
    } else {
      text.push_back(c);
    }
  }
  return text;
}

std::string path_of_block(std::string_view path_in_block) {
  std::string path;
  for (std::size_t i = 0; i < path_in_block.size(); ++i) {
    int c = static_cast<unsigned char>(path_in_block[i]);
    if (c == escape) {
      const std::string_view digits = path_in_block.substr(i + 1, 2);
      std::from_chars(digits.data(), digits.data() + digits.size(), c, 16);
      i += digits.size();
    }
    path.push_back(static_cast<char>(c));
  }
  return path;
}

Format whole_files(std::uint64_t max_bytes) {
  expects(max_bytes < whole_inputs, "the limit is one that memory can hold");
  return {.name = "whole files",
          .make_reader =
              [max_bytes](std::size_t window_bytes, std::function<bool()> must_stop) {
                return std::make_unique<WholeFileReader>(max_bytes, window_bytes, std::move(must_stop));
              },
          .unit = whole_inputs};
}

}  // namespace serried::mapreduce

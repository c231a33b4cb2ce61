#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/mapreduce/byte_stream.hpp>
#include <serried/mapreduce/fixed_records.hpp>

namespace serried::mapreduce {
namespace {

class FixedRecordReader final : public SplitReader {
 public:
  FixedRecordReader(std::uint64_t record_bytes, std::size_t window_bytes, std::function<bool()> must_stop)
      : record_bytes_(record_bytes),
        window_bytes_(std::max<std::uint64_t>(window_bytes / record_bytes, 1) * record_bytes),
        must_stop_(std::move(must_stop)) {}

  void read(const Input& input, const Split& split, const Visit& visit) override {
    const bool has_end = input.encoding == Encoding::plain;
    if (has_end && input.size % record_bytes_ != 0) {
      throw odd_size(input, input.size);
    }
    window_.resize(window_bytes_);  // not before the size of a record is known to make sense
    const std::uint64_t end = has_end ? split.bytes.end : std::numeric_limits<std::uint64_t>::max();
    const auto stream = open_stream(input, split.bytes.begin, must_stop_);
    std::uint64_t n_taken_before = 0;
    for (std::uint64_t at = split.bytes.begin; at < end;) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(window_.size(), end - at));
      const std::size_t n = stream->read(std::span(window_).first(wanted));
      at += n;
      if (n % record_bytes_ != 0) {
        throw odd_size(input, at);
      }
      const std::uint64_t n_taken =
          stream->n_bytes_taken() - std::exchange(n_taken_before, stream->n_bytes_taken());
      if ((n > 0 && !visit({std::span(window_).first(n), n, n_taken, at - n, Offsets::of_text})) ||
          n < wanted) {
        return;
      }
    }
  }

 private:
  [[nodiscard]] Error odd_size(const Input& input, std::uint64_t n_bytes) const {
    return Error(fmt::format("{} bytes are no whole number of records of {} bytes", n_bytes, record_bytes_))
        .at(input.path)
        .hint("is it a file of such records, and complete?");
  }

  std::uint64_t record_bytes_;
  std::uint64_t window_bytes_;
  std::vector<char> window_;
  std::function<bool()> must_stop_;
};

}  // namespace

Format fixed_records(std::uint64_t record_bytes) {
  expects(record_bytes > 0, "a record has a byte");
  return {.name = fmt::format("records of {} bytes", record_bytes),
          .make_reader =
              [record_bytes](std::size_t window_bytes, std::function<bool()> must_stop) {
                return std::make_unique<FixedRecordReader>(record_bytes, window_bytes, std::move(must_stop));
              },
          .unit = record_bytes,
          .units_are_records = true,
          .is_text = false};
}

}  // namespace serried::mapreduce

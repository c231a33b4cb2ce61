#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <serried/mapreduce/index_range.hpp>

namespace serried::mapreduce {
namespace {

class IndexReader final : public SplitReader {
 public:
  IndexReader(std::uint64_t n_at_once, std::function<bool()> must_stop)
      : n_at_once_(n_at_once), must_stop_(std::move(must_stop)) {}

  void read(const Input& /*input*/, const Split& split, const Visit& visit) override {
    for (std::uint64_t at = split.bytes.begin; at < split.bytes.end;) {
      const std::uint64_t n = std::min(n_at_once_, split.bytes.end - at);
      std::string block = fmt::format("{} {}", at, at + n);
      if (!visit({block, n, n, at, Offsets::of_rows}) || (must_stop_ && must_stop_())) {
        return;
      }
      at += n;
    }
  }

 private:
  std::uint64_t n_at_once_;
  std::function<bool()> must_stop_;
};

}  // namespace

InputList index_inputs(std::uint64_t n) {
  expects(n < whole_inputs, "there are fewer than 2^62 indices");
  return {{.path = "indices", .size = n}};
}

Format index_format(std::uint64_t n) {
  return {.name = fmt::format("{} indices", n),
          .make_reader =
              [](std::size_t window_bytes, std::function<bool()> must_stop) {
                return std::make_unique<IndexReader>(std::max<std::uint64_t>(window_bytes, 1),
                                                     std::move(must_stop));
              },
          .units_are_records = true,
          .is_text = false};
}

std::uint64_t indices_per_split(std::uint64_t n) {
  constexpr std::uint64_t n_splits = std::uint64_t{1} << 16;
  return std::max<std::uint64_t>(n / n_splits, 1);
}

Range indices_in(std::string_view block) {
  Range indices;
  const char* const end = block.data() + block.size();
  const auto [space, first_code] = std::from_chars(block.data(), end, indices.begin);
  const bool has_both = first_code == std::errc() && space != end && *space == ' ';
  const auto [last, code] = std::from_chars(has_both ? space + 1 : end, end, indices.end);
  expects(has_both && code == std::errc() && last == end && indices.begin <= indices.end,
          "the block is one of index_format");
  return indices;
}

}  // namespace serried::mapreduce

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/mapreduce/block_reader.hpp>
#include <serried/mapreduce/byte_stream.hpp>

namespace serried::mapreduce {
namespace {

// Position in `text` just after the first separator at or after `from`; npos if there is none.
template <Separator separator>
std::size_t after_first(std::string_view text, std::size_t from) {
  if constexpr (separator == Separator::newline) {
    const std::size_t found = text.find('\n', from);
    return found == std::string_view::npos ? found : found + 1;
  } else {
    const auto found = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), is_space);
    return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin()) + 1;
  }
}

// Position just after the last separator at or after `from`; npos if there is none.
template <Separator separator>
std::size_t after_last(std::string_view text, std::size_t from) {
  for (std::size_t end = text.size(); end > from; --end) {
    if (is_separator<separator>(text[end - 1])) {
      return end;
    }
  }
  return std::string_view::npos;
}

}  // namespace

BlockReader::BlockReader(std::size_t window_bytes, std::function<bool()> must_stop)
    : window_(window_bytes), must_stop_(std::move(must_stop)) {
  expects(window_bytes > 0, "the window holds something");
}

void BlockReader::read(const Input& input, const Split& split, Separator separator, const Visit& visit) {
  if (separator == Separator::newline) {
    read_records<Separator::newline>(input, split, visit);
  } else {
    read_records<Separator::white_space>(input, split, visit);
  }
}

template <Separator separator>
void BlockReader::read_records(const Input& input, const Split& split, const Visit& visit) {
  // Records are those that begin after a separator in [begin - 1, end - 1), so both ends of a split look
  // alike.
  const bool has_end = input.encoding == Encoding::plain;
  const std::uint64_t end = has_end ? split.bytes.end : std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t start = split.bytes.begin == 0 ? 0 : split.bytes.begin - 1;
  const auto stream = open_stream(input, start, must_stop_);
  bool is_skipping = split.bytes.begin > 0;
  std::uint64_t n_reported = 0;
  std::uint64_t window_at = start;  // file offset of window_[0]
  const auto report = [&](std::size_t begin_of_block, std::size_t end_of_block) {
    block_offset_ = window_at + begin_of_block;
    const std::uint64_t n_taken = stream->n_bytes_taken() - n_reported;
    n_reported += n_taken;
    return visit(std::span(window_).subspan(begin_of_block, end_of_block - begin_of_block), n_taken);
  };

  std::size_t n_kept = 0;  // bytes of an unfinished record at the front of the window: no separator in them
  for (;;) {
    if (n_kept == window_.size()) {
      window_.resize(2 * window_.size());
    }
    // Just past the end of the split there is only the rest of one record: no need for a whole window.
    constexpr std::uint64_t beyond_end = 4096;
    const std::uint64_t unread = end - std::min(end, window_at + n_kept);
    const std::size_t room = window_.size() - n_kept;
    const std::size_t wanted = has_end ? std::min<std::uint64_t>(room, std::max(unread, beyond_end)) : room;
    const std::size_t n_new = stream->read(std::span(window_).subspan(n_kept, wanted));
    const bool is_last = n_new < wanted || (has_end && window_at + n_kept + n_new == input.size);
    const std::string_view text(window_.data(), n_kept + n_new);

    std::size_t first = 0;
    if (is_skipping) {
      first = after_first<separator>(text, 0);
      if (first == std::string_view::npos) {
        if (window_at + text.size() >= end || is_last) {
          return;  // the record that began before this split covers it whole
        }
        window_at += text.size();
        continue;
      }
      if (window_at + first >= end) {
        return;
      }
      is_skipping = false;
    }

    // The byte before `end`, if it is in the window yet: the first separator from there on ends the split.
    const bool has_reached_end = window_at + text.size() >= end;
    const std::size_t search_from = std::max(first, n_kept);
    std::size_t last = std::string_view::npos;
    bool is_done = false;
    if (has_reached_end) {
      const std::uint64_t last_byte = end - 1;
      last = after_first<separator>(
          text, std::max<std::uint64_t>(search_from, last_byte - std::min(last_byte, window_at)));
      is_done = last != std::string_view::npos;
    }
    if (!is_done) {
      last = after_last<separator>(text, search_from);
    }
    if (is_last && !is_done) {
      is_done = true;
      last = text.size();
    }
    if (last == std::string_view::npos) {
      last = first;  // no record is whole yet
    }
    if ((last > first && !report(first, last)) || is_done) {
      return;
    }
    n_kept = text.size() - last;
    std::memmove(window_.data(), window_.data() + last, n_kept);
    window_at += last;
  }
}

}  // namespace serried::mapreduce

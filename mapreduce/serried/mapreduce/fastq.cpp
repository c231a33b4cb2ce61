#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <serried/mapreduce/fastq.hpp>
#include <serried/mapreduce/sequence_text.hpp>

namespace serried::mapreduce {
namespace {

class FastqParser {
 public:
  FastqParser(const Input& input, const Range& split, ReadWindow& window, SequenceBlocks& blocks)
      : input_(input), split_(split), window_(window), blocks_(blocks) {}

  void parse() {
    if (!find_first_record()) {
      return;
    }
    first_at_ = window_.at();
    while (skip_empty_lines() && window_.at() < split_.end) {
      take_record();
      if (blocks_.is_full() && !hand_out()) {
        return;
      }
    }
    if (window_.at() >= split_.end && has_text(1) && !is_record_start()) {
      throw malformed(0, "no record where one should begin", "is this a FASTQ file?");
    }
    (void)hand_out();
  }

 private:
  // Makes the window hold at least `n` bytes.
  [[nodiscard]] bool has_text(std::size_t n) {
    while (window_.text().size() < n) {
      if (!window_.more()) {
        return false;
      }
    }
    return true;
  }

  // Position after the next \n from `from` on; npos if the input ends before.
  [[nodiscard]] std::size_t after_line(std::size_t from) {
    for (std::size_t searched = from;;) {
      const std::string_view text = window_.text();
      if (const std::size_t found = text.find('\n', searched); found != std::string_view::npos) {
        return found + 1;
      }
      searched = text.size();
      if (!window_.more()) {
        return std::string_view::npos;
      }
    }
  }

  [[nodiscard]] bool drop_line() {
    const std::size_t next = after_line(0);
    window_.drop(std::min(next, window_.text().size()));
    return next != std::string_view::npos;
  }

  // False if no record begins in this split.
  [[nodiscard]] bool find_first_record() {
    if (split_.begin == 0) {
      return true;
    }
    while (drop_line() && window_.at() < split_.end) {
      if (is_record_start()) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool is_record_start() {
    if (!has_text(1) || window_.text().front() != '@') {
      return false;
    }
    const std::size_t sequence = after_line(0);
    if (sequence == std::string_view::npos || !has_text(sequence + 1) || window_.text()[sequence] == '@') {
      return false;
    }
    const std::size_t plus = after_line(sequence);
    return plus != std::string_view::npos && has_text(plus + 1) && window_.text()[plus] == '+';
  }

  // False at the end of the input.
  [[nodiscard]] bool skip_empty_lines() {
    while (has_text(1)) {
      const bool is_return = window_.text().front() == '\r';
      const bool is_last = is_return && !has_text(2);  // of a last line without its \n
      if (is_last || window_.text().front() == '\n') {
        window_.drop(1);
      } else if (is_return && window_.text()[1] == '\n') {
        window_.drop(2);
      } else {
        return true;
      }
    }
    return false;
  }

  // Positions at which the four lines of the record begin, and where it ends.
  [[nodiscard]] std::array<std::size_t, 5> find_lines() {
    std::array<std::size_t, 5> begin{};
    for (std::size_t line = 0; line < 4; ++line) {
      begin[line + 1] = after_line(begin[line]);
      if (begin[line + 1] == std::string_view::npos) {
        const std::size_t end = window_.text().size();
        if (line < 3) {
          throw malformed(end, "the file ends in the middle of a record", "fetch the file again");
        }
        begin[4] = end;
      }
    }
    return begin;
  }

  void take_record() {
    ++n_records_;
    if (window_.text().front() != '@') {
      throw malformed(0, fmt::format("a record begins with byte 0x{:02x} instead of '@'", byte_at(0)),
                      "is this a FASTQ file with four lines a record?");
    }
    const auto [header, first, plus, last, end] = find_lines();
    const std::string_view text = window_.text();
    const auto line = [&](std::size_t from, std::size_t to) {
      std::string_view bytes = text.substr(from, to - from);
      if (bytes.ends_with('\n')) {
        bytes.remove_suffix(1);
      }
      return without_return(bytes);
    };
    const std::string_view sequence = line(first, plus);
    const std::string_view quality = line(last, end);
    if (const std::size_t bad = first_bad(sequence, is_sequence_letter); bad < sequence.size()) {
      throw malformed(first + bad, fmt::format("byte 0x{:02x} in a sequence", byte_at(first + bad)),
                      "sequences hold letters, and * - .");
    }
    if (text[plus] != '+') {
      throw malformed(plus,
                      fmt::format("the third line begins with byte 0x{:02x} instead of '+'", byte_at(plus)),
                      "a sequence of several lines is not read: put it on one");
    }
    if (quality.size() != sequence.size()) {
      throw malformed(
          last, fmt::format("{} qualities for a sequence of {} letters", quality.size(), sequence.size()),
          "was the file cut or damaged?");
    }
    if (const std::size_t bad = first_bad(quality, is_quality); bad < quality.size()) {
      throw malformed(last + bad, fmt::format("byte 0x{:02x} in a quality", byte_at(last + bad)),
                      "qualities are printable");
    }
    blocks_.add(sequence);
    blocks_.end_sequence();
    window_.drop(end);
  }

  [[nodiscard]] unsigned byte_at(std::size_t position) const {
    return static_cast<unsigned char>(window_.text()[position]);
  }

  [[nodiscard]] bool hand_out() { return blocks_.hand_out(window_.at() - first_at_, window_.n_taken()); }

  [[nodiscard]] MalformedSequences malformed(std::size_t position, std::string problem,
                                             std::string hint) const {
    return MalformedSequences(Error(std::move(problem))
                                  .context(fmt::format("record {}", n_records_))
                                  .at(input_.path, window_.at() + position)
                                  .hint(std::move(hint)));
  }

  const Input& input_;
  const Range& split_;
  ReadWindow& window_;
  SequenceBlocks& blocks_;
  std::uint64_t first_at_ = 0;
  std::uint64_t n_records_ = 0;
};

}  // namespace

void parse_fastq(const Input& input, const Range& split, ReadWindow& window, SequenceBlocks& blocks) {
  FastqParser(input, split, window, blocks).parse();
}

}  // namespace serried::mapreduce

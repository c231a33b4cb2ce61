#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <serried/mapreduce/byte_stream.hpp>
#include <serried/mapreduce/fasta.hpp>
#include <serried/mapreduce/sequence_text.hpp>

namespace serried::mapreduce {
namespace {

class FastaParser {
 public:
  FastaParser(const Input& input, const Range& split, FastaState state, ReadWindow& window,
              SequenceBlocks& blocks)
      : input_(input), split_(split), state_(state), window_(window), blocks_(blocks) {}

  void parse() {
    while (has_text() && (window_.at() < split_.end || owned_header_at_)) {
      if (state_.is_at_line_start && window_.text().front() == '>') {
        blocks_.end_sequence();
        state_.is_in_header = true;
        owned_header_at_ = window_.at();
        ++n_headers_;
      }
      state_.is_at_line_start = false;
      state_.is_in_header ? take_header() : take_letters();
      if (blocks_.is_full() && !hand_out()) {
        return;
      }
    }
    if (!state_.is_in_header && blocks_.is_inside_sequence()) {
      look_ahead();
    }
    (void)hand_out();
  }

 private:
  [[nodiscard]] bool has_text() { return !window_.text().empty() || window_.more(); }

  [[nodiscard]] bool hand_out() {
    return blocks_.hand_out(std::min(window_.at(), split_.end) - split_.begin, window_.n_taken());
  }

  // The rest of a header, or as much of it as there is.
  void take_header() {
    const std::string_view text = window_.text();
    const std::size_t end = text.find('\n');
    const std::size_t n = std::min(end, text.size());
    if (owned_header_at_ && window_.at() + n - *owned_header_at_ >= max_fasta_header) {
      throw malformed(*owned_header_at_, "a header of 1 MiB or more", "is this a FASTA file?");
    }
    window_.drop(n);
    if (end != std::string_view::npos) {
      window_.drop(1);
      state_ = {};
      owned_header_at_.reset();
    }
  }

  // Letters of this split up to the end of their line, or as many as there are.
  void take_letters() {
    const std::string_view text = window_.text();
    const std::string_view own =
        text.substr(0, std::min<std::uint64_t>(text.size(), split_.end - window_.at()));
    const std::size_t end = own.find('\n');
    std::string_view letters = own.substr(0, end);
    std::size_t n_dropped = letters.size();
    if (end != std::string_view::npos) {
      n_dropped += 1;
      state_.is_at_line_start = true;
      letters = without_return(letters);
    } else if (letters.ends_with('\r')) {
      // Whether it ends the line shows in the byte after it.
      if (letters.size() == text.size() && !is_all_here_) {
        is_all_here_ = !window_.more();
        return;
      }
      if (letters.size() == text.size() || text[letters.size()] == '\n') {
        letters = without_return(letters);
      }
    }
    if (const std::size_t bad = first_bad(letters, is_sequence_letter); bad < letters.size()) {
      throw malformed(window_.at() + bad,
                      fmt::format("byte 0x{:02x} in a sequence", static_cast<unsigned char>(letters[bad])),
                      "sequences hold letters, and * - .");
    }
    blocks_.add(letters);
    window_.drop(n_dropped);
  }

  // The letters beyond this split that runs which begin in it end with. What is wrong with them is said by their own.
  void look_ahead() {
    for (std::size_t n_left = blocks_.overlap(); n_left > 0 && has_text();) {
      const char c = window_.text().front();
      if (state_.is_at_line_start && c == '>') {
        return;
      }
      state_.is_at_line_start = c == '\n';
      if (c != '\n' && c != '\r') {
        if (!is_sequence_letter(c)) {
          return;
        }
        blocks_.add({&c, 1});
        --n_left;
      }
      window_.drop(1);
    }
  }

  [[nodiscard]] MalformedSequences malformed(std::uint64_t offset, std::string problem,
                                             std::string hint) const {
    return MalformedSequences(Error(std::move(problem))
                                  .context(fmt::format("record {}", n_headers_))
                                  .at(input_.path, offset)
                                  .hint(std::move(hint)));
  }

  const Input& input_;
  const Range& split_;
  FastaState state_;
  ReadWindow& window_;
  SequenceBlocks& blocks_;
  std::optional<std::uint64_t>
      owned_header_at_;  // of a header that began in this split and has not ended yet
  std::uint64_t n_headers_ = 0;
  bool is_all_here_ = false;  // the window reaches to the end of the input
};

}  // namespace

FastaState fasta_state_at(const Input& input, std::uint64_t offset) {
  // Ever more of what is before, until a line begins in it.
  std::vector<char> before;
  for (std::uint64_t wanted = 4096; offset > 0; wanted *= 16) {
    const std::uint64_t from = offset - std::min(offset, wanted);
    before.resize(offset - from);
    const std::size_t n_read = open_stream(input, from)->read(before);
    const std::string_view text(before.data(), n_read);
    if (text.ends_with('\n')) {
      return {};
    }
    const std::size_t newline = text.rfind('\n');
    if (newline != std::string_view::npos || from == 0) {
      return {.is_at_line_start = false, .is_in_header = text[newline + 1] == '>'};
    }
    if (wanted >= max_fasta_header) {
      return {.is_at_line_start = false, .is_in_header = false};
    }
  }
  return {};
}

void parse_fasta(const Input& input, const Range& split, FastaState state, ReadWindow& window,
                 SequenceBlocks& blocks) {
  FastaParser(input, split, state, window, blocks).parse();
}

}  // namespace serried::mapreduce

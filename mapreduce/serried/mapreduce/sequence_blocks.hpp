/// Sequences on their way out of a reader: their letters alone, a line each, in blocks.
///
/// A sequence that is longer than a block goes on in the next one, which repeats the last `overlap` letters of it: every
/// run of overlap + 1 letters of a sequence is in exactly one block.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <serried/mapreduce/split_reader.hpp>

namespace serried::mapreduce {

class SequenceBlocks {
 public:
  SequenceBlocks(std::size_t overlap, std::size_t block_bytes)
      : overlap_(overlap), block_bytes_(block_bytes + overlap) {}

  /// Begins a split.
  void open(const SplitReader::Visit& visit) {
    visit_ = &visit;
    text_.clear();
    n_bytes_ = 0;
    n_taken_ = 0;
  }

  [[nodiscard]] std::size_t overlap() const { return overlap_; }
  /// More letters of the sequence.
  void add(std::string_view letters) { text_ += letters; }
  /// The next letter belongs to another sequence.
  void end_sequence() {
    if (is_inside_sequence()) {
      text_ += '\n';
    }
  }
  /// Whether the sequence has letters that what follows could join.
  [[nodiscard]] bool is_inside_sequence() const { return !text_.empty() && text_.back() != '\n'; }

  [[nodiscard]] bool is_full() const { return text_.size() >= block_bytes_; }
  /// Hands out what there is. `n_bytes` of text and `n_taken` of the file since `open`. False: no more is wanted.
  [[nodiscard]] bool hand_out(std::uint64_t n_bytes, std::uint64_t n_taken) {
    const std::size_t begin = text_.rfind('\n') + 1;  // npos + 1 is 0
    const std::string tail = text_.substr(std::max(begin, text_.size() - std::min(text_.size(), overlap_)));
    const bool goes_on = (*visit_)({text_, n_bytes - n_bytes_, n_taken - n_taken_});
    n_bytes_ = n_bytes;
    n_taken_ = n_taken;
    text_ = tail;
    return goes_on;
  }

 private:
  std::size_t overlap_;
  std::size_t block_bytes_;
  std::string text_;
  const SplitReader::Visit* visit_ = nullptr;
  std::uint64_t n_bytes_ = 0;
  std::uint64_t n_taken_ = 0;
};

}  // namespace serried::mapreduce

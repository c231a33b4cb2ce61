/// The documents of an index: their numbers and lengths, and at which word of its document each block of text begins.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/mapreduce/inputs.hpp>

#include "postings.hpp"

namespace serried::index {

/// What is known of a block of text when its words have been read.
struct BlockOfText {
  std::uint64_t input = 0;
  std::uint64_t offset = 0;
  std::uint64_t n_words = 0;
  std::uint64_t n_bytes = 0;
  std::uint64_t is_binary = 0;  ///< 1: it holds a NUL

  void put(std::string& bytes) const {
    for (const std::uint64_t number : {input, offset, n_words, n_bytes, is_binary}) {
      put_number(bytes, number);
    }
  }
  [[nodiscard]] static BlockOfText take(std::string_view bytes) {
    BlockOfText block;
    for (std::uint64_t* number :
         {&block.input, &block.offset, &block.n_words, &block.n_bytes, &block.is_binary}) {
      *number = take_number(bytes);
    }
    return block;
  }
};

/// A path on one line: a newline in it is written as \n, a backslash as \\.
[[nodiscard]] inline std::string path_on_a_line(std::string_view path) {
  std::string line;
  for (const char c : path) {
    line += c == '\n' ? "\\n" : c == '\\' ? "\\\\" : std::string(1, c);
  }
  return line;
}

/// Local; the same on all ranks that know the same.
class Documents {
 public:
  static constexpr std::uint64_t left_out = std::numeric_limits<std::uint64_t>::max();

  /// Of the inputs' blocks, in any order. Those that hold a NUL somewhere are left out.
  Documents(const mapreduce::InputList& inputs, std::vector<BlockOfText> blocks)
      : blocks_(std::move(blocks)), documents_(inputs.size()) {
    std::ranges::sort(blocks_, [](const BlockOfText& a, const BlockOfText& b) {
      return a.input != b.input ? a.input < b.input : a.offset < b.offset;
    });
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const BlockOfText& block = blocks_[i];
      Document& document = documents_[block.input];
      if (document.n_blocks++ == 0) {
        document.first_block = i;
      }
      document.number = block.is_binary != 0 ? left_out : document.number;
      n_bytes_ += block.n_bytes;
      words_before_.push_back(document.n_words);
      document.n_words += block.n_words;
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Document& document = documents_[i];
      document.path = path_on_a_line(inputs[i].path);
      if (document.number != left_out) {
        document.number = n_documents_++;
        n_words_ += document.n_words;
      }
    }
  }

  [[nodiscard]] std::uint64_t size() const { return n_documents_; }
  [[nodiscard]] std::uint64_t n_left_out() const { return documents_.size() - n_documents_; }
  [[nodiscard]] std::uint64_t n_words() const { return n_words_; }
  [[nodiscard]] std::uint64_t n_bytes() const { return n_bytes_; }
  [[nodiscard]] bool has_blocks() const { return !blocks_.empty(); }

  /// The document's number in the index, or left_out.
  [[nodiscard]] std::uint64_t number_of(std::uint64_t input) const { return documents_[input].number; }

  /// How many words of the document come before the block at `offset`.
  [[nodiscard]] std::uint64_t words_before(std::uint64_t input, std::uint64_t offset) const {
    const Document& document = documents_[input];
    const auto begin = blocks_.begin() + static_cast<std::ptrdiff_t>(document.first_block);
    const auto end = begin + static_cast<std::ptrdiff_t>(document.n_blocks);
    const auto block = std::ranges::lower_bound(begin, end, offset, {}, &BlockOfText::offset);
    expects(block != end && block->offset == offset, "every block with words is known");
    return words_before_[static_cast<std::size_t>(block - blocks_.begin())];
  }

  /// `visit(line)` for NUMBER<TAB>N_WORDS<TAB>PATH and a newline of each document in the index.
  template <class Visit>
  void for_each_line(Visit&& visit) const {
    for (const Document& document : documents_) {
      if (document.number != left_out) {
        visit(fmt::format("{}\t{}\t{}\n", document.number, document.n_words, document.path));
      }
    }
  }

 private:
  struct Document {
    std::string path;
    std::uint64_t number = 0;
    std::uint64_t n_words = 0;
    std::size_t first_block = 0;
    std::size_t n_blocks = 0;
  };

  std::vector<BlockOfText> blocks_;          // by input and offset
  std::vector<std::uint64_t> words_before_;  // each block, in its document
  std::vector<Document> documents_;          // by input
  std::uint64_t n_documents_ = 0;
  std::uint64_t n_words_ = 0;
  std::uint64_t n_bytes_ = 0;
};

}  // namespace serried::index

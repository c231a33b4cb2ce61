/// Some of another rank's nodes, each with its number among them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace serried::pagerank {

/// A bit for each node, and for each 64 of them how many are in the set before: an eighth of a byte a node, and another one,
/// where a table of numbers would be four.
class NodeSet {
 public:
  explicit NodeSet(std::uint32_t n_nodes) : words_((std::size_t{n_nodes} + 63) / 64) {}

  void add(std::uint32_t node) { words_[node / 64].bits |= std::uint64_t{1} << node % 64; }

  /// To be called when all are there, before what follows. Numbers begin with `first`; returns the one after the last.
  [[nodiscard]] std::uint64_t number_from(std::uint64_t first) {
    for (Word& word : words_) {
      word.first = first;
      first += static_cast<std::uint64_t>(std::popcount(word.bits));
    }
    return first;
  }
  /// Of a node that is in the set: numbers rise as nodes do.
  [[nodiscard]] std::uint64_t number_of(std::uint32_t node) const {
    const Word& word = words_[node / 64];
    const std::uint64_t below = (std::uint64_t{1} << node % 64) - 1;
    return word.first + static_cast<std::uint64_t>(std::popcount(word.bits & below));
  }
  [[nodiscard]] std::vector<std::uint32_t> nodes() const {
    std::vector<std::uint32_t> nodes;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t bits = words_[i].bits; bits != 0; bits &= bits - 1) {
        nodes.push_back(
            static_cast<std::uint32_t>(64 * i + static_cast<std::size_t>(std::countr_zero(bits))));
      }
    }
    return nodes;
  }

 private:
  struct Word {
    std::uint64_t bits = 0;
    std::uint64_t first = 0;
  };
  std::vector<Word> words_;
};

}  // namespace serried::pagerank

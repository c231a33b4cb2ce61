/// Where the words of a block of text are: what the index is made of, block by block.
///
///     BlockPostings postings;
///     postings.read("to be or not to be", text_of);
///     postings.for_each([](std::string_view word, const auto& positions) { … });   // "to": 0, 4
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/mapreduce/text.hpp>

namespace serried::index {

/// Appends a number in as few bytes as it needs, seven bits each.
inline void put_number(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) {
    bytes.push_back(static_cast<char>(number | 0x80));
  }
  bytes.push_back(static_cast<char>(number));
}

/// Takes what put_number has appended from the front of `bytes`.
[[nodiscard]] inline std::uint64_t take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; !bytes.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) {
      return number;
    }
  }
  throw Error("the positions of a word are cut off").hint("this is a bug, or the memory is damaged");
}

/// Where a word is in one block: its document and the block's offset in it, and how often and where it is there, the first
/// position counted from the block's first word, each other one from the one before.
struct Posting {
  std::uint64_t input = 0;
  std::uint64_t offset = 0;
  std::uint64_t n = 0;
  std::string_view distances;

  [[nodiscard]] static Posting of(std::string_view bytes) {
    Posting posting;
    posting.input = take_number(bytes);
    posting.offset = take_number(bytes);
    posting.n = take_number(bytes);
    posting.distances = bytes;
    return posting;
  }
};

/// The words of one block, each with its positions. Used for many blocks, as its memory costs more than the words.
class BlockPostings {
 public:
  /// `text` must outlive what is read of it here.
  void read(std::string_view text) {
    constexpr std::size_t bytes_a_slot = 16;
    entries_.clear();
    next_.clear();
    slots_.assign(std::bit_ceil(text.size() / bytes_a_slot + 16), none);
    mapreduce::for_each_word(text, [&](std::string_view word) { add(word); });
  }

  [[nodiscard]] std::uint64_t n_words() const { return next_.size(); }

  /// `visit(word, bytes)` for each distinct word, in the order of their first positions; `bytes` are a Posting's.
  template <class Visit>
  void for_each(std::uint64_t input, std::uint64_t offset, Visit&& visit) {
    for (const Entry& entry : entries_) {
      bytes_.clear();
      put_number(bytes_, input);
      put_number(bytes_, offset);
      put_number(bytes_, entry.n);
      std::uint32_t before = 0;
      for (std::uint32_t at = entry.first; at != none; at = next_[at]) {
        put_number(bytes_, at - before);
        before = at;
      }
      visit(entry.word, std::string_view(bytes_));
    }
  }

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  struct Entry {
    std::uint64_t hash = 0;
    std::string_view word;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::uint32_t n = 0;
  };

  void add(std::string_view word) {
    const auto position = static_cast<std::uint32_t>(next_.size());
    next_.push_back(none);
    const std::uint64_t hash = hash_bytes(word);
    std::size_t slot = hash & (slots_.size() - 1);
    for (; slots_[slot] != none; slot = (slot + 1) & (slots_.size() - 1)) {
      Entry& entry = entries_[slots_[slot]];
      if (entry.hash == hash && entry.word == word) {
        next_[entry.last] = position;
        entry.last = position;
        ++entry.n;
        return;
      }
    }
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({hash, word, position, position, 1});
    if (2 * entries_.size() > slots_.size()) {
      grow();
    }
  }

  void grow() {
    slots_.assign(4 * slots_.size(), none);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      std::size_t slot = entries_[i].hash & (slots_.size() - 1);
      while (slots_[slot] != none) {
        slot = (slot + 1) & (slots_.size() - 1);
      }
      slots_[slot] = i;
    }
  }

  std::vector<std::uint32_t> slots_;  // of the hashes: numbers of entries
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> next_;  // of each position: the next one of the same word
  std::string bytes_;
};

}  // namespace serried::index

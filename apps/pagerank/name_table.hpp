/// Names as dense numbers, in the order in which they came.
///
///     NameTable names;
///     const std::uint32_t number = names.number_of("node");   // the same for the same name
///     names[number];                                          // "node"
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/mapreduce/arena.hpp>

namespace serried::pagerank {

/// Move-only. Up to 2^32 - 1 names; about 70 bytes each, and their own.
class NameTable {
 public:
  NameTable() : slots_(std::size_t{1} << 10, none) {}

  [[nodiscard]] std::uint32_t number_of(std::string_view name) { return number_of(name, hash_bytes(name)); }
  /// The same, with the name's hash_bytes().
  [[nodiscard]] std::uint32_t number_of(std::string_view name, std::uint64_t hash) {
    const ShortBytes beginning = load_short(name.data(), name.size());
    const std::uint64_t mark = hash & high_half;
    std::size_t at = hash & (slots_.size() - 1);
    for (; slots_[at] != none; at = (at + 1) & (slots_.size() - 1)) {
      const auto number = static_cast<std::uint32_t>(slots_[at]);
      if ((slots_[at] & high_half) == mark && is_name(names_[number], name, beginning)) {
        return number;
      }
    }
    if (names_.size() == std::numeric_limits<std::uint32_t>::max()) {
      throw Error("more than 2^32 - 2 nodes on one rank").hint("use more ranks");
    }
    const auto number = static_cast<std::uint32_t>(names_.size());
    if (name.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw Error("a name of 4 GiB or more");
    }
    names_.push_back({beginning, arena_.keep(name), static_cast<std::uint32_t>(name.size())});
    slots_[at] = mark | number;
    if (2 * names_.size() > slots_.size()) {
      grow();
    }
    return number;
  }

  /// Before some look-ups, so that the processor waits for the memory of all of them at once: the first for all, then the second
  /// for all.
  void prefetch_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]); }
  void prefetch_name(std::uint64_t hash) const {
    const std::uint64_t slot = slots_[hash & (slots_.size() - 1)];
    if (slot != none) {
      __builtin_prefetch(&names_[static_cast<std::uint32_t>(slot)]);
    }
  }

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }
  /// Valid as long as the table.
  [[nodiscard]] std::string_view operator[](std::uint32_t number) const {
    return {names_[number].data, names_[number].size};
  }

 private:
  struct Name {
    ShortBytes beginning;  // so that most names are compared without their bytes
    const char* data = nullptr;
    std::uint32_t size = 0;
  };
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint64_t high_half = std::uint64_t{0xffffffff} << 32;

  [[nodiscard]] static bool is_name(const Name& known, std::string_view name, const ShortBytes& beginning) {
    return known.size == name.size() && known.beginning == beginning &&
           (name.size() <= short_bytes_capacity || std::string_view(known.data, known.size) == name);
  }

  void grow() {
    slots_.assign(4 * slots_.size(), none);
    for (std::uint32_t number = 0; number < size(); ++number) {
      const std::uint64_t hash = hash_bytes((*this)[number]);
      std::size_t at = hash & (slots_.size() - 1);
      while (slots_[at] != none) {
        at = (at + 1) & (slots_.size() - 1);
      }
      slots_[at] = (hash & high_half) | number;
    }
  }

  mapreduce::Arena arena_;
  std::vector<Name> names_;
  std::vector<std::uint64_t> slots_;  // the high half of the hash, and the number
};

}  // namespace serried::pagerank

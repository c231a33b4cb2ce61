// Keys that are hard to sort and to tell apart.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "random_text.hpp"

namespace serried::test {

// `n` distinct keys in random order: shared prefixes of all lengths around 8 and 16, prefixes of each other,
// differing in NULs at the end alone, 0 to 40 bytes.
[[nodiscard]] inline std::vector<std::string> hard_keys(Random& random, std::size_t n) {
  using namespace std::string_view_literals;
  const std::string prefix = random.bytes(40, "ab\0"sv);
  std::set<std::string> seen;
  std::vector<std::string> keys;
  while (keys.size() < n) {
    std::string key = prefix.substr(0, random.below(3) == 0 ? 0 : random.below(34));
    const std::size_t n_more = random.below(41 - key.size());
    switch (random.below(4)) {
      case 0:
        key.append(n_more, '\0');
        break;
      case 1:
        key += random.bytes(n_more, "\0\x01\x7f\x80\xff"sv);
        break;
      case 2:
        key += random.bytes(n_more);
        break;
      default:
        key += random.bytes(n_more, "ab\0"sv);
    }
    if (seen.insert(key).second) {
      keys.push_back(std::move(key));
    }
  }
  return keys;
}

}  // namespace serried::test

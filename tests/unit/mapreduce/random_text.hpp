// Random bytes for tests. The seed is SERRIED_TEST_SEED, which tests/run sets; without it a new one. It is shown when a test
// fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace serried::test {

[[nodiscard]] inline std::uint64_t run_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("SERRIED_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  }();
  return seed;
}

// For the top of a test that uses Random(run_seed()).
#define SERRIED_TRACE_SEED() SCOPED_TRACE("SERRIED_TEST_SEED=" + std::to_string(::serried::test::run_seed()))

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // In [0, n), for n > 0. Not exactly uniform, but the same with every standard library.
  [[nodiscard]] std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  [[nodiscard]] std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }
  [[nodiscard]] std::uint64_t bits() { return engine_(); }

  // `size` bytes, each one of `alphabet`; of all 256 if that is empty.
  [[nodiscard]] std::string bytes(std::size_t size, std::string_view alphabet = {}) {
    std::string text(size, '\0');
    for (char& c : text) {
      c = alphabet.empty() ? static_cast<char>(engine_()) : alphabet[below(alphabet.size())];
    }
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace serried::test

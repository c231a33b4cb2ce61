/// Values as bytes and back, for what job::run saves: part of what gathers in rounds.hpp.
///
///     put(bytes, std::span<const double>(sums));
///     take(bytes, std::span<double>(sums));          // and goes on behind them
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/self_contained.hpp>

namespace serried::montecarlo {

/// Local.
template <SelfContained T>
void put(std::vector<std::byte>& bytes, std::span<const T> values) {
  const auto raw = std::as_bytes(values);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

/// Local. Throws an Error if there are fewer bytes.
template <SelfContained T>
void take(std::span<const std::byte>& bytes, std::span<T> values) {
  if (bytes.size() < values.size_bytes()) {
    throw Error("what was saved has the wrong size")
        .hint("was it written by another version of the program?");
  }
  if (!values.empty()) {
    std::memcpy(values.data(), bytes.data(), values.size_bytes());
  }
  bytes = bytes.subspan(values.size_bytes());
}

/// Local. Throws an Error unless all bytes were taken.
inline void expect_end(std::span<const std::byte> bytes) {
  if (!bytes.empty()) {
    throw Error("what was saved does not fit").hint("was it written by another version of the program?");
  }
}

}  // namespace serried::montecarlo

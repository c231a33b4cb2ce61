/// Random orders and samples without replacement.
///
///     shuffle(stream, deck);
///     for (const std::uint64_t row : sample(stream, n_rows, 100)) …
#pragma once

#include <cstdint>
#include <iterator>
#include <ranges>
#include <utility>
#include <vector>

#include <serried/random/stream.hpp>

namespace serried::random {

/// Puts the elements into one of all orders, each exactly as likely if all words are: R. Fisher's and F. Yates' shuffle as
/// R. Durstenfeld has it (Comm. ACM 7 (1964)). Takes n - 1 words, seldom more (Stream::below).
template <std::ranges::random_access_range Range>
requires std::permutable<std::ranges::iterator_t<Range>>
void shuffle(Stream& stream, Range&& range) {
  const auto first = std::ranges::begin(range);
  using Difference = std::ranges::range_difference_t<Range>;
  for (auto n = static_cast<Difference>(std::ranges::distance(range)); n > 1; --n) {
    const auto chosen = static_cast<Difference>(stream.below(static_cast<std::uint64_t>(n)));
    std::ranges::iter_swap(first + (n - 1), first + chosen);
  }
}

/// k different ones of 0 … n - 1 in random order: each sequence of k is exactly as likely, so that the first of them are
/// a sample, too. The first k steps of a shuffle of which only what has moved is kept: O(k) time and memory on average,
/// for any n. Takes k words, seldom more. Throws std::logic_error if k is above n.
[[nodiscard]] std::vector<std::uint64_t> sample(Stream& stream, std::uint64_t n, std::uint64_t k);

}  // namespace serried::random

/// Which documents of an index fit some words best, by Okapi BM25.
///
/// A document's score is the sum over the words of the query, each as often as it is there, of
///
///     ln(1 + (N - n + 1/2) / (n + 1/2)) * f * (k1 + 1) / (f + k1 * (1 - b + b * L / mean L))
///
/// where N documents are in the index, n have the word, this one f times, and L is its number of words (Robertson and
/// Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with the logarithm of a number above 1, so that
/// no word counts against a document). k1 = 1.2, b = 0.75.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/mapreduce/text.hpp>

#include "index_file.hpp"

namespace serried::index {

inline constexpr double bm25_k1 = 1.2;
inline constexpr double bm25_b = 0.75;

struct Hit {
  std::uint64_t score = 0;  ///< in millionths, so that what is printed is what is compared
  std::uint64_t document = 0;
  std::string path;
};

/// Local. The `top` best documents that have one of the words at least, the best first, those of equal score by number. Throws
/// a usage error if there are no words.
[[nodiscard]] inline std::vector<Hit> query(const IndexFile& index, std::string words, std::size_t top) {
  if (index.is_folded()) {
    mapreduce::fold_case(words.data(), words.size());
  }
  std::vector<std::pair<std::string_view, double>> wanted;  // each with how often it is asked for
  for (const std::string_view word : mapreduce::words(words)) {
    const auto known = std::ranges::find(wanted, word, &std::pair<std::string_view, double>::first);
    if (known == wanted.end()) {
      wanted.emplace_back(word, 1);
    } else {
      ++known->second;
    }
  }
  if (wanted.empty()) {
    throw usage_error("--query: there are no words in it");
  }

  struct Found {
    double n_words = 0;
    double score = 0;
  };
  struct Occurrence {
    std::uint64_t document = 0;
    std::uint64_t count = 0;
  };
  std::unordered_map<std::uint64_t, Found> found;
  std::vector<Occurrence> postings;
  const auto n_documents = static_cast<double>(index.n_documents());
  const double mean = static_cast<double>(index.n_words()) / n_documents;
  for (const auto& [word, weight] : wanted) {
    postings.clear();
    const auto n =
        static_cast<double>(index.for_each_posting(word, [&](std::uint64_t document, std::uint64_t count) {
          postings.push_back({document, count});
        }));
    const double rarity = std::log(1 + (n_documents - n + 0.5) / (n + 0.5));
    std::size_t place = 0;
    for (const Occurrence& posting : postings) {
      const auto [entry, is_new] = found.try_emplace(posting.document);
      Found& document = entry->second;
      if (is_new) {
        const IndexFile::Document known = index.document(posting.document, place);
        document.n_words = static_cast<double>(known.n_words);
        place = known.place;
      }
      const auto count = static_cast<double>(posting.count);
      const double length = 1 - bm25_b + bm25_b * document.n_words / mean;
      document.score += weight * rarity * count * (bm25_k1 + 1) / (count + bm25_k1 * length);
    }
  }

  std::vector<Hit> hits;
  hits.reserve(found.size());
  for (const auto& [number, document] : found) {
    hits.push_back({static_cast<std::uint64_t>(std::llround(document.score * 1e6)), number, {}});
  }
  const auto n_hits = static_cast<std::ptrdiff_t>(std::min(top, hits.size()));
  std::ranges::partial_sort(hits, hits.begin() + n_hits, [](const Hit& a, const Hit& b) {
    return a.score != b.score ? a.score > b.score : a.document < b.document;
  });
  hits.resize(static_cast<std::size_t>(n_hits));
  for (Hit& hit : hits) {
    hit.path = index.document(hit.document).path;
  }
  return hits;
}

}  // namespace serried::index

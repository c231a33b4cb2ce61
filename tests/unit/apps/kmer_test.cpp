#include "kmers/kmer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "../mapreduce/random_text.hpp"

namespace serried::kmers {
namespace {

std::string reverse_complement(std::string kmer) {
  std::ranges::reverse(kmer);
  for (char& base : kmer) {
    base = "TGCA"[std::string_view("ACGT").find(base)];
  }
  return kmer;
}

std::vector<std::string> naive_kmers(std::string text, std::size_t k, Strands strands) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    }
  }
  std::vector<std::string> kmers;
  for (std::size_t i = 0; i + k <= text.size(); ++i) {
    const std::string kmer = text.substr(i, k);
    if (kmer.find_first_not_of("ACGT") == std::string::npos) {
      kmers.push_back(strands == Strands::both ? std::min(kmer, reverse_complement(kmer)) : kmer);
    }
  }
  return kmers;
}

template <class Kmer>
void expect_as_naive(const std::string& text, int k) {
  for (const Strands strands : {Strands::one, Strands::both}) {
    std::vector<std::string> found;
    std::vector<Kmer> kmers;
    for_each_kmer<Kmer>(text, k, strands, [&](const Kmer& kmer) {
      KmerText letters;
      found.emplace_back(kmer_text(kmer, k, letters));
      kmers.push_back(kmer);
    });
    ASSERT_EQ(found, naive_kmers(text, static_cast<std::size_t>(k), strands)) << text << ", k = " << k;
    std::ranges::sort(found);
    std::ranges::sort(kmers);
    for (std::size_t i = 0; i < kmers.size(); ++i) {
      KmerText letters;
      ASSERT_EQ(kmer_text(kmers[i], k, letters), found[i]) << "they sort as their letters do";
    }
  }
}

TEST(ForEachKmer, AsTheNaiveWayForEveryK) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  for (int k = 1; k <= max_k; ++k) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, static_cast<std::size_t>(k), std::size_t{300}}) {
      for (const std::string_view alphabet : {"ACGT", "ACGTacgtACGTacgtACGTacgtACGTacgtN", "A", ""}) {
        const std::string text = random.bytes(size, alphabet);
        ASSERT_NO_FATAL_FAILURE(expect_as_naive<LongKmer>(text, k));
        if (k <= max_short_k) {
          ASSERT_NO_FATAL_FAILURE(expect_as_naive<ShortKmer>(text, k));
        }
      }
    }
  }
}

TEST(ForEachKmer, KnownBits) {
  std::vector<ShortKmer> kmers;
  for_each_kmer<ShortKmer>("ACGTNtt", 2, Strands::one, [&](ShortKmer kmer) { kmers.push_back(kmer); });
  EXPECT_EQ(kmers, (std::vector<ShortKmer>{0b0001, 0b0110, 0b1011, 0b1111}));
}

}  // namespace
}  // namespace serried::kmers

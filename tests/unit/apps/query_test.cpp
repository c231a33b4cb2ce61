#include "index/query.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "error_of.hpp"
#include "files.hpp"
#include "index/index.hpp"
#include "temporary_directory.hpp"

namespace serried::index {
namespace {

using testing::HasSubstr;

class QueryTest : public testing::Test {
 protected:
  test::TemporaryDirectory folder_;
  const std::string path_ = (folder_.path() / "index").string();

  // Documents of these numbers of words, and lines of words.
  void write(const std::vector<std::uint64_t>& n_words, const std::string& words, bool is_folded = false) {
    std::string documents;
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < n_words.size(); ++i) {
      documents +=
          std::to_string(i) + "\t" + std::to_string(n_words[i]) + "\tpath" + std::to_string(i) + "\n";
      n += n_words[i];
    }
    const std::size_t begin = header_line(is_folded, n_words.size(), n, 0).size() + documents.size();
    test::write_file(path_, header_line(is_folded, n_words.size(), n, begin) + documents + words);
  }
};

TEST_F(QueryTest, ScoresAsTheFormulaSays) {
  write({10, 20, 30}, "a\t2\t0:1:5 2:3:1,2,3\nb\t1\t1:1:0\n");
  const auto score = [](double n, double count, double n_words) {
    const double length = 0.25 + 0.75 * n_words / 20;
    return std::llround(1e6 * std::log(1 + (3 - n + 0.5) / (n + 0.5)) * count * 2.2 / (count + 1.2 * length));
  };
  const IndexFile index(path_);
  const auto hits = query(index, "a b nothing", 10);
  ASSERT_EQ(hits.size(), 3u);
  EXPECT_EQ(hits[0].path, "path1");
  EXPECT_EQ(hits[0].score, score(1, 1, 20));
  EXPECT_EQ(hits[1].path, "path2");
  EXPECT_EQ(hits[1].score, score(2, 3, 30));
  EXPECT_EQ(hits[2].path, "path0");
  EXPECT_EQ(hits[2].score, score(2, 1, 10));
  EXPECT_EQ(query(index, "a", 1).size(), 1u);
  EXPECT_TRUE(query(index, "A", 1).empty());
}

TEST_F(QueryTest, EqualScoresComeInTheOrderOfTheDocuments) {
  write(std::vector<std::uint64_t>(4, 5), "a\t4\t0:1:0 1:1:1 2:1:2 3:1:3\n");
  const auto hits = query(IndexFile(path_), "a", 3);
  ASSERT_EQ(hits.size(), 3u);
  EXPECT_EQ(hits[0].document, 0u);
  EXPECT_EQ(hits[1].document, 1u);
  EXPECT_EQ(hits[2].document, 2u);
}

TEST_F(QueryTest, AFoldedIndexFoldsTheQuery) {
  write({1}, "a\t1\t0:1:0\n", true);
  EXPECT_EQ(query(IndexFile(path_), "A", 3).size(), 1u);
}

TEST_F(QueryTest, FindsEveryDocumentAndEveryWord) {
  std::vector<std::uint64_t> n_words;
  std::string words;
  for (std::uint64_t i = 0; i < 1200; ++i) {
    n_words.push_back(1000 + i);
    words += "w" + std::to_string(10000 + i) + "\t1\t" + std::to_string(i) + ":1:0\n";
  }
  write(n_words, words);
  const IndexFile index(path_);
  for (std::uint64_t i = 0; i < 1200; ++i) {
    EXPECT_EQ(index.document(i).path, "path" + std::to_string(i));
    std::vector<std::uint64_t> found;
    EXPECT_EQ(
        index.for_each_posting("w" + std::to_string(10000 + i),
                               [&](std::uint64_t document, std::uint64_t) { found.push_back(document); }),
        1u);
    EXPECT_EQ(found, std::vector<std::uint64_t>{i});
  }
  for (const char* word : {"v", "w", "w10000a", "w11200", "x", ""}) {
    EXPECT_EQ(index.for_each_posting(word, [](std::uint64_t, std::uint64_t) {}), 0u) << word;
  }
  for (const std::uint64_t step : {1u, 7u, 300u}) {
    std::size_t place = 0;
    for (std::uint64_t i = 0; i < 1200; i += step) {
      const auto document = index.document(i, place);
      EXPECT_EQ(document.n_words, 1000 + i);
      place = document.place;
    }
  }
}

TEST_F(QueryTest, WhatIsNoIndexIsRefused) {
  for (const std::string text :
       {"", "some text", "serried-index\t2\n", "serried-index\t1\texact\t1\t1\t999\n",
        "serried-index\t1\texact\tx\t1\t1\n"}) {
    test::write_file(path_, text);
    const Error error = test::error_of([&] { (void)IndexFile(path_); });
    EXPECT_EQ(error.path(), path_);
  }
  write({1}, "a\t2\t0:1:0\n");
  EXPECT_THAT(test::error_of([&] { (void)query(IndexFile(path_), "a", 1); }).what(), HasSubstr("number"));
  write({1}, "a\t1\t0:1:0 0:1:0\n");
  EXPECT_THAT(test::error_of([&] { (void)query(IndexFile(path_), "a", 1); }).what(), HasSubstr("more"));
  write({1}, "a\t1\t5:1:0\n");
  EXPECT_THAT(test::error_of([&] { (void)query(IndexFile(path_), "a", 1); }).what(), HasSubstr("missing"));
  write({1}, "a\t1\t0:1:0\n");
  EXPECT_EQ(test::error_of([&] { (void)query(IndexFile(path_), " \n", 1); }).exit_code(), ExitCode::usage);
}

}  // namespace
}  // namespace serried::index

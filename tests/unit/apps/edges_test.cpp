#include "pagerank/edges.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "error_of.hpp"
#include "pagerank/name_table.hpp"
#include "pagerank/node_set.hpp"

namespace serried::pagerank {
namespace {

using Named = std::vector<std::pair<std::string, std::string>>;

Named named_edges(EdgeList& list) {
  Named edges;
  for (const EdgeList::Edge& edge : list.edges()) {
    edges.emplace_back(list.names()[edge.from], list.names()[edge.to]);
  }
  return edges;
}

Named read(std::string_view text) {
  Named edges;
  const auto n = for_each_edge(text, [&](auto from, auto to) { edges.emplace_back(from, to); });
  EXPECT_EQ(n, edges.size());
  return edges;
}

TEST(ForEachEdge, ReadsTwoWordsALine) {
  EXPECT_EQ(read("a b\n\n \t\n# c d e\n  #x\n\tb  c \r\na #a\nlast one"),
            (Named{{"a", "b"}, {"b", "c"}, {"a", "#a"}, {"last", "one"}}));
  EXPECT_EQ(read(""), Named{});
}

TEST(ForEachEdge, SaysWhichLineIsNone) {
  for (const auto& [text, offset] : {std::pair<std::string_view, std::size_t>("a b\nc\n", 4),
                                     {"a b\n\n d e f", 5},
                                     {std::string_view("a b\nc\0 d", 8), 5}}) {
    try {
      (void)read(text);
      ADD_FAILURE() << text;
    } catch (const BadLine& line) {
      EXPECT_EQ(line.offset(), offset) << text;
    }
  }
}

TEST(ForEachEdge, GoesOnWithoutBadLinesIfToldWhatToDoWithThem) {
  const std::string_view text("a b\nc\nd e\nf\0 g\n#\0\nh i j\nk l", 27);
  Named edges;
  std::vector<std::size_t> offsets;
  const auto n = for_each_edge(
      text, [&](auto from, auto to) { edges.emplace_back(from, to); },
      [&](const BadLine& line) { offsets.push_back(line.offset()); });
  EXPECT_EQ(edges, (Named{{"a", "b"}, {"d", "e"}, {"k", "l"}}));
  EXPECT_EQ(n, edges.size());
  EXPECT_EQ(offsets, (std::vector<std::size_t>{4, 10, 15, 18}));
}

TEST(NameTable, NumbersNamesInTheOrderInWhichTheyCome) {
  NameTable table;
  std::vector<std::string> names = {
      "", "a", "b", "sixteen bytes ab", "seventeen bytes a", "seventeen bytes b"};
  for (int i = 0; i < 3000; ++i) {
    names.push_back("name" + std::to_string(i));
  }
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      EXPECT_EQ(table.number_of(names[i]), i);
    }
  }
  EXPECT_EQ(table.size(), names.size());
  EXPECT_EQ(table[4], names[4]);
}

EdgeList some_edges(const std::string& prefix, int n) {
  EdgeList list;
  std::vector<std::string> names;
  for (int i = 0; i < n; ++i) {
    names.push_back(prefix + std::to_string(i * i % 70));
  }
  for (int i = 0; i + 1 < n; ++i) {
    list.add(names[static_cast<std::size_t>(i)], names[static_cast<std::size_t>(i) + 1]);
  }
  list.finish();
  return list;
}

TEST(EdgeList, MergesSavesAndLoads) {
  EdgeList list = some_edges("x", 100);
  EXPECT_EQ(list.edges().size(), 99u);
  Named expected = named_edges(list);
  EdgeList other = some_edges("", 50);
  const Named more = named_edges(other);
  std::vector<std::byte> bytes;
  other.save(bytes);

  list.merge(std::move(other));
  expected.insert(expected.end(), more.begin(), more.end());
  EXPECT_EQ(named_edges(list), expected);
  list.load(bytes);
  expected.insert(expected.end(), more.begin(), more.end());
  EXPECT_EQ(named_edges(list), expected);

  bytes.pop_back();
  EdgeList empty;
  (void)test::error_of([&] { empty.load(bytes); });
}

TEST(NodeSet, NumbersItsNodes) {
  NodeSet set(200);
  for (const std::uint32_t node : {199u, 0u, 64u, 63u, 100u, 64u}) {
    set.add(node);
  }
  EXPECT_EQ(set.number_from(10), 15u);
  EXPECT_EQ(set.nodes(), (std::vector<std::uint32_t>{0, 63, 64, 100, 199}));
  std::uint64_t number = 10;
  for (const std::uint32_t node : set.nodes()) {
    EXPECT_EQ(set.number_of(node), number++);
  }
  NodeSet empty(0);
  EXPECT_EQ(empty.number_from(3), 3u);
}

}  // namespace
}  // namespace serried::pagerank

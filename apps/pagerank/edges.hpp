/// Edges as text, and as pairs of numbers.
///
/// A line is FROM TO, two words; empty lines, and those whose first word begins with #, are none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/job/run.hpp>
#include <serried/mapreduce/text.hpp>

#include "name_table.hpp"

namespace serried::pagerank {

/// What is wrong with a line, and where in the text.
class BadLine {
 public:
  BadLine(std::size_t offset, std::string problem) : offset_(offset), problem_(std::move(problem)) {}
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  std::size_t offset_;
  std::string problem_;
};

/// Calls `visit(from, to)` for each edge of `text`, whole lines, and `bad(BadLine)` for each line that is none and should
/// be. Returns how many edges there are.
template <class Visit, class Bad>
std::uint64_t for_each_edge(std::string_view text, Visit&& visit, Bad&& bad) {
  const bool has_nul = text.find('\0') != std::string_view::npos;
  std::uint64_t n = 0;
  mapreduce::for_each_line(text, [&](std::string_view line) {
    const auto offset = static_cast<std::size_t>(line.data() - text.data());
    if (has_nul && line.find('\0') != std::string_view::npos) {
      bad(BadLine(offset, "holds a NUL and so is no text"));
      return;
    }
    auto word = mapreduce::words(line).begin();
    const std::string_view from = *word;
    if (from.empty() || from.front() == '#') {
      return;
    }
    const std::string_view to = *++word;
    if (to.empty()) {
      bad(BadLine(offset, "only one word in a line: an edge is FROM TO"));
      return;
    }
    if (!(*++word).empty()) {
      bad(BadLine(offset, "more than two words in a line: an edge is FROM TO"));
      return;
    }
    visit(from, to);
    ++n;
  });
  return n;
}

/// The same where all lines are to be good. Throws a BadLine; of a NUL it says where it is.
template <class Visit>
std::uint64_t for_each_edge(std::string_view text, Visit&& visit) {
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw BadLine(nul, "holds a NUL and so is no text");
  }
  return for_each_edge(text, visit, [](const BadLine& line) { throw line; });
}

/// The edges that a thread has read, their names as numbers of its own: a job::Partial.
class EdgeList {
 public:
  struct Edge {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };

  /// The names must stay where they are until finish().
  void add(std::string_view from, std::string_view to) {
    waiting_.push_back({from, hash_bytes(from)});
    waiting_.push_back({to, hash_bytes(to)});
    if (waiting_.size() >= 2 * n_at_once) {
      finish();
    }
  }
  /// After the last edge of a block.
  void finish() {
    for (const Waiting& name : waiting_) {
      names_.prefetch_slot(name.hash);
    }
    for (const Waiting& name : waiting_) {
      names_.prefetch_name(name.hash);
    }
    for (std::size_t i = 0; i < waiting_.size(); i += 2) {
      const std::uint32_t from = names_.number_of(waiting_[i].name, waiting_[i].hash);
      edges_.push_back({from, names_.number_of(waiting_[i + 1].name, waiting_[i + 1].hash)});
    }
    waiting_.clear();
  }

  [[nodiscard]] const NameTable& names() const { return names_; }
  [[nodiscard]] std::vector<Edge>& edges() { return edges_; }

  // What is saved is in memory once more.
  [[nodiscard]] bool wants_save() const { return edges_.size() >= std::size_t{1} << 24; }
  void merge(EdgeList&& other) {
    std::vector<std::uint32_t> number_here;
    for (std::uint32_t i = 0; i < other.names_.size(); ++i) {
      number_here.push_back(names_.number_of(other.names_[i]));
    }
    for (const Edge& edge : other.edges_) {
      edges_.push_back({number_here[edge.from], number_here[edge.to]});
    }
  }
  /// How many names and edges, the names with their sizes, the edges.
  void save(std::vector<std::byte>& bytes) const {
    job::append_bytes(bytes, std::uint64_t{names_.size()});
    job::append_bytes(bytes, std::uint64_t{edges_.size()});
    for (std::uint32_t i = 0; i < names_.size(); ++i) {
      job::append_bytes(bytes, static_cast<std::uint32_t>(names_[i].size()));
      append(bytes, names_[i].data(), names_[i].size());
    }
    append(bytes, edges_.data(), edges_.size() * sizeof(Edge));
  }
  void load(std::span<const std::byte> bytes) {
    const auto n_names = take<std::uint64_t>(bytes);
    const auto n_edges = take<std::uint64_t>(bytes);
    std::vector<std::uint32_t> number_here;
    for (std::uint64_t i = 0; i < n_names; ++i) {
      const auto size = take<std::uint32_t>(bytes);
      const std::span<const std::byte> name = take(bytes, size);
      number_here.push_back(names_.number_of({reinterpret_cast<const char*>(name.data()), name.size()}));
    }
    for (std::uint64_t i = 0; i < n_edges; ++i) {
      const auto edge = take<Edge>(bytes);
      edges_.push_back({number_here.at(edge.from), number_here.at(edge.to)});
    }
  }

 private:
  static void append(std::vector<std::byte>& bytes, const void* data, std::size_t size) {
    const auto* const first = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), first, first + size);
  }
  static std::span<const std::byte> take(std::span<const std::byte>& bytes, std::size_t size) {
    if (bytes.size() < size) {
      throw Error("saved edges are cut off").hint("were they written by another version of the program?");
    }
    const std::span<const std::byte> taken = bytes.first(size);
    bytes = bytes.subspan(size);
    return taken;
  }
  template <class T>
  static T take(std::span<const std::byte>& bytes) {
    return job::value_of_bytes<T>(take(bytes, sizeof(T)));
  }

  static constexpr std::size_t n_at_once = 32;
  struct Waiting {
    std::string_view name;
    std::uint64_t hash = 0;
  };

  NameTable names_;
  std::vector<Edge> edges_;
  std::vector<Waiting> waiting_;  // names of edges, the two ends in turn
};

}  // namespace serried::pagerank

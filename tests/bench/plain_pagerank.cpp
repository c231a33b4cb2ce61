// PageRank as a good engineer writes it in an afternoon: one thread, std::unordered_map for the names, the edges sorted by where
// they lead, doubles. It is what serried-pagerank is measured against, so it stays plain.
//
//   plain_pagerank EDGES ITERATIONS > ranks
//
// Lines FROM TO. Writes NODE<TAB>RANK of all nodes in the order in which they came, and how long it took to standard error.

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

int main(int argc, char** argv) {
  constexpr double damping = 0.85;
  if (argc != 3) {
    std::fputs("usage: plain_pagerank EDGES ITERATIONS\n", stderr);
    return 2;
  }
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const auto start = Clock::now();
  std::ifstream file(argv[1], std::ios::binary | std::ios::ate);
  std::string text(static_cast<std::size_t>(file.tellg()), '\0');
  file.seekg(0);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    std::perror(argv[1]);
    return 1;
  }

  std::unordered_map<std::string_view, std::uint32_t> numbers;
  std::vector<std::string_view> names;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto next_number = [&] {
    const char* const begin = at;
    while (at != end && *at != ' ' && *at != '\n') {
      ++at;
    }
    const std::string_view name(begin, static_cast<std::size_t>(at - begin));
    at += at != end ? 1 : 0;
    const auto [entry, is_new] = numbers.try_emplace(name, static_cast<std::uint32_t>(names.size()));
    if (is_new) {
      names.push_back(name);
    }
    return entry->second;
  };
  while (at != end) {
    const std::uint32_t from = next_number();
    edges.emplace_back(from, next_number());
  }

  const std::size_t n = names.size();
  std::vector<std::size_t> begins(n + 1);
  std::vector<std::uint32_t> out_degrees(n);
  for (const auto& [from, to] : edges) {
    ++begins[to + 1];
    ++out_degrees[from];
  }
  for (std::size_t i = 0; i < n; ++i) {
    begins[i + 1] += begins[i];
  }
  std::vector<std::size_t> next(begins.begin(), begins.end() - 1);
  std::vector<std::uint32_t> sources(edges.size());
  for (const auto& [from, to] : edges) {
    sources[next[to]++] = from;
  }
  std::fprintf(stderr, "seconds_of_reading %.3f\n", seconds_since(start));

  const auto start_of_iterations = Clock::now();
  const int n_iterations = std::atoi(argv[2]);
  std::vector<double> ranks(n, 1 / static_cast<double>(n));
  std::vector<double> outflows(n);
  for (int iteration = 0; iteration < n_iterations; ++iteration) {
    double dangling = 0;
    for (std::size_t i = 0; i < n; ++i) {
      outflows[i] = out_degrees[i] == 0 ? 0 : ranks[i] / out_degrees[i];
      dangling += out_degrees[i] == 0 ? ranks[i] : 0;
    }
    const double base = (1 - damping + damping * dangling) / static_cast<double>(n);
    double change = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t edge = begins[i]; edge < begins[i + 1]; ++edge) {
        sum += outflows[sources[edge]];
      }
      const double rank = base + damping * sum;
      change += std::abs(rank - ranks[i]);
      ranks[i] = rank;
    }
    if (iteration + 1 == n_iterations) {
      std::fprintf(stderr, "change %.3e\n", change);
    }
  }
  std::fprintf(stderr, "seconds_an_iteration %.4f\n", seconds_since(start_of_iterations) / n_iterations);
  for (std::size_t i = 0; i < n; ++i) {
    std::printf("%.*s\t%.17g\n", static_cast<int>(names[i].size()), names[i].data(), ranks[i]);
  }
}

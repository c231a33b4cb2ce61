/// PageRank of the nodes of an edge list: the logic of serried-pagerank.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/job/stop_checks.hpp>
#include <serried/mapreduce.hpp>
#include <serried/report/timed_phase.hpp>
#include <serried/store/output.hpp>

#include "edges.hpp"
#include "graph.hpp"
#include "ranking.hpp"
#include "ranks.hpp"

namespace serried::pagerank {

struct Options {
  std::vector<std::string> inputs;   ///< files, directories, patterns, "-"
  std::string output = "-";          ///< a path; "-": standard output
  bool writes_ranks = true;          ///< false: only the summary is wanted
  std::optional<std::uint64_t> top;  ///< only so many nodes, the highest ones
  Rules rules;
  mapreduce::TextOptions text{};  ///< with a quarantine, lines that are no edges are skipped
};

struct Summary {
  std::uint64_t n_files = 0;
  std::uint64_t n_bytes = 0;  ///< of text, decompressed
  std::uint64_t n_nodes = 0;
  std::uint64_t n_edges = 0;
  std::uint64_t n_dangling = 0;  ///< nodes that no edge leaves
  std::uint64_t n_iterations = 0;
  double change = 0;  ///< in the last iteration, the sum over all nodes
  bool has_converged = false;
  double seconds_of_reading = 0;  ///< until the graph is there
  double seconds_of_iterations = 0;
  double seconds = 0;  ///< from the first look at the inputs to the finished output
};

namespace detail {

// Throws a usage error.
inline void check(const Rules& rules) {
  if (!(rules.damping >= 0 && rules.damping < 1)) {
    throw usage_error(fmt::format("--damping {}: it must be from 0 to less than 1", rules.damping));
  }
  if (!(rules.tolerance >= 0)) {
    throw usage_error(fmt::format("--tolerance {}: it must be 0 or more", rules.tolerance));
  }
}

}  // namespace detail

/// Collective: writes NODE<TAB>RANK, the highest rank first; the same bytes for any number of ranks and threads. Throws the same
/// serried::Error on all ranks; then there is no output. The list of a quarantine is written, too.
inline Summary run(const mpi::Communicator& comm, const Options& options) {
  namespace mr = mapreduce;
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const auto start = Clock::now();
  detail::check(options.rules);

  // Listed before the output is made, which may lie in a folder that is read.
  const auto source = std::make_shared<const mr::TextSource>(
      comm, options.inputs, mr::located_text(mr::Separator::newline), options.text);
  // What cannot be written is found before the work, not after it.
  std::optional<store::Output> output;
  if (options.writes_ranks) {
    output = store::open_output(comm, options.output);
  }

  auto parts = source->for_each_block(
      "edges", [] { return EdgeList(); },
      [&](EdgeList& edges, const mr::TextBlock& bytes) {
        const mr::LocatedText block = mr::located({bytes.text.data(), bytes.text.size()});
        const auto add = [&](std::string_view from, std::string_view to) { edges.add(from, to); };
        const auto skip = [&](const BadLine& line) {
          bytes.aside->add({.input = block.input, .offset = block.offset + line.offset()}, line.problem());
        };
        try {
          const std::uint64_t n =
              bytes.aside != nullptr ? for_each_edge(block.text, add, skip) : for_each_edge(block.text, add);
          edges.finish();
          return n;
        } catch (const BadLine& line) {
          throw Error(line.problem()).at(source->inputs()[block.input].path, block.offset + line.offset());
        }
      });
  const mr::SourceCounts read = source->counts_of(parts);
  if (read.n_records == 0) {
    throw Error("no edges: there is nothing to rank").at(options.inputs.front());
  }
  std::vector<EdgeList*> lists;
  lists.reserve(parts.size());
  for (auto& part : parts) {
    lists.push_back(&part.part);
  }
  const report::TimedPhase making(source->record(), comm, "graph");
  const Graph graph = make_graph(comm, lists);
  making.finish(1);
  parts.clear();
  Summary summary{.n_files = read.n_files,
                  .n_bytes = read.n_bytes,
                  .n_nodes = graph.n_nodes_in_all,
                  .n_edges = graph.n_edges_in_all,
                  .n_dangling = graph.n_dangling_in_all,
                  .seconds_of_reading = seconds_since(start)};

  const auto start_of_iterations = Clock::now();
  const report::TimedPhase iterating(source->record(), comm, "iterate");
  const Ranks ranks = [&] {
    const job::StopChecks stop(options.text.job.checkpoint, "between two iterations");
    return find_ranks(comm, graph, options.rules, source->n_threads(),
                      [&](std::uint64_t, std::uint64_t) { stop.check_together(comm); });
  }();
  iterating.finish(source->n_threads());
  summary.n_iterations = ranks.n_iterations;
  summary.change = as_double(ranks.change);
  summary.has_converged = ranks.has_converged;
  summary.seconds_of_iterations = seconds_since(start_of_iterations);

  // Before the result, which is never there without it.
  if (options.text.quarantine != nullptr) {
    options.text.quarantine->write();
  }
  if (output) {
    write_ranking(source, graph, ranks, options.top, *output);
  }
  summary.seconds = seconds_since(start);
  return summary;
}

}  // namespace serried::pagerank

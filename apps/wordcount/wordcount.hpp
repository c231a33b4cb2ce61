/// Counting the words of text: the logic of serried-wordcount.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <serried/mapreduce.hpp>
#include <serried/store/output.hpp>

namespace serried::wordcount {

struct Options {
  std::vector<std::string> inputs;   ///< files, directories, patterns, "-"
  std::string output = "-";          ///< a path; "-": standard output
  bool writes_counts = true;         ///< false: only the summary is wanted
  std::optional<std::uint64_t> top;  ///< only so many words, the most frequent ones
  mapreduce::TextOptions text;
};

struct Summary {
  std::uint64_t n_files = 0;
  std::uint64_t n_bytes = 0;  ///< of text, decompressed
  std::uint64_t n_words = 0;
  std::uint64_t n_distinct = 0;
  double seconds = 0;  ///< from the first look at the inputs to the finished output
};

/// Collective: counts the words of the inputs and writes `COUNT<TAB>WORD` lines, the most frequent first,
/// equally frequent ones by their bytes. The output is the same bytes for any number of ranks and threads.
/// Throws the same serried::Error on all ranks; then there is no output.
inline Summary run(const mpi::Communicator& comm, const Options& options) {
  namespace mr = mapreduce;
  const auto start = std::chrono::steady_clock::now();

  // Listed before the output is made, which may lie in a folder that is read.
  const auto words = mr::text_words(comm, options.inputs, options.text);

  // What cannot be written is found before the work, not after it.
  std::optional<store::Output> output;
  if (options.writes_counts) {
    output = store::open_output(comm, options.output);
  }

  auto counts = words.map([](std::string_view word) {
                       return mr::KeyValue{word, std::uint64_t{1}};
                     })
                    .reduce_by_key(std::plus<>{});
  const mr::SourceCounts& read = counts.source_counts();
  Summary summary{.n_files = read.n_files,
                  .n_bytes = read.n_bytes,
                  .n_words = read.n_records,
                  .n_distinct = counts.count()};

  if (output) {
    if (options.top) {
      counts.top(*options.top, mr::descending_value);
    } else {
      counts.sort_by(mr::descending_value);
    }
    counts.write_tsv(*output, mr::Columns::value_key);
  }
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace serried::wordcount

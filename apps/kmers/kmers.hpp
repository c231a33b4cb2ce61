/// Counting the k-mers of FASTA and FASTQ files: the logic of serried-kmers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/mapreduce.hpp>
#include <serried/store/output.hpp>

#include "kmer.hpp"

namespace serried::kmers {

struct Options {
  std::vector<std::string> inputs;  ///< files, directories, patterns, "-"
  std::string output = "-";         ///< a path; "-": standard output
  bool writes_counts = true;        ///< false: only the summary is wanted
  int k = 21;                       ///< 1 to max_k
  Strands strands = Strands::one;
  std::uint64_t min_count = 1;    ///< rarer k-mers are not written
  bool wants_histogram = false;   ///< of the counts, instead of them
  mapreduce::TextOptions text{};  ///< its configuration is replaced
};

struct Summary {
  std::uint64_t n_files = 0;
  std::uint64_t n_bytes = 0;     ///< of text, decompressed
  std::uint64_t n_kmers = 0;     ///< that were read
  std::uint64_t n_distinct = 0;  ///< of these
  std::uint64_t n_kept = 0;      ///< of these, at least min_count times
  double seconds = 0;            ///< from the first look at the inputs to the finished output
};

namespace detail {

template <class Kmer>
Summary run(const mpi::Communicator& comm, const Options& options) {
  namespace mr = mapreduce;
  const auto start = std::chrono::steady_clock::now();
  const int k = options.k;

  mr::SequenceOptions source{.overlap = static_cast<std::size_t>(k - 1), .text = options.text};
  source.text.configuration = fmt::format("k={}\ncanonical={}\n", k, options.strands == Strands::both);
  // Listed before the output is made, which may lie in a folder that is read.
  const auto sequences = mr::sequences(comm, options.inputs, source);

  // What cannot be written is found before the work, not after it.
  std::optional<store::Output> output;
  if (options.writes_counts) {
    output = store::open_output(comm, options.output);
  }

  auto counts = sequences
                    .flat_map<Kmer, std::uint64_t>(
                        [k, strands = options.strands](std::string_view stretch, auto& emit) {
                          for_each_kmer<Kmer>(stretch, k, strands, [&](const Kmer& kmer) { emit(kmer, 1); });
                        })
                    .reduce_by_key(std::plus<>{});
  const mr::SourceCounts& read = counts.source_counts();
  Summary summary{.n_files = read.n_files,
                  .n_bytes = read.n_bytes,
                  .n_kmers = read.n_records,
                  .n_distinct = counts.count()};
  summary.n_kept = summary.n_distinct;
  if (options.min_count > 1) {
    counts.filter([least = options.min_count](const auto& item) { return item.value >= least; });
    summary.n_kept = counts.count();
  }

  if (output && options.wants_histogram) {
    auto histogram = counts.regroup(
        [](const auto& item) {
          return mr::KeyValue{item.value, std::uint64_t{1}};
        },
        std::plus<>{});
    histogram.sort_by(mr::ascending_key);
    histogram.write_tsv(*output);
  } else if (output) {
    counts.sort_by(mr::ascending_key);
    counts.write_lines(*output, [k](const auto& item, auto& line) {
      KmerText text;
      line << kmer_text(item.key, k, text) << "\t" << item.value;
    });
  }
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace detail

/// Collective: counts the k-mers of the inputs and writes `KMER<TAB>COUNT` lines in the order of the k-mers, or
/// `COUNT<TAB>NUMBER_OF_KMERS` lines in the order of the counts. The output is the same bytes for any number of ranks and
/// threads. Throws the same serried::Error on all ranks; then there is no output.
inline Summary run(const mpi::Communicator& comm, const Options& options) {
  if (options.k < 1 || options.k > max_k) {
    throw usage_error(fmt::format("k is {}, but must be from 1 to {}", options.k, max_k));
  }
  return options.k <= max_short_k ? detail::run<ShortKmer>(comm, options)
                                  : detail::run<LongKmer>(comm, options);
}

}  // namespace serried::kmers

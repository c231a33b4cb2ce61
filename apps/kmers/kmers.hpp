/// Counting the k-mers of FASTA and FASTQ files: the logic of serried-kmers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/hdf5/row_type.hpp>
#include <serried/hdf5/table.hpp>
#include <serried/mapreduce.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/store/output.hpp>

#include "kmer.hpp"

namespace serried::kmers {

struct Options {
  std::vector<std::string> inputs;  ///< files, directories, patterns, "-"
  std::string output = "-";   ///< a path, of an HDF5 file if it ends in .h5 or .hdf5; "-": standard output
  bool writes_counts = true;  ///< false: only the summary is wanted
  int k = 21;                 ///< 1 to max_k
  Strands strands = Strands::one;
  std::uint64_t min_count = 1;    ///< rarer k-mers are not written
  bool wants_histogram = false;   ///< of the counts, instead of them
  mapreduce::TextOptions text{};  ///< its configuration is replaced
};

struct Summary {
  std::uint64_t n_files = 0;
  std::uint64_t n_bytes = 0;          ///< of text, decompressed
  std::uint64_t n_kmers = 0;          ///< that were read
  std::uint64_t n_distinct = 0;       ///< of these
  std::uint64_t n_kept = 0;           ///< of these, at least min_count times
  std::uint64_t n_bytes_spilled = 0;  ///< to disk, by all ranks, while they counted
  double seconds = 0;                 ///< from the first look at the inputs to the finished output
};

namespace detail {

[[nodiscard]] inline bool is_hdf5(const std::string& path) {
  return path.ends_with(".h5") || path.ends_with(".hdf5");
}

// Where the result goes. What cannot be written is found by its constructor, before the work, not after it. Collective.
class Result {
 public:
  Result(const mpi::Communicator& comm, const std::string& path) {
    if (is_hdf5(path)) {
      const store::OutputFile tried(comm, path);  // is removed: the library makes its own
      hdf5_path_ = path;
    } else {
      text_ = store::open_output(comm, path);
    }
  }

  template <class Counts>
  void write_kmers(Counts& counts, int k) {
    counts.sort_by(mapreduce::ascending_key);
    if (text_) {
      counts.write_lines(*text_, [k](const auto& item, auto& line) {
        KmerText text;
        line << kmer_text(item.key, k, text) << "\t" << item.value;
      });
      return;
    }
    const auto n_letters = static_cast<std::size_t>(k);
    const auto row =
        hdf5::packed_rows({hdf5::text_column("kmer", n_letters), hdf5::column<std::uint64_t>("count")});
    write_table(counts, "kmers", row, [&](const auto& item, std::span<std::byte> bytes) {
      KmerText text;
      hdf5::put_text(bytes, row.members[0], kmer_text(item.key, k, text));
      std::memcpy(bytes.data() + row.members[1].offset, &item.value, sizeof item.value);
    });
  }

  template <class Histogram>
  void write_histogram(Histogram& histogram) {
    histogram.sort_by(mapreduce::ascending_key);
    if (text_) {
      histogram.write_tsv(*text_);
      return;
    }
    const auto row =
        hdf5::packed_rows({hdf5::column<std::uint64_t>("count"), hdf5::column<std::uint64_t>("kmers")});
    write_table(histogram, "histogram", row, [&](const auto& item, std::span<std::byte> bytes) {
      std::memcpy(bytes.data() + row.members[0].offset, &item.key, sizeof item.key);
      std::memcpy(bytes.data() + row.members[1].offset, &item.value, sizeof item.value);
    });
  }

 private:
  template <class Counts, class Fill>
  void write_table(Counts& counts, const std::string& name, const hdf5::RowType& row, const Fill& fill) {
    counts.records().write_hdf5(hdf5_path_, name, row, fill);
  }

  std::optional<store::Output> text_;
  std::string hdf5_path_;
};

template <class Kmer>
Summary run(const mpi::Communicator& comm, const Options& options) {
  namespace mr = mapreduce;
  const auto start = std::chrono::steady_clock::now();
  const int k = options.k;

  mr::SequenceOptions source{.overlap = static_cast<std::size_t>(k - 1), .text = options.text};
  source.text.configuration = fmt::format("k={}\ncanonical={}\n", k, options.strands == Strands::both);
  // Listed before the output is made, which may lie in a folder that is read.
  const auto sequences = mr::sequences(comm, options.inputs, source);

  std::optional<Result> result;
  if (options.writes_counts) {
    result.emplace(comm, options.output);
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

  summary.n_bytes_spilled = mpi::allreduce_value(comm, counts.n_spilled(), std::plus<>{});

  if (result && options.wants_histogram) {
    auto histogram = counts.regroup(
        [](const auto& item) {
          return mr::KeyValue{item.value, std::uint64_t{1}};
        },
        std::plus<>{});
    result->write_histogram(histogram);
  } else if (result) {
    result->write_kmers(counts, k);
  }
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace detail

/// Collective: counts the k-mers of the inputs and writes `KMER<TAB>COUNT` lines in the order of the k-mers, or
/// `COUNT<TAB>NUMBER_OF_KMERS` lines in the order of the counts; in an HDF5 file the same as a table `kmers` or
/// `histogram`. The output is the same bytes for any number of ranks and threads. Throws the same serried::Error on all ranks; then there is no output.
inline Summary run(const mpi::Communicator& comm, const Options& options) {
  if (options.k < 1 || options.k > max_k) {
    throw usage_error(fmt::format("k is {}, but must be from 1 to {}", options.k, max_k));
  }
  return options.k <= max_short_k ? detail::run<ShortKmer>(comm, options)
                                  : detail::run<LongKmer>(comm, options);
}

}  // namespace serried::kmers

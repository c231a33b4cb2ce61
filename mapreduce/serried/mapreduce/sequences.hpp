/// Sequences of DNA or whatever else letters stand for, as a pipeline's records.
///
///     mr::sequences(world, {"reads/*.fastq.gz"}, {.overlap = 20})
///         .flat_map<std::uint64_t, std::uint64_t>([](std::string_view stretch, auto& emit) { … })
///         .reduce_by_key(std::plus<>{});
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/mapreduce/pipeline.hpp>
#include <serried/mapreduce/sequence_reader.hpp>

namespace serried::mapreduce {

struct SequenceOptions {
  /// How many letters stretches share.
  std::size_t overlap = 0;
  TextOptions text{};
};

/// Collective. The sequences of FASTA and FASTQ files (fasta.hpp, fastq.hpp: what is read and what refused), found as
/// text_lines finds files. A record is a stretch of a sequence: letters without line breaks. Where a sequence was cut,
/// the next stretch begins with the last `overlap` letters of the one before, so that every run of overlap + 1 letters is
/// in exactly one stretch; where it is cut depends on the sizes of splits and windows. Throws as list_inputs does.
[[nodiscard]] inline auto sequences(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                                    const SequenceOptions& options = {}) {
  auto source =
      std::make_shared<const TextSource>(comm, patterns, sequence_format(options.overlap), options.text);
  return Pipeline(text_stage(std::move(source), detail::LineFeed()));
}

}  // namespace serried::mapreduce

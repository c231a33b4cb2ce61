/// FASTA and FASTQ files for a TextSource: blocks of sequences, a line each, letters alone.
///
/// Which of the two a file is, its first byte says. Any number of splits of any size gives the same letters, or the same
/// error: where something is wrong, what is said is what is wrong first in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <serried/mapreduce/sequence_blocks.hpp>
#include <serried/mapreduce/split_reader.hpp>

namespace serried::mapreduce {

class SequenceReader final : public SplitReader {
 public:
  /// Sequences that go on in another block repeat `overlap` letters there. `must_stop`: see open_stream.
  SequenceReader(std::size_t overlap, std::size_t window_bytes, std::function<bool()> must_stop = {});

  /// Throws serried::Error with path, offset and the number of the record for what is neither FASTA nor FASTQ.
  void read(const Input& input, const Split& split, const Visit& visit) override;

 private:
  void parse(const Input& input, const Range& bytes, const Visit& visit);

  std::vector<char> window_;
  SequenceBlocks blocks_;
  std::function<bool()> must_stop_;
};

/// The format of sequence files, for a TextSource.
[[nodiscard]] Format sequence_format(std::size_t overlap);

}  // namespace serried::mapreduce

/// FASTA: headers, which begin with '>', and sequences, which may be broken into any number of lines.
///
/// A split may begin anywhere, for a sequence may be as long as a chromosome and all on one line. A letter belongs to the
/// split in which it lies; with the last ones of a split come the `overlap` letters that follow them in their sequence,
/// so that a run of overlap + 1 letters belongs to the split in which its first one lies.
///
/// Lines end with \n or \r\n; lines may be empty, and so may sequences. Headers are shorter than 1 MiB: so little must be
/// looked at to tell whether a split begins in one.
#pragma once

#include <cstddef>

#include <serried/mapreduce/inputs.hpp>
#include <serried/mapreduce/read_window.hpp>
#include <serried/mapreduce/sequence_blocks.hpp>

namespace serried::mapreduce {

inline constexpr std::size_t max_fasta_header = std::size_t{1} << 20;

/// Where a split begins.
struct FastaState {
  bool is_at_line_start = true;
  bool is_in_header = false;
};

/// What the bytes before `offset` say. Reads the file; throws as open_stream does.
[[nodiscard]] FastaState fasta_state_at(const Input& input, std::uint64_t offset);

/// Parses the bytes of `split`, at which `window` begins in `state`. Throws MalformedSequences.
void parse_fasta(const Input& input, const Range& split, FastaState state, ReadWindow& window,
                 SequenceBlocks& blocks);

}  // namespace serried::mapreduce

/// FASTQ: records of four lines, @NAME, the sequence, + and whatever, a quality for each letter.
///
/// A record belongs to the split in which it begins. A quality may begin with '@' too, but then the next line is a header
/// and begins with '@' as well, which no sequence does: a line that begins with '@', before one that does not and one
/// that begins with '+', is a header. Each split checks that what follows its last record is one, so that what splits
/// find, together, is what one reader of the whole file would.
///
/// Lines end with \n or \r\n; there may be empty lines between records; sequences may be empty. Sequences of several
/// lines are refused.
#pragma once

#include <serried/mapreduce/inputs.hpp>
#include <serried/mapreduce/read_window.hpp>
#include <serried/mapreduce/sequence_blocks.hpp>

namespace serried::mapreduce {

/// Parses the records that begin in `split`. `window` begins there, or one byte before if that is not the beginning of
/// the file. Throws MalformedSequences.
void parse_fastq(const Input& input, const Range& split, ReadWindow& window, SequenceBlocks& blocks);

}  // namespace serried::mapreduce

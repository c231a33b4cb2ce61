/// How a split of an input becomes blocks of whole records: what a TextSource reads with.
///
/// There is one for lines and words (text_format) and one for sequences (sequence_reader.hpp). Another kind of file is
/// another SplitReader: it decides which records belong to a split, by the input alone, so that every record is in
/// exactly one block of one split.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <serried/mapreduce/inputs.hpp>
#include <serried/mapreduce/text.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mapreduce {

/// What the offset of a block says of the records in it.
enum class Offsets : std::uint8_t {
  of_block,  ///< they are somewhere behind it
  of_text,   ///< the block is the input's own text, from that byte on
  of_rows,   ///< it is the number of the first one
};

/// Whole records, as they lie in a reader's window.
struct Block {
  std::span<char> text;       ///< may be changed by whoever gets it, and is gone afterwards
  std::uint64_t n_bytes = 0;  ///< of the input that it was made of; over all splits they add up to the input
  std::uint64_t n_taken = 0;  ///< bytes taken from the file since the last block, for progress
  std::uint64_t offset = 0;   ///< where in the input it is from: a byte, decompressed, or the number of a row
  Offsets offsets = Offsets::of_block;
};

/// Belongs to one thread, and is used for many splits.
class SplitReader {
 public:
  SplitReader() = default;
  SplitReader(const SplitReader&) = delete;
  SplitReader& operator=(const SplitReader&) = delete;
  virtual ~SplitReader() = default;

  /// Returns false to stop early.
  using Visit = std::function<bool(const Block& block)>;

  /// Throws serried::Error with path and offset if the split cannot be read or holds something else.
  virtual void read(const Input& input, const Split& split, const Visit& visit) = 0;
};

/// A kind of file.
struct Format {
  std::string name;  ///< with all that its blocks depend on: a checkpoint of another one is refused
  std::function<std::unique_ptr<SplitReader>(std::size_t window_bytes, std::function<bool()> must_stop)>
      make_reader;
  /// Files are cut at multiples of it, in bytes.
  std::uint64_t unit = 1;
  bool units_are_records = false;  ///< of which a sample needs no more than it takes
  bool is_text = true;             ///< whose case can be folded
  /// Collective, before the first split is read: what splits need to know of the rest of their files. Readers that meet
  /// something unprepared find it out themselves, which costs more. May be empty.
  std::function<void(const mpi::Communicator& comm, const InputList& inputs, int n_threads)> prepare = {};
};

/// Lines, or words: text that can be cut at any `separator`.
[[nodiscard]] Format text_format(Separator separator);

}  // namespace serried::mapreduce

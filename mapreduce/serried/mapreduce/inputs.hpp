/// What there is to read: files, directories, patterns and standard input, as one list that is the same on
/// all ranks.
///
///     const InputList inputs = list_inputs(world, {"corpus/*.txt", "more/", "-"});
///
/// The list, and the splits made of it, depend on the input alone, never on the number of ranks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <serried/base/partition.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mapreduce {

/// How the bytes of an input become text.
enum class Encoding : std::uint8_t {
  plain,   ///< a regular file: read at any offset, by many ranks at once
  gzip,    ///< name ends in .gz: one piece, read from its start
  zstd,    ///< name ends in .zst: likewise
  stream,  ///< standard input, a pipe or a device: one piece, read by rank 0
};

struct Input {
  std::string path;        ///< "-" is standard input
  std::uint64_t size = 0;  ///< bytes in the file; 0 for a stream, whose size nobody knows
  Encoding encoding = Encoding::plain;
  std::int64_t modified_ns = 0;  ///< when a file was last written; shows that one is not what it was
};

using InputList = std::vector<Input>;

/// Collective. Rank 0 looks; every rank gets the same list, or the same error.
///
/// Each of `patterns` is a file, a directory (all regular files below it, hidden ones too; symbolic links
/// inside are not followed), a pattern with * ? [ ] if no file has that very name, or "-". The order is that
/// of `patterns`; within one, by the bytes of the path. A file named twice is read twice, a
/// stream named twice is a usage error. Partial outputs that a killed job left in a directory
/// (store::is_partial_file), files and folders, are passed over, and so is the folder `left_out`, where the job itself writes. Throws a usage
/// error if `patterns` is empty, an Error if something does not exist or may not be read, or hides its size, as
/// files below /proc do.
[[nodiscard]] InputList list_inputs(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                                    const std::string& left_out = {});

/// A piece of one input: the unit of work of the map phase.
struct Split {
  std::uint64_t input = 0;   ///< index in the InputList
  Range bytes;               ///< of a plain file; others are one split
  std::uint64_t number = 0;  ///< among all splits, in the order of the input
};

/// For `split_bytes`, and for a Format's `unit`: no input is cut, and an empty one is a split, too.
inline constexpr std::uint64_t whole_inputs = std::uint64_t{1} << 62;

/// The inputs cut into splits of at most `split_bytes`. Every record belongs to the split in which it begins.
[[nodiscard]] std::vector<Split> make_splits(const InputList& inputs, std::uint64_t split_bytes);

/// What a split costs, in bytes of plain text, about: a hint for dealing.
[[nodiscard]] double cost_of(const Input& input, const Split& split);

}  // namespace serried::mapreduce

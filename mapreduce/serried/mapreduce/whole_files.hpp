/// Files as records: path and content of each, also of an empty one; compressed ones decompressed.
///
///     const TextSource source(world, {"images/"}, whole_files(64 << 20), options);
///     … whole_file_feed(block, [&](const WholeFile& file) { … file.path … file.content … });
///
/// Each thread holds one file at a time, whole. So there is a limit to their size, and a file beyond it is an error before
/// more of it is read, compressed or not: a share of the memory for each thread is a good one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/split_reader.hpp>

namespace serried::mapreduce {

/// Views, gone with the block.
struct WholeFile {
  std::string_view path;  ///< "-" for standard input
  std::string_view content;
};

/// It cannot be stored or sorted as it is: map it to what is wanted of it.
template <>
inline constexpr bool detail::is_flat<WholeFile> = false;

/// Files of up to `max_bytes`, decompressed.
[[nodiscard]] Format whole_files(std::uint64_t max_bytes);

/// The path as a block holds it, without capital letters, so that one who folds the case of a block leaves it alone.
[[nodiscard]] std::string path_in_block(std::string_view path);
[[nodiscard]] std::string path_of_block(std::string_view path_in_block);

/// Calls `sink(const WholeFile&)` for the file that a block of whole_files() is.
inline constexpr auto whole_file_feed = [](std::string_view block, auto&& sink) {
  const std::size_t end = block.find('\0');
  const std::string path = path_of_block(block.substr(0, end));
  sink(WholeFile{path, block.substr(end + 1)});
};

}  // namespace serried::mapreduce

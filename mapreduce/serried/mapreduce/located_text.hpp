/// Text whose blocks say where they are from, for what needs the file or the place of a record.
///
///     auto source = std::make_shared<const TextSource>(world, patterns, located_text(Separator::newline), options);
///     … located(block).input … located(block).offset … located(block).text
///
/// Blocks are those of text_format(), of whole lines or words, so that a file may be of any size.
#pragma once

#include <cstdint>
#include <string_view>

#include <serried/mapreduce/split_reader.hpp>
#include <serried/mapreduce/text.hpp>

namespace serried::mapreduce {

struct LocatedText {
  std::uint64_t input = 0;   ///< index in TextSource::inputs()
  std::uint64_t offset = 0;  ///< of the text's first byte in that input, decompressed
  std::string_view text;
};

[[nodiscard]] Format located_text(Separator separator);

/// What a block of located_text() is.
[[nodiscard]] LocatedText located(std::string_view block);

}  // namespace serried::mapreduce

#include <limits>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/mapreduce/byte_stream.hpp>
#include <serried/mapreduce/fasta.hpp>
#include <serried/mapreduce/fastq.hpp>
#include <serried/mapreduce/read_window.hpp>
#include <serried/mapreduce/sequence_reader.hpp>
#include <serried/mapreduce/sequence_text.hpp>

namespace serried::mapreduce {
namespace {

constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();

char first_byte_of(const Input& input, const ReadWindow& window) {
  if (window.at() == 0) {
    return window.text().front();
  }
  char first = '\0';
  (void)open_stream(input, 0)->read({&first, 1});
  return first;
}

}  // namespace

SequenceReader::SequenceReader(std::size_t overlap, std::size_t window_bytes, std::function<bool()> must_stop)
    : window_(window_bytes), blocks_(overlap, window_bytes), must_stop_(std::move(must_stop)) {
  expects(window_bytes > 0, "the window holds something");
}

void SequenceReader::read(const Input& input, const Split& split, const Visit& visit) {
  const bool is_whole = input.encoding != Encoding::plain;
  try {
    parse(input, is_whole ? Range{0, to_the_end} : split.bytes, visit);
  } catch (const MalformedSequences&) {
    if (is_whole) {
      throw;
    }
    // What this split met may be a consequence of something before it. Every thread that meets anything looks for the
    // first fault, and so all say the same; who is told to stop meanwhile has nothing to say.
    const auto is_stopped = [this] { return must_stop_ && must_stop_(); };
    parse(input, {0, to_the_end}, [&](const Block&) { return !is_stopped(); });
    if (!is_stopped()) {
      throw;
    }
  }
}

void SequenceReader::parse(const Input& input, const Range& bytes, const Visit& visit) {
  const std::uint64_t start = bytes.begin == 0 ? 0 : bytes.begin - 1;
  const auto stream = open_stream(input, start, must_stop_);
  ReadWindow window(window_, *stream, start, bytes.end);
  std::uint64_t offset = bytes.begin;
  const Visit located = [&](const Block& block) {
    Block there = block;
    there.offset = std::exchange(offset, offset + block.n_bytes);
    return visit(there);
  };
  blocks_.open(located);
  if (!window.more()) {
    return;  // an empty file holds no sequences
  }
  switch (const char first = first_byte_of(input, window)) {
    case '>':
      window.drop(bytes.begin - start);
      return parse_fasta(input, bytes, fasta_state_at(input, bytes.begin), window, blocks_);
    case '@':
      return parse_fastq(input, bytes, window, blocks_);
    default:
      throw MalformedSequences(
          Error(fmt::format(
                    "the file begins with byte 0x{:02x}: it is neither FASTA, which begins with '>', nor "
                    "FASTQ, which begins with '@'",
                    static_cast<unsigned char>(first)))
              .at(input.path, 0));
  }
}

Format sequence_format(std::size_t overlap) {
  return {fmt::format("sequences with {} letters of overlap", overlap),
          [overlap](std::size_t window_bytes, std::function<bool()> must_stop) {
            return std::make_unique<SequenceReader>(overlap, window_bytes, std::move(must_stop));
          }};
}

}  // namespace serried::mapreduce

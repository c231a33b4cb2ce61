/// An inverted index over text files: the logic of serried-index. The format is in the README; IndexFile reads it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/mapreduce.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/store/output.hpp>
#include <serried/store/write_text.hpp>

#include "documents.hpp"
#include "postings.hpp"

namespace serried::index {

struct Options {
  std::vector<std::string> inputs;  ///< files, directories, patterns, "-"
  std::string output = "-";         ///< a path; "-": standard output
  bool skips_binary = false;        ///< a file with a NUL in it is left out; false: it is an error
  mapreduce::TextOptions text{};    ///< fold_case: A-Z are indexed as a-z
};

struct Summary {
  std::uint64_t n_documents = 0;
  std::uint64_t n_left_out = 0;  ///< binary files
  std::uint64_t n_bytes = 0;     ///< of text, decompressed
  std::uint64_t n_words = 0;
  std::uint64_t n_distinct = 0;
  double seconds = 0;  ///< from the first look at the inputs to the finished output
};

/// The first line of an index: what follows is as many documents, a line each, and the words from byte `words_begin` on.
[[nodiscard]] inline std::string header_line(bool is_folded, std::uint64_t n_documents, std::uint64_t n_words,
                                             std::uint64_t words_begin) {
  return fmt::format("serried-index\t1\t{}\t{}\t{}\t{:020}\n", is_folded ? "folded" : "exact", n_documents,
                     n_words, words_begin);
}

namespace detail {

namespace mr = mapreduce;

// A word and a Posting of it; or no word and a BlockOfText.
using Item = mr::KeyValue<std::string_view, std::string_view>;

// What becomes of a block of text.
struct Feed {
  std::shared_ptr<const mr::TextSource> source;
  bool skips_binary = false;

  template <class Sink>
  void operator()(std::string_view bytes, Sink&& sink) const {
    thread_local BlockPostings postings;
    const mr::LocatedText block = mr::located(bytes);
    const std::size_t nul = block.text.find('\0');
    if (nul != std::string_view::npos && !skips_binary) {
      throw Error("holds a NUL and so is no text")
          .at(source->inputs()[block.input].path, block.offset + nul)
          .hint("give only texts, or --skip-binary");
    }
    postings.read(nul == std::string_view::npos ? block.text : std::string_view());
    std::string info;
    BlockOfText{.input = block.input,
                .offset = block.offset,
                .n_words = postings.n_words(),
                .n_bytes = block.text.size(),
                .is_binary = nul == std::string_view::npos ? 0U : 1U}
        .put(info);
    sink(Item{"", info});
    postings.for_each(block.input, block.offset, [&](std::string_view word, std::string_view posting) {
      sink(Item{word, posting});
    });
  }
};

// As a job::Partial, of records that are stored already.
struct Blocks {
  std::vector<BlockOfText> blocks;
  void merge(Blocks&&) {}
  void save(std::vector<std::byte>&) const {}
  void load(std::span<const std::byte>) {}
};

// Collective: all blocks of all ranks.
template <class Items>
[[nodiscard]] std::vector<BlockOfText> gather_blocks(const mpi::Communicator& comm, const Items& items) {
  const auto parts = items.stage().for_each_block(
      "blocks", [] { return Blocks(); },
      [](Blocks& found, const mr::RecordBlock&, auto&& each) {
        each([&](const Item& item) {
          if (item.key.empty()) {
            found.blocks.push_back(BlockOfText::take(item.value));
          }
        });
        return std::uint64_t{0};
      });
  std::vector<BlockOfText> mine;
  for (const auto& part : parts) {
    mine.insert(mine.end(), part.part.blocks.begin(), part.part.blocks.end());
  }
  return mpi::allgather_ragged(comm, mine);
}

// Text that is handed on in pieces, so that a line may be longer than memory.
template <class Emit>
class Pieces {
 public:
  explicit Pieces(Emit& emit) : emit_(emit) {}

  Pieces& operator<<(std::string_view text) {
    constexpr std::size_t piece_bytes = std::size_t{64} << 10;
    text_ += text;
    if (text_.size() >= piece_bytes) {
      finish();
    }
    return *this;
  }
  Pieces& operator<<(std::uint64_t number) {
    mr::NumberText text;
    return *this << mr::number_text(number, text);
  }
  void finish() {
    emit_(std::string_view(text_));
    text_.clear();
  }

 private:
  Emit& emit_;
  std::string text_;
};

template <class Emit>
void write_documents(const Documents& documents, bool is_folded, Emit& emit) {
  std::uint64_t n_bytes = header_line(is_folded, documents.size(), documents.n_words(), 0).size();
  documents.for_each_line([&](const std::string& line) { n_bytes += line.size(); });
  Pieces pieces(emit);
  pieces << header_line(is_folded, documents.size(), documents.n_words(), n_bytes);
  documents.for_each_line([&](const std::string& line) { pieces << line; });
  pieces.finish();
}

// One word's line. The postings come in the order of the documents and are gone through twice, for how many there are stands
// before them. Returns whether there is one.
template <class Values, class Emit>
bool write_word(std::string_view word, Values& values, const Documents& documents,
                mr::detail::HeldValues<std::string_view>& held, Emit& emit) {
  struct Count {
    std::uint64_t input = 0;
    std::uint64_t n = 0;
  };
  std::vector<Count> counts;
  for (const std::string_view value : values) {
    const Posting posting = Posting::of(value);
    if (documents.number_of(posting.input) == Documents::left_out) {
      continue;
    }
    if (counts.empty() || counts.back().input != posting.input) {
      counts.push_back({posting.input, 0});
    }
    counts.back().n += posting.n;
    held.add(value);
  }
  if (counts.empty()) {
    return false;
  }
  Pieces pieces(emit);
  pieces << word << "\t" << counts.size() << "\t";
  std::size_t next = 0;
  held.for_each([&](std::string_view value) {
    Posting posting = Posting::of(value);
    std::string_view separator = ",";
    if (next == 0 || counts[next - 1].input != posting.input) {
      pieces << (next == 0 ? "" : " ") << documents.number_of(posting.input) << ":" << counts[next].n;
      separator = ":";
      ++next;
    }
    std::uint64_t position = documents.words_before(posting.input, posting.offset);
    for (std::uint64_t i = 0; i < posting.n; ++i) {
      position += take_number(posting.distances);
      pieces << separator << position;
      separator = ",";
    }
  });
  pieces << "\n";
  pieces.finish();
  return true;
}

}  // namespace detail

/// Collective: writes the index of the inputs, the same bytes for any number of ranks and threads and any memory. Throws the
/// same serried::Error on all ranks; then there is no output.
inline Summary run(const mpi::Communicator& comm, const Options& options) {
  namespace mr = mapreduce;
  const auto start = std::chrono::steady_clock::now();
  mr::TextOptions text = options.text;
  text.configuration = fmt::format("skips_binary={}\n", options.skips_binary);

  // Listed before the output is made, which may lie in a folder that is read.
  const auto source = std::make_shared<const mr::TextSource>(
      comm, options.inputs, mr::located_text(mr::Separator::white_space), text);
  if (source->inputs().empty()) {
    throw Error("no files: there is nothing to index").at(options.inputs.front());
  }
  // What cannot be written is found before the work, not after it.
  store::Output output = store::open_output(comm, options.output);

  const detail::Feed feed{source, options.skips_binary};
  const auto items = mr::Pipeline(mr::SourceStage<detail::Item, detail::Feed>(source, feed)).cache();
  const Documents documents(source->inputs(), detail::gather_blocks(comm, items));

  std::atomic<std::uint64_t> n_distinct{0};
  if (documents.has_blocks()) {
    const std::size_t memory = text.memory / 32 / static_cast<std::size_t>(source->n_threads());
    // The empty word comes first, and with it what stands before the words.
    const auto pieces = items.group_by_key().template flat_map<std::string_view>(
        [&](std::string_view word, auto& values, auto& emit) {
          if (word.empty()) {
            detail::write_documents(documents, text.fold_case, emit);
            return;
          }
          mr::detail::HeldValues<std::string_view> held(memory, text.tmp);
          if (detail::write_word(word, values, documents, held, emit)) {
            ++n_distinct;
          }
        });
    mr::DatasetOutput(pieces.stage().blocks(), mr::RecordAndEnd{""}).write(output);
  } else {  // of empty files
    std::string all;
    const auto append = [&](std::string_view piece) { all += piece; };
    detail::write_documents(documents, text.fold_case, append);
    store::write_text(comm, output, all);
  }
  return {.n_documents = documents.size(),
          .n_left_out = documents.n_left_out(),
          .n_bytes = documents.n_bytes(),
          .n_words = documents.n_words(),
          .n_distinct = mpi::allreduce_value(comm, n_distinct.load(), std::plus<>{}),
          .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

}  // namespace serried::index

/// Text in files, read by all ranks and threads, block by block.
///
/// This is what text_lines and text_words (pipeline.hpp) read from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <serried/mapreduce/inputs.hpp>
#include <serried/mapreduce/text.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/report/progress_line.hpp>

namespace serried::mapreduce {

/// The same on all ranks, but for `threads`.
struct TextOptions {
  int threads = 0;         ///< of this rank; 0: mpi::default_threads
  bool fold_case = false;  ///< A-Z are read as a-z
  report::Progress progress = report::Progress::never;
  std::string progress_name = "reading";

  // These two show in no result.

  /// Unit of work: a file is cut into pieces of this size.
  std::uint64_t split_bytes = std::uint64_t{1} << 20;
  /// Read buffer of a thread; a longer record makes it grow.
  std::size_t window_bytes = std::size_t{1} << 20;
};

/// What was read, over all ranks.
struct SourceCounts {
  std::uint64_t n_files = 0;
  std::uint64_t n_bytes = 0;    ///< of text, after decompression
  std::uint64_t n_records = 0;  ///< that the pipeline made of it
};

class TextSource {
 public:
  /// Collective; lists the inputs (see list_inputs for what `patterns` may be, and for the errors).
  TextSource(const mpi::Communicator& comm, const std::vector<std::string>& patterns, Separator separator,
             const TextOptions& options);

  /// Called on thread 0 … n_threads() - 1 with a block of whole records, which it may change, and the share
  /// of this rank's input that is done, in [0, 1]. Returns how many records it made. Blocks come in no
  /// particular order.
  using Visit = std::function<std::uint64_t(int thread, std::span<char> block, double share_done)>;

  /// Collective. Every block of every input is visited by exactly one thread of one rank. If reading fails or
  /// `visit` throws anywhere, all ranks stop soon and throw the same error.
  SourceCounts for_each_block(const Visit& visit) const;

  [[nodiscard]] const mpi::Communicator& comm() const { return comm_; }
  [[nodiscard]] int n_threads() const { return n_threads_; }

 private:
  mpi::Communicator comm_;
  InputList inputs_;
  Separator separator_;
  TextOptions options_;
  int n_threads_;
};

}  // namespace serried::mapreduce

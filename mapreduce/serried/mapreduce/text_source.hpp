/// Text in files, read by all ranks and threads, block by block.
///
/// This is what text_lines and text_words (pipeline.hpp) read from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <serried/job/run.hpp>
#include <serried/mapreduce/inputs.hpp>
#include <serried/mapreduce/quarantine.hpp>
#include <serried/mapreduce/set_aside.hpp>
#include <serried/mapreduce/split_reader.hpp>
#include <serried/mapreduce/text.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/node_exchange.hpp>

namespace serried::mapreduce {

enum class ExchangeEarly : int { never, between_nodes, between_ranks };

/// The same on all ranks, but for `job.threads`.
struct TextOptions {
  job::Options job;        ///< threads, progress, checkpoint: a folder of its own for each pipeline
  bool fold_case = false;  ///< A-Z are read as a-z
  /// What else the result depends on, such as options of the pipeline's functions, in whole lines: a checkpoint of
  /// another is refused.
  std::string configuration{};

  // These show in no result.

  /// Unit of work: a file is cut into pieces of this size.
  std::uint64_t split_bytes = std::uint64_t{1} << 20;
  /// Read buffer of a thread; a longer record makes it grow.
  std::size_t window_bytes = std::size_t{1} << 20;
  /// Of a rank, for what grows with the input; the rest goes to `tmp`.
  std::uint64_t memory = std::uint64_t{512} << 20;
  /// Folder for what does not fit into memory; empty: $TMPDIR, or /tmp.
  std::string tmp{};

  /// Between whom what is to be combined travels while records are still read (early_exchange.hpp). Between none if there is a
  /// checkpoint, which holds what was read where it was read.
  ExchangeEarly exchange_early = ExchangeEarly::between_nodes;

  /// Records on which a function throws are put aside there, and the job goes on (quarantine.hpp), or on no rank. Null: the
  /// first error ends it.
  Quarantine* quarantine = nullptr;
  /// The operations of reductions and the orders of sorts are tried on a few of the records, so that one that depends on the
  /// order, or is no strict weak order, is an error that says so: by default where collectives are checked (preset dev). On
  /// all ranks or none.
  bool checked = mpi::checks_collectives;
};

/// A block of whole records, on its way through a pipeline.
struct TextBlock {
  std::span<char> text;      ///< may be changed
  double share_done = 0;     ///< of this thread's input, about, in [0, 1]
  std::uint64_t place = 0;   ///< places sort as the input does; each is that of one block
  std::uint64_t input = 0;   ///< index in TextSource::inputs()
  std::uint64_t offset = 0;  ///< in that input: Block::offset
  Offsets offsets = Offsets::of_block;
  SetAside* aside = nullptr;  ///< for records that are to be skipped; null: an error is to be thrown
};

/// What was read, over all ranks.
struct SourceCounts {
  std::uint64_t n_files = 0;
  std::uint64_t n_bytes = 0;    ///< of text, after decompression
  std::uint64_t n_records = 0;  ///< that the pipeline made of it
};

/// What a thread made of the text, and of how much; a job::Partial around another.
template <job::Partial Part>
struct ReadPart {
  Part part;
  std::uint64_t n_bytes = 0;
  std::uint64_t n_records = 0;
  std::optional<SetAside> aside{};  ///< none without a quarantine

  void merge(ReadPart&& other) {
    part.merge(std::move(other.part));
    n_bytes += other.n_bytes;
    n_records += other.n_records;
    if (aside && other.aside) {
      aside->merge(*std::move(other.aside));
    }
  }
  [[nodiscard]] bool wants_save() const requires requires(const Part& p) { p.wants_save(); }
  { return part.wants_save(); }
  void save(std::vector<std::byte>& bytes) const {
    job::append_bytes(bytes, n_bytes);
    job::append_bytes(bytes, n_records);
    if (aside) {
      aside->save(bytes);
    }
    part.save(bytes);
  }
  void load(std::span<const std::byte> bytes) {
    constexpr std::size_t n = sizeof(std::uint64_t);
    const std::size_t n_counts = std::min(bytes.size(), 2 * n);
    n_bytes += job::value_of_bytes<std::uint64_t>(bytes.first(std::min(n_counts, n)));
    n_records += job::value_of_bytes<std::uint64_t>(bytes.first(n_counts).subspan(n));
    bytes = bytes.subspan(n_counts);
    part.load(aside ? aside->load(bytes) : bytes);
  }
};

class TextSource {
 public:
  /// Collective; lists the inputs (see list_inputs for what `patterns` may be, and for the errors).
  TextSource(const mpi::Communicator& comm, const std::vector<std::string>& patterns, Format format,
             const TextOptions& options);
  TextSource(const mpi::Communicator& comm, const std::vector<std::string>& patterns, Separator separator,
             const TextOptions& options)
      : TextSource(comm, patterns, text_format(separator), options) {}
  /// Of inputs that are known, the same list on all ranks.
  TextSource(const mpi::Communicator& comm, InputList inputs, Format format, const TextOptions& options);
  TextSource(const TextSource&) = delete;
  TextSource& operator=(const TextSource&) = delete;

  /// Collective. `purpose` says what is made of the text, for a checkpoint must not be taken for that of something else:
  /// "count", "reduce 8-byte values". Every block of every input is visited by exactly one thread of one rank: `visit(part,
  /// const TextBlock&)` gets that thread's part, made by `make()`; it returns how many records it made. Blocks come in no
  /// particular order. Returns this rank's parts; those of all ranks together hold every block once, also after a restart
  /// from a checkpoint. If reading fails or `visit` throws anywhere, all ranks stop soon and throw the same error.
  /// With a quarantine, what `visit` has put aside goes there.
  template <class Make, class Visit>
  [[nodiscard]] auto for_each_block(const std::string& purpose, const Make& make, const Visit& visit) const {
    using Part = ReadPart<std::invoke_result_t<const Make&>>;
    // As std::function, called once a split, so that what stands below is not compiled, and named, for each pair of lambdas.
    const std::function<Part()> make_part = [&] { return Part{.part = make(), .aside = new_aside()}; };
    const std::function<std::uint64_t(Part&, const TextBlock&)> visit_block =
        [&](Part& part, const TextBlock& block) { return visit(part.part, block); };
    return read_parts(purpose, make_part, visit_block);
  }

  /// Collective: what all ranks have read to make `parts`.
  template <class Part>
  [[nodiscard]] SourceCounts counts_of(const std::vector<ReadPart<Part>>& parts) const {
    SourceCounts counts;
    for (const ReadPart<Part>& part : parts) {
      counts.n_bytes += part.n_bytes;
      counts.n_records += part.n_records;
    }
    return over_all_ranks(counts);
  }

  /// Local; each rank reads a share. Calls `visit(block, place, n_most)` for a few kilobytes of records here and there in
  /// the plain files; of each block, n_most records are enough for a sample of all.
  void sample_blocks(
      const std::function<void(std::span<char> block, std::uint64_t place, std::size_t n_most)>& visit) const;

  /// Bytes of all inputs whose size is known, as they are in the files.
  [[nodiscard]] std::uint64_t n_bytes_known() const;
  /// Beyond the places of all blocks.
  [[nodiscard]] std::uint64_t end_place() const;
  /// What is read, the same on all ranks.
  [[nodiscard]] const InputList& inputs() const { return inputs_; }
  [[nodiscard]] const TextOptions& options() const { return options_; }
  [[nodiscard]] const mpi::Communicator& comm() const { return comm_; }
  /// For exchanges between all ranks.
  [[nodiscard]] mpi::NodeExchange& nodes() const { return *nodes_; }
  [[nodiscard]] int n_threads() const { return options_.job.threads; }
  [[nodiscard]] report::RunRecord* record() const { return options_.job.record; }

 private:
  // The threads' read buffers.
  class Readers {
   public:
    Readers(const TextSource& source, std::span<const Split> splits);
    void read(std::uint64_t index, job::Worker& worker, const std::function<void(const Block&)>& visit);
    [[nodiscard]] double share_done(int thread) const;
    /// Of the block that the thread has read last.
    [[nodiscard]] std::uint64_t place(int thread) const;

   private:
    struct alignas(64) OfThread {
      std::unique_ptr<SplitReader> reader;
      job::Worker* worker = nullptr;
      std::uint64_t n_taken = 0;
      std::uint64_t next_place = 0;
    };

    const TextSource& source_;
    std::span<const Split> splits_;
    std::vector<OfThread> threads_;
  };

  // For a thread's part.
  [[nodiscard]] std::optional<SetAside> new_aside() const;
  template <class Part>
  [[nodiscard]] std::vector<Part> read_parts(
      const std::string& purpose, const std::function<Part()>& make,
      const std::function<std::uint64_t(Part&, const TextBlock&)>& visit) const {
    std::vector<Part> parts;
    for_each_plan(
        purpose, [&](const job::Plan& plan, const job::Options& options, std::span<const Split> splits) {
          Readers readers(*this, splits);
          auto more =
              job::run(comm_, plan, options, make, [&](std::uint64_t index, Part& part, job::Worker& worker) {
                readers.read(index, worker, [&](const Block& block) {
                  part.n_bytes += block.n_bytes;
                  part.n_records += visit(part, TextBlock{.text = block.text,
                                                          .share_done = readers.share_done(worker.thread()),
                                                          .place = readers.place(worker.thread()),
                                                          .input = splits[index].input,
                                                          .offset = block.offset,
                                                          .offsets = block.offsets,
                                                          .aside = part.aside ? &*part.aside : nullptr});
                });
              });
          std::ranges::move(more, std::back_inserter(parts));
        });
    if (options_.quarantine != nullptr) {
      std::vector<SkippedRecord> skipped;
      for (Part& part : parts) {
        std::ranges::move(std::move(*part.aside).take_records(), std::back_inserter(skipped));
      }
      options_.quarantine->take(number_, inputs_, skipped);
    }
    return parts;
  }

  // Local. Blocks as the pipeline wants them; what goes wrong names the file and the rank.
  void read_split(SplitReader& reader, const Split& split, const SplitReader::Visit& visit) const;

  // Collective: the files as one job, then each stream as another, for rank 0 alone.
  using RunPlan = std::function<void(const job::Plan&, const job::Options&, std::span<const Split>)>;
  void for_each_plan(const std::string& purpose, const RunPlan& run) const;
  [[nodiscard]] job::Plan plan_of(const std::string& purpose, std::span<const Split> splits) const;
  [[nodiscard]] SourceCounts over_all_ranks(SourceCounts counts) const;

  mpi::Communicator comm_;
  std::unique_ptr<mpi::NodeExchange> nodes_;
  InputList inputs_;
  Format format_;
  TextOptions options_;
  double bytes_per_thread_ = 0;  // of all input, about
  std::uint64_t n_splits_ = 0;
  std::uint64_t number_ = 0;      // among those that know the quarantine
  mutable int n_times_read_ = 0;  // each time has a ledger of its own
};

}  // namespace serried::mapreduce

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/check.hpp>
#include <serried/schedule/options.hpp>

namespace serried::mapreduce {
namespace {

bool is_stream(const Input& input) { return input.encoding == Encoding::stream; }

constexpr std::uint64_t places_of_a_split = std::uint64_t{1} << 24;
std::uint64_t first_place_of(const Split& split) { return split.number * places_of_a_split; }

std::uint64_t total_size(const InputList& inputs) {
  std::uint64_t total = 0;
  for (const Input& input : inputs) {
    total += input.size;
  }
  return total;
}

// One number for which files there are and what they were when they were listed.
std::uint64_t fingerprint(const InputList& inputs) {
  std::string text;
  for (const Input& input : inputs) {
    text += fmt::format("{} {} {}\n", input.path, input.size, input.modified_ns);
  }
  return hash_long(text);
}

}  // namespace

TextSource::TextSource(const mpi::Communicator& comm, const std::vector<std::string>& patterns, Format format,
                       const TextOptions& options)
    : TextSource(comm, list_inputs(comm, patterns, options.job.checkpoint), std::move(format), options) {}

TextSource::TextSource(const mpi::Communicator& comm, InputList inputs, Format format,
                       const TextOptions& options)
    : comm_(comm.dup()), inputs_(std::move(inputs)), format_(std::move(format)), options_(options) {
  if (options.fold_case && !format_.is_text) {
    throw usage_error("the case of what is no text cannot be folded");
  }
  expects(options.split_bytes > 0, "split_bytes > 0");
  expects(options.window_bytes > 0, "window_bytes > 0");
  // Splits that differ from rank to rank would lose lines or read them twice.
  options_.split_bytes = mpi::broadcast_value(comm_, options.split_bytes);
  options_.split_bytes += (format_.unit - options_.split_bytes % format_.unit) % format_.unit;
  options_.memory = mpi::broadcast_value(comm_, options.memory);
  options_.exchange_early =
      static_cast<ExchangeEarly>(mpi::broadcast_value(comm_, static_cast<int>(options.exchange_early)));
  options_.job.threads = job::n_threads_of(comm_, options.job);
  constexpr std::uint64_t smallest_round = std::uint64_t{256} << 10;
  constexpr std::uint64_t largest_round = std::uint64_t{64} << 20;
  nodes_ = std::make_unique<mpi::NodeExchange>(
      comm_, mpi::NodeExchangeOptions{.round_bytes =
                                          std::clamp(options_.memory / 32, smallest_round, largest_round)});
  if (format_.prepare) {
    format_.prepare(comm_, inputs_, options_.job.threads);
  }
  const int n_threads_in_all = mpi::allreduce_value(comm_, options_.job.threads, std::plus<>{});
  n_splits_ = make_splits(inputs_, options_.split_bytes).size();
  number_ = options.quarantine != nullptr ? options.quarantine->add_source(inputs_) : 0;
  bytes_per_thread_ = static_cast<double>(total_size(inputs_)) / n_threads_in_all;
}

TextSource::Readers::Readers(const TextSource& source, std::span<const Split> splits)
    : source_(source), splits_(splits), threads_(static_cast<std::size_t>(source.n_threads())) {}

void TextSource::Readers::read(std::uint64_t index, job::Worker& worker,
                               const std::function<void(const Block&)>& visit) {
  OfThread& mine = threads_[static_cast<std::size_t>(worker.thread())];
  if (!mine.reader) {
    mine.reader = source_.format_.make_reader(source_.options_.window_bytes,
                                              [&mine] { return mine.worker->must_stop(); });
  }
  mine.worker = &worker;
  mine.next_place = first_place_of(splits_[index]);
  source_.read_split(*mine.reader, splits_[index], [&](const Block& block) {
    mine.n_taken += block.n_taken;
    worker.add_bytes(block.n_taken);
    if (mine.next_place == first_place_of(splits_[index]) + places_of_a_split) {
      throw Error("more blocks than can be numbered").hint("a larger window_bytes makes fewer");
    }
    visit(block);
    ++mine.next_place;
    return !worker.must_stop();
  });
}

std::optional<SetAside> TextSource::new_aside() const {
  const Quarantine* const quarantine = options_.quarantine;
  return quarantine != nullptr ? std::optional(SetAside(quarantine->n_most())) : std::nullopt;
}

void TextSource::read_split(SplitReader& reader, const Split& split, const SplitReader::Visit& visit) const {
  const Input& input = inputs_[split.input];
  try {
    reader.read(input, split, [&](const Block& block) {
      if (options_.fold_case) {
        fold_case(block.text.data(), block.text.size());
      }
      return visit(block);
    });
  } catch (...) {
    Error error = as_error(std::current_exception());
    throw mpi::found_here(error.path().empty() ? std::move(error).at(input.path) : std::move(error));
  }
}

double TextSource::Readers::share_done(int thread) const {
  const auto taken = static_cast<double>(threads_[static_cast<std::size_t>(thread)].n_taken);
  return source_.bytes_per_thread_ > 0 ? std::min(taken / source_.bytes_per_thread_, 1.0) : 0;
}

std::uint64_t TextSource::Readers::place(int thread) const {
  return threads_[static_cast<std::size_t>(thread)].next_place;
}

std::uint64_t TextSource::n_bytes_known() const { return total_size(inputs_); }

std::uint64_t TextSource::end_place() const { return n_splits_ * places_of_a_split; }

// A window somewhere in each split, or in some of them where they are many: evenly over the input, for parts of it may be
// sorted already, but nowhere in particular within a split, for each split may be.
void TextSource::sample_blocks(
    const std::function<void(std::span<char>, std::uint64_t, std::size_t)>& visit) const {
  constexpr std::uint64_t n_records_wanted = 1 << 15;
  constexpr std::uint64_t most_windows = 1 << 14;
  constexpr std::uint64_t smallest = 4 << 10;
  constexpr std::uint64_t n_bytes_wanted = 4 << 20;
  std::vector<Split> splits = make_splits(inputs_, options_.split_bytes);
  std::erase_if(splits, [&](const Split& split) { return inputs_[split.input].encoding != Encoding::plain; });
  if (splits.empty()) {
    return;
  }
  const std::uint64_t stride = splits.size() / most_windows + 1;
  const std::uint64_t n_windows = (splits.size() + stride - 1) / stride;
  const auto n_most = static_cast<std::size_t>(n_records_wanted / n_windows + 1);
  const std::uint64_t window_bytes =
      format_.units_are_records ? n_most * format_.unit : std::max(smallest, n_bytes_wanted / n_windows);
  const auto reader = format_.make_reader(options_.window_bytes, {});
  const auto n_ranks = static_cast<std::uint64_t>(comm_.size());
  for (auto i = static_cast<std::uint64_t>(comm_.rank()); i < n_windows; i += n_ranks) {
    const Split& split = splits[i * stride];
    const std::uint64_t n_units = (split.bytes.size() + format_.unit - 1) / format_.unit;
    const std::uint64_t n_units_read = std::min(n_units, (window_bytes + format_.unit - 1) / format_.unit);
    Split window = split;
    const std::uint64_t n_places = n_units - n_units_read + 1;
    window.bytes.begin += hash_bytes(std::to_string(split.number)) % n_places * format_.unit;
    window.bytes.end = std::min(split.bytes.end, window.bytes.begin + n_units_read * format_.unit);
    read_split(*reader, window, [&](const Block& block) {
      visit(block.text, first_place_of(split), n_most);
      return true;
    });
  }
}

job::Plan TextSource::plan_of(const std::string& purpose, std::span<const Split> splits) const {
  job::Plan plan{.name = n_times_read_ == 1 ? "map" : fmt::format("map-{}", n_times_read_),
                 .n = splits.size()};
  // What was skipped before must not be forgotten.
  const char* const on_error = options_.quarantine != nullptr ? "on_error=skip\n" : "";
  plan.configuration = fmt::format(
      "purpose={}\ninputs={} of {} bytes, names and times "
      "{:016x}\nrecords={}\nfold_case={}\nsplit_bytes={}\n{}{}",
      purpose, inputs_.size(), total_size(inputs_), fingerprint(inputs_), format_.name, options_.fold_case,
      options_.split_bytes, on_error, options_.configuration);
  const bool has_long_ones = std::ranges::any_of(
      splits, [&](const Split& split) { return inputs_[split.input].encoding != Encoding::plain; });
  for (const Split& split : splits) {
    plan.total_bytes += split.bytes.size();
  }
  if (has_long_ones &&
      splits.size() <= schedule::max_hinted_indices) {  // a compressed file is one split, whatever its size
    plan.cost = [this, splits](std::uint64_t index) {
      return cost_of(inputs_[splits[index].input], splits[index]);
    };
  }
  return plan;
}

void TextSource::for_each_plan(const std::string& purpose, const RunPlan& run) const {
  ++n_times_read_;
  std::vector<Split> of_files;
  std::vector<Split> of_streams;
  for (const Split& split : make_splits(inputs_, options_.split_bytes)) {
    (is_stream(inputs_[split.input]) ? of_streams : of_files).push_back(split);
  }
  if (!of_streams.empty() && n_times_read_ > 1) {
    throw usage_error(inputs_[of_streams[0].input].path +
                      ": a stream cannot be read twice: cache() what is made of it");
  }
  if (!of_streams.empty() && !options_.job.checkpoint.empty()) {
    throw usage_error(inputs_[of_streams[0].input].path +
                      ": a stream cannot be read again after a stop; give files, or no checkpoint");
  }
  if (!of_files.empty() || of_streams.empty()) {
    run(plan_of(purpose, of_files), options_.job, of_files);
  }
  for (const Split& stream : of_streams) {
    job::Plan plan{.name = "map", .n = 1};
    plan.policy = schedule::Policy::static_block;  // the only index: to the first thread of rank 0
    run(plan, options_.job, std::span(&stream, 1));
  }
}

SourceCounts TextSource::over_all_ranks(SourceCounts counts) const {
  counts.n_files = inputs_.size();
  counts.n_bytes = mpi::allreduce_value(comm_, counts.n_bytes, std::plus<>{});
  counts.n_records = mpi::allreduce_value(comm_, counts.n_records, std::plus<>{});
  return counts;
}

}  // namespace serried::mapreduce

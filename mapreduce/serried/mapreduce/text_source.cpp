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
    : comm_(comm.dup()),
      inputs_(list_inputs(comm_, patterns, options.job.checkpoint)),
      format_(std::move(format)),
      options_(options) {
  expects(options.split_bytes > 0, "split_bytes > 0");
  expects(options.window_bytes > 0, "window_bytes > 0");
  // Splits that differ from rank to rank would lose lines or read them twice.
  options_.split_bytes = mpi::broadcast_value(comm_, options.split_bytes);
  options_.job.threads = job::n_threads_of(comm_, options.job);
  const int n_threads_in_all = mpi::allreduce_value(comm_, options_.job.threads, std::plus<>{});
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
  const Split& split = splits_[index];
  const Input& input = source_.inputs_[split.input];
  try {
    mine.reader->read(input, split, [&](const Block& block) {
      mine.n_taken += block.n_taken;
      worker.add_bytes(block.n_taken);
      if (source_.options_.fold_case) {
        fold_case(block.text.data(), block.text.size());
      }
      visit(block);
      return !worker.must_stop();
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

job::Plan TextSource::plan_of(const std::string& purpose, std::span<const Split> splits) const {
  job::Plan plan{.name = "map", .n = splits.size()};
  plan.configuration = fmt::format(
      "purpose={}\ninputs={} of {} bytes, names and times "
      "{:016x}\nrecords={}\nfold_case={}\nsplit_bytes={}\n{}",
      purpose, inputs_.size(), total_size(inputs_), fingerprint(inputs_), format_.name, options_.fold_case,
      options_.split_bytes, options_.configuration);
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
  std::vector<Split> of_files;
  std::vector<Split> of_streams;
  for (const Split& split : make_splits(inputs_, options_.split_bytes)) {
    (is_stream(inputs_[split.input]) ? of_streams : of_files).push_back(split);
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

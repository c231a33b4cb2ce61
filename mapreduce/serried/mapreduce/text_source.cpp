#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/mapreduce/block_reader.hpp>
#include <serried/base/parallel.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/notices.hpp>
#include <serried/mpi/threads.hpp>

namespace serried::mapreduce {
namespace {

constexpr auto longest_pause = std::chrono::microseconds(5000);

// How far all ranks are and whether one of them failed, told by notices between blocks. For the MPI thread.
class Bulletin {
 public:
  Bulletin(const mpi::Communicator& comm, const TextOptions& options, std::uint64_t total_bytes)
      : notices_(comm),
        is_root_(comm.is_root()),
        total_bytes_(total_bytes),
        done_of_rank_(static_cast<std::size_t>(comm.size())),
        line_(options.progress_name, comm.is_root() ? options.progress : report::Progress::never),
        is_shown_(mpi::broadcast_value(comm, line_.is_shown())) {}

  // `done`: bytes that this rank has read. True if another rank failed.
  bool exchange(std::uint64_t done) {
    constexpr auto interval = std::chrono::milliseconds(100);
    if (const auto now = std::chrono::steady_clock::now(); now >= next_) {
      next_ = now + interval;
      if (!is_root_ && is_shown_) {
        notices_.post(0, {.kind = bytes_done, .value = done});
      }
      while (const auto received = notices_.poll()) {
        read(*received);
      }
      if (is_root_) {
        done_of_rank_[0] = done;
        std::uint64_t done_in_all = 0;
        for (const std::uint64_t bytes : done_of_rank_) {
          done_in_all += bytes;
        }
        line_.update(done_in_all, total_bytes_);
      }
    }
    return has_failed_elsewhere_;
  }

  void tell_failure() { notices_.post_to_all({.kind = failed, .value = 0}); }

  // Collective. Until all ranks are here, news go on being read and shown.
  void close(std::uint64_t done) {
    mpi::Request everybody = mpi::async_barrier(notices_.comm());
    for (auto pause = std::chrono::microseconds(20); !everybody.test();
         pause = std::min(2 * pause, longest_pause)) {
      exchange(done);
      std::this_thread::sleep_for(pause);
    }
    notices_.close();
    line_.finish();
  }

 private:
  static constexpr std::uint64_t bytes_done = 1;
  static constexpr std::uint64_t failed = 2;

  void read(const mpi::ReceivedNotice& received) {
    if (received.notice.kind == failed) {
      has_failed_elsewhere_ = true;
    } else {
      done_of_rank_[static_cast<std::size_t>(received.source)] = received.notice.value;
    }
  }

  mpi::Notices notices_;
  bool is_root_;
  std::uint64_t total_bytes_;
  std::vector<std::uint64_t> done_of_rank_;
  bool has_failed_elsewhere_ = false;
  std::chrono::steady_clock::time_point next_;
  report::ProgressLine line_;
  bool is_shown_;
};

// The failure of the earliest split, whichever thread meets one first.
class FirstFailure {
 public:
  void report(std::size_t split, Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_ || split < split_) {
      split_ = split;
      error_ = std::move(error);
    }
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::mutex mutex_;
  std::size_t split_ = 0;
  std::optional<Error> error_;
};

std::uint64_t total_size(const InputList& inputs) {
  std::uint64_t total = 0;
  for (const Input& input : inputs) {
    if (input.encoding == Encoding::stream) {
      return 0;  // unknown
    }
    total += input.size;
  }
  return total;
}

}  // namespace

TextSource::TextSource(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                       Separator separator, const TextOptions& options)
    : comm_(comm.dup()),
      inputs_(list_inputs(comm_, patterns)),
      separator_(separator),
      options_(options),
      n_threads_(mpi::default_threads(comm_)) {
  expects(options.split_bytes > 0, "split_bytes > 0");
  expects(options.window_bytes > 0, "window_bytes > 0");
  // Splits that differ from rank to rank would lose lines or read them twice.
  options_.split_bytes = mpi::broadcast_value(comm_, options.split_bytes);
  if (options.threads > 0) {
    n_threads_ = options.threads;
  }
}

SourceCounts TextSource::for_each_block(const Visit& visit) const {
  const std::vector<Split> splits =
      splits_of_rank(inputs_, make_splits(inputs_, options_.split_bytes), comm_.rank(), comm_.size());
  std::uint64_t bytes_to_read = 0;
  for (const Split& split : splits) {
    bytes_to_read += split.bytes.size();
  }

  Bulletin bulletin(comm_, options_, total_size(inputs_));
  FirstFailure failure;
  std::atomic<std::size_t> next_split = 0;
  std::atomic<std::uint64_t> n_taken = 0;
  std::atomic<std::uint64_t> n_bytes = 0;
  std::atomic<std::uint64_t> n_records = 0;
  std::atomic<bool> must_stop = false;
  std::atomic<int> n_threads_at_work = 0;

  // For thread 0, which alone may call MPI: has anybody failed?
  const auto hear = [&](int thread) {
    if (thread == 0 && bulletin.exchange(n_taken)) {
      must_stop = true;
    }
    return must_stop.load();
  };

  const auto visit_block = [&](int thread, std::span<char> block, std::uint64_t n_new) {
    const std::uint64_t taken = n_taken += n_new;
    n_bytes += block.size();
    if (options_.fold_case) {
      fold_case(block.data(), block.size());
    }
    const double share =
        bytes_to_read == 0 ? 0 : static_cast<double>(taken) / static_cast<double>(bytes_to_read);
    n_records += visit(thread, block, std::min(share, 1.0));
    return !hear(thread);
  };
  on_threads(n_threads_, [&](int thread) {
    std::size_t current = 0;
    ++n_threads_at_work;
    try {
      BlockReader reader(options_.window_bytes, [&] { return hear(thread); });
      while (!must_stop && (current = next_split++) < splits.size()) {
        reader.read(
            inputs_[splits[current].input], splits[current], separator_,
            [&](std::span<char> block, std::uint64_t n_new) { return visit_block(thread, block, n_new); });
      }
    } catch (...) {
      Error error = as_error(std::current_exception());
      const bool says_where = !error.path().empty() || current >= splits.size();
      failure.report(current,
                     mpi::found_here(says_where ? std::move(error)
                                                : std::move(error).at(inputs_[splits[current].input].path)));
      must_stop = true;
    }
    --n_threads_at_work;
    while (thread == 0 && n_threads_at_work > 0) {
      hear(thread);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  if (failure.error()) {
    bulletin.tell_failure();
  }
  bulletin.close(n_taken);
  mpi::agree(comm_, failure.error());

  SourceCounts counts{.n_files = inputs_.size(), .n_bytes = n_bytes, .n_records = n_records};
  counts.n_bytes = mpi::allreduce_value(comm_, counts.n_bytes, std::plus<>{});
  counts.n_records = mpi::allreduce_value(comm_, counts.n_records, std::plus<>{});
  return counts;
}

}  // namespace serried::mapreduce

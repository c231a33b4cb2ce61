#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <utility>

#include <serried/base/background_thread.hpp>
#include <serried/base/checked_cast.hpp>
#include <serried/store/ledger_record.hpp>
#include <serried/store/ledger_writer.hpp>
#include <serried/store/output_file.hpp>

namespace serried::store {
namespace {

// Records of one chunk go to the file with one call of write(2).
constexpr std::size_t chunk_size = 1 << 20;

std::span<const char> chars_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t random_number() {
  std::random_device random;
  return (std::uint64_t{random()} << 32) | random();
}

// Other processes of this host wait with theirs.
class Lock {
 public:
  explicit Lock(const FileDescriptor& file) : file_(file) {
    while (::flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) {
        throw system_error("lock", errno, file.path())
            .hint(
                "the file system must know flock(2), within a node at least: Lustre's option is localflock");
      }
    }
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { ::flock(file_.get(), LOCK_UN); }

 private:
  const FileDescriptor& file_;
};

}  // namespace

std::uint64_t create_segment(const std::string& path, const std::string& head_text) {
  const std::uint64_t segment = random_number();
  std::vector<std::byte> head = encode_record(segment, 0, IndexSet(), std::as_bytes(std::span(head_text)));
  seal(head, 0);
  const FileDescriptor file =
      FileDescriptor::open(path, O_WRONLY | O_CREAT | O_EXCL, "create a segment of the ledger");
  TemporaryFile incomplete(path);
  file.write(chars_of(head));
  file.sync();
  sync_folder_of(path);
  incomplete.keep();
  return segment;
}

SegmentWriter::SegmentWriter(const std::string& path, std::uint64_t segment, const Options& options)
    : file_(FileDescriptor::open(path, O_WRONLY | O_APPEND, "open the ledger's segment")),
      segment_(segment),
      options_(options) {
  if (options_.is_shared) {
    const Lock works(file_);  // a file system without locks is found before anything is computed
  }
  thread_ = background_thread([this] { work(); });
}

SegmentWriter::~SegmentWriter() {
  {
    const std::lock_guard held(mutex_);
    is_stopping_ = true;
  }
  work_to_do_.notify_one();
}

void SegmentWriter::append(const IndexSet& indices, std::span<const std::byte> payload) {
  std::vector<std::byte> record = encode_record(segment_, options_.writer, indices, payload);
  std::unique_lock held(mutex_);
  while (!failure_ && n_waiting_bytes_ > 0 && n_waiting_bytes_ + record.size() > options_.max_waiting) {
    is_urgent_ = true;
    work_to_do_.notify_one();
    progress_.wait(held);
  }
  if (failure_) {
    throw Error(*failure_);
  }
  seal(record, n_appended_++);
  n_waiting_bytes_ += record.size();
  // The thread is woken by the first record only: waking it costs more than the rest of this function.
  const bool is_first = waiting_.empty();
  if (is_first || waiting_.back().size() + record.size() > chunk_size) {
    waiting_.push_back(std::move(record));
  } else {
    waiting_.back().insert(waiting_.back().end(), record.begin(), record.end());
  }
  if (is_first) {
    work_to_do_.notify_one();
  }
}

void SegmentWriter::flush() {
  std::unique_lock held(mutex_);
  const std::uint64_t n_wanted = n_appended_;
  while (!failure_ && n_durable_ < n_wanted) {
    is_urgent_ = true;
    work_to_do_.notify_one();
    progress_.wait(held);
  }
  if (failure_) {
    throw Error(*failure_);
  }
}

void SegmentWriter::work() {
  std::unique_lock held(mutex_);
  for (;;) {
    work_to_do_.wait(held, [&] { return !waiting_.empty() || is_stopping_; });
    if (waiting_.empty()) {
      return;
    }
    work_to_do_.wait_for(held, options_.interval, [&] { return is_urgent_ || is_stopping_; });
    is_urgent_ = false;
    const Chunks chunks = std::exchange(waiting_, {});
    const std::uint64_t n_appended = n_appended_;
    const std::uint64_t n_bytes = n_waiting_bytes_;
    held.unlock();
    std::optional<Error> failure;
    try {
      write(chunks);
    } catch (...) {
      failure =
          as_error(std::current_exception()).hint("what was recorded before is safe: mend this, then resume");
    }
    held.lock();
    failure_ = std::move(failure);
    n_durable_ = n_appended;
    n_waiting_bytes_ -= n_bytes;
    progress_.notify_all();
    if (failure_) {
      return;
    }
  }
}

void SegmentWriter::write(const Chunks& chunks) const {
  {
    std::optional<Lock> lock;
    if (options_.is_shared) {
      lock.emplace(file_);
    }
    const std::uint64_t size_before = file_.size();
    try {
      for (const std::vector<std::byte>& chunk : chunks) {
        file_.write(chars_of(chunk));
      }
    } catch (...) {
      // Half a record would do no harm to the others', but would be reported as damage.
      static_cast<void>(::ftruncate(file_.get(), checked_cast<off_t>(size_before)));
      throw;
    }
  }
  file_.sync();
}

}  // namespace serried::store

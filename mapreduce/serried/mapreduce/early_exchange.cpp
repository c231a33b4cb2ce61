#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>

#include <serried/base/contract.hpp>
#include <serried/mapreduce/early_exchange.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/report/moved_bytes.hpp>

namespace serried::mapreduce::detail {
namespace {

// One that is being filled for each rank takes an eighth of the memory at most, unless ranks are very many.
std::size_t message_bytes_for(std::uint64_t memory, std::size_t n_ranks) {
  constexpr std::uint64_t smallest = std::uint64_t{32} << 10;
  constexpr std::uint64_t largest = std::uint64_t{256} << 10;
  return std::clamp(memory / 8 / n_ranks, smallest, largest);
}

// As many again may be arriving.
std::size_t n_messages_for(std::uint64_t memory, std::size_t message_bytes) {
  return std::clamp<std::size_t>(memory / 8 / message_bytes, 2, 64);
}

}  // namespace

EarlyExchange::EarlyExchange(const mpi::Communicator& comm, std::vector<bool> is_far, const Options& options)
    : mpi_thread_(std::this_thread::get_id()),
      is_far_(std::move(is_far)),
      n_partitions_(options.n_partitions),
      message_bytes_(message_bytes_for(options.memory, is_far_.size())),
      n_most_(n_messages_for(options.memory, message_bytes_)),
      parcels_(comm, n_most_),
      store_(std::make_unique<PartitionStore>(
          PartitionStore::Options{.n_partitions = options.n_partitions,
                                  .n_filled = options.n_partitions / is_far_.size() + 1,
                                  .memory = options.memory / 2,
                                  .tmp = options.tmp,
                                  .largest_block = std::size_t{16} << 10})),
      open_(is_far_.size()) {}

// Hashes are spread evenly, so that these are about the partitions which the rounds will give it.
std::size_t EarlyExchange::owner_of(std::size_t partition) const {
  return partition * is_far_.size() / n_partitions_;
}

bool EarlyExchange::take(std::size_t partition, std::span<const char> block) {
  const std::size_t rank = owner_of(partition);
  const std::size_t n_bytes = sizeof(Header) + block.size();
  if (!is_far_[rank] || n_bytes > message_bytes_) {
    return false;
  }
  const std::scoped_lock lock(mutex_);
  if (is_finished_) {
    return false;
  }
  std::vector<char>& message = open_[rank];
  if (message.size() + n_bytes > message_bytes_) {
    if (full_.size() + n_leaving_ >= n_most_) {
      return false;
    }
    full_.push_back({rank, std::exchange(message, {})});
  }
  message.reserve(message_bytes_);
  const Header header{partition, block.size()};
  const auto* const bytes = reinterpret_cast<const char*>(&header);
  message.insert(message.end(), bytes, bytes + sizeof header);
  message.insert(message.end(), block.begin(), block.end());
  return true;
}

void EarlyExchange::send() {
  std::vector<Message> full;
  {
    const std::scoped_lock lock(mutex_);
    n_leaving_ = parcels_.n_leaving() + full_.size();
    full.swap(full_);
  }
  for (Message& message : full) {
    report::moved_bytes().sent += message.bytes.size();
    parcels_.post(static_cast<int>(message.rank), std::move(message.bytes));
  }
}

void EarlyExchange::progress() {
  if (std::this_thread::get_id() != mpi_thread_) {
    return;
  }
  while (const auto message = parcels_.poll()) {
    keep(*message);
  }
  send();
}

void EarlyExchange::keep(std::span<const char> message) {
  while (!message.empty()) {
    Header header;
    expects(message.size() >= sizeof header, "a message is made of whole blocks");
    std::memcpy(&header, message.data(), sizeof header);
    message = message.subspan(sizeof header);
    expects(header.n_bytes <= message.size() && header.partition < n_partitions_,
            "a message is made of whole blocks");
    store_->add_chunks(header.partition, message.first(header.n_bytes));
    message = message.subspan(header.n_bytes);
  }
}

void EarlyExchange::finish() {
  std::exception_ptr failure;  // the others must not wait for this rank
  const auto attempt = [&](const auto& act) {
    try {
      if (!failure) {
        act();
      }
    } catch (...) {
      failure = std::current_exception();
    }
  };
  {
    const std::scoped_lock lock(mutex_);
    is_finished_ = true;
  }
  attempt([&] {
    for (std::size_t rank = 0; rank < open_.size(); ++rank) {
      if (!open_[rank].empty()) {
        full_.push_back({rank, std::move(open_[rank])});
      }
    }
    send();
  });
  static_cast<void>(
      parcels_.close([&](const std::vector<char>& message) { attempt([&] { keep(message); }); }));
  mpi::together(parcels_.comm(), [&] {
    if (failure) {
      std::rethrow_exception(failure);
    }
    store_->finish();
  });
}

void EarlyExchange::abandon() noexcept {
  using namespace std::chrono_literals;
  if (is_finished_) {
    return;
  }
  is_finished_ = true;
  try {
    // All ranks get here soon, unless one fails alone, whose error must be said.
    static_cast<void>(parcels_.close([](const std::vector<char>&) {}, 5s));
  } catch (...) {  // the first error is the one that is under way
  }
}

}  // namespace serried::mapreduce::detail

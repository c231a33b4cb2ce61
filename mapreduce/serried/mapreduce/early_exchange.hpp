/// Blocks of partitions that go to the ranks which are to combine them while records are still being read. Part of reduce.hpp.
///
/// Between nodes data take time that costs no processor: what is sent while the threads work is there when they are done. Only
/// full blocks go, only as many as the network takes meanwhile; the rest follows in rounds (partitioned_records.hpp). The
/// result does not depend on what went early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <serried/mapreduce/partition_store.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/parcels.hpp>

namespace serried::mapreduce::detail {

class EarlyExchange {
 public:
  /// The same on all ranks.
  struct Options {
    std::size_t n_partitions = 1;
    std::uint64_t memory = 0;  ///< half of it for what arrives, the rest for what is under way
    std::string tmp{};         ///< see SpillFile
  };

  /// Collective. `is_far[r]`: whether what rank r is to have goes early.
  EarlyExchange(const mpi::Communicator& comm, std::vector<bool> is_far, const Options& options);
  EarlyExchange(const EarlyExchange&) = delete;
  EarlyExchange& operator=(const EarlyExchange&) = delete;

  /// Local, for any thread: takes chunks of a partition, unless they should stay here, too much is under way or it is finished.
  [[nodiscard]] bool take(std::size_t partition, std::span<const char> block);
  /// Local: sends and receives what can be without waiting. Does nothing on threads other than the one that made this.
  void progress();
  /// Collective: waits until all that was taken has arrived. Throws the same serried::Error on all ranks if there is no room
  /// for it.
  void finish();
  /// Collective, after an error that is the same on all ranks: drops what is under way. Does nothing if it was finished.
  void abandon() noexcept;
  /// What has arrived, finished.
  [[nodiscard]] std::unique_ptr<PartitionStore> take_store() && { return std::move(store_); }

 private:
  struct Header {
    std::uint64_t partition = 0;
    std::uint64_t n_bytes = 0;
  };
  struct Message {
    std::size_t rank = 0;
    std::vector<char> bytes;
  };

  [[nodiscard]] std::size_t owner_of(std::size_t partition) const;
  void send();
  void keep(std::span<const char> message);

  std::thread::id mpi_thread_;
  std::vector<bool> is_far_;
  std::size_t n_partitions_;
  std::size_t message_bytes_;
  std::size_t n_most_;  // messages under way
  mpi::Parcels parcels_;
  std::unique_ptr<PartitionStore> store_;  // what has arrived

  std::mutex mutex_;  // of what follows
  bool is_finished_ = false;
  std::vector<std::vector<char>> open_;  // by rank: the message that is being filled
  std::vector<Message> full_;
  std::size_t n_leaving_ = 0;
};

}  // namespace serried::mapreduce::detail

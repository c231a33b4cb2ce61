/// Messages of kilobytes to megabytes that ranks send each other while they work, received when there is time: what
/// Notices are for a few bytes.
///
///     Parcels parcels(world);
///     while (work()) {
///       parcels.post(1, std::move(bytes));
///       while (auto received = parcels.poll()) …
///     }
///     parcels.close([](std::vector<char> received) { … });   // collective
///
/// Nobody ever waits for a rank that is at work. A long message moves when both its ranks look: they should poll every
/// few milliseconds.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <serried/mpi/communicator.hpp>
#include <serried/mpi/request.hpp>

namespace serried::mpi {

/// Not thread-safe: for the thread that calls MPI. Before it is destroyed it must be closed, unless the job fails.
class Parcels {
 public:
  using Visit = std::function<void(std::vector<char> bytes)>;

  /// Collective. At most `n_at_once` messages are being received at a time.
  explicit Parcels(const Communicator& comm, std::size_t n_at_once = 16);
  Parcels(const Parcels&) = delete;
  Parcels& operator=(const Parcels&) = delete;
  ~Parcels();

  /// Local; sends without waiting. 1 byte to 1 GiB.
  void post(int destination, std::vector<char> bytes);
  /// Local; the next message that has arrived, if any; of one sender not always in the order in which they were posted.
  [[nodiscard]] std::optional<std::vector<char>> poll();
  /// Local: how many messages have not left yet, when it was last polled.
  [[nodiscard]] std::size_t n_leaving() const noexcept { return leaving_.size(); }
  [[nodiscard]] const Communicator& comm() const noexcept { return comm_; }

  /// Collective, once, and the end: `visit`, which must not throw, gets the messages that were still under way to this rank.
  /// False if other ranks, or messages, did not come within `limit`: where they may have failed.
  bool close(const Visit& visit, std::optional<std::chrono::milliseconds> limit = {});

 private:
  struct Moving {
    std::vector<char> bytes;
    Request request;
  };
  void start_receiving();
  void let_leave();

  Communicator comm_;
  std::size_t n_at_once_;
  std::vector<Moving> leaving_;
  std::vector<Moving> arriving_;
  std::vector<std::vector<char>> spare_;  // memory of messages that have left
  std::vector<std::uint64_t> n_posted_to_;
  std::uint64_t n_received_ = 0;
};

}  // namespace serried::mpi

/// A non-blocking collective of serialised objects under way, and the messages that it is made of.
/// async_serialize.hpp starts them.
///
///     ObjectRequest request = async_broadcast_object(world, options);
///     …
///     request.wait();
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <serried/mpi/communicator.hpp>
#include <serried/mpi/request.hpp>

namespace serried::mpi {

/// Move-only. One that is destroyed before it is complete is a bug, except while an exception unwinds.
class [[nodiscard]] ObjectRequest {
 public:
  /// Does what can be done without waiting; true when all of it is done.
  using Work = std::function<bool()>;

  ObjectRequest() = default;
  /// Nothing is done before the first `wait` or `test`: what `work` throws comes from these.
  explicit ObjectRequest(Work work) : work_(std::move(work)) {}
  ObjectRequest(ObjectRequest&& other) noexcept;
  ObjectRequest& operator=(ObjectRequest&& other) noexcept;
  ~ObjectRequest();

  /// Local; returns when this rank has all objects that it is to get. A second call does nothing. Throws
  /// serried::Error if the operation failed, and there is nothing to wait for any more.
  ///
  /// What this rank sends may still be here when it returns, in memory of its own: so ranks may wait for
  /// their operations in different orders. A large object leaves while its sender is in some call of MPI; a
  /// sender that computes after `wait` lets the receivers wait until it calls MPI again.
  void wait();
  /// Local; true if the operation is complete. Throws as wait does.
  [[nodiscard]] bool test();

 private:
  Work work_;  // none: it is complete
};

/// A communicator that outlives the call it is passed to: a temporary does not compile.
class LastingCommunicator {
 public:
  LastingCommunicator(const Communicator& comm) noexcept : comm_(&comm) {}
  LastingCommunicator(const Communicator&&) = delete;

  operator const Communicator&() const noexcept { return *comm_; }
  const Communicator* operator->() const noexcept { return comm_; }

 private:
  const Communicator* comm_;
};

namespace detail {

/// Messages of any length between the ranks of one operation. No call blocks.
///
/// Each message says which operation it belongs to. One of another's, which only a broken contract brings
/// (async_serialize.hpp), is an Error of its receiver.
class ObjectMessages {
  struct Header {
    std::uint64_t n_bytes = 0;  // of the message, with its header
    std::uint64_t operation = 0;
    std::uint64_t communicator_id = 0;
    friend bool operator==(const Header&, const Header&) = default;
  };

 public:
  static constexpr std::size_t n_header_bytes = sizeof(Header);

  /// All ranks begin their operations on `comm` in the same order: so they agree on the operation's number.
  explicit ObjectMessages(const Communicator& comm);

  /// The first n_header_bytes of `message` are room for its header. It is kept until it has left.
  void send(std::vector<char> message, const std::vector<int>& destinations) const;
  /// The next message from `source`, with its header, once it is here. From one rank after the other: not
  /// from another one before this has come.
  [[nodiscard]] std::optional<std::vector<char>> receive(int source);

 private:
  enum class Awaited { nothing, header, message };

  void await(Awaited awaited, std::size_t n_bytes, int source);
  [[nodiscard]] bool has_come(int source);
  [[nodiscard]] Header header_with(std::uint64_t n_bytes) const noexcept;

  const Communicator* hidden_;
  std::uint64_t operation_;
  Awaited awaited_ = Awaited::nothing;
  std::vector<char> incoming_;
  Request request_;
};

}  // namespace detail
}  // namespace serried::mpi

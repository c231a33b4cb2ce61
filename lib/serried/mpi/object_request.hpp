/// A non-blocking collective of serialised objects under way, and the messages that it is made of. async_serialize.hpp
/// starts them.
///
///     ObjectRequest request = async_broadcast_object(world, options);
///     …
///     request.wait();
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
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
  explicit ObjectRequest(Work work);
  ObjectRequest(ObjectRequest&& other) noexcept;
  ObjectRequest& operator=(ObjectRequest&& other) noexcept;
  ~ObjectRequest();

  /// Local; returns when the operation is complete. A second call does nothing. Throws serried::Error if the operation
  /// failed, and there is nothing to wait for any more.
  void wait();
  /// Local; true if the operation is complete. Throws as wait does.
  [[nodiscard]] bool test();

 private:
  Work work_;  // none: it is complete
};

namespace detail {

/// Messages of any length between the ranks of one operation, which no other operation's can take. No call blocks.
class ObjectMessages {
 public:
  using Bytes = std::shared_ptr<const std::vector<char>>;

  /// All ranks begin their operations on `comm` in the same order: so they agree on a tag.
  explicit ObjectMessages(const Communicator& comm);
  ObjectMessages(const ObjectMessages&) = delete;
  ObjectMessages& operator=(const ObjectMessages&) = delete;
  /// What has not been sent yet is all the same.
  ~ObjectMessages();

  void send(Bytes bytes, int destination);
  /// The next message from `source`, once it is here.
  [[nodiscard]] std::optional<Bytes> receive(int source);

 private:
  // The length travels first, for the receiver has to make room.
  struct Outgoing {
    std::uint64_t n_bytes = 0;
    Bytes bytes;
    Request request;
  };
  struct Incoming {
    std::uint64_t n_bytes = 0;
    std::shared_ptr<std::vector<char>> bytes;  // once the length is known
    Request request;
  };

  static std::list<Outgoing>& under_way();

  const Communicator* hidden_;
  int tag_;
  std::list<Outgoing> outgoing_;  // in memory that stays where it is
  std::map<int, Incoming> incoming_;
};

}  // namespace detail
}  // namespace serried::mpi

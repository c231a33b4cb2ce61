#include <cassert>
#include <exception>
#include <span>
#include <utility>

#include <serried/mpi/check.hpp>
#include <serried/mpi/hidden_tags.hpp>
#include <serried/mpi/object_request.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

ObjectRequest::ObjectRequest(Work work) : work_(std::move(work)) { (void)test(); }

ObjectRequest::ObjectRequest(ObjectRequest&& other) noexcept : work_(std::exchange(other.work_, {})) {}

ObjectRequest& ObjectRequest::operator=(ObjectRequest&& other) noexcept {
  std::swap(work_, other.work_);
  return *this;
}

ObjectRequest::~ObjectRequest() {
  assert((!work_ || !is_running() || std::uncaught_exceptions() > 0) &&
         "an ObjectRequest was destroyed before wait()");
}

void ObjectRequest::wait() {
  const Waiting waiting("wait");
  while (!test()) {
  }
}

bool ObjectRequest::test() {
  if (!work_) {
    return true;
  }
  Work work = std::exchange(work_, {});  // given up where it throws
  if (work()) {
    return true;
  }
  std::swap(work_, work);
  return false;
}

namespace detail {

ObjectMessages::ObjectMessages(const Communicator& comm) : hidden_(&comm.hidden()) {
  tag_ = hidden_tags::of_operation(comm.next_operation());
  under_way().remove_if([](Outgoing& message) { return message.request.test(); });
}

void ObjectMessages::send(Bytes bytes, int destination) {
  Outgoing& message =
      outgoing_.emplace_back(Outgoing{.n_bytes = bytes->size(), .bytes = std::move(bytes), .request = {}});
  std::vector<MPI_Request> parts;
  start_sends(*hidden_, std::span<const std::uint64_t>(&message.n_bytes, 1), destination, tag_, parts);
  start_sends(*hidden_, std::span<const char>(*message.bytes), destination, tag_, parts);
  message.request = {std::move(parts), Request::Buffer::is_read};
}

std::optional<ObjectMessages::Bytes> ObjectMessages::receive(int source) {
  const auto [place, is_new] = incoming_.try_emplace(source);
  Incoming& message = place->second;
  if (is_new) {
    message.request = async_receive(*hidden_, std::span<std::uint64_t>(&message.n_bytes, 1), source, tag_);
  }
  if (!message.request.test()) {
    return std::nullopt;
  }
  if (!message.bytes) {
    message.bytes = std::make_shared<std::vector<char>>(message.n_bytes);
    message.request = async_receive(*hidden_, *message.bytes, source, tag_);
    if (!message.request.test()) {
      return std::nullopt;
    }
  }
  Bytes bytes = std::move(message.bytes);
  incoming_.erase(place);
  return bytes;
}

ObjectMessages::~ObjectMessages() { under_way().splice(under_way().end(), outgoing_); }

// A receiver makes room when it looks for a message, which may be after the sender has got all that it
// wanted: nobody waits for that. Never destroyed: MPI may read them until it ends.
std::list<ObjectMessages::Outgoing>& ObjectMessages::under_way() {
  static thread_local auto* const messages = new std::list<Outgoing>;
  return *messages;
}

}  // namespace detail
}  // namespace serried::mpi

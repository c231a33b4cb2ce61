#include <cassert>
#include <cstring>
#include <exception>
#include <list>
#include <mutex>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <serried/mpi/check.hpp>
#include <serried/mpi/hidden_tags.hpp>
#include <serried/mpi/object_request.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {
namespace {

// What this process is sending. A receiver makes room when it looks for a message, which may be after the
// sender has got all that it wanted: nobody waits for that.
class Departures {
 public:
  // Never destroyed: MPI may read the messages until it ends.
  static Departures& of_this_process() {
    static auto* const departures = new Departures;
    return *departures;
  }

  void add(std::vector<char> message, std::vector<MPI_Request> parts) {
    const std::scoped_lock lock(mutex_);
    departures_.push_back({std::move(message), {std::move(parts), Request::Buffer::is_read}});
  }

  // Looks at one that is still here, so that many under way cost no more than few. That one goes to the end:
  // if it is never received, the others' memory is freed all the same.
  void free_what_has_left() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    while (lock && !departures_.empty()) {
      if (!departures_.front().request.test()) {
        departures_.splice(departures_.end(), departures_, departures_.begin());
        return;
      }
      departures_.pop_front();
    }
  }

 private:
  struct Departure {
    std::vector<char> message;
    Request request;
  };

  std::mutex mutex_;
  std::list<Departure> departures_;
};

}  // namespace

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
  const Waiting waiting("wait for objects");
  while (!test()) {
  }
}

bool ObjectRequest::test() {
  if (!work_) {
    return true;
  }
  Work work = std::exchange(work_, {});  // given up where something throws
  Departures::of_this_process().free_what_has_left();
  if (work()) {
    return true;
  }
  std::swap(work_, work);
  return false;
}

namespace detail {

ObjectMessages::ObjectMessages(const Communicator& comm)
    : hidden_(&comm.hidden()), operation_(comm.next_operation()) {
  Departures::of_this_process().free_what_has_left();
}

ObjectMessages::Header ObjectMessages::header_with(std::uint64_t n_bytes) const noexcept {
  return {.n_bytes = n_bytes, .operation = operation_, .communicator_id = hidden_->id()};
}

// The header travels first, for the receiver has to make room, and with a tag of its own, for Open MPI over TCP writes
// beyond the buffer of a receive that meets a longer message. It travels again with the object: where two operations have
// the same tags, one may get the header and the other the object.
void ObjectMessages::send(std::vector<char> message, const std::vector<int>& destinations) const {
  const Header header = header_with(message.size());
  std::memcpy(message.data(), &header, sizeof header);
  const std::span<const char> bytes(message);
  std::vector<MPI_Request> parts;
  for (const int destination : destinations) {
    start_sends(*hidden_, bytes.first(sizeof header), destination, hidden_tags::of_header(operation_), parts);
    start_sends(*hidden_, bytes, destination, hidden_tags::of_object(operation_), parts);
  }
  Departures::of_this_process().add(std::move(message), std::move(parts));
}

void ObjectMessages::await(Awaited awaited, std::size_t n_bytes, int source) {
  incoming_.assign(n_bytes, '\0');
  const int tag =
      awaited == Awaited::header ? hidden_tags::of_header(operation_) : hidden_tags::of_object(operation_);
  request_ = async_receive(*hidden_, incoming_, source, tag);
  awaited_ = awaited;
}

// Throws if it is another operation's: a longer message, or another header.
bool ObjectMessages::has_come(int source) {
  bool is_ours = true;
  Header header;
  try {
    if (!request_.test()) {
      return false;
    }
    std::memcpy(&header, incoming_.data(), sizeof header);
    is_ours = header == header_with(awaited_ == Awaited::header ? header.n_bytes : incoming_.size());
  } catch (const Error& error) {
    if (error.mpi_class() != MPI_ERR_TRUNCATE) {
      throw;
    }
    is_ours = false;
  }
  if (!is_ours) {
    throw Error(
        fmt::format("an object that rank {} sent is not of the operation that rank {} began: the ranks "
                    "began different operations, or more than {} are outstanding",
                    source, hidden_->rank(), hidden_tags::n_operations))
        .hint("all ranks begin their operations on one communicator in the same order");
  }
  return true;
}

std::optional<std::vector<char>> ObjectMessages::receive(int source) {
  if (awaited_ == Awaited::nothing) {
    await(Awaited::header, sizeof(Header), source);
  }
  if (!has_come(source)) {
    return std::nullopt;
  }
  if (awaited_ == Awaited::header) {
    Header header;
    std::memcpy(&header, incoming_.data(), sizeof header);
    await(Awaited::message, header.n_bytes, source);
    if (!has_come(source)) {
      return std::nullopt;
    }
  }
  awaited_ = Awaited::nothing;
  return std::move(incoming_);
}

}  // namespace detail
}  // namespace serried::mpi

#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <net/if.h>

#include <serried/base/background_thread.hpp>
#include <serried/base/scope_guard.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/status_service.hpp>

namespace serried::mpi {
namespace {

std::atomic<const StatusService*> current_service{nullptr};

// Messages are sent as they lie in memory: all ranks are the same program.
struct Question {
  static constexpr std::size_t max_ranks = 12'000;  // as a datagram holds

  std::uint64_t key = 0;
  std::uint64_t barrier_id = 0;
  std::uint64_t epoch = 0;
  std::uint64_t n_ranks = 0;
  std::array<int, max_ranks> ranks{};

  [[nodiscard]] std::size_t n_bytes() const { return offsetof(Question, ranks) + n_ranks * sizeof(int); }
};

struct Reply {
  std::uint64_t key = 0;  // that of the question
  std::uint64_t barrier_id = 0;
  std::uint64_t epoch = 0;
  std::int64_t rank = 0;
  Absentees absentees{};

  static constexpr std::size_t begin_of_text() {
    return offsetof(Reply, absentees) + offsetof(Absentees, bytes);
  }
  [[nodiscard]] std::size_t n_bytes() const { return begin_of_text() + absentees.text().size() + 1; }
};

FileDescriptor owned(int descriptor) {
  return descriptor >= 0 ? FileDescriptor::own(descriptor, "status service") : FileDescriptor();
}

FileDescriptor make_socket() {
  return owned(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

sockaddr_in address_of(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = port;
  address.sin_addr.s_addr = host;
  return address;
}

// Of this host's interfaces that are up, as many as there is room for. What leads nowhere but here comes
// last.
template <std::size_t N>
std::array<std::uint32_t, N> own_addresses() {
  std::array<std::uint32_t, N> addresses{};
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) {
    return addresses;
  }
  const ScopeGuard free_them([&] { ::freeifaddrs(first); });
  std::size_t n = 0;
  for (const unsigned loopback : {0U, static_cast<unsigned>(IFF_LOOPBACK)}) {
    for (const ifaddrs* one = first; one != nullptr && n < N; one = one->ifa_next) {
      const bool is_up = (one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == loopback;
      if (is_up && one->ifa_addr != nullptr && one->ifa_addr->sa_family == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, one->ifa_addr, sizeof address);
        addresses[n++] = address.sin_addr.s_addr;
      }
    }
  }
  return addresses;
}

// 0: none.
std::uint16_t bound_port(int socket) {
  sockaddr_in address = address_of(htonl(INADDR_ANY), 0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound = ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
  return is_bound ? address.sin_port : std::uint16_t{0};
}

// False if the system refuses.
bool wait_for(std::span<pollfd> events) {
  int n_ready = 0;
  do {
    n_ready = ::poll(events.data(), events.size(), -1);
  } while (n_ready < 0 && errno == EINTR);
  return n_ready >= 0;
}

}  // namespace

StatusService::StatusService(const Communicator& world)
    : socket_(make_socket()),
      stop_(owned(::eventfd(0, EFD_CLOEXEC))),
      endpoints_(static_cast<std::size_t>(world.size())) {
  Endpoint mine{.addresses = own_addresses<6>()};
  const bool has_key = ::getrandom(&mine.key, sizeof mine.key, 0) == sizeof mine.key;
  if (has_key && stop_.get() >= 0) {
    mine.port = bound_port(socket_.get());
  }
  allgather(world, std::span<const Endpoint>(&mine, 1), endpoints_);
  if (mine.port != 0) {
    thread_ = background_thread([this, key = mine.key, rank = world.rank()] { answer_questions(key, rank); });
  }
  current_service.store(this, std::memory_order_release);
}

StatusService::~StatusService() {
  current_service.store(nullptr, std::memory_order_release);
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
}

const StatusService* StatusService::current() noexcept {
  return current_service.load(std::memory_order_acquire);
}

void StatusService::answer_questions(std::uint64_t key, int rank) const {
  std::array<pollfd, 2> events = {pollfd{socket_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  Question question;
  while (wait_for(events) && events[1].revents == 0) {
    sockaddr_in asker{};
    socklen_t asker_size = sizeof asker;
    const ssize_t size = ::recvfrom(socket_.get(), &question, sizeof question, 0,
                                    reinterpret_cast<sockaddr*>(&asker), &asker_size);
    const bool is_ours = size >= static_cast<ssize_t>(offsetof(Question, ranks)) && question.key == key &&
                         question.n_ranks <= Question::max_ranks &&
                         size == static_cast<ssize_t>(question.n_bytes());
    if (!is_ours) {
      continue;
    }
    const Reply reply{.key = key,
                      .barrier_id = question.barrier_id,
                      .epoch = question.epoch,
                      .rank = rank,
                      .absentees = absentees_here(std::span(question.ranks).first(question.n_ranks),
                                                  question.barrier_id, question.epoch)};
    (void)::sendto(socket_.get(), &reply, reply.n_bytes(), 0, reinterpret_cast<const sockaddr*>(&asker),
                   asker_size);
  }
}

StatusInquiry::StatusInquiry(std::uint64_t barrier_id, std::uint64_t epoch)
    : barrier_id_(barrier_id), epoch_(epoch) {
  if (StatusService::current() != nullptr) {
    socket_ = make_socket();
  }
}

void StatusInquiry::ask(int rank, std::span<const int> world_ranks) const {
  const StatusService* service = StatusService::current();
  if (service == nullptr) {
    return;
  }
  const StatusService::Endpoint& endpoint = service->endpoints_.at(static_cast<std::size_t>(rank));
  Question question{.key = endpoint.key,
                    .barrier_id = barrier_id_,
                    .epoch = epoch_,
                    .n_ranks = std::min(world_ranks.size(), Question::max_ranks)};
  std::ranges::copy(world_ranks.first(question.n_ranks), question.ranks.begin());
  for (const std::uint32_t host : endpoint.addresses) {
    const sockaddr_in address = address_of(host, endpoint.port);
    if (host != 0 && endpoint.port != 0) {
      (void)::sendto(socket_.get(), &question, question.n_bytes(), 0,
                     reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }
}

std::optional<StatusInquiry::Answer> StatusInquiry::next_answer() const {
  const StatusService* service = StatusService::current();
  if (service == nullptr) {
    return std::nullopt;
  }
  const auto is_of = [service](std::int64_t rank, std::uint64_t key) {
    return rank >= 0 && static_cast<std::size_t>(rank) < service->endpoints_.size() &&
           service->endpoints_[static_cast<std::size_t>(rank)].key == key;
  };
  Reply reply;
  for (;;) {
    const ssize_t size = ::recv(socket_.get(), &reply, sizeof reply, MSG_TRUNC);
    if (size < 0) {
      return std::nullopt;
    }
    const auto n_bytes = static_cast<std::size_t>(size);
    const bool has_text = n_bytes > Reply::begin_of_text() && n_bytes <= sizeof reply;
    if (!has_text || reply.barrier_id != barrier_id_ || reply.epoch != epoch_ ||
        !is_of(reply.rank, reply.key)) {
      continue;
    }
    const std::size_t text_size = n_bytes - Reply::begin_of_text();  // with the NUL at its end
    reply.absentees.bytes[std::min(text_size, reply.absentees.bytes.size()) - 1] = '\0';
    return Answer{.rank = static_cast<int>(reply.rank), .absentees = reply.absentees};
  }
}

}  // namespace serried::mpi

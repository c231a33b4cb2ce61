#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/store/ordered_output.hpp>

namespace serried::store {
namespace {

constexpr int turn_tag = 1;
constexpr int size_tag = 2;
constexpr int piece_tag = 3;

// Calls `work`; what it throws is kept in `failure`, if that is empty.
template <class Work>
void attempt(std::optional<Error>& failure, Work&& work) {
  if (failure) {
    return;
  }
  try {
    work();
  } catch (...) {
    failure = as_error(std::current_exception());
  }
}

// The descriptor of this process that `path` stands for. Opening it anew would begin at the front of what was written.
std::optional<int> open_descriptor(std::string_view path) {
  constexpr std::string_view folder = "/dev/fd/";
  if (path == "/dev/stdout") {
    return STDOUT_FILENO;
  }
  if (path == "/dev/stderr") {
    return STDERR_FILENO;
  }
  int number = 0;
  const char* const end = path.data() + path.size();
  if (path.starts_with(folder) && std::from_chars(path.data() + folder.size(), end, number).ptr == end) {
    return number;
  }
  return std::nullopt;
}

template <class T>
std::span<T> one(T& value) {
  return {&value, 1};
}

}  // namespace

OrderedOutput::OrderedOutput(const mpi::Communicator& comm, int descriptor, const std::string& name)
    : comm_(comm.dup()), file_(FileDescriptor::borrow(descriptor, name)) {}

OrderedOutput::OrderedOutput(const mpi::Communicator& comm, const std::string& path) : comm_(comm.dup()) {
  mpi::on_root(comm, [&] {
    const std::optional<int> descriptor = open_descriptor(path);
    file_ = descriptor ? FileDescriptor::borrow(*descriptor, path) : FileDescriptor::open(path, O_WRONLY);
  });
}

void OrderedOutput::write(const std::function<void(const Put&)>& produce) {
  std::optional<Error> failure;
  if (comm_.is_root()) {
    attempt(failure, [&] { produce([&](std::span<const char> piece) { file_.write(piece); }); });
    std::vector<char> piece;
    for (int source = 1; source < comm_.size(); ++source) {
      // After a failure the others need not send anything: their turn says so.
      const char must_send = failure ? 0 : 1;
      mpi::send(comm_, one(must_send), source, turn_tag);
      for (;;) {
        std::uint64_t size = 0;
        mpi::receive(comm_, one(size), source, size_tag);
        if (size == 0) {
          break;
        }
        piece.resize(size);
        mpi::receive(comm_, piece, source, piece_tag);
        attempt(failure, [&] { file_.write(piece); });
      }
    }
  } else {
    char must_send = 0;
    mpi::receive(comm_, one(must_send), 0, turn_tag);
    if (must_send != 0) {
      attempt(failure, [&] {
        produce([&](std::span<const char> piece) {
          const std::uint64_t size = piece.size();
          if (size > 0) {
            mpi::send(comm_, one(size), 0, size_tag);
            mpi::send(comm_, piece, 0, piece_tag);
          }
        });
      });
    }
    const std::uint64_t end = 0;
    mpi::send(comm_, one(end), 0, size_tag);
  }
  mpi::agree(comm_, failure);
}

}  // namespace serried::store

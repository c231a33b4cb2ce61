#include <fcntl.h>

#include <cerrno>

#include <serried/base/checked_cast.hpp>
#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>
#include <serried/hdf5/complete_file.hpp>
#include <serried/hdf5/library.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/store/output_file.hpp>

namespace serried::hdf5 {
namespace {

// Makes sure that so many bytes more will find room: HDF5 1.10 hangs or crashes if they do not.
void reserve_space(const std::string& path, std::uint64_t n_bytes) {
  constexpr std::uint64_t slack = std::uint64_t{1} << 20;  // alignment, and what closing adds
  const FileDescriptor descriptor = FileDescriptor::open(path, O_WRONLY);
  int status = 0;
  do {
    status = ::fallocate(descriptor.get(), FALLOC_FL_KEEP_SIZE, 0,
                         checked_cast<off_t>(descriptor.size() + n_bytes + slack));
  } while (status != 0 && errno == EINTR);
  if (status != 0 && (errno == ENOSPC || errno == EDQUOT)) {
    throw system_error("write", errno, path);
  }  // else there is room, or the file system cannot tell
}

std::uint64_t n_bytes_in_memory(const File& file) {
  const Handle id(H5Iget_file_id(file.id()));
  std::size_t in_memory = 0;
  check(H5Fget_mdc_size(id.get(), nullptr, nullptr, &in_memory, nullptr), "find the size of", "the file",
        file.path());
  return in_memory;
}

// For a file that will be removed: emptied first, so that closing it does not meet a full disk. Collective.
void discard(const mpi::Communicator& comm, File& file) noexcept {
  static_cast<void>(failure_of([&] {
    mpi::on_root(comm, [&] { static_cast<void>(FileDescriptor::open(file.path(), O_WRONLY | O_TRUNC)); });
  }));
  static_cast<void>(failure_of([&] { file.close(); }));
}

}  // namespace

void write_complete_file(const mpi::Communicator& comm, const std::string& path,
                         const std::function<void(const File& file)>& put,
                         const std::function<std::uint64_t(const std::string& partial_path)>& finish,
                         std::uint64_t n_bytes_expected) {
  store::OutputFile output(comm, path);
  const std::string& partial = output.partial_path();
  mpi::on_root(comm, [&] { reserve_space(partial, n_bytes_expected); });
  File file = File::create(comm, partial);
  const auto failure = failure_of([&] { put(file); });
  try {
    mpi::agree(comm, failure);
    mpi::on_root(comm, [&] { reserve_space(partial, n_bytes_in_memory(file)); });
  } catch (const Error&) {
    discard(comm, file);
    throw;
  }
  file.close();
  std::uint64_t n_bytes = 0;
  if (finish) {
    n_bytes = finish(partial);
  } else {
    mpi::on_root(comm, [&] { n_bytes = FileDescriptor::open(partial, O_RDONLY).size(); });
    n_bytes = mpi::broadcast_value(comm, n_bytes);
  }
  output.commit(n_bytes);
}

}  // namespace serried::hdf5

/// An HDF5 file: the group at its root, and the file's end.
///
///     File file = File::create(world, "field.h5");     // all ranks; without `world`, this process alone
///     …
///     file.close();                                    // says whether all of it was written
///
///     const File earlier = File::open("field.h5");     // read only
///
/// The file takes its name at once, and after a failure it is incomplete: for what must be whole see Checkpoint.
#pragma once

#include <memory>
#include <string>

#include <serried/hdf5/group.hpp>
#include <serried/hdf5/object.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::hdf5 {

enum class Access : bool { read, read_write };

/// Move-only. Objects of the file end with it.
///
/// Closing a parallel file is collective, so its destructor does not: without `close` (an exception unwinds, or it was
/// forgotten) the file stays open until MPI_Finalize, where HDF5 closes what it finds. The destructor of a serial file
/// closes it, and an error is lost.
class File : public Group {
 public:
  /// A new file; one that exists is emptied. Collective over `comm`, if there is one: throws on all ranks. Objects of
  /// 1 MiB and more are aligned to that in parallel files.
  [[nodiscard]] static File create(const mpi::Communicator& comm, const std::string& path);
  [[nodiscard]] static File create(const std::string& path);

  /// Throws if the file is missing, is not HDF5 or is cut short. A file damaged in another way can crash HDF5:
  /// checkpoints are verified before HDF5 sees them.
  [[nodiscard]] static File open(const mpi::Communicator& comm, const std::string& path,
                                 Access access = Access::read);
  [[nodiscard]] static File open(const std::string& path, Access access = Access::read);

  File(File&&) noexcept = default;
  File& operator=(File&&) = delete;  // it would close the file that was there, which is collective
  ~File();

  /// Collective for a parallel file. Throws if the rest cannot be written. A second call does nothing. Where the disk
  /// is full, HDF5 1.10 can hang here, or crash when MPI ends: Checkpoint reserves the space first.
  void close();

  [[nodiscard]] const std::string& path() const noexcept { return context()->path; }

 private:
  File(Handle file, const std::shared_ptr<const FileContext>& context);

  Handle file_;
};

}  // namespace serried::hdf5

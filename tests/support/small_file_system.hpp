// A file system that is soon full:
//
//   const SmallFileSystem small(folder / "small");
//   if (!small.is_there()) GTEST_SKIP() << "cannot mount a tmpfs here";
#pragma once

#include <mpi.h>
#include <sys/mount.h>

#include <filesystem>
#include <string>

#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>

#include "world.hpp"

namespace serried::test {

// 256 KiB in the new folder `folder`, for the scope's life; only root may have one. All of it is collective but is_there().
class SmallFileSystem {
 public:
  explicit SmallFileSystem(const std::filesystem::path& folder) : folder_(folder.string()) {
    if (world().is_root()) {
      std::filesystem::create_directory(folder);
      is_mounted_ = ::mount("serried-test", folder_.c_str(), "tmpfs", 0, "size=256k") == 0;
    }
    is_there_ = mpi::broadcast_value(world(), is_mounted_);
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;
  ~SmallFileSystem() {
    MPI_Barrier(MPI_COMM_WORLD);
    if (is_mounted_) {
      ::umount2(folder_.c_str(), MNT_DETACH);
    }
  }
  [[nodiscard]] bool is_there() const { return is_there_; }
  void make_read_only() const {
    mpi::barrier(world());
    if (is_mounted_) {
      ::mount("serried-test", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=256k");
    }
    mpi::barrier(world());
  }

 private:
  std::string folder_;
  bool is_mounted_ = false;
  bool is_there_ = false;
};

}  // namespace serried::test

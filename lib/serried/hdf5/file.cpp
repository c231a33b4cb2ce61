#include <fcntl.h>

#include <utility>

#include <serried/base/file_descriptor.hpp>
#include <serried/hdf5/file.hpp>
#include <serried/hdf5/library.hpp>

namespace serried::hdf5 {
namespace {

// Objects end with their file, and the file does not outlive its close because of a forgotten object.
Handle access_properties(const FileContext& context) {
  Handle properties(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_fclose_degree(properties.get(), H5F_CLOSE_STRONG);
  if (context.comm) {
    constexpr hsize_t one_mebibyte = hsize_t{1} << 20;  // stripes and pages of parallel file systems
    H5Pset_alignment(properties.get(), one_mebibyte, one_mebibyte);
    H5Pset_fapl_mpio(properties.get(), context.comm->get(), MPI_INFO_NULL);
  }
  return properties;
}

// By rank 0: the system's words for what is wrong, which MPI does not pass on.
template <class Work>
void before_all(const FileContext& context, Work&& work) {
  silence();
  if (context.comm) {
    mpi::on_root(*context.comm, work);
  } else {
    work();
  }
}

std::shared_ptr<const FileContext> serial(const std::string& path) {
  auto context = std::make_shared<FileContext>();
  context->path = path;
  return context;
}

std::shared_ptr<const FileContext> parallel(const mpi::Communicator& comm, const std::string& path) {
  auto context = std::make_shared<FileContext>();
  context->path = path;
  context->comm = comm.dup();
  return context;
}

Handle create_file(const FileContext& context) {
  before_all(context, [&] {
    static_cast<void>(FileDescriptor::open(context.path, O_WRONLY | O_CREAT, "create the file"));
  });
  return collectively(context, [&] {
    const Handle properties = access_properties(context);
    return Handle(check(H5Fcreate(context.path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, properties.get()),
                        "create", "the file", context.path));
  });
}

Handle open_file(const FileContext& context, Access access) {
  before_all(context, [&] {
    const bool may_write = access == Access::read_write;
    static_cast<void>(FileDescriptor::open(context.path, may_write ? O_RDWR : O_RDONLY));
    if (H5Fis_hdf5(context.path.c_str()) <= 0) {
      throw Error("is not an HDF5 file").at(context.path);
    }
  });
  return collectively(context, [&] {
    const unsigned flags = access == Access::read_write ? H5F_ACC_RDWR : H5F_ACC_RDONLY;
    const Handle properties = access_properties(context);
    return Handle(
        check(H5Fopen(context.path.c_str(), flags, properties.get()), "open", "the file", context.path));
  });
}

Handle root_of(const Handle& file, const FileContext& context) {
  return Handle(check(H5Gopen2(file.get(), "/", H5P_DEFAULT), "open", "the root group", context.path));
}

}  // namespace

File::File(Handle file, const std::shared_ptr<const FileContext>& context)
    : Group(root_of(file, *context), "/", context), file_(std::move(file)) {}

File File::create(const mpi::Communicator& comm, const std::string& path) {
  auto context = parallel(comm, path);
  return {create_file(*context), context};
}

File File::create(const std::string& path) {
  auto context = serial(path);
  return {create_file(*context), context};
}

File File::open(const mpi::Communicator& comm, const std::string& path, Access access) {
  auto context = parallel(comm, path);
  return {open_file(*context, access), context};
}

File File::open(const std::string& path, Access access) {
  auto context = serial(path);
  return {open_file(*context, access), context};
}

File::~File() {
  if (context() && context()->comm) {
    static_cast<void>(file_.release());  // collective: left to `close`, or to MPI_Finalize
  }
}

void File::close() {
  if (!file_) {
    return;
  }
  close_object();
  const Id file = file_.release();
  collectively(*context(), [&] { check(H5Fclose(file), "close", "the file", path()); });
}

}  // namespace serried::hdf5

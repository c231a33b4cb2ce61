#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <queue>
#include <string_view>

#include <serried/base/checked_cast.hpp>
#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>
#include <serried/base/scope_guard.hpp>
#include <serried/mapreduce/inputs.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/store/output_file.hpp>

namespace serried::mapreduce {
namespace {

namespace fs = std::filesystem;

Encoding encoding_by_name(std::string_view path) {
  return path.ends_with(".gz") ? Encoding::gzip : path.ends_with(".zst") ? Encoding::zstd : Encoding::plain;
}

// Files below /proc and their like say that their size is 0, whatever they hold.
bool hides_its_size(const std::string& path) {
  const auto file = FileDescriptor::open(path, O_RDONLY | O_NONBLOCK);
  char first = '\0';
  return file.read_some({&first, 1}) > 0 &&
         file.size() == 0;  // not one that somebody has just begun to write
}

// A file that cannot be read is found here, before any work is done.
void add_file(InputList& inputs, const std::string& path, const struct stat& status) {
  if (::access(path.c_str(), R_OK) != 0) {
    throw system_error("read", errno, path);
  }
  if (status.st_size == 0 && hides_its_size(path)) {
    throw Error("cannot be read in pieces: it holds something, but gives its size as 0")
        .at(path)
        .hint("give it as standard input, with - and <");
  }
  inputs.push_back({path, checked_cast<std::uint64_t>(status.st_size), encoding_by_name(path),
                    status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec});
}

void add_directory(InputList& inputs, const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code status;
  fs::path last = directory;
  fs::recursive_directory_iterator entry(directory, status);
  for (; !status && entry != fs::recursive_directory_iterator(); entry.increment(status)) {
    last = entry->path();
    if (store::is_partial_file(last.string())) {
      entry.disable_recursion_pending();
      continue;
    }
    if (entry->is_regular_file(status) && !entry->is_symlink(status)) {
      paths.push_back(entry->path().string());
    }
  }
  if (status) {
    std::error_code ignored;
    const bool is_folder = fs::is_directory(last, ignored);  // then what is below it could not be listed
    throw system_error("list the directory", status.value(),
                       (is_folder ? last : last.parent_path()).string());
  }
  std::ranges::sort(paths);
  for (const std::string& path : paths) {
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0) {
      throw system_error("stat", errno, path);
    }
    add_file(inputs, path, file);
  }
}

// What is read from a pipe is gone: a second reader would get some of it instead.
void add_stream(InputList& inputs, const std::string& path) {
  struct Identity {
    bool is_pipe = false;
    dev_t device = 0;
    ino_t inode = 0;
  };
  const auto identify = [](const std::string& stream) {
    struct stat status {};
    const int code = stream == "-" ? ::fstat(STDIN_FILENO, &status) : ::stat(stream.c_str(), &status);
    return Identity{code == 0 && S_ISFIFO(status.st_mode), status.st_dev, status.st_ino};
  };
  const Identity own = identify(path);
  for (const Input& other : inputs) {
    if (other.encoding != Encoding::stream) {
      continue;
    }
    const Identity identity = identify(other.path);
    const bool is_same_pipe =
        own.is_pipe && identity.is_pipe && own.device == identity.device && own.inode == identity.inode;
    if (other.path == path || is_same_pipe) {
      throw usage_error(path + " is a stream and named twice: it can be read only once");
    }
  }
  inputs.push_back({path, 0, Encoding::stream});
}

void add_path(InputList& inputs, const std::string& path, const struct stat& status) {
  if (S_ISDIR(status.st_mode)) {
    add_directory(inputs, path);
  } else if (S_ISREG(status.st_mode)) {
    add_file(inputs, path, status);
  } else {
    add_stream(inputs, path);
  }
}

// False if nothing matches.
bool add_matches(InputList& inputs, const std::string& pattern) {
  glob_t matches{};
  const int code = ::glob(pattern.c_str(), GLOB_NOSORT | GLOB_ERR, nullptr, &matches);
  const ScopeGuard free_matches([&] { ::globfree(&matches); });
  if (code == GLOB_NOMATCH) {
    return false;
  }
  if (code != 0) {
    throw Error("cannot list the files that match the pattern").at(pattern);
  }
  std::vector<std::string> paths(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  std::ranges::sort(paths);
  for (const std::string& path : paths) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      throw system_error("stat", errno, path);
    }
    add_path(inputs, path, status);
  }
  return true;
}

// A bracket that nothing closes stands for itself, as in a name with the escape sequence of a terminal.
bool is_pattern(const std::string& text) {
  return text.find_first_of("*?") != std::string::npos || text.find(']', text.find('[')) != std::string::npos;
}

InputList list_here(const std::vector<std::string>& patterns) {
  if (patterns.empty()) {
    throw usage_error("no input: name at least one file, directory or pattern, or - for standard input");
  }
  InputList inputs;
  for (const std::string& pattern : patterns) {
    if (pattern.empty()) {
      throw usage_error("an input has an empty name");
    }
    struct stat status {};
    if (pattern == "-") {
      add_stream(inputs, pattern);
    } else if (::stat(pattern.c_str(), &status) == 0) {
      add_path(inputs, pattern, status);
    } else if (const int reason = errno; !is_pattern(pattern)) {
      throw system_error("open", reason, pattern);
    } else if (!add_matches(inputs, pattern)) {
      throw Error("no file matches this pattern").at(pattern);
    }
  }
  return inputs;
}

// Takes out what lies below `folder`, whatever its path is called by.
void leave_out(InputList& inputs, const std::string& folder) {
  std::error_code ignored;  // a folder that is not there yet holds nothing
  const std::string prefix = (fs::weakly_canonical(folder, ignored) / "").string();
  std::erase_if(inputs, [&](const Input& input) {
    return input.encoding != Encoding::stream &&
           fs::weakly_canonical(input.path, ignored).string().starts_with(prefix);
  });
}

// The list as bytes: size, time, encoding and path of each, the path ended by a NUL, which no path holds.
std::string to_bytes(const InputList& inputs) {
  std::string bytes;
  for (const Input& input : inputs) {
    bytes.append(reinterpret_cast<const char*>(&input.size), sizeof input.size);
    bytes.append(reinterpret_cast<const char*>(&input.modified_ns), sizeof input.modified_ns);
    bytes.push_back(static_cast<char>(input.encoding));
    bytes.append(input.path.c_str(), input.path.size() + 1);
  }
  return bytes;
}

InputList from_bytes(const std::string& bytes) {
  InputList inputs;
  for (std::size_t position = 0; position < bytes.size();) {
    Input& input = inputs.emplace_back();
    std::memcpy(&input.size, bytes.data() + position, sizeof input.size);
    position += sizeof input.size;
    std::memcpy(&input.modified_ns, bytes.data() + position, sizeof input.modified_ns);
    position += sizeof input.modified_ns;
    input.encoding = static_cast<Encoding>(bytes[position++]);
    input.path = bytes.c_str() + position;
    position += input.path.size() + 1;
  }
  return inputs;
}

}  // namespace

InputList list_inputs(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                      const std::string& left_out) {
  std::string bytes;
  mpi::on_root(comm, [&] {
    InputList inputs = list_here(patterns);
    if (!left_out.empty()) {
      leave_out(inputs, left_out);
    }
    bytes = to_bytes(inputs);
  });
  mpi::broadcast_resized(comm, bytes);
  return from_bytes(bytes);
}

std::vector<Split> make_splits(const InputList& inputs, std::uint64_t split_bytes) {
  std::vector<Split> splits;
  for (std::uint64_t i = 0; i < inputs.size(); ++i) {
    const Input& input = inputs[i];
    if (input.encoding != Encoding::plain || split_bytes >= whole_inputs) {
      splits.push_back({i, {0, input.size}, splits.size()});
      continue;
    }
    for (std::uint64_t begin = 0; begin < input.size; begin += split_bytes) {
      splits.push_back({i, {begin, std::min(input.size, begin + split_bytes)}, splits.size()});
    }
  }
  return splits;
}

// Opening a file costs as much as reading some, and compressed text is about four times as long as its file.
double cost_of(const Input& input, const Split& split) {
  constexpr double opening = 16 << 10;
  constexpr double expansion = 4;
  const auto n_bytes = static_cast<double>(split.bytes.size());
  return opening + n_bytes * (input.encoding == Encoding::plain ? 1 : expansion);
}

}  // namespace serried::mapreduce

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/scope_guard.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/store/output_file.hpp>

#include "on_every_rank.hpp"
#include "temporary_directory.hpp"

namespace serried::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

static_assert(!std::is_copy_constructible_v<OutputFile> && std::is_move_constructible_v<OutputFile>);

const mpi::Communicator& world() {
  static const mpi::Communicator comm = mpi::Communicator::duplicate_of(MPI_COMM_WORLD);
  return comm;
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class OutputFileTest : public testing::Test {
 protected:
  [[nodiscard]] const fs::path& folder() const { return here_.path(); }
  [[nodiscard]] std::string path(const std::string& name = "out") const { return (folder() / name).string(); }

  // Rank 0 makes a file; the others wait for it.
  void make(const std::string& name, std::string_view text) const {
    if (world().is_root()) {
      std::ofstream(folder() / name, std::ios::binary) << text;
    }
    mpi::barrier(world());
  }
  // The names in the folder, sorted, once all ranks have come here.
  [[nodiscard]] std::vector<std::string> names() const {
    mpi::barrier(world());
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder())) {
      found.push_back(entry.path().filename().string());
    }
    std::ranges::sort(found);
    mpi::barrier(world());
    return found;
  }
  // "0123..." from all ranks: each writes its digit at its place.
  void write_digits(const OutputFile& output) const {
    output.local_write_at(static_cast<std::uint64_t>(world().rank()), std::to_string(world().rank()));
  }
  [[nodiscard]] static std::string digits() { return std::string("01234567").substr(0, n_ranks()); }
  [[nodiscard]] static std::uint64_t n_ranks() { return static_cast<std::uint64_t>(world().size()); }

 private:
  test::TemporaryDirectory here_{MPI_COMM_WORLD};
};

// The Error that `action` throws on this rank, after seeing that every rank throws the same. Collective.
Error same_error_of(const std::function<void()>& action) {
  std::string bytes;
  try {
    action();
  } catch (const Error& error) {
    bytes = error.to_bytes();
  }
  std::string first = bytes;
  mpi::broadcast_resized(world(), first);
  EXPECT_FALSE(bytes.empty()) << "no Error was thrown";
  EXPECT_EQ(bytes, first) << "another one than on rank 0";
  return bytes.empty() ? Error("none") : Error::from_bytes(bytes);
}

TEST_F(OutputFileTest, AllRanksWriteAndItAppearsWhenCommitted) {
  OutputFile output(world(), path());
  EXPECT_EQ(output.path(), path());
  write_digits(output);
  const std::vector<std::string> before = names();
  ASSERT_EQ(before.size(), 1U);
  EXPECT_THAT(before[0], testing::MatchesRegex("out\\.partial-[0-9a-f]+"));
  output.commit(n_ranks());
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(content(path()), digits());
}

TEST_F(OutputFileTest, WritesInAnyOrderWithLargePieces) {
  constexpr std::size_t n = 300'000;
  {
    OutputFile output(world(), path());
    const std::string piece(n, static_cast<char>('a' + world().rank()));
    const std::uint64_t place = n_ranks() - 1 - static_cast<std::uint64_t>(world().rank());
    output.local_write_at(place * n, piece);
    output.commit(n_ranks() * n);
  }
  mpi::barrier(world());
  std::string expected;
  for (int rank = world().size() - 1; rank >= 0; --rank) {
    expected.append(n, static_cast<char>('a' + rank));
  }
  EXPECT_TRUE(content(path()) == expected);
}

TEST_F(OutputFileTest, OfNothingIsAnEmptyFile) {
  {
    OutputFile output(world(), path());
    output.local_write_at(0, {});
    output.commit(0);
  }
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(fs::file_size(path()), 0U);
}

TEST_F(OutputFileTest, IsRemovedWhenNotCommitted) {
  {
    const OutputFile output(world(), path());
    write_digits(output);
    EXPECT_EQ(names().size(), 1U);
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OutputFileTest, IsRemovedWhenAnExceptionUnwinds) {
  const Error error = same_error_of([&] {
    OutputFile output(world(), path());
    mpi::together(world(), [&] {
      write_digits(output);
      if (world().rank() == world().size() - 1) {
        throw Error("no more words");
      }
    });
    output.commit(n_ranks());
  });
  EXPECT_STREQ(error.what(), "no more words");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OutputFileTest, TheOldFileStaysUntilTheNewOneIsComplete) {
  make("out", "old and longer");
  {
    const OutputFile abandoned(world(), path());
    write_digits(abandoned);
  }
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(content(path()), "old and longer");

  OutputFile output(world(), path());
  write_digits(output);
  mpi::barrier(world());
  EXPECT_EQ(content(path()), "old and longer");
  output.commit(n_ranks());
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(content(path()), digits());
}

TEST_F(OutputFileTest, WhoReadsTheOldFileKeepsIt) {
  make("out", "old");
  const FileDescriptor reader = FileDescriptor::open(path(), O_RDONLY);
  {
    OutputFile output(world(), path());
    write_digits(output);
    output.commit(n_ranks());
  }
  mpi::barrier(world());
  std::string old(10, '?');
  old.resize(reader.read_at(0, old));
  EXPECT_EQ(old, "old") << "replaced, not overwritten";
}

TEST_F(OutputFileTest, ThroughASymbolicLinkTheLinkStays) {
  if (world().is_root()) {
    fs::create_directory(folder() / "elsewhere");
    std::ofstream(folder() / "elsewhere" / "target") << "old";
    fs::create_symlink("elsewhere/target", folder() / "link");
    fs::create_symlink("link", folder() / "out");  // a link to a link
  }
  mpi::barrier(world());
  {
    OutputFile output(world(), path());
    write_digits(output);
    output.commit(n_ranks());
  }
  EXPECT_THAT(names(), ElementsAre("elsewhere", "link", "out"));
  EXPECT_TRUE(fs::is_symlink(path()));
  EXPECT_FALSE(fs::is_symlink(path("elsewhere/target")));
  EXPECT_EQ(content(path("elsewhere/target")), digits());
}

TEST_F(OutputFileTest, ThroughALinkToNothingItsTargetIsMade) {
  if (world().is_root()) {
    fs::create_directory(folder() / "elsewhere");
    fs::create_symlink("elsewhere/target", folder() / "out");
  }
  mpi::barrier(world());
  {
    OutputFile output(world(), path());
    write_digits(output);
    output.commit(n_ranks());
  }
  EXPECT_THAT(names(), ElementsAre("elsewhere", "out"));
  EXPECT_TRUE(fs::is_symlink(path()));
  EXPECT_EQ(content(path("elsewhere/target")), digits());
}

TEST_F(OutputFileTest, LinksInACircleAreAnError) {
  if (world().is_root()) {
    fs::create_symlink("b", folder() / "a");
    fs::create_symlink("a", folder() / "b");
  }
  mpi::barrier(world());
  EXPECT_THAT(same_error_of([&] { OutputFile(world(), path("a")).commit(0); }).what(),
              HasSubstr("symbolic link"));
  EXPECT_THAT(names(), ElementsAre("a", "b"));
  EXPECT_TRUE(fs::is_symlink(path("a")));
}

TEST_F(OutputFileTest, ADirectoryIsNoOutput) {
  const Error error = same_error_of([&] { const OutputFile output(world(), folder().string()); });
  EXPECT_EQ(error.path(), folder().string());
  EXPECT_THAT(error.what(), HasSubstr("it is a directory"));
  EXPECT_EQ(error.rank(), 0);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OutputFileTest, AMissingFolderIsSeenAtOnce) {
  const Error error = same_error_of([&] { const OutputFile output(world(), path("missing/out")); });
  EXPECT_THAT(error.path(), StartsWith(path("missing/out")));
  EXPECT_THAT(error.what(), HasSubstr("cannot create the output"));
  EXPECT_THAT(error.what(), HasSubstr("No such file or directory"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OutputFileTest, AFileAsAFolderIsSeenAtOnce) {
  make("file", "x");
  EXPECT_THAT(same_error_of([&] { const OutputFile output(world(), path("file/out")); }).what(),
              HasSubstr("Not a directory"));
}

TEST_F(OutputFileTest, ANameThatIsTooLongIsSeenAtOnce) {
  EXPECT_THAT(same_error_of([&] { const OutputFile output(world(), path(std::string(300, 'n'))); }).what(),
              HasSubstr("File name too long"));
}

TEST_F(OutputFileTest, AnEmptyPathIsSeenAtOnce) { EXPECT_THROW(OutputFile(world(), ""), Error); }

TEST_F(OutputFileTest, AFolderThatIsReadOnly) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may write everywhere";
  }
  if (world().is_root()) {
    fs::create_directory(folder() / "sealed");
    fs::permissions(folder() / "sealed", fs::perms::owner_read | fs::perms::owner_exec);
  }
  mpi::barrier(world());
  const Error error = same_error_of([&] { const OutputFile output(world(), path("sealed/out")); });
  EXPECT_THAT(error.what(), HasSubstr("Permission denied"));
}

TEST_F(OutputFileTest, AnotherRankThatCannotOpenItFailsAllAndLeavesNothing) {
  if (world().size() == 1) {
    GTEST_SKIP() << "needs another rank";
  }
  // As on a cluster whose nodes see different folders under one name.
  const fs::path before = fs::current_path();
  if (world().is_root()) {
    fs::create_directory(folder() / "one");
    fs::create_directory(folder() / "another");
  }
  mpi::barrier(world());
  std::optional<Error> error;
  {
    fs::current_path(folder() / (world().is_root() ? "one" : "another"));
    const ScopeGuard restore([&] { fs::current_path(before); });
    error = same_error_of([&] { const OutputFile output(world(), "out"); });
    mpi::barrier(world());
    EXPECT_TRUE(fs::is_empty("."));
  }
  EXPECT_THAT(error->what(),
              HasSubstr("cannot open the output that rank 0 created: No such file or directory"));
  EXPECT_EQ(error->rank(), 1);
}

TEST_F(OutputFileTest, AWrongLengthIsNotCommitted) {
  make("out", "old");
  for (const int excess : {-1, 1}) {
    const Error error = same_error_of([&] {
      OutputFile output(world(), path());
      write_digits(output);
      mpi::barrier(world());
      output.commit(n_ranks() + static_cast<std::uint64_t>(excess));
    });
    EXPECT_THAT(error.what(), HasSubstr("but the file has " + std::to_string(n_ranks())));
    EXPECT_THAT(names(), ElementsAre("out"));
    EXPECT_EQ(content(path()), "old");
  }
}

TEST_F(OutputFileTest, TwoAtOnceDoNotMeet) {
  OutputFile first(world(), path());
  OutputFile second(world(), path());
  EXPECT_EQ(names().size(), 2U);
  first.local_write_at(0, std::string("1"));
  second.local_write_at(0, std::string("2"));
  first.commit(1);
  mpi::barrier(world());
  EXPECT_EQ(content(path()), "1");
  mpi::barrier(world());
  second.commit(1);
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_EQ(content(path()), "2");
}

TEST_F(OutputFileTest, MovesItsFile) {
  {
    OutputFile first(world(), path("a"));
    write_digits(first);
    OutputFile second(std::move(first));
    second.commit(n_ranks());
  }
  EXPECT_THAT(names(), ElementsAre("a"));
  EXPECT_EQ(content(path("a")), digits());
  {
    OutputFile kept(world(), path("b"));
    {
      OutputFile given(world(), path("c"));
      write_digits(given);
      kept = std::move(given);
    }
    EXPECT_EQ(names().size(), 2U) << "what was assigned over is gone: a and c's part are left";
    kept.commit(n_ranks());
  }
  EXPECT_THAT(names(), ElementsAre("a", "c"));
}

// A file system of 256 KiB in `folder`, for the scope's life; only root may have one.
class SmallFileSystem {
 public:
  explicit SmallFileSystem(const fs::path& folder) : folder_(folder.string()) {
    if (world().is_root()) {
      fs::create_directory(folder);
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

 private:
  std::string folder_;
  bool is_mounted_ = false;
  bool is_there_ = false;
};

TEST_F(OutputFileTest, AFullFileSystemFailsAllAndLeavesNothing) {
  const SmallFileSystem small(folder() / "small");
  if (!small.is_there()) {
    GTEST_SKIP() << "cannot mount a tmpfs here";
  }
  const Error error = same_error_of([&] {
    OutputFile output(world(), path("small/out"));
    mpi::together(world(), [&] {
      const std::string piece(1 << 20, 'x');
      output.local_write_at(static_cast<std::uint64_t>(world().rank()) << 20, piece);
    });
    output.commit(n_ranks() << 20);
  });
  EXPECT_THAT(error.path(), StartsWith(path("small/out.partial-")));
  EXPECT_THAT(error.what(), HasSubstr("No space left on device"));
  EXPECT_TRUE(error.offset().has_value());
  mpi::barrier(world());
  EXPECT_TRUE(fs::is_empty(folder() / "small"));
  mpi::barrier(world());
}

TEST_F(OutputFileTest, ALimitOnFileSizesFailsAllAndLeavesNothing) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction handler_before {};
  sigaction(SIGXFSZ, &ignore, &handler_before);
  const rlimit little{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  std::optional<Error> error;
  {
    const ScopeGuard restore([&] {
      setrlimit(RLIMIT_FSIZE, &before);
      sigaction(SIGXFSZ, &handler_before, nullptr);
    });
    error = same_error_of([&] {
      OutputFile output(world(), path());
      mpi::together(world(), [&] {
        setrlimit(RLIMIT_FSIZE, &little);  // not around MPI's own files
        const ScopeGuard unlimited([&] { setrlimit(RLIMIT_FSIZE, &before); });
        output.local_write_at(0, std::string(2000, 'x'));
      });
      output.commit(2000);
    });
  }
  EXPECT_THAT(error->what(), HasSubstr("File too large"));
  EXPECT_EQ(error->offset(), 1000U);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OutputFileTest, IsSpecialFileTellsDevicesAndPipesFromFiles) {
  make("file", "x");
  if (world().is_root()) {
    ::mkfifo(path("pipe").c_str(), 0600);
    fs::create_symlink("pipe", folder() / "link_to_pipe");
    fs::create_symlink("file", folder() / "link_to_file");
    fs::create_symlink("nothing", folder() / "link_to_nothing");
  }
  mpi::barrier(world());
  EXPECT_TRUE(is_special_file(world(), "/dev/null"));
  EXPECT_TRUE(is_special_file(world(), path("pipe")));
  EXPECT_TRUE(is_special_file(world(), path("link_to_pipe")));
  EXPECT_FALSE(is_special_file(world(), path("file")));
  EXPECT_FALSE(is_special_file(world(), path("link_to_file")));
  EXPECT_FALSE(is_special_file(world(), path("link_to_nothing")));
  EXPECT_FALSE(is_special_file(world(), path("missing")));
  EXPECT_FALSE(is_special_file(world(), folder().string())) << "a directory is refused by OutputFile itself";
}

TEST_F(OutputFileTest, ASpecialFileIsNotReplaced) {
  if (world().is_root()) {
    ::mkfifo(path("pipe").c_str(), 0600);
  }
  mpi::barrier(world());
  EXPECT_EQ(same_error_of([&] { OutputFile(world(), path("pipe")).commit(0); }).path(), path("pipe"));
  EXPECT_THAT(names(), ElementsAre("pipe"));
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
}

TEST_F(OutputFileTest, TemporaryFileIsRemovedUnlessKept) {
  const std::string name = path("mine-" + std::to_string(world().rank()));
  const auto touch = [&](const std::string& file) { (void)std::ofstream(file); };
  touch(name);
  { const TemporaryFile file(name); }
  EXPECT_FALSE(fs::exists(name));
  touch(name);
  {
    TemporaryFile file(name);
    file.keep();
  }
  EXPECT_TRUE(fs::exists(name));
  touch(name + "b");
  {
    TemporaryFile first(name);
    TemporaryFile second(std::move(first));
    first = TemporaryFile(name + "b");  // NOLINT(bugprone-use-after-move): it holds nothing now
    second.keep();
  }
  EXPECT_TRUE(fs::exists(name));
  EXPECT_FALSE(fs::exists(name + "b"));
}

}  // namespace
}  // namespace serried::store

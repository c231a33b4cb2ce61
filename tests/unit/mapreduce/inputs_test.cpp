#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/inputs.hpp>

#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::same_everywhere;
using test::world;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class InputsTest : public testing::Test {
 protected:
  // The paths of the list, without the folder's. Checks that all ranks have the same list.
  [[nodiscard]] std::vector<std::string> listed(const std::vector<std::string>& patterns) const {
    std::vector<std::string> names;
    std::string all;
    for (const Input& input : list_inputs(world(), patterns)) {
      all += input.path + '\0' + std::to_string(input.size) + '\0' +
             std::to_string(static_cast<int>(input.encoding)) + '\0';
      const std::string prefix = folder_.path();
      names.push_back(input.path.starts_with(prefix) ? input.path.substr(prefix.size()) : input.path);
    }
    EXPECT_TRUE(same_everywhere(all));
    return names;
  }
  // The error, which all ranks get.
  [[nodiscard]] static Error error(const std::vector<std::string>& patterns) {
    const Error found = error_of([&] { (void)list_inputs(world(), patterns); });
    EXPECT_TRUE(same_everywhere(found.to_bytes()));
    EXPECT_EQ(found.rank(), 0);
    return found;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }

  test::SharedFolder folder_;
};

TEST_F(InputsTest, AFileWithItsSizeAndEncoding) {
  (void)folder_.write("a.txt", "12345");
  (void)folder_.write("b.gz", "123");
  (void)folder_.write("c.zst", "12");
  (void)folder_.write("empty", "");
  const InputList list =
      list_inputs(world(), {path("a.txt"), path("b.gz"), path("c.zst"), path("empty"), "/dev/null", "-"});
  ASSERT_EQ(list.size(), 6u);
  EXPECT_EQ(list[0].path, path("a.txt"));
  EXPECT_EQ(list[0].size, 5u);
  EXPECT_EQ(list[0].encoding, Encoding::plain);
  EXPECT_EQ(list[1].size, 3u);
  EXPECT_EQ(list[1].encoding, Encoding::gzip);
  EXPECT_EQ(list[2].encoding, Encoding::zstd);
  EXPECT_EQ(list[3].size, 0u);
  EXPECT_EQ(list[4].encoding, Encoding::stream);
  EXPECT_EQ(list[5].path, "-");
  EXPECT_EQ(list[5].encoding, Encoding::stream);
}

TEST_F(InputsTest, OrderIsThatOfTheArgumentsAndNothingIsDropped) {
  (void)folder_.write("b", "");
  (void)folder_.write("a", "");
  EXPECT_THAT(listed({path("b"), path("a"), path("b")}), ElementsAre("b", "a", "b"));
}

TEST_F(InputsTest, ADirectoryIsAllRegularFilesBelowIt) {
  for (const char* name : {"d/b", "d/a", "d/sub/deep/er/x", "d/sub/y", "d/.hidden", "d/.git/config", "d/Z",
                           "d/sub.txt", "d/with space", "d/new\nline", "outside/secret"}) {
    (void)folder_.write(name, "text");
  }
  folder_.on_root([&] {
    fs::create_directories(path("d/empty"));
    fs::create_symlink(path("outside/secret"), path("d/link_to_file"));
    fs::create_directory_symlink(path("outside"), path("d/link_to_folder"));
    fs::create_symlink(path("missing"), path("d/dangling"));
    fs::create_directory_symlink(path("d"), path("d/sub/loop"));
    ::mkfifo(path("d/fifo").c_str(), 0600);
  });
  const auto all = {"d/.git/config", "d/.hidden",       "d/Z",     "d/a",         "d/b", "d/new\nline",
                    "d/sub.txt",     "d/sub/deep/er/x", "d/sub/y", "d/with space"};
  EXPECT_THAT(listed({path("d")}), testing::ElementsAreArray(all)) << "sorted by bytes; links not followed";
  std::vector<std::string> with_slash = listed({path("d/")});
  EXPECT_EQ(with_slash.size(), all.size());
  EXPECT_THAT(listed({path("d/empty")}), IsEmpty());
}

TEST_F(InputsTest, AnOutputThatIsBeingMadeIsNoInput) {
  (void)folder_.write("d/counts.tsv", "");
  (void)folder_.write("d/counts.tsv.partial-0123abcd", "");
  (void)folder_.write("d/a.partial-text", "only looks alike");
  (void)folder_.write("d/parts.partial-0123abcd/part-00000-of-00001.tsv", "");
  EXPECT_THAT(listed({path("d")}), ElementsAre("d/a.partial-text", "d/counts.tsv"));
  EXPECT_THAT(listed({path("d/counts.tsv.partial-0123abcd")}), ElementsAre("d/counts.tsv.partial-0123abcd"))
      << "if it is asked for by its name";
}

TEST_F(InputsTest, AStreamNamedTwiceIsBadUsage) {
  folder_.on_root([&] {
    ::mkfifo(path("fifo").c_str(), 0600);
    fs::create_symlink(path("fifo"), path("same"));
  });
  EXPECT_THAT(listed({path("fifo")}), ElementsAre("fifo"));
  EXPECT_EQ(error({"-", "-"}).exit_code(), ExitCode::usage);
  EXPECT_EQ(error({path("fifo"), path("fifo")}).exit_code(), ExitCode::usage);
  EXPECT_EQ(error({path("fifo"), path("same")}).exit_code(), ExitCode::usage);
}

TEST_F(InputsTest, ALinkThatIsNamedIsFollowed) {
  (void)folder_.write("d/a", "text");
  folder_.on_root([&] {
    fs::create_symlink(path("d/a"), path("to_file"));
    fs::create_directory_symlink(path("d"), path("to_folder"));
  });
  EXPECT_THAT(listed({path("to_file")}), ElementsAre("to_file"));
  EXPECT_THAT(listed({path("to_folder")}), ElementsAre("to_folder/a"));
}

TEST_F(InputsTest, Patterns) {
  for (const char* name : {"b.txt", "a.txt", "c.log", ".hidden.txt", "sub/x.txt", "sub/y.txt"}) {
    (void)folder_.write(name, "text");
  }
  EXPECT_THAT(listed({path("*.txt")}), ElementsAre("a.txt", "b.txt")) << "as in the shell: no hidden files";
  EXPECT_THAT(listed({path("[bc].*")}), ElementsAre("b.txt", "c.log"));
  EXPECT_THAT(listed({path("?.log"), path("*.txt")}), ElementsAre("c.log", "a.txt", "b.txt"));
  EXPECT_THAT(listed({path("s*")}), ElementsAre("sub/x.txt", "sub/y.txt")) << "a match may be a folder";
  EXPECT_THAT(listed({path("*/y.*")}), ElementsAre("sub/y.txt"));
}

TEST_F(InputsTest, ANameThatLooksLikeAPattern) {
  (void)folder_.write("[ab].txt", "the very file");
  (void)folder_.write("a.txt", "not this one");
  (void)folder_.write("what?", "");
  EXPECT_THAT(listed({path("[ab].txt")}), ElementsAre("[ab].txt"));
  EXPECT_THAT(listed({path("what?")}), ElementsAre("what?"));
  EXPECT_THAT(listed({path("[a].txt")}), ElementsAre("a.txt")) << "no such file, so it is a pattern";
}

TEST_F(InputsTest, NothingNamedIsBadUsage) {
  const Error found = error({});
  EXPECT_EQ(found.exit_code(), ExitCode::usage);
  EXPECT_THAT(found.what(), HasSubstr("no input"));
}

TEST_F(InputsTest, WhatDoesNotExist) {
  (void)folder_.write("a", "");
  folder_.on_root([&] { fs::create_symlink(path("missing"), path("dangling")); });
  for (const std::string& name :
       {path("missing"), path("dangling"), path("*.nothing"), path("a/b"), path("[")}) {
    const Error found = error({path("a"), name});
    EXPECT_EQ(found.path(), name);
    EXPECT_EQ(found.exit_code(), ExitCode::failed);
    EXPECT_THAT(found.what(), testing::AnyOf(HasSubstr("No such file"), HasSubstr("Not a directory"),
                                             HasSubstr("no file matches")));
  }
}

TEST_F(InputsTest, AFileThatHidesItsSizeIsNotTakenForAnEmptyOne) {
  folder_.on_root([&] {
    fs::create_directories(path("d"));
    fs::create_symlink("/proc/version", path("link"));
  });
  for (const std::string& name : {std::string("/proc/version"), std::string("/proc/versio?"), path("link")}) {
    const Error found = error({path("d"), name});
    EXPECT_EQ(found.exit_code(), ExitCode::failed);
    EXPECT_THAT(found.what(), HasSubstr("gives its size as 0 (give it as standard input, with - and <)"));
  }
  (void)folder_.write("d/empty", "");
  EXPECT_THAT(listed({path("d")}), ElementsAre("d/empty"));
}

TEST_F(InputsTest, WhatMayNotBeRead) {
  if (::geteuid() == 0) {  // the same on all ranks
    GTEST_SKIP() << "root may read everything; tests/fault/wordcount tries it as another user";
  }
  (void)folder_.write("d/secret", "text");
  folder_.on_root([&] { fs::permissions(path("d/secret"), fs::perms::none); });
  EXPECT_EQ(error({path("d/secret")}).path(), path("d/secret"));
  EXPECT_EQ(error({path("d")}).path(), path("d/secret"));
  folder_.on_root([&] { fs::permissions(path("d"), fs::perms::none); });
  EXPECT_THAT(error({path("d")}).what(), HasSubstr("Permission denied"));
  EXPECT_THAT(error({path("d/*")}).path(), HasSubstr("d/*"));
  folder_.on_root([&] { fs::permissions(path("d"), fs::perms::owner_all); });
}

}  // namespace
}  // namespace serried::mapreduce

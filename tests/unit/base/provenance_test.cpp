#include <unistd.h>

#include <array>
#include <climits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/provenance.hpp>
#include <serried/base/version.hpp>

namespace serried {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

TEST(Provenance, NamesThisProcess) {
  const Provenance here = provenance_here();
  EXPECT_THAT(here.program, StartsWith("test_unit.base"));
  EXPECT_EQ(here.version, version);
  EXPECT_THAT(here.command_line, HasSubstr("test_unit.base"));
  std::array<char, HOST_NAME_MAX + 1> host{};
  ASSERT_EQ(gethostname(host.data(), host.size()), 0);
  EXPECT_EQ(here.host, host.data());
  EXPECT_THAT(here.started,
              MatchesRegex("20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z"));
  EXPECT_EQ(here.n_ranks, 1);
  EXPECT_FALSE(here.seed.has_value());
}

TEST(ShellQuoted, LeavesPlainArgumentsAsTheyAre) {
  EXPECT_EQ(shell_quoted("--top=10"), "--top=10");
  EXPECT_EQ(shell_quoted("/tmp/a_b-c.txt"), "/tmp/a_b-c.txt");
}

TEST(ShellQuoted, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("a b"), "'a b'");
  EXPECT_EQ(shell_quoted("*.txt"), "'*.txt'");
  EXPECT_EQ(shell_quoted("it's"), R"('it'\''s')");
  EXPECT_EQ(shell_quoted("$(rm x)"), "'$(rm x)'");
}

}  // namespace
}  // namespace serried

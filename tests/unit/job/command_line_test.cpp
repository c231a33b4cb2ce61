#include <mpi.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include <serried/job/command_line.hpp>

#include "error_of.hpp"

namespace serried::job {
namespace {

using test::error_of;

struct Parsed {
  CommandLine line;
  bool goes_on = false;
};
Parsed parsed(std::vector<std::string> words, const Wanted& wanted = {}) {
  CLI::App app("Tests.", "serried-test");
  Parsed result;
  add_options(app, result.line, wanted);
  words.insert(words.begin(), "serried-test");
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  result.goes_on = parse(app, static_cast<int>(argv.size()), argv.data(), false, result.line);
  return result;
}

TEST(CommandLine, HasDefaults) {
  const Parsed result = parsed({});
  EXPECT_TRUE(result.goes_on);
  EXPECT_EQ(result.line.job.app, "serried-test");
  EXPECT_EQ(result.line.job.threads, 0);
  EXPECT_EQ(result.line.job.checkpoint_every, std::chrono::minutes(1));
  EXPECT_EQ(result.line.job.progress, report::Progress::automatic);
}

TEST(CommandLine, ReadsEveryOption) {
  const CommandLine line =
      parsed({"-o", "out", "--threads", "3", "--checkpoint", "folder", "--checkpoint-every", "90s",
              "--resume", "--report", "run.json", "--progress", "always", "--json", "--seed", "7"},
             Wanted{.seed = true})
          .line;
  EXPECT_EQ(line.output, "out");
  EXPECT_EQ(line.job.threads, 3);
  EXPECT_EQ(line.job.checkpoint, "folder");
  EXPECT_EQ(line.job.checkpoint_every, std::chrono::seconds(90));
  EXPECT_TRUE(line.job.resume);
  EXPECT_EQ(line.report, "run.json");
  EXPECT_EQ(line.job.progress, report::Progress::always);
  EXPECT_TRUE(line.wants_json);
  EXPECT_EQ(line.job.seed, 7U);
}

TEST(CommandLine, ErrorsStopOrAreSkipped) {
  const auto list = [](std::vector<std::string> words) {
    return parsed(std::move(words), Wanted{.on_error = true}).line.skipped_list;
  };
  EXPECT_EQ(list({}), "");
  EXPECT_EQ(list({"--on-error", "stop"}), "");
  EXPECT_EQ(list({"--on-error", "skip:bad.tsv", "-o", "out", "--report", "report"}), "bad.tsv");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--on-error", "skip"},
                                                {"--on-error", "skip:"},
                                                {"--on-error", "skip:-"},
                                                {"--on-error", "go on"},
                                                {"--on-error", "skip:out", "-o", "./out"},
                                                {"--on-error", "skip:run.json", "--report", "run.json"}}) {
    const Error error = error_of([&] { (void)list(words); });
    EXPECT_EQ(error.exit_code(), ExitCode::usage) << error.what();
    EXPECT_NE(std::string(error.what()).find("--on-error"), std::string::npos) << error.what();
  }
  EXPECT_EQ(error_of([] {
              (void)parsed({"--on-error", "skip:bad.tsv"});
            }).exit_code(),
            ExitCode::usage)
      << "for apps that can skip";
}

TEST(CommandLine, QuietShowsNoProgress) {
  EXPECT_EQ(parsed({"--quiet", "--progress", "always"}).line.job.progress, report::Progress::never);
}

TEST(CommandLine, HelpAndVersionEndIt) {
  EXPECT_FALSE(parsed({"--help"}).goes_on);
  EXPECT_FALSE(parsed({"--version"}).goes_on);
}

TEST(CommandLine, ASeedIsAWholeNumber) {
  EXPECT_EQ(parsed({"--seed", "18446744073709551615"}, Wanted{.seed = true}).line.job.seed, UINT64_MAX);
  for (const char* word : {"-1", "1.5", "18446744073709551616"}) {
    EXPECT_EQ(error_of([&] {
                (void)parsed({"--seed", word}, Wanted{.seed = true});
              }).exit_code(),
              ExitCode::usage)
        << word;
  }
}

TEST(CommandLine, MemoryIsForWhoWantsIt) {
  const CommandLine line = parsed({"--memory", "8M", "--tmp", "folder"}, Wanted{.memory = true}).line;
  EXPECT_EQ(line.memory, 8U << 20);
  EXPECT_EQ(line.tmp, "folder");
  EXPECT_EQ(parsed({}).line.memory, 512U << 20);
  for (const std::string size : {"7M", "lots", "8", "-8M", ""}) {
    const Error error = error_of([&] { (void)parsed({"--memory", size}, Wanted{.memory = true}); });
    EXPECT_EQ(error.exit_code(), ExitCode::usage) << size;
  }
  EXPECT_EQ(error_of([] {
              (void)parsed({"--memory", "7M"}, Wanted{.memory = true});
            }).problem(),
            "--memory 7M: serried-test needs at least 8.00 MiB");
}

TEST(CommandLine, NonsenseIsAUsageError) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--resume"},
                                                {"--checkpoint", ""},
                                                {"--threads", "0"},
                                                {"--threads", "many"},
                                                {"--checkpoint-every", "soon", "--checkpoint", "x"},
                                                {"--checkpoint-every", "-5s"},
                                                {"--progress", "perhaps"},
                                                {"--seed", "1"},
                                                {"--memory", "8M"},
                                                {"--tmp", "folder"},
                                                {"-o", ""},
                                                {"-o", "--quiet"},
                                                {"--report", "--json"},
                                                {"--unknown"}}) {
    const Error error = error_of([&] { (void)parsed(words); });
    EXPECT_EQ(error.exit_code(), ExitCode::usage) << words[0];
  }
}

TEST(CommandLine, SaysWhichOptionLacksWhat) {
  struct Case {
    std::vector<std::string> words;
    std::string start;
  };
  for (const Case& wrong : {Case{{"--checkpoint", ""}, "--checkpoint needs the name"},
                            Case{{"--checkpoint", "", "--resume"}, "--checkpoint needs the name"},
                            Case{{"--resume"}, "--resume needs the folder"},
                            Case{{"--checkpoint-every", "9s"}, "--checkpoint-every needs the folder"},
                            Case{{"--report", ""}, "--report needs the name of a file"},
                            Case{{"--report", "-"}, "--report needs the name of a file"}}) {
    const Error error = error_of([&] { (void)parsed(wrong.words); });
    EXPECT_EQ(error.exit_code(), ExitCode::usage);
    EXPECT_EQ(error.problem().substr(0, wrong.start.size()), wrong.start);
  }
}

TEST(CommandLine, TheReportIsNotTheOutput) {
  for (const std::string other : {"not-there.tsv", "./not-there.tsv", "missing/../not-there.tsv"}) {
    const Error error = error_of([&] { (void)parsed({"-o", "not-there.tsv", "--report", other}); });
    EXPECT_EQ(error.exit_code(), ExitCode::usage) << other;
    EXPECT_EQ(error.problem(), "--report and -o name the same file: the one would replace the other");
  }
  EXPECT_TRUE(parsed({"-o", "not-there.tsv", "--report", "not-there.json"}).goes_on);
  EXPECT_TRUE(parsed({"-o", "-", "--report", "not-there.json"}).goes_on);
}

}  // namespace
}  // namespace serried::job

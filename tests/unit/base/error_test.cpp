#include <cerrno>
#include <cstdint>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>

namespace serried {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::StrEq;

Error complete_error() {
  return Error("cannot read")
      .at("data.txt", 4096)
      .hint("check the disk")
      .on_rank(3, "node7")
      .mpi_class(15)
      .exit_code(ExitCode::resumable);
}

void expect_same(const Error& a, const Error& b) {
  EXPECT_STREQ(a.what(), b.what());
  EXPECT_EQ(a.problem(), b.problem());
  EXPECT_EQ(a.path(), b.path());
  EXPECT_EQ(a.offset(), b.offset());
  EXPECT_EQ(a.rank(), b.rank());
  EXPECT_EQ(a.host(), b.host());
  EXPECT_EQ(a.mpi_class(), b.mpi_class());
  EXPECT_EQ(a.exit_code(), b.exit_code());
}

TEST(Error, ComposesWhereWhatAndWhatToDo) {
  EXPECT_THAT(Error("broken").what(), StrEq("broken"));
  EXPECT_THAT(Error(Error("broken").at("a.txt")).what(), StrEq("a.txt: broken"));
  EXPECT_THAT(Error(Error("broken").at("a.txt", 0)).what(), StrEq("a.txt, byte 0: broken"));
  EXPECT_THAT(Error(Error("broken").hint("mend it")).what(), StrEq("broken (mend it)"));
  EXPECT_THAT(complete_error().what(), StrEq("data.txt, byte 4096: cannot read (check the disk)"));
}

TEST(Error, ComposesTheSameInAnyOrder) {
  EXPECT_THAT(Error(Error("broken").hint("mend it").context("index 17")).what(),
              StrEq("index 17: broken (mend it)"));
  EXPECT_THAT(Error(Error("broken").hint("mend it").at("a.txt", 9)).what(),
              StrEq("a.txt, byte 9: broken (mend it)"));
  EXPECT_THAT(Error(Error("broken").at("b", 9).at("a.txt")).what(), StrEq("a.txt, byte 9: broken"));
}

TEST(Error, CarriesTheFactsAsData) {
  const Error error = complete_error();
  EXPECT_EQ(error.problem(), "cannot read");
  EXPECT_EQ(error.path(), "data.txt");
  EXPECT_EQ(error.offset(), 4096U);
  EXPECT_EQ(error.rank(), 3);
  EXPECT_EQ(error.host(), "node7");
  EXPECT_EQ(error.mpi_class(), 15);
  EXPECT_EQ(error.exit_code(), ExitCode::resumable);
}

TEST(Error, KnowsNothingThatItWasNotTold) {
  const Error error("broken");
  EXPECT_EQ(error.path(), "");
  EXPECT_EQ(error.offset(), std::nullopt);
  EXPECT_EQ(error.rank(), std::nullopt);
  EXPECT_EQ(error.host(), "");
  EXPECT_EQ(error.mpi_class(), std::nullopt);
  EXPECT_EQ(error.exit_code(), ExitCode::failed);
}

TEST(Error, MessageIsOneLineWhateverThePathHeld) {
  const Error error = Error("cannot open\nreally").at("a\x1b[2Jb\rc\td");
  EXPECT_STREQ(error.what(), "a\\x1b[2Jb\\x0dc\\x09d: cannot open\\nreally");
  EXPECT_EQ(error.path(), "a\x1b[2Jb\rc\td") << "the data stays as it is: it is to open files with";
}

TEST(Error, TravelsAsBytes) {
  for (const Error& error :
       {complete_error(), Error("broken"), Error(""), Error(Error("x").at("", 0)), usage_error("no input"),
        Error(Error("x")
                  .at("p", std::numeric_limits<std::uint64_t>::max())
                  .on_rank(std::numeric_limits<int>::max(), "h")
                  .mpi_class(std::numeric_limits<int>::min())),
        Error(Error("line 1\nline 2").at("\xff\xfe\x01").hint("ä"))}) {
    expect_same(Error::from_bytes(error.to_bytes()), error);
  }
}

TEST(Error, ThatHoldsNulsStillTravels) {
  const Error error = Error("a\0b"s).at("c\0d"s, 7);
  const Error other = Error::from_bytes(error.to_bytes());
  EXPECT_EQ(other.problem(), "ab");
  EXPECT_EQ(other.path(), "cd");
  EXPECT_EQ(other.offset(), 7U);
}

// The fields, in order: problem, hint, path, offset, rank, host, MPI class, exit code; each ended by a NUL.
std::string bytes_with(const std::string& offset, const std::string& rank, const std::string& mpi_class,
                       const std::string& exit_code) {
  std::string bytes;
  for (const std::string& field : {"problem"s, ""s, "path"s, offset, rank, "host"s, mpi_class, exit_code}) {
    bytes += field + '\0';
  }
  return bytes;
}

TEST(Error, FromBytesReadsWhatThisTestWrites) {  // so that the next tests fail for the right reason
  const Error error = Error::from_bytes(bytes_with("5", "-1", "", "75"));
  EXPECT_EQ(error.offset(), 5U);
  EXPECT_EQ(error.rank(), -1);
  EXPECT_EQ(error.mpi_class(), std::nullopt);
  EXPECT_EQ(error.exit_code(), ExitCode::resumable);
  EXPECT_EQ(Error::from_bytes(bytes_with("", "", "", "")).exit_code(), ExitCode::failed);
}

TEST(Error, FromBytesRefusesEveryTruncation) {
  const std::string bytes = complete_error().to_bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW((void)Error::from_bytes(bytes.substr(0, size)), std::invalid_argument) << size;
  }
}

TEST(Error, FromBytesRefusesNumbersThatAreNone) {
  for (const char* offset : {"x", "1x", " 1", "-1", "+1", "1.5", "0x10", "18446744073709551616"}) {
    EXPECT_THROW((void)Error::from_bytes(bytes_with(offset, "1", "1", "1")), std::invalid_argument) << offset;
  }
  for (const char* number : {"x", "1x", " 1", "+1", "2147483648", "-2147483649", "99999999999999999999999"}) {
    EXPECT_THROW((void)Error::from_bytes(bytes_with("1", number, "1", "1")), std::invalid_argument) << number;
    EXPECT_THROW((void)Error::from_bytes(bytes_with("1", "1", number, "1")), std::invalid_argument) << number;
    EXPECT_THROW((void)Error::from_bytes(bytes_with("1", "1", "1", number)), std::invalid_argument) << number;
  }
}

TEST(Error, FromBytesRefusesWhatFollowsTheLastField) {
  EXPECT_THROW((void)Error::from_bytes(complete_error().to_bytes() + "x"), std::invalid_argument);
  EXPECT_THROW((void)Error::from_bytes(complete_error().to_bytes() + '\0'), std::invalid_argument);
}

TEST(Error, FromBytesSurvivesDamagedBytes) {
  constexpr unsigned seed = 20240611;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::string good = complete_error().to_bytes();
  const std::string alphabet = "\0\0\0-+ 0123456789xe\xff"s;
  int n_refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (unsigned n_changes = 1 + random() % 4; n_changes > 0; --n_changes) {
      const std::size_t at = random() % bytes.size();
      const char c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0:
          bytes[at] = c;
          break;
        case 1:
          bytes.insert(at, 1, c);
          break;
        default:
          bytes.erase(at, 1 + random() % 5);
      }
      if (bytes.empty()) {
        bytes = "\0"s;
      }
    }
    try {
      const Error error = Error::from_bytes(bytes);
      // What is accepted is an error like any other.
      expect_same(Error::from_bytes(error.to_bytes()), error);
    } catch (const std::invalid_argument&) {
      ++n_refused;
    }
  }
  EXPECT_GT(n_refused, 1000);
  EXPECT_LT(n_refused, 20000);
}

TEST(UsageError, EndsWithCode2) {
  const Error error = usage_error("no input files");
  EXPECT_STREQ(error.what(), "no input files");
  EXPECT_EQ(error.exit_code(), ExitCode::usage);
}

TEST(SystemError, SaysActionReasonAndPath) {
  const Error error = system_error("open", ENOENT, "a/b");
  EXPECT_STREQ(error.what(), "a/b: cannot open: No such file or directory");
  EXPECT_EQ(error.path(), "a/b");
  EXPECT_EQ(error.exit_code(), ExitCode::failed);
  EXPECT_THAT(system_error("x", -5, "p").what(), HasSubstr("cannot x: ")) << "not an errno, no crash";
}

template <class Exception>
Error as_error_of(const Exception& exception) {
  return as_error(std::make_exception_ptr(exception));
}

TEST(AsError, KeepsAnErrorWhole) { expect_same(as_error_of(complete_error()), complete_error()); }

TEST(AsError, ExplainsWhatItKnows) {
  EXPECT_THAT(as_error_of(std::bad_alloc()).what(), HasSubstr("out of memory ("));
  EXPECT_THAT(as_error_of(std::bad_array_new_length()).what(), HasSubstr("out of memory ("));
  EXPECT_THAT(as_error_of(std::logic_error("f.cpp:3: expected that x")).what(),
              StrEq("bug: f.cpp:3: expected that x (please report it)"));
  EXPECT_THAT(as_error_of(std::invalid_argument("x")).what(), HasSubstr("bug: x"));
}

TEST(AsError, TakesTheMessageOfOtherExceptions) {
  EXPECT_STREQ(as_error_of(std::runtime_error("it rains")).what(), "it rains");
  EXPECT_STREQ(as_error_of(std::runtime_error("")).what(), "");
  EXPECT_THAT(as_error_of(42).what(), HasSubstr("no std::exception"));
  EXPECT_THAT(as_error_of("text").what(), HasSubstr("no std::exception"));
  for (const Error& error : {as_error_of(std::bad_alloc()), as_error_of(std::logic_error("x")),
                             as_error_of(std::runtime_error("x")), as_error_of(42)}) {
    EXPECT_EQ(error.exit_code(), ExitCode::failed) << error.what();
  }
}

TEST(Printable, LeavesTextAlone) {
  for (const std::string text : {"", "a b", "C:\\n", "größe", "日本語", "~!@"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, EscapesEveryControlByte) {
  for (int byte = 0; byte < 0x20; ++byte) {
    const std::string line = printable(std::string(1, static_cast<char>(byte)));
    EXPECT_EQ(line.front(), '\\') << byte;
    for (const char c : line) {
      EXPECT_TRUE(c >= 0x20 && c < 0x7f) << byte;
    }
  }
  EXPECT_EQ(printable("a\nb"), "a\\nb");
  EXPECT_EQ(printable("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(printable("\0"s), "\\x00");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
}

TEST(Printable, EscapesTheControlsOfUtf8) {
  // U+009B does what ESC [ does; U+0085 ends a line. U+00A0, a space, is none.
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b"
            "2J");
  EXPECT_EQ(printable("\xc2\x85"), "\\xc2\\x85");
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");
  EXPECT_EQ(printable("\xc2"), "\xc2");
}

}  // namespace
}  // namespace serried

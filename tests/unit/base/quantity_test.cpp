#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/quantity.hpp>

namespace serried {
namespace {

TEST(FormatBytes, ThreeDigitsAndABinaryUnit) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(17), "17 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.00 KiB");
  EXPECT_EQ(format_bytes(1288490188), "1.20 GiB");
  EXPECT_EQ(format_bytes(std::uint64_t{15} << 20), "15.0 MiB");
  EXPECT_EQ(format_bytes(std::uint64_t{150} << 20), "150 MiB");
  EXPECT_EQ(format_bytes(std::uint64_t{3} << 40), "3.00 TiB");
  EXPECT_EQ(format_bytes(std::uint64_t{3} << 50), "3.00 PiB");
  EXPECT_EQ(format_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(FormatBytes, RoundsIntoTheNextWidthAndTheNextUnit) {
  EXPECT_EQ(format_bytes(10230), "9.99 KiB");
  EXPECT_EQ(format_bytes(10239), "10.0 KiB");
  EXPECT_EQ(format_bytes(102399), "100 KiB");
  EXPECT_EQ(format_bytes((std::uint64_t{1} << 20) - 1), "1.00 MiB");
  EXPECT_EQ(format_bytes((std::uint64_t{1} << 60) - 1), "1.00 EiB");
  EXPECT_EQ(format_bytes(1023 * 1024), "1023 KiB");
}

TEST(ParseBytes, TakesANumberAndAUnit) {
  EXPECT_EQ(parse_bytes("17B"), 17U);
  EXPECT_EQ(parse_bytes("64K"), 65536U);
  EXPECT_EQ(parse_bytes("300m"), std::uint64_t{300} << 20);
  EXPECT_EQ(parse_bytes("2GiB"), std::uint64_t{2} << 30);
  EXPECT_EQ(parse_bytes("0T"), 0U);
  EXPECT_EQ(parse_bytes("8192PB"), std::uint64_t{1} << 63);
}

TEST(ParseBytes, RefusesAllElse) {
  for (const std::string text : {"", "12", "M", "-1M", "1 M", "1Mi", "1MB/s", "1.5G", "0x10M", "8193P",
                                 "99999999999999999999B", "1BB", "1E"}) {
    try {
      (void)parse_bytes(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::usage);
      EXPECT_EQ(error.problem(), "\"" + text + "\" is not a size such as 512M, 2GiB or 64K");
    }
  }
}

TEST(FormatSeconds, FollowsTheLength) {
  EXPECT_EQ(format_seconds(0), "0.00 s");
  EXPECT_EQ(format_seconds(0.123), "0.12 s");
  EXPECT_EQ(format_seconds(12.34), "12.3 s");
  EXPECT_EQ(format_seconds(60), "1:00");
  EXPECT_EQ(format_seconds(245), "4:05");
  EXPECT_EQ(format_seconds(3 * 3600 + 4 * 60 + 5), "3:04:05");
  EXPECT_EQ(format_seconds(86400), "1d 00:00:00");
  EXPECT_EQ(format_seconds(2 * 86400 + 3 * 3600 + 4 * 60 + 5), "2d 03:04:05");
}

TEST(FormatSeconds, RoundsIntoTheNextForm) {
  EXPECT_EQ(format_seconds(9.994), "9.99 s");
  EXPECT_EQ(format_seconds(9.999), "10.0 s");
  EXPECT_EQ(format_seconds(59.94), "59.9 s");
  EXPECT_EQ(format_seconds(59.97), "1:00");
  EXPECT_EQ(format_seconds(3599.6), "1:00:00");
  EXPECT_EQ(format_seconds(86399.6), "1d 00:00:00");
}

TEST(FormatSeconds, ShowsWhatIsNoDurationAsAQuestionMark) {
  using Limits = std::numeric_limits<double>;
  for (const double seconds : {-1.0, -1e-300, Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                               Limits::max(), 101 * 365.25 * 86400}) {
    EXPECT_EQ(format_seconds(seconds), "?") << seconds;
  }
}

}  // namespace
}  // namespace serried

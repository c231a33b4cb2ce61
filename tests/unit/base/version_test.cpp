#include <string>

#include <gtest/gtest.h>

#include <serried/base/version.hpp>

namespace serried {
namespace {

TEST(Version, TextAndNumbersAgree) {
  EXPECT_EQ(version, std::to_string(version_major) + "." + std::to_string(version_minor) + "." +
                         std::to_string(version_patch));
}

}  // namespace
}  // namespace serried

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/store/ordered_output.hpp>

#include "files.hpp"
#include "same_error_of.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::store {
namespace {

using test::same_error_of;
using test::world;
using testing::StartsWith;

class OrderedOutputTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return (here_.path() / "out").string(); }
  // Rank 0's descriptor of an empty file; -1 elsewhere.
  [[nodiscard]] FileDescriptor make() const {
    return world().is_root() ? FileDescriptor::open(path(), O_WRONLY | O_CREAT | O_TRUNC) : FileDescriptor();
  }
  [[nodiscard]] std::string content() const {
    mpi::barrier(world());
    std::string text = test::content(path());
    mpi::barrier(world());  // nobody writes on before all have read
    return text;
  }

 private:
  test::TemporaryDirectory here_{MPI_COMM_WORLD};
};

TEST_F(OrderedOutputTest, RanksFollowEachOther) {
  const FileDescriptor file = make();
  OrderedOutput output(world(), file.get(), "the file");
  const auto put_rank = [](const OrderedOutput::Put& put) {
    const std::string digit = std::to_string(world().rank());
    put(digit);
    put(std::string());  // nothing, which must not look like the end
    put(std::string(100'000, 'x'));
    put(digit + "\n");
  };
  output.write(put_rank);
  output.write([](const OrderedOutput::Put& put) { put(std::string("again;")); });
  std::string expected;
  for (int rank = 0; rank < world().size(); ++rank) {
    expected += std::to_string(rank) + std::string(100'000, 'x') + std::to_string(rank) + "\n";
  }
  for (int rank = 0; rank < world().size(); ++rank) {
    expected += "again;";
  }
  EXPECT_TRUE(content() == expected);
}

TEST_F(OrderedOutputTest, ARankMayHaveNothing) {
  const FileDescriptor file = make();
  OrderedOutput output(world(), file.get(), "the file");
  output.write([](const OrderedOutput::Put& put) {
    if (world().rank() == world().size() - 1) {
      put(std::string("last"));
    }
  });
  EXPECT_EQ(content(), "last");
  output.write([](const OrderedOutput::Put&) {});
  EXPECT_EQ(content(), "last");
}

TEST_F(OrderedOutputTest, OpensADevice) {
  OrderedOutput output(world(), "/dev/null");
  EXPECT_NO_THROW(output.write([](const OrderedOutput::Put& put) { put(std::string("gone")); }));
}

TEST_F(OrderedOutputTest, WhatCannotBeOpenedFailsAll) {
  const std::string missing = path() + "/missing";
  const Error error = same_error_of([&] { const OrderedOutput output(world(), missing); });
  EXPECT_EQ(error.path(), missing);
  EXPECT_EQ(error.rank(), 0);
}

TEST_F(OrderedOutputTest, AFullDeviceFailsAllAndHangsNobody) {
  OrderedOutput output(world(), "/dev/full");
  const Error error = same_error_of([&] {
    output.write([](const OrderedOutput::Put& put) {
      for (int i = 0; i < 10; ++i) {
        put(std::string(50'000, 'x'));
      }
    });
  });
  EXPECT_STREQ(error.what(), "/dev/full: cannot write: No space left on device");
  EXPECT_EQ(error.rank(), 0) << "who writes";
}

TEST_F(OrderedOutputTest, ARankThatThrowsFailsAllAndHangsNobody) {
  for (int failing = 0; failing < world().size(); ++failing) {
    const FileDescriptor file = make();
    OrderedOutput output(world(), file.get(), "the file");
    const Error error = same_error_of([&] {
      output.write([&](const OrderedOutput::Put& put) {
        put(std::string("<"));
        if (world().rank() == failing) {
          throw std::runtime_error("no more words");
        }
        put(std::string(">"));
      });
    });
    EXPECT_STREQ(error.what(), "no more words");
    EXPECT_EQ(error.rank(), failing);
    std::string expected;
    for (int rank = 0; rank < failing; ++rank) {
      expected += "<>";
    }
    EXPECT_THAT(content(), StartsWith(expected + "<"));
    // The next one starts afresh: no message of the failed one is left.
    output.write([](const OrderedOutput::Put& put) { put(std::string("+")); });
    EXPECT_THAT(content(), testing::EndsWith(std::string(static_cast<std::size_t>(world().size()), '+')));
  }
}

}  // namespace
}  // namespace serried::store

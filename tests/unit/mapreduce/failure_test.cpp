// A user's function that throws on one rank: the same Error on all ranks, and nobody waits for ever.
#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>
#include <serried/mapreduce.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>

#include "compress.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using test::same_everywhere;
using test::small_pieces;
using test::world;
using testing::HasSubstr;

const auto one_each = [](std::string_view word) { return KeyValue{word, std::uint64_t{1}}; };

class FailureTest : public testing::Test {
 protected:
  // Expects that `act`, whose functions throw "it rains" on one rank, does so on all ranks; for each rank and for several
  // threads. A rank that is dealt nothing throws nothing.
  template <class Act>
  void expect_everywhere(Act act) {
    int n_failures = 0;
    for (const int threads : {1, 3}) {
      for (int failing = 0; failing < world().size(); ++failing) {
        std::atomic<bool> has_rained = false;
        const auto rain = [&has_rained, is_here = world().rank() == failing] {
          if (is_here) {
            has_rained = true;
            throw std::runtime_error("it rains");
          }
        };
        const std::optional<Error> error =
            error_if_any([&] { act(text_words(world(), {path_}, small_pieces(threads)), rain); });
        EXPECT_EQ(error.has_value(), mpi::allreduce_value(world(), has_rained.load(), std::logical_or<>{}));
        if (error) {
          ++n_failures;
          EXPECT_THAT(error->what(), HasSubstr("it rains"));
          EXPECT_EQ(error->rank(), failing);
          EXPECT_TRUE(same_everywhere(error->to_bytes()));
        }
        EXPECT_FALSE(std::filesystem::exists(folder_.path("out.tsv")));
      }
    }
    EXPECT_GT(n_failures, 0) << "some rank must have been dealt something";
    EXPECT_EQ(text_words(world(), {path_}, small_pieces(2)).count(), 600u)
        << "the communicator is still usable";
  }

  template <class Act>
  static std::optional<Error> error_if_any(Act act) {
    try {
      act();
    } catch (const Error& error) {
      return error;
    }
    return std::nullopt;
  }

  test::SharedFolder folder_;
  const std::string path_ = folder_.write("text", test::sample_text(600));
};

TEST_F(FailureTest, OfAMap) {
  expect_everywhere([](const auto& words, const auto& rain) {
    (void)words
        .map([&](std::string_view word) {
          rain();
          return one_each(word);
        })
        .reduce_by_key(std::plus<>{});
  });
}

TEST_F(FailureTest, OfAPredicate) {
  expect_everywhere([](const auto& words, const auto& rain) {
    (void)words
        .filter([&](std::string_view) {
          rain();
          return true;
        })
        .count();
  });
}

TEST_F(FailureTest, OfAFlatMap) {
  expect_everywhere([](const auto& words, const auto& rain) {
    (void)words
        .template flat_map<std::string, int>([&](std::string_view word, auto& emit) {
          emit(std::string(word) + " and something long", 1);
          rain();
        })
        .reduce_by_key(std::plus<>{});
  });
}

TEST_F(FailureTest, OfAnOperation) {
  expect_everywhere([](const auto& words, const auto& rain) {
    (void)words.map([](std::string_view) {
                 return KeyValue{1, 1};
               })
        .reduce_by_key([&](int a, int b) {
          rain();
          return a + b;
        });
  });
}

TEST_F(FailureTest, OfAnOrder) {
  expect_everywhere([](const auto& words, const auto& rain) {
    auto data = words.map(one_each).reduce_by_key(std::plus<>{});
    data.sort_by([&](const auto& a, const auto& b) {
      rain();
      return a.value < b.value;
    });
  });
}

TEST_F(FailureTest, OfAnOrderOfTheTop) {
  expect_everywhere([](const auto& words, const auto& rain) {
    auto data = words.map(one_each).reduce_by_key(std::plus<>{});
    data.top(3, [&](const auto& a, const auto& b) {
      rain();
      return a.value < b.value;
    });
  });
}

TEST_F(FailureTest, OfAVisitor) {
  expect_everywhere([](const auto& words, const auto& rain) {
    auto data = words.map(one_each).reduce_by_key(std::plus<>{});
    data.sort_by(ascending_key);
    // Every rank visits, whether it has items or not.
    data.for_each_local([&](const auto&) {});
    mpi::together(world(), rain);
  });
}

TEST_F(FailureTest, ALateFailureAfterManyRecords) {
  for (int failing = 0; failing < world().size(); ++failing) {
    std::atomic<int> n_seen = 0;
    const std::optional<Error> error = error_if_any([&] {
      (void)text_words(world(), {path_}, small_pieces(2))
          .filter([&](std::string_view) {
            if (++n_seen == 20 && world().rank() == failing) {
              throw Error("the twentieth").exit_code(ExitCode::usage);
            }
            return true;
          })
          .count();
    });
    const bool has_failed = world().rank() == failing && n_seen >= 20;
    ASSERT_EQ(error.has_value(), mpi::allreduce_value(world(), has_failed, std::logical_or<>{}));
    if (error) {
      EXPECT_THAT(error->what(), HasSubstr("the twentieth"));
      EXPECT_THAT(error->what(), HasSubstr(path_)) << "where";
      EXPECT_EQ(error->exit_code(), ExitCode::usage);
      EXPECT_TRUE(same_everywhere(error->to_bytes()));
    }
  }
}

TEST_F(FailureTest, OutOfMemoryIsAnErrorLikeAnyOther) {
  const Error error = error_of([&] {
    (void)text_words(world(), {path_}, small_pieces(2))
        .filter([&](std::string_view) -> bool { throw std::bad_alloc(); })
        .count();
  });
  EXPECT_THAT(error.what(), HasSubstr("out of memory"));
  EXPECT_TRUE(same_everywhere(error.to_bytes()));
}

TEST_F(FailureTest, OfADamagedFileAmongManyThatAreNot) {
  for (int i = 0; i < 40; ++i) {
    (void)folder_.write(std::string("in/").append(std::to_string(i)), "some words\n");
  }
  const std::string whole = test::gzip(test::sample_text(2000));
  const std::string damaged =
      folder_.write("in/damaged.gz", std::string_view(whole).substr(0, whole.size() / 2));
  for (const int threads : {1, 3}) {
    const Error error =
        error_of([&] { (void)text_words(world(), {folder_.path("in")}, small_pieces(threads)).count(); });
    EXPECT_EQ(error.path(), damaged);
    EXPECT_EQ(error.offset(), whole.size() / 2);
    EXPECT_TRUE(same_everywhere(error.to_bytes()));
  }
}

TEST_F(FailureTest, EndsTheWaitForAPipeThatSaysNothing) {
  const std::string fifo = folder_.path("fifo");
  FileDescriptor silent_writer;
  folder_.on_root([&] {
    ::mkfifo(fifo.c_str(), 0600);
    silent_writer = FileDescriptor::open(fifo, O_RDWR);
  });
  // The first file keeps rank 0 busy, so the damaged one is another rank's; the pipe is always rank 0's.
  const std::string damaged = folder_.write("damaged.gz", "not compressed");
  for (const int threads : {1, 2}) {
    TextOptions options = small_pieces(threads);
    options.split_bytes = 1 << 20;
    const Error error = error_of([&] { (void)text_words(world(), {path_, damaged, fifo}, options).count(); });
    EXPECT_EQ(error.path(), damaged);
    EXPECT_TRUE(same_everywhere(error.to_bytes()));
  }
}

TEST_F(FailureTest, OfAFileThatBecameShorterAfterItWasListed) {
  const std::string path = folder_.write("shrinking", test::sample_text(2000));
  const auto words = text_words(world(), {path}, small_pieces(2));
  folder_.on_root([&] { std::filesystem::resize_file(path, 1000); });
  const Error error = error_of([&] { (void)words.count(); });
  EXPECT_EQ(error.path(), path);
  EXPECT_GE(error.offset().value_or(0), 1000u) << "where reading stopped, or was to begin";
  EXPECT_TRUE(same_everywhere(error.to_bytes()));
  folder_.on_root([&] { std::filesystem::remove(path); });
  EXPECT_THAT(error_of([&] { (void)words.count(); }).what(), HasSubstr("No such file"));
}

}  // namespace
}  // namespace serried::mapreduce

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <serried/job/run.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/gather.hpp>

#include "error_of.hpp"
#include "file_size_limit.hpp"
#include "same_everywhere.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::job {
namespace {

using test::error_of;
using test::same_everywhere;
using test::world;
using testing::HasSubstr;

// The indices that a thread has seen, in the order in which it saw them.
struct Seen {
  std::vector<std::uint64_t> indices;

  void merge(Seen&& other) { indices.insert(indices.end(), other.indices.begin(), other.indices.end()); }
  void save(std::vector<std::byte>& bytes) const {
    for (const std::uint64_t index : indices) {
      append_bytes(bytes, index);
    }
  }
  void load(std::span<const std::byte> bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(sizeof(std::uint64_t))) {
      indices.push_back(value_of_bytes<std::uint64_t>(bytes.first(sizeof(std::uint64_t))));
    }
  }
};

// Those of all ranks, sorted, on rank 0.
std::vector<std::uint64_t> all_of(const std::vector<Seen>& parts) {
  std::vector<std::uint64_t> here;
  for (const Seen& part : parts) {
    here.insert(here.end(), part.indices.begin(), part.indices.end());
  }
  std::vector<std::uint64_t> all = mpi::gather_ragged(world(), here);
  std::ranges::sort(all);
  return all;
}

std::vector<std::uint64_t> first_numbers(std::uint64_t n) {
  std::vector<std::uint64_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
  return numbers;
}

void expect_each_once(const std::vector<Seen>& parts, std::uint64_t n) {
  const std::vector<std::uint64_t> all = all_of(parts);
  if (world().is_root()) {
    EXPECT_EQ(all, first_numbers(n));
  }
}

const auto look = [](std::uint64_t index, Seen& seen, Worker&) { seen.indices.push_back(index); };
const auto nothing_seen = [] { return Seen(); };

TEST(Run, EachIndexOnceOnAnyNumberOfThreads) {
  for (const int threads : {1, 2, 3}) {
    for (const std::uint64_t n : {0U, 1U, 2U, 100U}) {
      const auto parts = run(world(), {.n = n}, {.threads = threads}, nothing_seen, look);
      expect_each_once(parts, n);
      EXPECT_LE(parts.size(), static_cast<std::size_t>(threads));
    }
  }
}

TEST(Run, WorkWithoutAPartial) {
  std::atomic<std::uint64_t> sum = 0;
  run(world(), {.n = 100}, {.threads = 2}, [&](std::uint64_t index, Worker&) { sum += index; });
  EXPECT_EQ(mpi::allreduce_value(world(), sum.load(), std::plus<>{}), 4950U);
}

TEST(Run, TheFirstThreadIsTheOneThatMayCallMpi) {
  const auto here = std::this_thread::get_id();
  std::atomic<bool> is_right = true;
  run(world(), {.n = 50}, {.threads = 3}, [&](std::uint64_t, Worker& worker) {
    if ((worker.thread() == 0) != (std::this_thread::get_id() == here)) {
      is_right = false;
    }
  });
  EXPECT_TRUE(is_right);
}

TEST(Run, GoesIntoTheRecord) {
  report::RunRecord record(provenance_here());
  run(world(), {.name = "look", .n = 10}, {.threads = 1, .record = &record},
      [&](std::uint64_t, Worker& worker) { worker.add_bytes(7); });
  if (world().is_root()) {
    const auto json = nlohmann::json::parse(record.json());
    std::uint64_t n_indices = 0;
    std::uint64_t n_bytes = 0;
    for (const auto& rank : json["phases"][0]["ranks"]) {
      n_indices += rank["indices"].get<std::uint64_t>();
      n_bytes += rank["bytes"].get<std::uint64_t>();
    }
    EXPECT_EQ(json["phases"][0]["name"], "look");
    EXPECT_EQ(n_indices, 10U);
    EXPECT_EQ(n_bytes, 70U);
  }
}

TEST(Run, ABodyThatThrowsEndsTheJobOnAllRanks) {
  const Error error = error_of([] {
    run(world(), {.n = 40}, {.threads = 2}, [](std::uint64_t index, Worker&) {
      if (index == 17) {
        throw std::runtime_error("no luck");
      }
    });
  });
  EXPECT_THAT(error.what(), HasSubstr("17"));
  EXPECT_THAT(error.what(), HasSubstr("no luck"));
  EXPECT_TRUE(error.rank().has_value());
  EXPECT_TRUE(same_everywhere(error.what()));
}

class Resumed : public testing::Test {
 protected:
  Resumed() : folder_(MPI_COMM_WORLD) {
    options_.threads = 2;
    options_.checkpoint = (folder_.path() / "ledger").string();
    options_.checkpoint_every = std::chrono::milliseconds(0);
    options_.app = "serried-test";
  }
  static constexpr std::uint64_t n_ = 60;
  test::TemporaryDirectory folder_;
  Options options_;
  Plan plan_{.n = n_, .configuration = "kind=test\n"};
};

TEST_F(Resumed, NothingIsDoneTwice) {
  expect_each_once(run(world(), plan_, options_, nothing_seen, look), n_);
  options_.resume = true;
  std::atomic<int> n_calls = 0;
  const auto parts =
      run(world(), plan_, options_, nothing_seen, [&](std::uint64_t, Seen&, Worker&) { ++n_calls; });
  EXPECT_EQ(n_calls, 0);
  expect_each_once(parts, n_);
}

TEST_F(Resumed, AfterAFailure) {
  const Error error = error_of([&] {
    (void)run(world(), plan_, options_, nothing_seen, [](std::uint64_t index, Seen& seen, Worker&) {
      if (index == 40) {
        throw Error("no luck");
      }
      seen.indices.push_back(index);
    });
  });
  EXPECT_THAT(error.what(), HasSubstr("no luck"));
  options_.resume = true;
  options_.threads = 3;
  expect_each_once(run(world(), plan_, options_, nothing_seen, look), n_);
}

TEST_F(Resumed, WhatAFailingBodyHasGatheredDoesNotCount) {
  (void)error_of([&] {
    (void)run(world(), plan_, options_, nothing_seen, [](std::uint64_t index, Seen& seen, Worker&) {
      seen.indices.push_back(index);
      if (index == 40) {
        throw Error("no luck");
      }
    });
  });
  options_.resume = true;
  expect_each_once(run(world(), plan_, options_, nothing_seen, look), n_);
}

TEST_F(Resumed, WhatABodyLeavesHalfDoneDoesNotCount) {
  // The others wait in the middle of an index for the failure, and then go without having seen it.
  plan_.policy = schedule::Policy::cyclic;
  (void)error_of([&] {
    (void)run(world(), plan_, options_, nothing_seen, [](std::uint64_t index, Seen& seen, Worker& worker) {
      if (index == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        throw Error("no luck");
      }
      while (!worker.must_stop()) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
      seen.indices.push_back(n_ + index);  // rubbish
    });
  });
  options_.resume = true;
  expect_each_once(run(world(), plan_, options_, nothing_seen, look), n_);
}

TEST_F(Resumed, ALedgerThatCannotBeWrittenIsAnError) {
  const Error error = error_of([&] {
    const test::FileSizeLimit limit(16384);
    (void)run(world(), plan_, options_, nothing_seen, [](std::uint64_t index, Seen& seen, Worker&) {
      seen.indices.assign(5000, index);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    });
  });
  EXPECT_EQ(error.exit_code(), ExitCode::failed);
  EXPECT_THAT(error.what(), HasSubstr("segment"));
  EXPECT_TRUE(same_everywhere(error.what()));
}

TEST_F(Resumed, PhasesHaveLedgersOfTheirOwn) {
  expect_each_once(run(world(), plan_, options_, nothing_seen, look), n_);
  plan_.name = "second";
  expect_each_once(run(world(), plan_, options_, nothing_seen, look), n_);
}

TEST_F(Resumed, AfterASignalOnOneRank) {
  std::atomic<int> n_done = 0;
  const Error error = error_of([&] {
    (void)run(world(), plan_, options_, nothing_seen, [&](std::uint64_t index, Seen& seen, Worker&) {
      seen.indices.push_back(index);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (++n_done == 2 && world().rank() == world().size() - 1) {
        ::raise(SIGUSR1);
      }
    });
  });
  EXPECT_EQ(error.exit_code(), ExitCode::resumable);
  EXPECT_THAT(error.what(), HasSubstr("stopped by SIGUSR1"));
  EXPECT_THAT(error.what(), HasSubstr("--resume"));
  EXPECT_TRUE(same_everywhere(error.what()));
  EXPECT_LT(mpi::allreduce_value(world(), n_done.load(), std::plus<>{}), static_cast<int>(n_));
  options_.resume = true;
  expect_each_once(run(world(), plan_, options_, nothing_seen, look), n_);
}

TEST_F(Resumed, OnlyTheSameJob) {
  expect_each_once(run(world(), plan_, options_, nothing_seen, look), n_);
  EXPECT_EQ(error_of([&] { (void)run(world(), plan_, options_, nothing_seen, look); }).exit_code(),
            ExitCode::usage)
      << "a ledger is there, and nobody said --resume";
  options_.resume = true;
  options_.seed = 7;
  EXPECT_THAT(error_of([&] { (void)run(world(), plan_, options_, nothing_seen, look); }).what(),
              HasSubstr("seed=7"));
  options_.seed = std::nullopt;
  plan_.configuration = "kind=other\n";
  EXPECT_THAT(error_of([&] { (void)run(world(), plan_, options_, nothing_seen, look); }).what(),
              HasSubstr("other"));
}

TEST_F(Resumed, WithoutACheckpointASignalIsNotCaught) {
  struct sigaction before {};
  ::sigaction(SIGTERM, nullptr, &before);
  options_.checkpoint.clear();
  std::atomic<bool> is_same = true;
  run(world(), plan_, options_, [&](std::uint64_t, Worker&) {
    struct sigaction now {};
    ::sigaction(SIGTERM, nullptr, &now);
    if (now.sa_handler != before.sa_handler) {
      is_same = false;
    }
  });
  EXPECT_TRUE(is_same);
}

TEST(ValueOfBytes, RefusesOtherSizes) {
  std::vector<std::byte> bytes;
  append_bytes(bytes, std::uint32_t{7});
  EXPECT_EQ(value_of_bytes<std::uint32_t>(bytes), 7U);
  EXPECT_THROW((void)value_of_bytes<std::uint64_t>(bytes), Error);
}

}  // namespace
}  // namespace serried::job

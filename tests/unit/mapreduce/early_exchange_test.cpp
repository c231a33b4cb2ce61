#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/parallel.hpp>
#include <serried/mapreduce.hpp>
#include <serried/mapreduce/early_exchange.hpp>
#include <serried/mpi/allreduce.hpp>

#include "shared_folder.hpp"
#include "small_file_system.hpp"

namespace serried::mapreduce {
namespace {

using detail::EarlyExchange;
using test::error_of;
using test::Random;
using test::same_everywhere;
using test::SharedFolder;
using test::world;
using testing::HasSubstr;

constexpr std::size_t n_partitions = 24;

std::vector<bool> all_others() {
  std::vector<bool> is_far(static_cast<std::size_t>(world().size()), true);
  is_far[static_cast<std::size_t>(world().rank())] = false;
  return is_far;
}

std::string a_chunk(std::size_t n_bytes) {
  const ChunkHeader header{.n_records = 1, .n_bytes = n_bytes};
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + std::string(n_bytes, 'x');
}

// Every record of every thread of every rank is afterwards where it was kept, or where it was sent, once.
TEST(EarlyExchange, EveryRecordOnce) {
  constexpr int n_threads = 3;
  constexpr std::size_t n_each = 60'000;
  for (const std::uint64_t memory : {std::uint64_t{1} << 16, std::uint64_t{64} << 20}) {
    EarlyExchange early(world(), all_others(), {.n_partitions = n_partitions, .memory = memory});
    PartitionedRecords::Stores stores;
    for (int i = 0; i < n_threads; ++i) {
      stores.push_back(std::make_unique<PartitionStore>(PartitionStore::Options{
          .n_partitions = n_partitions,
          .memory = std::size_t{1} << 20,
          .hand_over = [&](std::size_t to, std::span<const char> block) { return early.take(to, block); }}));
    }
    on_threads(n_threads, [&](int thread) {
      Random random(static_cast<std::uint64_t>(world().rank() * n_threads + thread));
      PartitionStore& store = *stores[static_cast<std::size_t>(thread)];
      for (std::size_t i = 0; i < n_each; ++i) {
        const std::uint64_t value = random.bits();
        store.add(value % n_partitions, {.place = i / 100, .ordinal = static_cast<std::uint32_t>(i % 100)},
                  {reinterpret_cast<const char*>(&value), sizeof value});
        if (i % 1000 == 0) {
          early.progress();
        }
      }
      store.finish();
    });
    early.finish();
    const std::unique_ptr<PartitionStore> arrived = std::move(early).take_store();
    const std::uint64_t n_arrived = mpi::allreduce_value(world(), arrived->n_bytes(), std::plus<>{});
    if (memory > std::uint64_t{1} << 20) {
      EXPECT_EQ(n_arrived > 0, world().size() > 1);
    }
    std::uint64_t n_records = 0;
    std::uint64_t sum = 0;
    const auto count = [&](const PartitionStore& store) {
      for (std::size_t i = 0; i < n_partitions; ++i) {
        store.for_each_block(i, [&](std::span<const char> block) {
          for_each_chunk(block, [&](const Chunk& chunk) {
            for_each_record(chunk.records, [&](std::string_view record) {
              std::uint64_t value = 0;
              ASSERT_EQ(record.size(), sizeof value);
              std::memcpy(&value, record.data(), sizeof value);
              EXPECT_EQ(value % n_partitions, i);
              ++n_records;
              sum += value;
            });
          });
        });
      }
    };
    count(*arrived);
    for (const auto& store : stores) {
      count(*store);
    }
    std::uint64_t expected = 0;
    for (int source = 0; source < world().size() * n_threads; ++source) {
      Random random(static_cast<std::uint64_t>(source));
      for (std::size_t i = 0; i < n_each; ++i) {
        expected += random.bits();
      }
    }
    EXPECT_EQ(mpi::allreduce_value(world(), n_records, std::plus<>{}),
              n_each * n_threads * static_cast<std::size_t>(world().size()));
    EXPECT_EQ(mpi::allreduce_value(world(), sum, std::plus<>{}), expected);
  }
}

TEST(EarlyExchange, NotOfWhatStaysNear) {
  EarlyExchange early(world(), std::vector<bool>(static_cast<std::size_t>(world().size())),
                      {.n_partitions = n_partitions, .memory = 1 << 20});
  for (std::size_t i = 0; i < n_partitions; ++i) {
    EXPECT_FALSE(early.take(i, a_chunk(100)));
  }
  early.finish();
}

// Takes `n` blocks of every partition that is not this rank's own.
void take_blocks(EarlyExchange& early, int n) {
  for (std::size_t i = 0; i < n_partitions; ++i) {
    for (int j = 0; j < n; ++j) {
      static_cast<void>(early.take(i, a_chunk(10'000)));
    }
  }
}

// What is under way when all ranks fail is nobody's any more.
TEST(EarlyExchange, AbandonedLeavesNothingUnderWay) {
  for (int round = 0; round < 5; ++round) {
    EarlyExchange early(world(), all_others(), {.n_partitions = n_partitions, .memory = 64 << 20});
    take_blocks(early, 100);
    early.progress();
    early.abandon();
    EXPECT_FALSE(early.take(0, a_chunk(100)));
    EXPECT_FALSE(early.take(n_partitions - 1, a_chunk(100)));
    EarlyExchange next(world(), all_others(), {.n_partitions = n_partitions, .memory = 64 << 20});
    next.finish();
    EXPECT_EQ(std::move(next).take_store()->n_bytes(), 0U);
  }
}

// Where there is no room for what arrives, all ranks say so.
TEST(EarlyExchange, ADeviceThatIsFull) {
  const SharedFolder folder;
  const test::SmallFileSystem small(folder.path("small"));
  if (!small.is_there() || world().size() == 1) {
    GTEST_SKIP() << "cannot mount a tmpfs here, or there is nobody to exchange with";
  }
  folder.on_root([&] { std::ofstream(folder.path("small/full")) << std::string(256 << 10, 'x'); });
  EarlyExchange early(world(), all_others(),
                      {.n_partitions = n_partitions, .memory = 1 << 16, .tmp = folder.path("small")});
  take_blocks(early, 100);
  const Error error = error_of([&] { early.finish(); });
  EXPECT_THAT(std::string(error.what()), HasSubstr("No space left on device"));
  EXPECT_TRUE(same_everywhere(error.what()));
}

class EarlyReductionTest : public testing::Test {
 protected:
  static TextOptions options(ExchangeEarly early, int threads) {
    TextOptions options;
    options.job.threads = threads;
    options.split_bytes = 50'000;
    options.memory = std::uint64_t{8} << 20;
    options.exchange_early = early;
    return options;
  }
  [[nodiscard]] std::string write_words() const {
    Random random(7);
    std::string text;
    for (int i = 0; i < 400'000; ++i) {
      text += std::to_string(random.below(1 + random.below(1'000'000'000)));
      text += i % 10 == 0 ? '\n' : ' ';
    }
    return folder_.write("words", text);
  }
  static auto counts_of(const std::string& path, const TextOptions& options) {
    return text_words(world(), {path}, options)
        .map([](std::string_view word) {
          return KeyValue{word, std::uint64_t{1}};
        })
        .reduce_by_key(std::plus<>{});
  }

  SharedFolder folder_;
};

TEST_F(EarlyReductionTest, GivesTheSameBytes) {
  const std::string path = write_words();
  std::string late;
  for (const int threads : {1, 3}) {
    for (const auto early :
         {ExchangeEarly::never, ExchangeEarly::between_nodes, ExchangeEarly::between_ranks}) {
      auto counts = counts_of(path, options(early, threads));
      counts.sort_by(ascending_key).write_tsv(folder_.path("out"));
      const std::string written = folder_.read("out");
      if (late.empty()) {
        late = written;
        EXPECT_GT(late.size(), 1'000'000U);
      }
      EXPECT_TRUE(written == late) << threads << " threads, " << static_cast<int>(early);
    }
  }
}

TEST_F(EarlyReductionTest, EndsWithTheErrorOfAFunction) {
  const std::string path = write_words();
  TextOptions early = options(ExchangeEarly::between_ranks, 2);
  early.memory = std::uint64_t{1} << 20;  // so that tables are full soon
  const Error error = error_of([&] {
    std::atomic<int> n{0};
    static_cast<void>(text_words(world(), {path}, early)
                          .map([&](std::string_view word) {
                            if (++n > 40'000) {
                              throw std::runtime_error("no more words");
                            }
                            return KeyValue{word, std::uint64_t{1}};
                          })
                          .reduce_by_key(std::plus<>{}));
  });
  EXPECT_THAT(std::string(error.what()), HasSubstr("no more words"));
  EXPECT_TRUE(same_everywhere(error.what()));
  EXPECT_GT(counts_of(path, early).count(), 1000U);
}

}  // namespace
}  // namespace serried::mapreduce

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo.hpp>
#include <serried/mpi/barrier.hpp>

#include "example_chains.hpp"
#include "same_error_of.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::montecarlo {
namespace {

using random::Stream;
using test::same_error_of;
using test::world;
using testing::Each;
using testing::HasSubstr;

// A chain alone does not come over the barrier in time; with exchanges it does, at all temperatures.
TEST(Tempering, FindsTheOtherWell) {
  const ChainOptions options{.chains = 2, .warm_up = 3000, .samples = 40'000, .seed = 4};
  const LadderEstimate found =
      estimate_by_tempering(world(), options, temperatures.size(), 20, 1, in_two_wells);
  for (std::size_t rung = 0; rung < temperatures.size(); ++rung) {
    const Value place = found.rungs[rung].means[0];
    EXPECT_LT(std::abs(place.value - exact_mean_place(temperatures[rung])), 4.9 * place.standard_error)
        << rung;
    EXPECT_LT(place.standard_error, 0.2) << rung;
  }
  for (const double acceptance : found.acceptance) {
    EXPECT_GT(acceptance, 0.1);
    EXPECT_LT(acceptance, 0.95);
  }
  const LadderEstimate alone =
      estimate_by_tempering(world(), options, temperatures.size(), 0, 1, in_two_wells);
  EXPECT_THAT(alone.acceptance, Each(testing::IsNan()));
  EXPECT_GT(alone.rungs[0].autocorrelation_times[0], 5 * found.rungs[0].autocorrelation_times[0]);
}

TEST(Chains, GoOnAfterTheyWereStopped) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  ChainOptions options{.chains = 3, .warm_up = 500, .samples = 6000, .seed = 5};
  const auto undisturbed = estimate_by_tempering(world(), options, temperatures.size(), 20, 1, in_two_wells);
  options.job.checkpoint = (folder.path() / "wells").string();
  options.job.checkpoint_every = std::chrono::milliseconds(20);
  int n_stops = 0;
  for (const int stops_at : {100, 5000, 9000}) {
    std::atomic<int> steps = 0;
    try {
      static_cast<void>(estimate_by_tempering(
          world(), options, temperatures.size(), 20, 1, [&](Stream& start, std::size_t rung) {
            return Raising<InTwoWells>{in_two_wells(start, rung), SIGUSR1, &steps, stops_at};
          }));
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::resumable) << error.what();
      ++n_stops;
    }
    options.job.resume = true;
  }
  EXPECT_GT(n_stops, 0);
  for (int again = 0; again < 2; ++again) {  // it is over, and stays so
    const auto resumed = estimate_by_tempering(world(), options, temperatures.size(), 20, 1, in_two_wells);
    for (std::size_t rung = 0; rung < temperatures.size(); ++rung) {
      EXPECT_EQ(resumed.rungs[rung].means.value(0), undisturbed.rungs[rung].means.value(0));
      EXPECT_EQ(resumed.rungs[rung].means.standard_error(0), undisturbed.rungs[rung].means.standard_error(0));
    }
    EXPECT_EQ(resumed.acceptance, undisturbed.acceptance);
  }
  mpi::barrier(world());

  const auto go_on = [&] {
    static_cast<void>(estimate_by_tempering(world(), options, temperatures.size(), 20, 1, in_two_wells));
  };
  options.samples = 7000;
  EXPECT_THAT(same_error_of(go_on).what(), HasSubstr("samples=6000"));
  options.samples = 6000;
  options.samples_per_stretch = 100;
  EXPECT_THAT(same_error_of(go_on).what(), HasSubstr("samples_per_stretch=256"));
  options.samples_per_stretch = 256;
  options.job.resume = false;
  EXPECT_THAT(same_error_of(go_on).what(), HasSubstr("is a checkpoint already"));
}

// One chain alone, on one rank: all ranks throw, wherever it does.
TEST(Tempering, PassesOnWhatOneChainThrows) {
  enum class Where : std::uint8_t { log_weight, load, save };
  struct Throwing : InTwoWells {
    bool throws = false;
    Where where = Where::load;
    void check(Where here) const {
      if (throws && here == where) {
        throw std::runtime_error("the well is dry");
      }
    }
    [[nodiscard]] double log_weight(std::size_t rung) const {
      check(Where::log_weight);
      return InTwoWells::log_weight(rung);
    }
    void save(std::vector<std::byte>& bytes) const {
      check(Where::save);
      InTwoWells::save(bytes);
    }
    void load(std::span<const std::byte> bytes) {
      check(Where::load);
      InTwoWells::load(bytes);
    }
  };
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  for (const Where where : {Where::log_weight, Where::load, Where::save}) {
    ChainOptions options{.chains = 1, .samples = 1000, .seed = 1};
    const Error error = same_error_of([&] {
      static_cast<void>(estimate_by_tempering(world(), options, temperatures.size(), 10, 1,
                                              [&](Stream& start, std::size_t rung) {
                                                return Throwing{in_two_wells(start, rung), rung == 2, where};
                                              }));
    });
    EXPECT_THAT(error.what(), HasSubstr("the well is dry"));
  }
  // Only a checkpoint saves chains that are not exchanged.
  ChainOptions options{.chains = 1, .samples = 1000, .seed = 1};
  options.job.checkpoint = (folder.path() / "dry").string();
  const Error error = same_error_of([&] {
    static_cast<void>(estimate_by_tempering(
        world(), options, temperatures.size(), 0, 1, [&](Stream& start, std::size_t rung) {
          return Throwing{in_two_wells(start, rung), rung == 2, Where::save};
        }));
  });
  EXPECT_THAT(error.what(), HasSubstr("the well is dry"));
}

// Streams begin anew where an exchange or a stretch ends; in between the job can stop.
TEST(Tempering, MayExchangeSeldom) {
  ChainOptions options{.chains = 2, .warm_up = 10, .samples = 1200, .samples_per_stretch = 50, .seed = 6};
  const LadderEstimate found =
      estimate_by_tempering(world(), options, temperatures.size(), 120, 1, in_two_wells);
  EXPECT_GT(found.acceptance[1], 0);
  options.samples_per_stretch = 120;
  const LadderEstimate other =
      estimate_by_tempering(world(), options, temperatures.size(), 120, 1, in_two_wells);
  EXPECT_NE(found.rungs[3].means.value(0), other.rungs[3].means.value(0));
  options.samples_per_stretch = 5000;  // as exchanges come sooner, the same
  EXPECT_EQ(estimate_by_tempering(world(), options, temperatures.size(), 120, 1, in_two_wells)
                .rungs[3]
                .means.value(0),
            other.rungs[3].means.value(0));
}

}  // namespace
}  // namespace serried::montecarlo

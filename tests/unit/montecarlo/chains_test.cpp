#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/job/run.hpp>
#include <serried/montecarlo.hpp>
#include <serried/mpi/barrier.hpp>

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

// Normal with mean 0 and variance 1; neighbours are correlated by rho, so that its time is (1 + rho) / (1 - rho) / 2.
struct Autoregressive {
  double rho = 0;
  double x = 0;

  void step(Stream& stream) { x = rho * x + std::sqrt(1 - rho * rho) * stream.normal(); }
  void measure(std::span<double> values) const {
    values[0] = x;
    values[1] = x * x;
  }
  void save(std::vector<std::byte>& bytes) const { job::append_bytes(bytes, x); }
  void load(std::span<const std::byte> bytes) { x = job::value_of_bytes<double>(bytes); }
};
auto autoregressive(double rho) {
  return [rho](Stream& start) { return Autoregressive{.rho = rho, .x = start.normal()}; };
}

// Two wells with a barrier between, at some temperatures; the right one is the deeper, and chains begin in the left one.
constexpr std::array temperatures = {0.7, 1.2, 2.5, 6.0};
constexpr int n_places = 15;
double energy_at(int place) {
  const double from_middle = (place - 7) / 4.0;
  const double well = from_middle * from_middle - 1;
  return 6 * well * well - 0.4 * from_middle;
}
struct InTwoWells {
  double temperature = 1;
  std::int64_t place = 3;

  void step(Stream& stream) {
    const std::int64_t to = place + (stream.uniform() < 0.5 ? -1 : 1);
    const double u = stream.uniform();
    if (to >= 0 && to < n_places &&
        u < portable::exp((energy_at(static_cast<int>(place)) - energy_at(static_cast<int>(to))) /
                          temperature)) {
      place = to;
    }
  }
  void measure(std::span<double> values) const { values[0] = static_cast<double>(place); }
  [[nodiscard]] double log_weight(std::size_t rung) const {
    return -energy_at(static_cast<int>(place)) / temperatures.at(rung);
  }
  void save(std::vector<std::byte>& bytes) const { job::append_bytes(bytes, place); }
  void load(std::span<const std::byte> bytes) { place = job::value_of_bytes<std::int64_t>(bytes); }
};
InTwoWells in_two_wells(Stream& /*start*/, std::size_t rung) {
  return {.temperature = temperatures.at(rung)};
}
double exact_mean_place(double temperature) {
  double sum = 0;
  double weights = 0;
  for (int place = 0; place < n_places; ++place) {
    const double weight = std::exp(-energy_at(place) / temperature);
    sum += weight * place;
    weights += weight;
  }
  return sum / weights;
}

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

// Known bits, so that another change is noticed, too.
TEST(Chains, GiveTheSameBitsFromAnyRanksAndThreads) {
  for (const int threads : {1, 2, 3}) {
    ChainOptions options{.chains = 5, .warm_up = 100, .samples = 3000, .seed = 42};
    options.job.threads = threads;
    const ChainEstimate found = estimate_by_chains(world(), options, 2, autoregressive(0.5));
    EXPECT_EQ(bits(found.means.value(1)), 0x3feff0cb39ccc84fU);
    EXPECT_EQ(bits(found.means.standard_error(1)), 0x3f8f43ae9a696a13U);
    EXPECT_EQ(found.samples, 15'000U);

    options.warm_up = 20;
    options.samples = 250;
    const LadderEstimate ladder =
        estimate_by_tempering(world(), options, temperatures.size(), 7, 1, in_two_wells);
    EXPECT_EQ(bits(ladder.rungs[0].means.value(0)), 0x4014226809d49519U);
    EXPECT_EQ(bits(ladder.rungs[3].means.standard_error(0)), 0x3fd3f2b9fcdef3e3U);
    EXPECT_EQ(bits(ladder.acceptance[1]), 0x3fe6e7bf53896e7cU);
  }
}

TEST(Chains, KnowTheirAutocorrelation) {
  const ChainEstimate found =
      estimate_by_chains(world(), {.chains = 8, .samples = 20'000, .seed = 1}, 2, autoregressive(0.8));
  // 4.5 of the whole chain, and 6 % less in bins of 79; the error of 2,048 bins is known to a part of 1 / sqrt(1,024).
  EXPECT_NEAR(found.autocorrelation_times[0], 4.25, 4.9 * 4.25 / 32);
  EXPECT_NEAR(found.effective_samples[0] * 2 * found.autocorrelation_times[0], 1.6e5, 1e3);
  EXPECT_TRUE(found.is_long_enough);
  EXPECT_GE(found.bin_length, 64U);
  EXPECT_THAT(found.split_r_hats, Each(testing::Lt(1.01)));
  EXPECT_LT(std::abs(found.means.value(0)), 4.9 * found.means.standard_error(0));
  EXPECT_LT(std::abs(found.means.value(1) - 1), 4.9 * found.means.standard_error(1));
  const Value variance = found.means.function([](auto m) { return m[1] - m[0] * m[0]; });
  EXPECT_LT(std::abs(variance.value - 1), 4.9 * variance.standard_error);
}

// Over many seeds z-scores are as those of a normal distribution: errors are neither too small nor too large.
TEST(Chains, HaveErrorsOfTheRightSize) {
  constexpr int n_seeds = 100;
  double sum = 0;
  double sum_of_squares = 0;
  for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
    ChainOptions options{.chains = 3, .warm_up = 0, .samples = 2560, .seed = seed};
    options.job.threads = 1;
    const ChainEstimate found = estimate_by_chains(world(), options, 2, autoregressive(0.4));
    EXPECT_TRUE(found.is_long_enough);
    const double z = found.means.value(0) / found.means.standard_error(0);
    sum += z;
    sum_of_squares += z * z;
  }
  EXPECT_LT(std::abs(sum) / std::sqrt(n_seeds), 4.9);  // once in a million
  EXPECT_LT(std::abs(sum_of_squares - n_seeds) / std::sqrt(2.0 * n_seeds), 4.9);
}

TEST(Chains, TellWhenTheyAreTooShort) {
  const ChainEstimate found = estimate_by_chains(
      world(), {.chains = 4, .warm_up = 0, .samples = 1000, .seed = 2}, 2, autoregressive(0.998));
  EXPECT_FALSE(found.is_long_enough);
  EXPECT_GT(found.split_r_hats[0], 1.05);
}

TEST(Chains, WarmUp) {
  const auto far_away = [](Stream&) { return Autoregressive{.rho = 0.9, .x = 1000}; };
  ChainOptions options{.chains = 2, .warm_up = 0, .samples = 2000, .seed = 3};
  EXPECT_GT(estimate_by_chains(world(), options, 2, far_away).means.value(0), 4);
  options.warm_up = 300;
  const ChainEstimate warm = estimate_by_chains(world(), options, 2, far_away);
  EXPECT_LT(std::abs(warm.means.value(0)), 4.9 * warm.means.standard_error(0));
  options.warm_up = 30;
  options.steps_per_sample = 10;
  EXPECT_LT(estimate_by_chains(world(), options, 2, far_away).autocorrelation_times[0], 2);
}

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

TEST(Chains, GoOnUntilTheErrorIsSmallEnough) {
  ChainOptions options{.chains = 4, .warm_up = 100, .samples = 1000, .absolute_error = 0.01, .seed = 8};
  options.samples_per_stretch = 300;  // the ends of rounds are not those of stretches
  const auto sample = [&] {
    return estimate_by_tempering(world(), options, 1, 0, 2,
                                 [](Stream& start, std::size_t) { return autoregressive(0.5)(start); });
  };
  const LadderEstimate found = sample();
  const ChainEstimate& x = found.rungs[0];
  EXPECT_EQ(found.stop, Stop::error);
  EXPECT_TRUE(x.is_long_enough);
  EXPECT_EQ(x.samples, 32'000U);
  for (const std::size_t k : {0, 1}) {
    EXPECT_LE(x.means.standard_error(k), 0.01);
    EXPECT_LT(std::abs(x.means.value(k) - static_cast<double>(k)), 4.9 * x.means.standard_error(k));
  }
  // As the same number of samples, asked for at once, but for the lengths of stretches.
  const ChainEstimate at_once = estimate_by_chains(
      world(), {.chains = 4, .warm_up = 100, .samples = x.samples / 4, .seed = 8}, 2, autoregressive(0.5));
  EXPECT_NEAR(x.autocorrelation_times[0], at_once.autocorrelation_times[0], 0.5);

  // A finished one, and another target.
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  options.job.checkpoint = (folder.path() / "chains").string();
  const LadderEstimate saved = sample();
  EXPECT_EQ(saved.rungs[0].means.value(0), x.means.value(0));
  options.job.resume = true;
  EXPECT_EQ(sample().rungs[0].samples, x.samples);
  options.absolute_error = 0.006;
  const LadderEstimate longer = sample();
  options.job = {};
  const LadderEstimate undisturbed = sample();
  EXPECT_GT(longer.rungs[0].samples, x.samples);
  EXPECT_EQ(longer.stop, Stop::error);
  EXPECT_EQ(longer.rungs[0].samples, undisturbed.rungs[0].samples);
  EXPECT_EQ(bits(longer.rungs[0].means.standard_error(1)),
            bits(undisturbed.rungs[0].means.standard_error(1)));
}

// In the third round of samples that are doubled.
TEST(Chains, GoOnToTheirTargetAfterTheyWereStopped) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  struct Stopped : Autoregressive {
    std::atomic<int>* steps = nullptr;
    int stops_at = 0;
    void step(Stream& stream) {
      if (++*steps == stops_at) {
        std::raise(SIGTERM);
      }
      Autoregressive::step(stream);
    }
  };
  ChainOptions options{.chains = 1,
                       .warm_up = 50,
                       .samples = 301,
                       .absolute_error = 0.05,
                       .samples_per_stretch = 64,
                       .seed = 11};
  std::atomic<int> steps = 0;
  int stops_at = 0;
  const auto sample = [&] {
    steps = 0;
    return estimate_by_chains(world(), options, 2, [&](Stream& start) {
      return Stopped{{.rho = 0.7, .x = start.normal()}, &steps, stops_at};
    });
  };
  const ChainEstimate undisturbed = sample();
  EXPECT_GE(undisturbed.samples, 8U * 301);
  EXPECT_EQ(undisturbed.stop, Stop::error);
  options.job.checkpoint = (folder.path() / "target").string();
  options.job.checkpoint_every =
      std::chrono::milliseconds(0);  // so that signals are looked for after every stretch
  stops_at = 50 + 3 * 301;
  EXPECT_EQ(same_error_of([&] { static_cast<void>(sample()); }).exit_code(), ExitCode::resumable);
  stops_at = 0;
  options.job.resume = true;
  const auto refuses = [&](const ChainOptions& other, const std::string& what) {
    const ChainOptions saved = std::exchange(options, other);
    EXPECT_THAT(same_error_of([&] { static_cast<void>(sample()); }).what(), HasSubstr(what));
    options = saved;
  };
  ChainOptions other = options;
  other.absolute_error = 0.06;
  refuses(other, "by its target of 0.05");
  other.absolute_error = 0;
  refuses(other, "by its target of 0.05");
  other.relative_error = 0.5;
  refuses(other, "by its target of 0.05");
  other = options;
  other.max_samples = 700;
  refuses(other, "the checkpoint has 1208 samples");
  other = options;
  other.target_observables = {0};
  refuses(other, "target_observables=");
  const ChainEstimate resumed = sample();
  EXPECT_EQ(resumed.samples, undisturbed.samples);
  EXPECT_EQ(bits(resumed.means.value(1)), bits(undisturbed.means.value(1)));
  EXPECT_EQ(bits(resumed.means.standard_error(0)), bits(undisturbed.means.standard_error(0)));
  EXPECT_EQ(bits(resumed.split_r_hats[1]), bits(undisturbed.split_r_hats[1]));
}

// What nobody has asked for may take as long as it likes.
TEST(Chains, WaitForTheirTargetsAlone) {
  struct Two {
    Autoregressive fast{.rho = 0.5};
    Autoregressive slow{.rho = 0.9999};
    void step(Stream& stream) {
      fast.step(stream);
      slow.step(stream);
    }
    void measure(std::span<double> values) const {
      values[0] = slow.x;
      values[1] = fast.x;
    }
    void save(std::vector<std::byte>& /*bytes*/) const {}
    void load(std::span<const std::byte> /*bytes*/) {}
  };
  const ChainEstimate found = estimate_by_chains(world(),
                                                 {.chains = 4,
                                                  .samples = 1000,
                                                  .absolute_error = 0.03,
                                                  .target_observables = {1},
                                                  .max_samples = 200'000,
                                                  .seed = 12},
                                                 2, [](Stream&) { return Two(); });
  EXPECT_EQ(found.stop, Stop::error);
  EXPECT_LE(found.samples, 4U * 8000);
  EXPECT_FALSE(found.is_long_enough);
  EXPECT_FALSE(found.is_long_enough_for(0));
  EXPECT_TRUE(found.is_long_enough_for(1));
}

// Not before all errors can be trusted; not for ever.
TEST(Chains, DoNotTrustErrorsThatAreTooSmall) {
  ChainOptions options{.chains = 2, .warm_up = 0, .samples = 500, .relative_error = 1, .seed = 9};
  const ChainEstimate found = estimate_by_chains(world(), options, 2, [](Stream& start) {
    return Autoregressive{.rho = 0.99, .x = 30 + start.normal()};
  });
  EXPECT_TRUE(found.is_long_enough);
  EXPECT_GT(found.samples, 2 * options.samples);
  options.relative_error = 1e-6;  // of a mean of 0
  options.max_samples = 3000;
  const LadderEstimate ended = estimate_by_tempering(
      world(), options, 1, 0, 2, [](Stream& start, std::size_t) { return autoregressive(0.5)(start); });
  EXPECT_EQ(ended.stop, Stop::trials);
  EXPECT_EQ(ended.rungs[0].samples, 2U * 2000);
  options.target_observables = {1};
  options.relative_error = 0.2;
  EXPECT_EQ(estimate_by_chains(world(), options, 2, autoregressive(0.5)).samples, 2U * 1000);
}

TEST(Tempering, GoesOnUntilAllRungsAreGoodEnough) {
  ChainOptions options{.chains = 2, .warm_up = 300, .samples = 500, .absolute_error = 0.3, .seed = 10};
  for (const int threads : {1, 2}) {
    options.job.threads = threads;
    const LadderEstimate found =
        estimate_by_tempering(world(), options, temperatures.size(), 7, 1, in_two_wells);
    EXPECT_EQ(found.stop, Stop::error);
    for (const ChainEstimate& rung : found.rungs) {
      EXPECT_LE(rung.means.standard_error(0), 0.3);
      EXPECT_TRUE(rung.is_long_enough);
    }
    EXPECT_EQ(found.rungs[0].samples, 64'000U);
    EXPECT_EQ(bits(found.rungs[0].means.value(0)), 0x402256c49ba5e35dU);
  }
}

TEST(Chains, GoOnAfterTheyWereStopped) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  ChainOptions options{.chains = 3, .warm_up = 500, .samples = 6000, .seed = 5};
  const auto undisturbed = estimate_by_tempering(world(), options, temperatures.size(), 20, 1, in_two_wells);
  options.job.checkpoint = (folder.path() / "wells").string();
  options.job.checkpoint_every = std::chrono::milliseconds(20);

  struct Stopped : InTwoWells {
    std::atomic<int>* steps = nullptr;
    int stops_at = 0;
    void step(Stream& stream) {
      if (++*steps == stops_at) {
        std::raise(SIGUSR1);
      }
      InTwoWells::step(stream);
    }
  };
  int n_stops = 0;
  for (const int stops_at : {100, 5000, 9000}) {
    std::atomic<int> steps = 0;
    try {
      static_cast<void>(estimate_by_tempering(world(), options, temperatures.size(), 20, 1,
                                              [&](Stream& start, std::size_t rung) {
                                                return Stopped{in_two_wells(start, rung), &steps, stops_at};
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

TEST(Chains, RefuseWhatMakesNoSense) {
  for (const ChainOptions& options :
       {ChainOptions{.chains = 0}, ChainOptions{.samples = 0}, ChainOptions{.steps_per_sample = 0},
        ChainOptions{.warm_up = std::numeric_limits<std::uint64_t>::max()},
        ChainOptions{.absolute_error = -1},
        ChainOptions{.relative_error = std::numeric_limits<double>::quiet_NaN()},
        ChainOptions{.absolute_error = 1, .max_samples = 9999}}) {
    EXPECT_EQ(same_error_of([&] {
                static_cast<void>(estimate_by_chains(world(), options, 2, autoregressive(0.5)));
              }).exit_code(),
              ExitCode::usage);
  }
}

TEST(Chains, RefuseWhatIsNoNumber) {
  struct Broken : Autoregressive {
    void measure(std::span<double> values) const {
      values[0] = 1;
      values[1] = x > 3 ? std::numeric_limits<double>::quiet_NaN() : x;
    }
  };
  const Error error = same_error_of([] {
    static_cast<void>(estimate_by_chains(world(), {.chains = 4, .samples = 5000, .seed = 1}, 2,
                                         [](Stream&) { return Broken{{.rho = 0.5}}; }));
  });
  EXPECT_THAT(error.what(), HasSubstr("of observable 1 one is no finite number"));
}

TEST(Chains, PassOnWhatOneThrows) {
  struct Throwing : Autoregressive {
    void step(Stream& stream) {
      Autoregressive::step(stream);
      if (x > 3) {
        throw std::runtime_error("the crystal broke");
      }
    }
  };
  const Error error = same_error_of([] {
    static_cast<void>(estimate_by_chains(world(), {.chains = 4, .samples = 5000, .seed = 1}, 2,
                                         [](Stream&) { return Throwing{{.rho = 0.5}}; }));
  });
  EXPECT_THAT(error.what(), HasSubstr("the crystal broke"));
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

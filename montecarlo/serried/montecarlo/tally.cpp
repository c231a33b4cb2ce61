#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo/rounds.hpp>
#include <serried/montecarlo/tally.hpp>
#include <serried/montecarlo/thread_states.hpp>

namespace serried::montecarlo {
namespace {

double degrees_of_freedom(const TallySums& sums) {
  return static_cast<double>(std::max<std::uint64_t>(sums.n_observations(), 1)) - 1;
}

// The length of all means, as those of one vector, and the error of it.
Means length_of(const TallySums& sums) {
  const TallySums::Results results = sums.results();
  const auto n = static_cast<double>(sums.n_observations());
  double square = 0;
  double variance = 0;
  for (std::size_t bin = 0; bin < sums.n_bins(); ++bin) {
    square += results.means[bin] * results.means[bin];
    variance += results.standard_errors[bin] * results.standard_errors[bin];
  }
  return Means::of(sums.n_observations(), std::array{std::sqrt(square)}, std::array{variance * n * (n - 1)});
}

ShownNumbers shown_of(const TallySums& sums) {
  TallySums::Results results = sums.results();
  return {{"mean", std::move(results.means)}, {"standard_error", std::move(results.standard_errors)}};
}

}  // namespace

double Tally::weight_outside(std::span<const double> point, double weight) noexcept {
  const bool is_point = std::ranges::none_of(point, [](double x) { return std::isnan(x); });
  return is_point ? weight : std::numeric_limits<double>::quiet_NaN();
}

void Tally::end_block(std::uint64_t first_trial, std::uint64_t n_trials, TallySums& sums) {
  // Of a large mesh each bin is a cache miss or three: those of several are waited for together.
  std::array<std::size_t, 16> bins;
  std::size_t n = 0;
  const auto add_up = [&] {
    for (const std::size_t bin : std::span(bins).first(n)) {
      Cell& cell = cells_[bin];
      cell.end_trial();
      if (!sums.add(bin, cell.of_block, cell.squares)) {
        throw Error(
            fmt::format(
                "of trials {} to {} one scored what is no finite number, or too large to be squared, {}",
                first_trial, first_trial + n_trials - 1,
                bin == mesh_.outside() ? "outside of the mesh, or at a point that is no number"
                                       : fmt::format("in bin {}", bin)))
            .hint("a mean of such values means nothing: what does the trial do then?");
      }
      cell = {};
    }
    n = 0;
  };
  scored_.take_each([&](std::size_t bin) {
    __builtin_prefetch(&cells_[bin], 1);
    sums.prefetch(bin);
    bins[n++] = bin;
    if (n == bins.size()) {
      add_up();
    }
  });
  add_up();
  trial_ = 0;
  sums.count_trials(n_trials);
}

Value TallyEstimate::operator[](std::size_t bin) const {
  expects(bin < mean.size(), "there is such a bin");
  return {mean[bin], standard_error[bin], outside.degrees_of_freedom};
}

Value TallyEstimate::density(std::size_t bin) const {
  const Value value = (*this)[bin];
  const double volume = mesh.volume(bin);
  return {value.value / volume, value.standard_error / volume, value.degrees_of_freedom};
}

TallyEstimate detail::run_tally(const mpi::Communicator& comm, const Options& options, const Mesh& mesh,
                                const TallyTrials& trials) {
  ThreadStates<Tally> threads(comm, options);
  TallySums all(mesh.n_bins(), options.trials_per_block, options.errors);
  const QuestionOf<TallySums> question = {.n_observables = mesh.n_bins(),
                                          .kind = "tally on " + mesh.description(),
                                          .means_of = length_of,
                                          .shown_of = shown_of};
  const Outcome outcome =
      run_rounds(comm, options, question, all, [&](const Block& block, job::Worker& worker, TallySums& sums) {
        auto& of_thread = threads.of(worker, [&] { return Tally(mesh); });
        random::Stream& stream = of_thread.streams.of(block.index);
        Tally& tally = of_thread.state;
        for_each_piece(block, worker,
                       [&](std::uint64_t /*first*/, std::uint64_t n) { trials(tally, stream, n); });
        if (!worker.was_told_to_stop()) {
          tally.end_block(block.first, block.n, sums);
        }
      });
  TallySums::Results results = all.results();
  const Value outside = {results.means.back(), results.standard_errors.back(), degrees_of_freedom(all)};
  results.means.pop_back();
  results.standard_errors.pop_back();
  return {.mesh = mesh,
          .mean = std::move(results.means),
          .standard_error = std::move(results.standard_errors),
          .outside = outside,
          .trials = outcome.trials,
          .stop = outcome.stop,
          .rounds = outcome.rounds,
          .seconds = outcome.seconds};
}

}  // namespace serried::montecarlo

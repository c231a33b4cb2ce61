#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo/chain_checkpoint.hpp>
#include <serried/montecarlo/goes_on.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>

namespace serried::montecarlo {
namespace {

// All that the result depends on, but for the seed, and the target: see check_target.
std::string configuration_of(const ChainOptions& options, const ChainPlan& plan) {
  std::string text = fmt::format(
      "{}chains={}\nrungs={}\nexchange_every={}\nwarm_up={}\nsamples={}\nsteps_per_sample={}\n"
      "samples_per_stretch={}\nobservables={}\ntarget_observables=",
      options.configuration, options.chains, plan.n_rungs, plan.exchange_every, options.warm_up,
      options.samples, options.steps_per_sample, options.samples_per_stretch, plan.n_observables);
  for (const std::size_t k : options.target_observables) {
    text += fmt::format("{} ", k);
  }
  return text + '\n';
}

// Where each of these sizes begins, and where the last one ends.
std::vector<std::uint64_t> offsets_of(const std::vector<std::uint64_t>& sizes) {
  std::vector<std::uint64_t> offsets(1, 0);
  for (const std::uint64_t size : sizes) {
    offsets.push_back(offsets.back() + size);
  }
  return offsets;
}

// Are these what `first` becomes when it is doubled, once or several times or never?
bool come_from(Bins first, Bins bins) {
  while (first != bins && first.samples() < std::uint64_t{1} << 48) {
    first = doubled(first);
  }
  return first == bins;
}

// An undisturbed run would have as many samples only if these were doubled for a target that was no stricter, and no smaller maximum.
void check_target(const ChainOptions& options, Bins bins, const std::vector<double>& saved_target,
                  const std::string& path) {
  if (bins == bins_of(options.samples)) {
    return;
  }
  const auto is_stricter = [](double now, double saved) { return now == 0 || (saved > 0 && now <= saved); };
  if (options.has_target() && is_stricter(options.absolute_error, saved_target[0]) &&
      is_stricter(options.relative_error, saved_target[1]) &&
      (options.max_samples == 0 || bins.samples() <= options.max_samples)) {
    return;
  }
  throw usage_error(
      fmt::format(
          "the checkpoint has {} samples of each chain, by its target of {:.17g}, or {:.17g} of the mean",
          bins.samples(), saved_target[0], saved_target[1]))
      .at(path)
      .hint("go on to the same or a smaller error, and no fewer samples, or begin anew in another folder");
}

}  // namespace

ChainCheckpoint::ChainCheckpoint(const mpi::Communicator& comm, const ChainOptions& options,
                                 const ChainPlan& plan, const ChainParts& parts, ChainSet& chains,
                                 ChainExchange& exchange)
    : comm_(comm), options_(options), plan_(plan), parts_(parts), chains_(chains), exchange_(exchange) {
  if (!options.job.checkpoint.empty()) {
    file_.emplace(comm, (std::filesystem::path(options.job.checkpoint) / (options.name + ".h5")).string(),
                  hdf5::CheckpointKey{.program = options.job.app,
                                      .format = 2,
                                      .configuration = configuration_of(options, plan),
                                      .seed = options.seed});
  }
}

void ChainCheckpoint::save(const ChainProgress& progress) const {
  if (!file_) {
    return;
  }
  const Range mine = parts_.mine();
  std::vector<std::uint64_t> sizes_of_mine;
  std::vector<std::uint8_t> configurations;
  mpi::together(comm_, [&] {
    for (std::size_t i = 0; i < mine.size(); ++i) {
      const std::vector<std::byte> bytes = chains_.configuration(i);
      const auto* const first = reinterpret_cast<const std::uint8_t*>(bytes.data());
      configurations.insert(configurations.end(), first, first + bytes.size());
      sizes_of_mine.push_back(bytes.size());
    }
  });
  const std::vector<std::uint64_t> sizes = mpi::allgather_ragged(comm_, sizes_of_mine);
  const std::vector<std::uint64_t> offsets = offsets_of(sizes);
  const std::uint64_t n_chains = parts_.n_chains();
  const std::uint64_t n_words = Series::n_words(plan_.n_observables, progress.bins);
  const std::vector<std::uint64_t> bins = {progress.bins.n, progress.bins.length};
  const std::vector<double> target = {options_.absolute_error, options_.relative_error};
  file_->write([&](const hdf5::Group& state) {
    state.create_dataset<std::uint64_t>("samples", {1}).write(std::span(&progress.done, 1));
    state.create_dataset<std::uint64_t>("bins", {2}).write(bins);
    state.create_dataset<double>("target", {2}).write(target);
    state.create_dataset<double>("seconds", {1}).write(std::span(&progress.seconds, 1));
    state.create_dataset<std::uint64_t>("exchanges", {2, plan_.n_rungs}).write(exchange_.counts());
    state.create_dataset<double>("series", {n_chains, n_words})
        .write_slab({mine.begin, 0}, {mine.size(), n_words}, words_of(progress.series),
                    hdf5::Transfer::collective);
    state.create_dataset<std::uint64_t>("configuration_sizes", {n_chains}).write(sizes);
    state.create_dataset<std::uint8_t>("configurations", {std::max<std::uint64_t>(offsets.back(), 1)})
        .write_slab({offsets[mine.begin]}, {configurations.size()}, configurations,
                    hdf5::Transfer::collective);
  });
}

void ChainCheckpoint::begin(ChainProgress& progress) {
  if (!file_) {
    return;
  }
  mpi::on_root(comm_, [&] {
    std::error_code status;
    std::filesystem::create_directories(options_.job.checkpoint, status);
    if (status) {
      throw system_error("make the folder of the checkpoint", status.value(), options_.job.checkpoint);
    }
  });
  if (goes_on(file_, options_.job.resume)) {
    file_->read([&](const hdf5::Group& state) { read(state, progress); });
  } else {
    save(progress);  // what cannot be written is known at once
  }
}

void ChainCheckpoint::read(const hdf5::Group& state, ChainProgress& progress) {
  const auto samples = state.dataset<std::uint64_t>("samples").read();
  const auto bins = state.dataset<std::uint64_t>("bins").read();
  const auto target = state.dataset<double>("target").read();
  const auto seconds = state.dataset<double>("seconds").read();
  const auto exchanges = state.dataset<std::uint64_t>("exchanges").read();
  const auto sizes = state.dataset<std::uint64_t>("configuration_sizes").read();
  const auto series = state.dataset<double>("series");
  const auto configurations = state.dataset<std::uint8_t>("configurations");
  const std::uint64_t n_chains = parts_.n_chains();
  if (samples.size() != 1 || bins.size() != 2 || target.size() != 2 || seconds.size() != 1 ||
      sizes.size() != n_chains || !come_from(progress.bins, {.n = bins[0], .length = bins[1]}) ||
      samples[0] > options_.warm_up + bins[0] * bins[1] || !exchange_.restore(exchanges)) {
    throw Error("the checkpoint's counts are no such").at(file_->path());
  }
  progress.bins = {.n = bins[0], .length = bins[1]};
  check_target(options_, progress.bins, target, file_->path());
  progress.done = samples[0];
  progress.seconds = seconds[0];
  const std::uint64_t n_words = Series::n_words(plan_.n_observables, progress.bins);
  series.expect_shape({static_cast<std::int64_t>(n_chains), static_cast<std::int64_t>(n_words)});

  const std::uint64_t n_measured = progress.done - std::min(progress.done, options_.warm_up);
  const std::vector<std::uint64_t> offsets = offsets_of(sizes);
  std::vector<double> words(n_words);
  progress.series.assign(parts_.mine().size(), Series(plan_.n_observables, progress.bins));
  for (std::size_t i = 0; i < parts_.mine().size(); ++i) {
    const std::uint64_t chain = parts_.mine().begin + i;
    series.read_slab({chain, 0}, {1, n_words}, words, hdf5::Transfer::independent);
    progress.series[i].restore(words, n_measured);
    std::vector<std::uint8_t> bytes(sizes[chain]);
    configurations.read_slab({offsets[chain]}, {bytes.size()}, bytes, hdf5::Transfer::independent);
    chains_.load(i, std::as_bytes(std::span(bytes)));
  }
}

}  // namespace serried::montecarlo

/// Rounds of blocks, until a rule says that it is enough: what estimate.hpp, tally.hpp and quantiles.hpp are made of.
///
/// Who has something else to gather than means writes a type that is Gathered, and says which means the rules look at:
///
///     Hits hits;                                              // what is gathered: merges to the same bits in any order
///     const Outcome outcome = run_rounds(world, options, QuestionOf<Hits>{.kind = "hits", .means_of = …}, hits,
///                                        [](const Block& block, job::Worker& worker, Hits& mine) { … });
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <serried/job/run.hpp>
#include <serried/montecarlo/block_moments.hpp>
#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/merged_moments.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/shown_numbers.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// One block: its trials are [first, first + n).
struct Block {
  std::uint64_t index = 0;
  std::uint64_t first = 0;
  std::uint64_t n = 0;
};

/// What the trials came to.
struct Outcome {
  Means means;
  std::uint64_t trials = 0;
  std::uint64_t rounds = 0;
  double seconds = 0;  ///< those of earlier runs too, but for rounds that they did not finish
  Stop stop = Stop::trials;
};

/// What threads, ranks and rounds gather and merge, in whatever order, to the same bits. `allreduce(comm)` is collective and
/// makes it that of all ranks, on every rank; `empty_one()` is as this one was before anything was added.
template <class T>
concept Gathered = job::Partial<T> && requires(T gathered, const T& other, const mpi::Communicator& comm) {
  { other.empty_one() } -> std::same_as<T>;
  { other.n_trials() } -> std::same_as<std::uint64_t>;
  gathered.allreduce(comm);
};

/// What is estimated, of a T.
template <class T>
struct QuestionOf {
  std::size_t n_observables = 1;
  std::string kind =
      "mean";  ///< part of the configuration: sums of one estimator are not gone on with by another
  /// The means that the rules look at and that the outcome has.
  std::function<Means(const T&)> means_of;
  /// What the checkpoint shows to whoever reads it; by default, the means and their errors.
  std::function<ShownNumbers(const T&)> shown_of{};
};

namespace detail {

// What is gathered, as the loop over rounds sees it.
class RoundsTotal {
 public:
  RoundsTotal() = default;
  RoundsTotal(const RoundsTotal&) = delete;
  RoundsTotal& operator=(const RoundsTotal&) = delete;
  virtual ~RoundsTotal() = default;

  // Collective: makes the blocks that `block_of` names for the indices of the plan.
  virtual void add_round(const job::Plan& plan, const job::Options& job,
                         const std::function<Block(std::uint64_t index)>& block_of) = 0;
  [[nodiscard]] virtual std::uint64_t n_trials() const = 0;
  [[nodiscard]] virtual Means means() const = 0;
  [[nodiscard]] virtual ShownNumbers shown() const = 0;
  virtual void save(std::vector<std::byte>& bytes) const = 0;
  virtual void load(std::span<const std::byte> bytes) = 0;
};

template <Gathered T, class Body>
class RoundsTotalOf final : public RoundsTotal {
 public:
  RoundsTotalOf(const mpi::Communicator& comm, const QuestionOf<T>& question, T& all, const Body& body)
      : comm_(comm), question_(question), all_(all), body_(body) {}

  void add_round(const job::Plan& plan, const job::Options& job,
                 const std::function<Block(std::uint64_t index)>& block_of) override {
    std::vector<T> parts = job::run(
        comm_, plan, job, [&] { return all_.empty_one(); },
        [&](std::uint64_t index, T& part, job::Worker& worker) { body_(block_of(index), worker, part); });
    T round = all_.empty_one();
    for (T& part : parts) {
      round.merge(std::move(part));
    }
    round.allreduce(comm_);
    all_.merge(std::move(round));
  }
  [[nodiscard]] std::uint64_t n_trials() const override { return std::as_const(all_).n_trials(); }
  [[nodiscard]] Means means() const override { return question_.means_of(all_); }
  [[nodiscard]] ShownNumbers shown() const override {
    return question_.shown_of ? question_.shown_of(all_) : shown_numbers(means());
  }
  void save(std::vector<std::byte>& bytes) const override { std::as_const(all_).save(bytes); }
  void load(std::span<const std::byte> bytes) override { all_.load(bytes); }

 private:
  const mpi::Communicator& comm_;
  const QuestionOf<T>& question_;
  T& all_;
  const Body& body_;
};

[[nodiscard]] Outcome run_rounds(const mpi::Communicator& comm, const Options& options,
                                 const std::string& kind, std::size_t n_observables, RoundsTotal& total);

}  // namespace detail

/// Collective. `all`, empty before, is what all blocks have come to, the same on all ranks; `body(block, worker, gathered)`
/// makes a block's trials and adds what they gave, in any of several threads. Where the worker was told to stop, what it has
/// added is thrown away.
///
/// The same outcome, but for `seconds` and what a wall time decides, from any number of ranks and threads, and after any
/// restart. Throws the same Error on all ranks: where `body` throws, where the checkpoint cannot be read or written; a usage
/// error if no rule would end it.
///
/// With a checkpoint: options.job.checkpoint is a folder with NAME.h5, an hdf5::Checkpoint, which holds what whole rounds came
/// to, and NAME-ROUND, the ledger of the round at hand.
template <Gathered T, class Body>
requires std::invocable<const Body&, const Block&, job::Worker&, T&>
[[nodiscard]] Outcome run_rounds(const mpi::Communicator& comm, const Options& options,
                                 const QuestionOf<T>& question, T& all, const Body& body) {
  detail::RoundsTotalOf<T, Body> total(comm, question, all, body);
  return detail::run_rounds(comm, options, question.kind, question.n_observables, total);
}

/// Of means: makes a block's trials; `moments`, empty at first, get what they gave.
using BlockBody = std::function<void(const Block& block, job::Worker& worker, BlockMoments& moments)>;
using Question = QuestionOf<MergedMoments>;

/// Collective: the same for means. Throws, besides, where a trial gives what is no finite number.
[[nodiscard]] Outcome run_rounds(const mpi::Communicator& comm, const Options& options,
                                 const Question& question, const BlockBody& body);

}  // namespace serried::montecarlo

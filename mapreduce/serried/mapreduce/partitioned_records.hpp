/// Records that lie in the stores of all ranks, partition by partition, on their way to the ranks that work on them.
///
///     PartitionedRecords records(nodes, options, std::move(stores), n_partitions);
///     records.cut_large_ones(stop, [&](const Partition& partition, std::size_t n_wanted) { … });
///     records.for_each_round(Deal::in_turn, stop, [&](Range mine) {   // of the partitions
///       for (std::size_t i = mine.begin; i < mine.end; ++i) {
///         work_on(records.chunks_of(i, from_disk));             // of all ranks
///         records.drop(i);
///       }
///     });
///
/// No rank ever holds more than some whole partitions beside what its stores hold.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <serried/base/partition.hpp>
#include <serried/job/stop_checks.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/node_exchange.hpp>

namespace serried::mapreduce {

/// Who gets which partitions in a round. `in_turn`: rank 0 the first few that are left, then rank 1, …; so that rounds are in
/// order. `in_slices`: every rank the first few that are left of its own slice of all, which has about as many bytes as the others'; so that ranks are in order.
enum class Deal : bool { in_turn, in_slices };

/// Move-only.
class PartitionedRecords {
 public:
  using Stores = std::vector<std::unique_ptr<PartitionStore>>;
  /// The same on all ranks.
  struct Options {
    std::uint64_t memory = 0;       ///< of a rank: half of it for the stores
    std::uint64_t round_bytes = 0;  ///< what a rank gets in a round, which is there three times over, at most
    std::uint64_t bytes_each = 0;   ///< what a partition should have
    std::string tmp{};              ///< see SpillFile
  };
  struct Partition {
    std::size_t level = 0;      ///< of the cut that made it, from 0
    std::size_t index = 0;      ///< in the stores of that level
    int n_bits = 0;             ///< of hashes that all its records agree in, if all cuts were made by hashes
    std::uint64_t n_bytes = 0;  ///< over all ranks
    std::uint64_t n_bytes_sent = 0;                 ///< by one rank, at most
    std::uint64_t n_bytes_cut = ~std::uint64_t{0};  ///< of the partition that it is a part of
    bool parts_equals = false;  ///< its records may compare equal to some of the partition before
  };

  /// Collective: `stores` of this rank, finished, hold records in `n_partitions` each, which should have `bytes_each`.
  /// `nodes` must outlive this. `parts_equals[i]` is that of partition i; none is, if it is empty.
  PartitionedRecords(mpi::NodeExchange& nodes, Options options, Stores stores, std::size_t n_partitions,
                     const std::vector<bool>& parts_equals = {});

  [[nodiscard]] std::size_t n_partitions() const { return partitions_.size(); }
  [[nodiscard]] const Partition& partition(std::size_t i) const { return partitions_[i]; }
  /// Bytes that this rank has put on disk. Local.
  [[nodiscard]] std::uint64_t n_spilled() const;

  /// Collective: partitions that are far larger than they should be become several, as often as it takes, up to 256 times.
  /// `make_cut(const Partition&, n_wanted)`, collective, gives an object with `n_partitions()`, 1 if it cannot be cut, and
  /// `cut(const Chunk&, PartitionStore&, first)`, which adds the records of a chunk to partitions from number `first` on;
  /// `finish(PartitionStore&, first)` is called after the last chunk. Where it may part records that compare equal, also with
  /// `parts_equals(i)`, as Splitters has it.
  template <class MakeCut>
  void cut_large_ones(const job::StopChecks& stop, MakeCut&& make_cut) {
    constexpr std::size_t most_levels = 256;  // each has an open file
    while (levels_.size() < most_levels && cut_again(make_cut)) {
      stop.check_together(*comm_);
    }
  }

  /// Calls `visit(const Chunk&)` for each chunk of a partition that this rank has. Local.
  template <class Visit>
  void for_each_chunk_here(const Partition& partition, Visit&& visit) const {
    for (const auto& store : stores_of(partition)) {
      store->for_each_block(partition.index,
                            [&](std::span<const char> block) { for_each_chunk(block, visit); });
    }
  }

  /// Collective, once. Calls `visit(Range)` in each round, which may communicate: of these partitions this rank can now see
  /// the chunks of all ranks.
  template <class Visit>
  void for_each_round(Deal deal, const job::StopChecks& stop, Visit&& visit) {
    begin_rounds(deal);
    while (begin_round(stop)) {
      visit(round_[static_cast<std::size_t>(comm_->rank())]);
    }
    end_rounds();
  }

  /// In a round: the chunks of all ranks of partition `i`. `from_disk` holds what of them was on disk. Different ones by
  /// different threads.
  [[nodiscard]] std::vector<Chunk> chunks_of(std::size_t i, std::vector<std::vector<char>>& from_disk) const;
  /// In a round, when partition `i` has been worked on: forgets it. Different ones by different threads.
  void drop(std::size_t i) { drop(partitions_[i]); }

 private:
  // Collective: cuts as many as the memory has blocks for. False if there is none to cut.
  template <class MakeCut>
  [[nodiscard]] bool cut_again(MakeCut&& make_cut) {
    using Cut = std::invoke_result_t<MakeCut&, const Partition&, std::size_t>;
    std::vector<std::pair<Partition, Cut>> cuts;
    std::vector<Partition> refined;
    std::size_t n_new = 0;
    for (const Partition& partition : partitions_) {
      const std::size_t n_wanted = n_wanted_of(partition, n_new);
      std::optional<Cut> cut;
      if (n_wanted > 1) {
        cut.emplace(make_cut(partition, n_wanted));
      }
      if (!cut || cut->n_partitions() == 1) {
        refined.push_back(partition);
        if (cut) {
          refined.back().n_bytes_cut = partition.n_bytes;  // not to be tried again
        }
        continue;
      }
      for (std::size_t i = 0; i < cut->n_partitions(); ++i) {
        Partition& part = refined.emplace_back(
            Partition{.level = levels_.size(), .index = n_new++, .n_bytes_cut = partition.n_bytes});
        part.n_bits = partition.n_bits + static_cast<int>(std::bit_width(cut->n_partitions())) - 1;
        if (i == 0) {
          part.parts_equals = partition.parts_equals;
        } else if constexpr (requires { cut->parts_equals(i); }) {
          part.parts_equals = cut->parts_equals(i);
        }
      }
      cuts.emplace_back(partition, *std::move(cut));
    }
    if (cuts.empty()) {
      return false;
    }
    Stores stores(1);
    mpi::together(*comm_, [&] {
      make_room();
      stores[0] = std::make_unique<PartitionStore>(options_of_level(n_new));
      std::size_t first = 0;
      for (auto& [partition, cut] : cuts) {
        for_each_chunk_here(partition,
                            [&, first, &by = cut](const Chunk& chunk) { by.cut(chunk, *stores[0], first); });
        cut.finish(*stores[0], first);
        first += cut.n_partitions();
        drop(partition);
      }
      stores[0]->finish();
    });
    levels_.push_back(std::move(stores));
    partitions_ = std::move(refined);
    measure();
    pass_on_equals();
    return true;
  }

  [[nodiscard]] const Stores& stores_of(const Partition& partition) const { return levels_[partition.level]; }
  [[nodiscard]] std::uint64_t n_bytes_here(const Partition& partition) const;
  void drop(const Partition& partition);
  void measure();
  void pass_on_equals();
  [[nodiscard]] std::size_t n_wanted_of(const Partition& partition, std::size_t n_new) const;
  void make_room();
  [[nodiscard]] std::uint64_t n_held() const;
  [[nodiscard]] PartitionStore::Options options_of_level(std::size_t n_partitions) const;
  void begin_rounds(Deal deal);
  [[nodiscard]] bool begin_round(const job::StopChecks& stop);
  void end_rounds();
  [[nodiscard]] std::vector<Range> ranges(std::size_t n_each) const;
  [[nodiscard]] bool fits(const std::vector<Range>& ranges) const;
  void exchange();

  mpi::NodeExchange* nodes_;
  const mpi::Communicator* comm_;
  Options options_;
  std::vector<Stores> levels_;
  std::vector<Partition> partitions_;  // in order
  Deal deal_ = Deal::in_turn;
  std::vector<Range> left_;   // of each rank's slice; if dealt in turn, the first is all of them
  std::vector<Range> round_;  // of each rank
  // Memory that every round uses again.
  std::vector<std::vector<char>> outgoing_;
  std::vector<std::vector<char>> received_;
  std::uint64_t n_spilled_before_ = 0;  // by stores that are gone
};

}  // namespace serried::mapreduce

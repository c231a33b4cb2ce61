#include <cstring>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/mapreduce/exchange_messages.hpp>
#include <serried/mapreduce/partitioned_records.hpp>
#include <serried/mpi/allreduce.hpp>

namespace serried::mapreduce {
namespace {

std::size_t n_largest(const std::vector<Range>& ranges) {
  std::uint64_t n = 0;
  for (const Range& range : ranges) {
    n = std::max(n, range.size());
  }
  return n;
}

}  // namespace

PartitionedRecords::PartitionedRecords(mpi::NodeExchange& nodes, Options options, Stores stores,
                                       std::size_t n_partitions, const std::vector<bool>& parts_equals)
    : nodes_(&nodes), comm_(&nodes.comm()), options_(std::move(options)) {
  for (std::size_t i = 0; i < n_partitions; ++i) {
    partitions_.push_back({.level = 0,
                           .index = i,
                           .n_bits = static_cast<int>(std::bit_width(n_partitions)) - 1,
                           .parts_equals = !parts_equals.empty() && parts_equals[i]});
  }
  levels_.push_back(std::move(stores));
  measure();
}

std::uint64_t PartitionedRecords::n_spilled() const {
  std::uint64_t n = n_spilled_before_;
  for (const Stores& level : levels_) {
    for (const auto& store : level) {
      n += store->n_spilled();
    }
  }
  return n;
}

std::uint64_t PartitionedRecords::n_bytes_here(const Partition& partition) const {
  std::uint64_t n = 0;
  for (const auto& store : stores_of(partition)) {
    n += store->n_bytes(partition.index);
  }
  return n;
}

void PartitionedRecords::drop(const Partition& partition) {
  for (const auto& store : stores_of(partition)) {
    store->drop(partition.index);
  }
}

void PartitionedRecords::measure() {
  std::vector<std::uint64_t> sizes;
  for (const Partition& partition : partitions_) {
    sizes.push_back(n_bytes_here(partition));
  }
  std::vector<std::uint64_t> most = sizes;
  mpi::allreduce(*comm_, sizes, std::plus<>{});
  mpi::allreduce(*comm_, most, mpi::max);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    partitions_[i].n_bytes = sizes[i];
    partitions_[i].n_bytes_sent = most[i];
  }
}

// Behind empty partitions comes what an earlier one may be equal to.
void PartitionedRecords::pass_on_equals() {
  for (std::size_t i = 1; i < partitions_.size(); ++i) {
    if (partitions_[i - 1].n_bytes == 0 && partitions_[i - 1].parts_equals) {
      partitions_[i].parts_equals = true;
    }
  }
}

// Into how many a partition should be cut when there are `n_new` of this cut already.
std::size_t PartitionedRecords::n_wanted_of(const Partition& partition, std::size_t n_new) const {
  constexpr std::uint64_t bytes_of_one = std::uint64_t{32} << 10;  // a block of 4 KiB is an eighth of it
  const bool has_withstood_a_cut = partition.n_bytes > partition.n_bytes_cut / 16 * 15;
  if (partition.n_bytes <= 2 * options_.bytes_each || has_withstood_a_cut) {
    return 1;
  }
  constexpr std::uint64_t fewest = 16;
  const std::uint64_t n_most = std::max(options_.memory / 2 / bytes_of_one, fewest);
  const std::uint64_t n_wanted = std::min(partition.n_bytes / options_.bytes_each + 1, n_most);
  return n_new + n_wanted <= n_most ? n_wanted : 1;  // else the next time
}

std::uint64_t PartitionedRecords::n_held() const {
  std::uint64_t n = 0;
  for (const Stores& level : levels_) {
    for (const auto& store : level) {
      n += store->n_held();
    }
  }
  return n;
}

// For the store of another level, where the levels that were made of the first one are in its way.
void PartitionedRecords::make_room() {
  const std::uint64_t half = options_.memory / 2;
  if (n_held() + half / 4 <= half) {
    return;
  }
  for (std::size_t level = 1; level < levels_.size(); ++level) {
    for (const auto& store : levels_[level]) {
      store->spill_all();
    }
  }
}

PartitionStore::Options PartitionedRecords::options_of_level(std::size_t n_partitions) const {
  const std::uint64_t half = options_.memory / 2;
  return {.n_partitions = n_partitions,
          .memory = std::max(half - std::min(half, n_held()), half / 4),
          .tmp = options_.tmp};
}

void PartitionedRecords::begin_rounds(Deal deal) {
  expects(left_.empty(), "there are rounds once");
  const auto n_ranks = static_cast<std::size_t>(comm_->size());
  deal_ = deal;
  left_.assign(n_ranks, Range{0, partitions_.size()});
  if (deal == Deal::in_turn) {
    return;
  }
  double n_bytes = 0;
  for (const Partition& partition : partitions_) {
    n_bytes += static_cast<double>(partition.n_bytes);
  }
  double n_before = 0;
  std::size_t next = 0;
  for (std::size_t rank = 0; rank < n_ranks; ++rank) {
    const double end = n_bytes * static_cast<double>(rank + 1) / static_cast<double>(n_ranks);
    left_[rank].begin = next;
    while (next < partitions_.size() &&
           (rank + 1 == n_ranks || n_before + static_cast<double>(partitions_[next].n_bytes) / 2 < end)) {
      n_before += static_cast<double>(partitions_[next++].n_bytes);
    }
    left_[rank].end = next;
  }
  // What a rank has of its own slice it need not send: after an early exchange that is nearly all.
  const Range mine = left_[static_cast<std::size_t>(comm_->rank())];
  std::vector<std::uint64_t> stay(partitions_.size());
  for (std::size_t i = mine.begin; i < mine.end; ++i) {
    stay[i] = n_bytes_here(partitions_[i]);
  }
  mpi::allreduce(*comm_, stay, std::plus<>{});
  for (std::size_t i = 0; i < stay.size(); ++i) {
    partitions_[i].n_bytes_sent = std::min(partitions_[i].n_bytes_sent, partitions_[i].n_bytes - stay[i]);
  }
}

// The next `n_each` partitions of each rank.
std::vector<Range> PartitionedRecords::ranges(std::size_t n_each) const {
  std::vector<Range> ranges;
  for (std::size_t rank = 0; rank < left_.size(); ++rank) {
    const Range left = left_[rank];
    const std::uint64_t n_before = deal_ == Deal::in_turn ? rank * n_each : 0;
    const std::uint64_t begin = std::min(left.end, left.begin + n_before);
    ranges.push_back({begin, std::min(left.end, begin + n_each)});
  }
  return ranges;
}

// Whether no rank gets more than it should, or sends more than twice that.
bool PartitionedRecords::fits(const std::vector<Range>& ranges) const {
  std::uint64_t n_bytes_sent = 0;
  for (const Range& range : ranges) {
    std::uint64_t n_bytes = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) {
      n_bytes += partitions_[i].n_bytes;
      n_bytes_sent += partitions_[i].n_bytes_sent;
    }
    if (n_bytes > options_.round_bytes || n_bytes_sent > 2 * options_.round_bytes) {
      return false;
    }
  }
  return true;
}

// Collective. False if nothing is left.
bool PartitionedRecords::begin_round(const job::StopChecks& stop) {
  stop.check_together(*comm_);
  for (std::size_t rank = 0; rank < round_.size(); ++rank) {
    left_[rank].begin = deal_ == Deal::in_turn ? round_.back().end : round_[rank].end;
  }
  round_ = ranges(1);
  if (n_largest(round_) == 0) {
    return false;
  }
  for (std::size_t n_each = 2;; ++n_each) {
    std::vector<Range> more = ranges(n_each);
    if (more == round_ || !fits(more)) {
      break;
    }
    round_ = std::move(more);
  }
  exchange();
  return true;
}

// Gives back all memory and disk: what comes next needs them.
void PartitionedRecords::end_rounds() {
  n_spilled_before_ = n_spilled();
  levels_.clear();
  outgoing_ = {};
  received_ = {};
}

// Collective: what the other ranks hold of this rank's partitions: from each the sizes of all of these, and then their blocks.
void PartitionedRecords::exchange() {
  const auto me = static_cast<std::size_t>(comm_->rank());
  outgoing_.resize(round_.size());
  mpi::together(*comm_, [&] {
    for (std::size_t rank = 0; rank < outgoing_.size(); ++rank) {
      if (rank == me) {
        continue;
      }
      const Range theirs = round_[rank];
      std::vector<std::uint64_t> sizes(theirs.size());
      for (std::size_t i = theirs.begin; i < theirs.end; ++i) {
        sizes[i - theirs.begin] = n_bytes_here(partitions_[i]);
      }
      std::vector<char>& message = outgoing_[rank];
      message.clear();
      const std::size_t header_bytes = sizes.size() * sizeof(std::uint64_t);
      const std::size_t n_bytes =
          header_bytes + std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
      if (message.capacity() < n_bytes) {
        message.reserve(n_bytes + n_bytes / 4);  // enough for the next rounds, too
      }
      const auto* const header = reinterpret_cast<const char*>(sizes.data());
      message.insert(message.end(), header, header + header_bytes);
      for (std::size_t i = theirs.begin; i < theirs.end; ++i) {
        for (const auto& store : stores_of(partitions_[i])) {
          store->for_each_block(partitions_[i].index, [&](std::span<const char> block) {
            message.insert(message.end(), block.begin(), block.end());
          });
        }
        drop(partitions_[i]);
      }
    }
  });
  exchange_messages(*nodes_, outgoing_, received_);
}

std::vector<Chunk> PartitionedRecords::chunks_of(std::size_t i,
                                                 std::vector<std::vector<char>>& from_disk) const {
  const Partition& partition = partitions_[i];
  const Range mine = round_[static_cast<std::size_t>(comm_->rank())];
  std::vector<Chunk> chunks;
  const auto keep = [&](const Chunk& chunk) { chunks.push_back(chunk); };
  from_disk.resize(stores_of(partition).size());
  std::size_t n_read = 0;
  for (const auto& store : stores_of(partition)) {
    std::vector<char>& bytes = from_disk[n_read++];
    store->read_spilled(partition.index, bytes);
    for_each_chunk(bytes, keep);
    store->for_each_held_block(partition.index,
                               [&](std::span<const char> block) { for_each_chunk(block, keep); });
  }
  for (const std::vector<char>& message : received_) {
    if (message.empty()) {
      continue;  // from this rank itself
    }
    std::vector<std::uint64_t> sizes(mine.size());
    const std::size_t header_bytes = sizes.size() * sizeof(std::uint64_t);
    std::memcpy(sizes.data(), message.data(), header_bytes);
    const auto last = sizes.begin() + static_cast<std::ptrdiff_t>(i - mine.begin);
    const auto before = std::accumulate(sizes.begin(), last, std::uint64_t{header_bytes});
    for_each_chunk(std::span(message).subspan(before, *last), keep);
  }
  return chunks;
}

}  // namespace serried::mapreduce

/// Groups of records that are so large that the order was cut amid them: parts of them lie on several ranks. Part of
/// groups.hpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/base/parallel.hpp>
#include <serried/mapreduce/block_store.hpp>
#include <serried/mapreduce/exchange_messages.hpp>
#include <serried/mapreduce/group_output.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>

namespace serried::mapreduce::detail {

/// The part of such a group that is in one partition: some blocks that follow one another in a thread's store. The first
/// `n_heads` blocks hold records that everybody needs who works on the group; the others stay where they are.
struct GroupPart {
  std::string key;          ///< encoded: says which group it is
  std::uint64_t place = 0;  ///< of its first block
  std::size_t thread = 0;
  std::size_t first_block = 0;
  std::size_t n_blocks = 0;
  std::size_t n_heads = 0;
  std::uint64_t n_bytes = 0;
};

/// What a rank gets of all others in a round of gather_groups, and blocks so small that it can be got from all of them.
[[nodiscard]] inline std::size_t memory_for_groups(const TextSource& source) {
  return source.options().memory / 8;
}
[[nodiscard]] inline std::size_t block_bytes_of_parts(const TextSource& source) {
  constexpr std::size_t smallest = std::size_t{4} << 10;
  constexpr std::size_t largest = std::size_t{1} << 20;
  return std::clamp(memory_for_groups(source) / static_cast<std::size_t>(source.comm().size()), smallest,
                    largest);
}

struct BlockRef {
  const BlockStore* store = nullptr;
  std::size_t index = 0;
  [[nodiscard]] std::uint64_t place() const { return store->place(index); }
};

/// What one call of a function sees of a group: all heads, and either nothing else, as all records are heads, or one part of the
/// others.
class SharedGroup {
 public:
  /// `place`: where what is made of it belongs.
  SharedGroup(std::uint64_t place, std::vector<BlockRef> blocks) : place_(place), blocks_(std::move(blocks)) {
    std::ranges::sort(blocks_, {}, &BlockRef::place);
  }
  [[nodiscard]] std::uint64_t place() const { return place_; }

  /// Its records, in the order of the input.
  class Cursor {
   public:
    explicit Cursor(const SharedGroup& group) : group_(&group) {}
    bool next(std::string_view& record) {
      while (rest_.empty()) {
        if (next_block_ == group_->blocks_.size()) {
          return false;
        }
        const BlockRef& block = group_->blocks_[next_block_++];
        rest_ = block.store->read(block.index, buffer_);
      }
      std::uint32_t size = 0;
      std::memcpy(&size, rest_.data(), sizeof size);
      record = {rest_.data() + sizeof size, size};
      rest_ = rest_.subspan(sizeof size + size);
      return true;
    }

   private:
    const SharedGroup* group_;
    std::size_t next_block_ = 0;
    std::span<const char> rest_;
    std::vector<char> buffer_;
  };

 private:
  std::uint64_t place_;
  std::vector<BlockRef> blocks_;
};

/// Which parts there are on all ranks, and who works on which group.
class PartsOfAllRanks {
 public:
  /// Collective. `mine` in the order of their places. `is_same(a, b)`: whether two encoded keys are equal.
  template <class IsSame>
  PartsOfAllRanks(const mpi::Communicator& comm, const std::vector<GroupPart>& mine, const IsSame& is_same)
      : me_(static_cast<std::uint64_t>(comm.rank())) {
    std::vector<Part> parts;
    std::string keys;
    for (const GroupPart& part : mine) {
      parts.push_back({part.place, part.n_bytes, me_, part.key.size(), part.n_heads < part.n_blocks});
      keys += part.key;
    }
    std::vector<Part> all;
    mpi::allgather_ragged(comm, parts, all);
    std::vector<char> all_keys;
    mpi::allgather_ragged(comm, keys, all_keys);
    struct Known {
      Part part;
      std::string_view key;
    };
    std::vector<Known> known;
    const char* next = all_keys.data();
    for (const Part& part : all) {
      known.push_back({part, {next, part.key_size}});
      next += part.key_size;
    }
    std::ranges::sort(known, {}, [](const Known& one) { return one.part.place; });
    for (std::size_t begin = 0; begin < known.size();) {
      std::size_t end = begin;
      std::vector<Part> of_group;
      for (; end < known.size() && is_same(known[begin].key, known[end].key); ++end) {
        of_group.push_back(known[end].part);
      }
      add_group(of_group, static_cast<std::size_t>(comm.size()));
      begin = end;
    }
  }

  struct Group {
    std::uint64_t place = 0;             ///< of its first part
    bool is_split = false;               ///< has more than heads
    std::vector<std::size_t> workers{};  ///< the ranks that get its heads
    [[nodiscard]] bool is_worked_on_by(std::size_t rank) const {
      return std::ranges::binary_search(workers, rank);
    }
  };
  /// In the order of their places, those of which this rank has a part or that it works on.
  [[nodiscard]] const std::vector<Group>& groups() const { return groups_; }
  /// Of each of this rank's parts.
  [[nodiscard]] const std::vector<std::size_t>& group_of() const { return group_of_; }

 private:
  struct Part {
    std::uint64_t place = 0;
    std::uint64_t n_bytes = 0;
    std::uint64_t rank = 0;
    std::uint64_t key_size = 0;
    std::uint64_t has_more_than_heads = 0;
  };

  void add_group(const std::vector<Part>& parts, std::size_t n_ranks) {
    Group group{.place = parts.front().place};
    std::vector<std::uint64_t> bytes_on(n_ranks);
    std::size_t n_mine = 0;
    for (const Part& part : parts) {
      bytes_on[part.rank] += part.n_bytes;
      n_mine += part.rank == me_ ? 1 : 0;
      if (part.has_more_than_heads != 0) {
        group.workers.push_back(part.rank);
      }
    }
    group.is_split = !group.workers.empty();
    if (!group.is_split) {  // it goes to the rank that has most of it
      group.workers.push_back(
          static_cast<std::size_t>(std::ranges::max_element(bytes_on) - bytes_on.begin()));
    }
    std::ranges::sort(group.workers);
    group.workers.erase(std::unique(group.workers.begin(), group.workers.end()), group.workers.end());
    if (n_mine > 0 || group.is_worked_on_by(me_)) {
      group_of_.insert(group_of_.end(), n_mine, groups_.size());
      groups_.push_back(std::move(group));
    }
  }

  std::uint64_t me_;
  std::vector<Group> groups_;
  std::vector<std::size_t> group_of_;
};

/// Groups that are shared by partitions, on the ranks that work on them. Refers to the stores of their parts.
class SharedGroups {
 public:
  /// Collective: brings the heads of every group, whose blocks are in `stores` of the threads, to all ranks that work on it, a
  /// bounded amount at a time.
  template <class IsSame>
  SharedGroups(const TextSource& source, std::vector<GroupPart> parts, const std::vector<BlockStore>& stores,
               const IsSame& is_same)
      : source_(source), parts_(std::move(parts)), stores_(stores) {
    std::ranges::sort(parts_, {}, &GroupPart::place);
    const PartsOfAllRanks all(source.comm(), parts_, is_same);
    const auto me = static_cast<std::size_t>(source.comm().rank());
    const std::size_t memory = memory_for_groups(source) / std::max<std::size_t>(all.groups().size(), 1);
    for (std::size_t i = 0; i < all.groups().size(); ++i) {
      received_.emplace_back(memory, source.options().tmp);
    }
    exchange(all);
    for (std::size_t i = 0; i < all.groups().size(); ++i) {
      if (all.groups()[i].is_worked_on_by(me)) {
        add_group(all, i);
      }
    }
  }

  [[nodiscard]] const std::vector<SharedGroup>& groups() const { return groups_; }

 private:
  // What the pieces of work on a group of this rank see of it.
  void add_group(const PartsOfAllRanks& all, std::size_t group) {
    std::vector<BlockRef> heads;
    for (std::size_t i = 0; i < received_[group].n_blocks(); ++i) {
      heads.push_back({&received_[group], i});
    }
    std::vector<const GroupPart*> split;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (all.group_of()[i] == group) {
        append_blocks(heads, parts_[i], 0, parts_[i].n_heads);
        if (parts_[i].n_heads < parts_[i].n_blocks) {
          split.push_back(&parts_[i]);
        }
      }
    }
    for (const GroupPart* part : split) {
      std::vector<BlockRef> blocks = heads;
      append_blocks(blocks, *part, part->n_heads, part->n_blocks);
      groups_.emplace_back(part->place, std::move(blocks));
    }
    if (split.empty()) {
      groups_.emplace_back(all.groups()[group].place, std::move(heads));
    }
  }
  void append_blocks(std::vector<BlockRef>& blocks, const GroupPart& part, std::size_t begin,
                     std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) {
      blocks.push_back({&stores_[part.thread], part.first_block + i});
    }
  }

  // Blocks travel as the place of their group, their own place, their size and their bytes.
  struct Header {
    std::uint64_t group = 0;
    std::uint64_t place = 0;
    std::uint64_t n_bytes = 0;
  };

  void exchange(const PartsOfAllRanks& all) {
    const mpi::Communicator& comm = source_.comm();
    const auto n_ranks = static_cast<std::size_t>(comm.size());
    const auto me = static_cast<std::size_t>(comm.rank());
    const std::size_t most = memory_for_groups(source_) / n_ranks;  // sent in a round
    std::size_t part = 0;
    std::size_t block = 0;
    std::vector<std::vector<char>> outgoing(n_ranks);
    std::vector<std::vector<char>> received;
    std::vector<char> buffer;
    for (bool is_done = false; !is_done;) {
      mpi::together(comm, [&] {
        std::ranges::for_each(outgoing, [](std::vector<char>& message) { message.clear(); });
        for (std::size_t n_sent = 0; part < parts_.size() && n_sent <= most;) {
          if (block == parts_[part].n_heads) {
            ++part;
            block = 0;
            continue;
          }
          const PartsOfAllRanks::Group& group = all.groups()[all.group_of()[part]];
          const BlockStore& store = stores_[parts_[part].thread];
          const std::size_t index = parts_[part].first_block + block++;
          const Header header{group.place, store.place(index), store.n_bytes(index)};
          const bool is_wanted_elsewhere = group.workers.size() > 1 || group.workers.front() != me;
          const std::span<const char> bytes =
              is_wanted_elsewhere ? store.read(index, buffer) : std::span<const char>();
          for (const std::size_t rank : group.workers) {
            if (rank != me) {
              append_raw(outgoing[rank], &header, sizeof header);
              append_raw(outgoing[rank], bytes.data(), bytes.size());
              n_sent += bytes.size();
            }
          }
        }
      });
      exchange_messages(source_.nodes(), outgoing, received);
      mpi::together(comm, [&] {
        for (const std::vector<char>& message : received) {
          for (const char* at = message.data(); at != message.data() + message.size();) {
            const auto header = take_raw<Header>(at);
            const auto group =
                std::ranges::lower_bound(all.groups(), header.group, {}, &PartsOfAllRanks::Group::place);
            received_[static_cast<std::size_t>(group - all.groups().begin())].add(header.place,
                                                                                  {at, header.n_bytes});
            at += header.n_bytes;
          }
        }
      });
      is_done = mpi::allreduce_value(comm, part < parts_.size() ? 1 : 0, mpi::max) == 0;
    }
  }

  const TextSource& source_;
  std::vector<GroupPart> parts_;
  const std::vector<BlockStore>& stores_;
  std::vector<BlockStore> received_;  // of each group
  std::vector<SharedGroup> groups_;
};

}  // namespace serried::mapreduce::detail

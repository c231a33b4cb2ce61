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
#include <serried/mapreduce/group_output.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/alltoall.hpp>

namespace serried::mapreduce::detail {

/// The part of such a group that is in one partition: some blocks that follow one another in a thread's store.
struct GroupPart {
  std::string first;        ///< its first record: says which group it is
  std::uint64_t place = 0;  ///< of its first block
  std::size_t thread = 0;
  std::size_t first_block = 0;
  std::size_t n_blocks = 0;
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

/// One whole group, on the rank that was given it.
class SharedGroup {
 public:
  SharedGroup(std::uint64_t place, std::size_t memory, const std::string& tmp)
      : place_(place), blocks_(memory, tmp) {}

  void add(std::uint64_t place, std::span<const char> block) { blocks_.add(place, block); }
  /// All blocks are there.
  void finish() {
    for (std::size_t i = 0; i < blocks_.n_blocks(); ++i) {
      order_.push_back(i);
    }
    std::ranges::sort(order_, {}, [&](std::size_t i) { return blocks_.place(i); });
  }
  /// Where what is made of it belongs.
  [[nodiscard]] std::uint64_t place() const { return place_; }

  /// Its records, in the order of the input.
  class Cursor {
   public:
    explicit Cursor(const SharedGroup& group) : group_(&group) {}
    bool next(std::string_view& record) {
      while (rest_.empty()) {
        if (next_block_ == group_->order_.size()) {
          return false;
        }
        rest_ = group_->blocks_.read(group_->order_[next_block_++], buffer_);
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
  BlockStore blocks_;
  std::vector<std::size_t> order_;
};

/// Collective: brings the parts of every group, whose blocks are in `stores` of the threads, to one rank, the one that has most
/// of it, a bounded amount at a time. `is_same(a, b)`: whether two records belong to one group. Returns this rank's groups.
template <class IsSame>
[[nodiscard]] std::vector<SharedGroup> gather_groups(const TextSource& source, std::vector<GroupPart> parts,
                                                     const std::vector<BlockStore>& stores,
                                                     const IsSame& is_same) {
  const mpi::Communicator& comm = source.comm();
  const auto n_ranks = static_cast<std::size_t>(comm.size());
  const auto me = static_cast<std::size_t>(comm.rank());
  std::ranges::sort(parts, {}, &GroupPart::place);

  // Which parts there are, in order: of one group those follow one another.
  struct Known {
    std::uint64_t place = 0;
    std::uint64_t n_bytes = 0;
    std::uint64_t rank = 0;
    std::uint64_t first_size = 0;
  };
  std::vector<Known> mine;
  std::string firsts;
  for (const GroupPart& part : parts) {
    mine.push_back({part.place, part.n_bytes, me, part.first.size()});
    firsts += part.first;
  }
  std::vector<Known> known;
  mpi::allgather_ragged(comm, mine, known);
  std::vector<char> all_firsts;
  mpi::allgather_ragged(comm, firsts, all_firsts);
  struct Part {
    Known known;
    std::string_view first;
  };
  std::vector<Part> all;
  const char* next = all_firsts.data();
  for (const Known& part : known) {
    all.push_back({part, {next, part.first_size}});
    next += part.first_size;
  }
  std::ranges::sort(all, {}, [](const Part& part) { return part.known.place; });

  // Where each of this rank's parts goes.
  std::vector<std::size_t> owner_of;
  std::vector<std::uint64_t> group_of;
  std::vector<SharedGroup> groups;
  std::vector<std::uint64_t> places;
  const std::size_t memory = memory_for_groups(source);
  for (std::size_t begin = 0; begin < all.size();) {
    std::vector<std::uint64_t> bytes_on(n_ranks);
    std::size_t end = begin;
    for (; end < all.size() && is_same(all[begin].first, all[end].first); ++end) {
      bytes_on[all[end].known.rank] += all[end].known.n_bytes;
    }
    const auto owner = static_cast<std::size_t>(std::ranges::max_element(bytes_on) - bytes_on.begin());
    if (owner == me) {
      places.push_back(all[begin].known.place);
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (all[i].known.rank == me) {
        owner_of.push_back(owner);
        group_of.push_back(all[begin].known.place);
      }
    }
    begin = end;
  }
  groups.reserve(places.size());
  for (const std::uint64_t place : places) {
    groups.emplace_back(place, memory / places.size(), source.options().tmp);
  }
  const auto group_at = [&](std::uint64_t place) -> SharedGroup& {
    return *std::ranges::lower_bound(groups, place, {}, &SharedGroup::place);
  };

  // Blocks travel as the place of their group, their own place, their size and their bytes.
  struct Header {
    std::uint64_t group = 0;
    std::uint64_t place = 0;
    std::uint64_t n_bytes = 0;
  };
  std::size_t part = 0;
  std::size_t block = 0;
  std::vector<std::vector<char>> outgoing(n_ranks);
  std::vector<std::vector<char>> received;
  std::vector<char> buffer;
  for (bool is_done = false; !is_done;) {
    mpi::together(comm, [&] {
      std::ranges::for_each(outgoing, [](auto& message) { message.clear(); });
      for (std::uint64_t n_sent = 0; part < parts.size() && n_sent <= memory / n_ranks;) {
        if (block == parts[part].n_blocks) {
          ++part;
          block = 0;
          continue;
        }
        const BlockStore& store = stores[parts[part].thread];
        const std::size_t index = parts[part].first_block + block;
        const std::span<const char> bytes = store.read(index, buffer);
        if (owner_of[part] == me) {
          group_at(group_of[part]).add(store.place(index), bytes);
        } else {
          const Header header{group_of[part], store.place(index), bytes.size()};
          std::vector<char>& message = outgoing[owner_of[part]];
          append_raw(message, &header, sizeof header);
          append_raw(message, bytes.data(), bytes.size());
          n_sent += bytes.size();
        }
        ++block;
      }
    });
    const std::vector<std::span<const char>> messages(outgoing.begin(), outgoing.end());
    mpi::alltoall_ragged<char>(comm, messages, received);
    mpi::together(comm, [&] {
      for (const std::vector<char>& message : received) {
        for (const char* at = message.data(); at != message.data() + message.size();) {
          const auto header = take_raw<Header>(at);
          group_at(header.group).add(header.place, {at, header.n_bytes});
          at += header.n_bytes;
        }
      }
    });
    is_done = mpi::allreduce_value(comm, part < parts.size() ? 1 : 0, mpi::max) == 0;
  }
  std::ranges::for_each(groups, &SharedGroup::finish);
  return groups;
}

}  // namespace serried::mapreduce::detail

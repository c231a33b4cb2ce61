/// The records of a stage with their numbers, 0, 1, 2, … in the order of the input: zip_with_index.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/job/run.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mapreduce/trial.hpp>
#include <serried/mpi/allgather.hpp>

namespace serried::mapreduce {

/// How many records a block has, and in time how many there are before it.
struct BlockCount {
  std::uint64_t place = 0;
  std::uint64_t n_records = 0;
};

/// Of the blocks that a thread has read, as a job::Partial.
class BlockCounts {
 public:
  void add(const BlockCount& count) { counts_.push_back(count); }
  [[nodiscard]] const std::vector<BlockCount>& counts() const { return counts_; }

  void merge(BlockCounts&& other) {
    counts_.insert(counts_.end(), other.counts_.begin(), other.counts_.end());
  }
  void save(std::vector<std::byte>& bytes) const {
    for (const BlockCount& count : counts_) {
      job::append_bytes(bytes, count);
    }
  }
  void load(std::span<const std::byte> bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(sizeof(BlockCount))) {
      counts_.push_back(
          job::value_of_bytes<BlockCount>(bytes.first(std::min(bytes.size(), sizeof(BlockCount)))));
    }
  }

 private:
  std::vector<BlockCount> counts_;
};

/// Records are KeyValue<std::uint64_t, R>. `Inner` is read twice: once by the constructor, to count.
template <Stage Inner>
class IndexedStage : public StageAround<Inner> {
 public:
  using Record = KeyValue<std::uint64_t, typename Inner::Record>;

  /// Collective.
  explicit IndexedStage(Inner inner) : StageAround<Inner>(std::move(inner)) {
    const auto parts = this->inner().for_each_block(
        "count records", [] { return BlockCounts(); },
        [](BlockCounts& counts, const RecordBlock& block, auto&& each) {
          std::uint64_t n = 0;
          each([&](const typename Inner::Record&) { ++n; });
          counts.add({block.place, n});
          return n;
        });
    std::vector<BlockCount> here;
    for (const auto& part : parts) {
      here.insert(here.end(), part.part.counts().begin(), part.part.counts().end());
    }
    std::vector<BlockCount> all;
    mpi::allgather_ragged(this->source()->comm(), here, all);
    std::ranges::sort(all, {}, &BlockCount::place);
    all.push_back({this->end_place(), 0});
    std::uint64_t n_before = 0;
    for (BlockCount& count : all) {
      count.n_records = std::exchange(n_before, n_before + count.n_records);
    }
    before_ = std::make_shared<const std::vector<BlockCount>>(std::move(all));
  }

  template <class Make, class Visit>
  [[nodiscard]] auto for_each_block(const std::string& purpose, const Make& make, const Visit& visit) const {
    return this->inner().for_each_block(
        purpose, make, [&](auto& part, const RecordBlock& block, auto&& each) {
          const auto found = std::ranges::lower_bound(*before_, block.place, {}, &BlockCount::place);
          const bool is_known = found->place == block.place && found + 1 != before_->end();
          const std::uint64_t end = is_known ? (found + 1)->n_records : 0;
          std::uint64_t index = found->n_records;
          const auto numbered = [&](auto&& sink) { each(number_into(index, sink)); };
          const auto n = visit(part, block, numbered);
          if (!is_known || index != end) {
            throw Error("the input is not what it was when its records were counted")
                .hint("cache() the records before they are numbered");
          }
          return n;
        });
  }
  /// The numbers in samples are those of other records.
  template <class Visit>
  void sample_blocks(const Visit& visit) const {
    this->inner().sample_blocks([&](std::uint64_t place, std::size_t n_most, auto&& each) {
      visit(place, n_most, [&](auto&& sink) {
        std::uint64_t index = std::ranges::lower_bound(*before_, place, {}, &BlockCount::place)->n_records;
        each(number_into(index, sink));
      });
    });
  }

 private:
  template <class Sink>
  [[nodiscard]] static auto number_into(std::uint64_t& next, Sink& sink) {
    return NumberInto<typename Inner::Record, Record, Sink>(next, sink);
  }

  std::shared_ptr<const std::vector<BlockCount>> before_;  // every block, and one behind the last
};

}  // namespace serried::mapreduce

/// Whether an input is sorted: serried-sort --check.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/job/run.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/serialize.hpp>

#include "sort/sort.hpp"

namespace serried::sort_lines {

/// Of one block of the input: its ends, and the first record that is not in order.
struct BlockOrder {
  std::uint64_t place = 0;
  std::uint64_t n_records = 0;
  std::string first;
  std::string last;
  std::optional<std::uint64_t> disorder;  ///< its number in the block
  std::string disordered;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(place, n_records, first, last, disorder, disordered);
  }
};

namespace detail {

// As a job::Partial; checking is not worth a checkpoint.
struct BlockOrders {
  std::vector<BlockOrder> blocks;

  void merge(BlockOrders&& other) { std::ranges::move(other.blocks, std::back_inserter(blocks)); }
  void save(std::vector<std::byte>&) const {}
  void load(std::span<const std::byte>) {}
};

}  // namespace detail

/// Collective. Throws the same serried::Error on all ranks, which names the first line that is not in order, if there is one;
/// with `unique` also the first whose key equals that of the line before.
inline void check(const mpi::Communicator& comm, const Options& options) {
  if (options.inputs.size() != 1) {
    throw usage_error("--check looks at one input");
  }
  if (!options.text.job.checkpoint.empty()) {
    throw usage_error("--check keeps no checkpoint");
  }
  const auto source = open_source(comm, options);
  const auto check_by = [&](const auto& feed, const auto& order) {
    const int most = options.order.unique ? -1 : 0;  // of a comparison with the next one
    const auto is_sorted = [&](std::string_view a, std::string_view b) {
      return order.compare(a, b) <= most;
    };
    const auto parts = source->for_each_block(
        "check", [] { return detail::BlockOrders(); },
        [&](detail::BlockOrders& orders, const mapreduce::TextBlock& text) {
          BlockOrder& block = orders.blocks.emplace_back();
          block.place = text.place;
          std::string_view before;
          feed(std::string_view(text.text.data(), text.text.size()), [&](std::string_view record) {
            if (block.n_records == 0) {
              block.first = record;
            } else if (!block.disorder && !is_sorted(before, record)) {
              block.disorder = block.n_records;
              block.disordered = record;
            }
            before = record;
            ++block.n_records;
          });
          block.last = before;
          return block.n_records;
        });
    std::vector<BlockOrder> mine;
    for (const auto& part : parts) {
      mine.insert(mine.end(), part.part.blocks.begin(), part.part.blocks.end());
    }
    const auto all = mpi::gather_objects(comm, mine);
    mpi::on_root(comm, [&] {
      std::vector<BlockOrder> blocks;
      for (const auto& of_rank : all) {
        blocks.insert(blocks.end(), of_rank.begin(), of_rank.end());
      }
      std::ranges::sort(blocks, {}, &BlockOrder::place);
      const auto fail = [&](std::uint64_t number, const std::string& record) {
        throw Error(options.records ? fmt::format("not sorted: record {}", number)
                                    : fmt::format("not sorted: line {}: {}", number, record))
            .at(options.inputs[0]);
      };
      std::uint64_t n_before = 0;
      const BlockOrder* before = nullptr;
      for (const BlockOrder& block : blocks) {
        if (before != nullptr && !is_sorted(before->last, block.first)) {
          fail(n_before + 1, block.first);
        }
        if (block.disorder) {
          fail(n_before + *block.disorder + 1, block.disordered);
        }
        n_before += block.n_records;
        before = &block;
      }
    });
  };
  if (options.records) {
    check_by(mapreduce::FixedRecordFeed{options.records->record_bytes},
             mapreduce::KeyBytesOrder{options.records->key_offset, options.records->key_bytes});
  } else {
    check_by(mapreduce::detail::LineFeed(), LineOrder(options.order));
  }
}

}  // namespace serried::sort_lines

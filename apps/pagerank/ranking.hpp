/// Nodes in the order of their ranks, as lines.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/mapreduce.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/store/output.hpp>

#include "graph.hpp"
#include "ranks.hpp"

namespace serried::pagerank {

namespace detail {

// A node's rank, as what sorts the highest first, and then its name: records that sort as their bytes do.
inline void put_ranked(std::string& record, std::uint64_t rank, std::string_view name) {
  const std::uint64_t number = __builtin_bswap64(~std::bit_cast<std::uint64_t>(as_double(rank)));
  record.resize(sizeof number);
  std::memcpy(record.data(), &number, sizeof number);
  record += name;
}
[[nodiscard]] inline double rank_of(std::string_view record) {
  std::uint64_t number = 0;
  std::memcpy(&number, record.data(), sizeof number);
  return std::bit_cast<double>(~__builtin_bswap64(number));
}
[[nodiscard]] inline std::string_view name_of(std::string_view record) {
  return record.substr(sizeof(std::uint64_t));
}

}  // namespace detail

/// Collective: writes NODE<TAB>RANK of all nodes, or the `top` highest ones, the highest first, equal ones by the bytes of
/// their names. `source` says how much memory there is.
inline void write_ranking(const std::shared_ptr<const mapreduce::TextSource>& source, const Graph& graph,
                          const Ranks& ranks, std::optional<std::uint64_t> top, store::Output& output) {
  namespace mr = mapreduce;
  constexpr std::size_t block_bytes = std::size_t{1} << 18;
  constexpr int place_bits = 32;  // for the blocks of a rank
  const mpi::Communicator& comm = source->comm();

  std::vector<mr::BlockStore> stores;
  stores.emplace_back(source->options().memory / 4, source->options().tmp);
  mpi::together(comm, [&] {
    auto place = static_cast<std::uint64_t>(comm.rank()) << place_bits;
    std::vector<char> block;
    std::string record;
    for (std::uint32_t node = 0; node < graph.n_nodes(); ++node) {
      detail::put_ranked(record, ranks.of_nodes[node], graph.names[node]);
      mr::append_record(block, std::string_view(record));
      if (block.size() >= block_bytes) {
        stores[0].add(place++, block);
        block.clear();
      }
    }
    stores[0].add(place, block);
  });
  const auto end_place = static_cast<std::uint64_t>(comm.size()) << place_bits;
  const mr::Pipeline nodes(
      mr::DatasetStage<std::string_view>(mr::gather_blocks(source, std::move(stores), end_place)));
  const auto put_line = [](std::string_view record, auto& line) {
    line << detail::name_of(record) << "\t" << detail::rank_of(record);
  };
  if (top) {
    nodes.top(*top, mr::ascending).write_lines(output, put_line);
  } else {
    nodes.sort().write_lines(output, put_line);
  }
}

}  // namespace serried::pagerank

/// Which rank has which chains. Part of chain_set.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <serried/base/partition.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// Chains 0 … n_chains() - 1, copy by copy of the ladder, in contiguous parts of equal numbers on all ranks. A rank's own have
/// places, from 0 on.
class ChainParts {
 public:
  ChainParts(const mpi::Communicator& comm, std::uint64_t n_copies, std::size_t n_rungs)
      : n_rungs_(n_rungs), n_chains_(n_copies * n_rungs), n_ranks_(static_cast<std::uint64_t>(comm.size())) {
    for (std::uint64_t rank = 0; rank < n_ranks_; ++rank) {
      n_of_rank_.push_back(block(n_chains_, n_ranks_, rank).size());
    }
    mine_ = block(n_chains_, n_ranks_, static_cast<std::uint64_t>(comm.rank()));
  }

  [[nodiscard]] std::size_t n_rungs() const noexcept { return n_rungs_; }
  [[nodiscard]] std::uint64_t n_chains() const noexcept { return n_chains_; }
  [[nodiscard]] Range mine() const noexcept { return mine_; }
  [[nodiscard]] std::span<const std::size_t> n_of_rank() const noexcept { return n_of_rank_; }

  [[nodiscard]] std::size_t rung_of(std::uint64_t chain) const { return chain % n_rungs_; }
  [[nodiscard]] std::size_t owner_of(std::uint64_t chain) const {
    return block_of(chain, n_chains_, n_ranks_);
  }
  [[nodiscard]] bool is_mine(std::uint64_t chain) const { return chain >= mine_.begin && chain < mine_.end; }
  [[nodiscard]] std::size_t place_of(std::uint64_t chain) const { return chain - mine_.begin; }

 private:
  std::size_t n_rungs_;
  std::uint64_t n_chains_;
  std::uint64_t n_ranks_;
  std::vector<std::size_t> n_of_rank_;
  Range mine_;
};

}  // namespace serried::montecarlo

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/montecarlo/chain_exchange.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {

ChainExchange::ChainExchange(const mpi::Communicator& comm, const ChainParts& parts, ChainSet& chains,
                             std::uint64_t seed, std::string name)
    : comm_(comm),
      parts_(parts),
      chains_(chains),
      seed_(seed),
      name_(std::move(name)),
      weights_of_mine_(parts.mine().size()),
      n_tried_(parts.n_rungs()),
      n_exchanged_(parts.n_rungs()) {}

void ChainExchange::weigh(std::uint64_t chain, std::uint64_t number) {
  const std::size_t place = parts_.place_of(chain);
  const std::size_t rung = parts_.rung_of(chain);
  if (is_lower(chain, number)) {
    weights_of_mine_[place] = {chains_.log_weight(place, rung), chains_.log_weight(place, rung + 1)};
  } else if (is_upper(chain, number)) {
    weights_of_mine_[place] = {chains_.log_weight(place, rung), chains_.log_weight(place, rung - 1)};
  }
}

void ChainExchange::exchange(std::uint64_t number) {
  mpi::allgather_ragged(comm_, weights_of_mine_, weights_, parts_.n_of_rank());
  random::Stream dice(seed_, name_, number);
  std::vector<std::uint64_t> exchanged;
  for (std::uint64_t chain = 0; chain < parts_.n_chains(); ++chain) {
    if (!is_lower(chain, number)) {
      continue;
    }
    const Weights& a = weights_[chain];
    const Weights& b = weights_[chain + 1];
    const double change = (a.there - a.here) + (b.there - b.here);
    if (std::isnan(change)) {
      throw Error(fmt::format("chains {} and {}: a logarithm of a weight is no number", chain, chain + 1))
          .hint("is log_weight that of the configuration, for any rung?");
    }
    const std::size_t rung = parts_.rung_of(chain);
    ++n_tried_[rung];
    if (dice.uniform() < portable::exp(change)) {
      ++n_exchanged_[rung];
      exchanged.push_back(chain);
    }
  }
  move_configurations(exchanged);
}

// Collective: chain and chain + 1 exchange theirs.
void ChainExchange::move_configurations(const std::vector<std::uint64_t>& lower_chains) {
  std::vector<std::vector<std::byte>> outgoing(static_cast<std::size_t>(comm_.size()));
  mpi::together(comm_, [&] {
    for (const std::uint64_t chain : lower_chains) {
      const std::uint64_t next = chain + 1;
      if (parts_.is_mine(chain) && parts_.is_mine(next)) {
        const std::vector<std::byte> a = chains_.configuration(parts_.place_of(chain));
        const std::vector<std::byte> b = chains_.configuration(parts_.place_of(next));
        chains_.load(parts_.place_of(chain), b);
        chains_.load(parts_.place_of(next), a);
      } else if (parts_.is_mine(chain)) {
        outgoing[parts_.owner_of(next)] = chains_.configuration(parts_.place_of(chain));
      } else if (parts_.is_mine(next)) {
        outgoing[parts_.owner_of(chain)] = chains_.configuration(parts_.place_of(next));
      }
    }
  });
  const bool is_between_ranks = std::ranges::any_of(lower_chains, [&](std::uint64_t chain) {
    return parts_.owner_of(chain) != parts_.owner_of(chain + 1);
  });
  if (!is_between_ranks) {
    return;
  }
  const std::vector<std::span<const std::byte>> to(outgoing.begin(), outgoing.end());
  const auto received = mpi::alltoall_ragged<std::byte>(comm_, to);
  mpi::together(comm_, [&] {
    for (const std::uint64_t chain : lower_chains) {
      const std::uint64_t next = chain + 1;
      if (parts_.is_mine(chain) && !parts_.is_mine(next)) {
        chains_.load(parts_.place_of(chain), received[parts_.owner_of(next)]);
      } else if (parts_.is_mine(next) && !parts_.is_mine(chain)) {
        chains_.load(parts_.place_of(next), received[parts_.owner_of(chain)]);
      }
    }
  });
}

std::vector<double> ChainExchange::acceptance() const {
  std::vector<double> result;
  for (std::size_t rung = 0; rung + 1 < parts_.n_rungs(); ++rung) {
    result.push_back(n_tried_[rung] == 0
                         ? std::numeric_limits<double>::quiet_NaN()
                         : static_cast<double>(n_exchanged_[rung]) / static_cast<double>(n_tried_[rung]));
  }
  return result;
}

std::vector<std::uint64_t> ChainExchange::counts() const {
  std::vector<std::uint64_t> counts = n_tried_;
  counts.insert(counts.end(), n_exchanged_.begin(), n_exchanged_.end());
  return counts;
}

bool ChainExchange::restore(std::span<const std::uint64_t> counts) {
  if (counts.size() != 2 * parts_.n_rungs()) {
    return false;
  }
  const auto tried = counts.first(parts_.n_rungs());
  const auto exchanged = counts.last(parts_.n_rungs());
  n_tried_.assign(tried.begin(), tried.end());
  n_exchanged_.assign(exchanged.begin(), exchanged.end());
  return true;
}

}  // namespace serried::montecarlo

#include <algorithm>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/schedule/policy.hpp>

namespace serried::schedule {

std::string_view name_of(Policy policy) {
  constexpr std::string_view names[] = {"static", "cyclic", "dynamic", "guided", "factoring", "stealing"};
  expects(static_cast<std::size_t>(policy) < std::size(names), "the policy is one of Policy's");
  return names[static_cast<std::size_t>(policy)];
}

std::uint32_t portion(Policy policy, std::uint32_t n_left, std::uint32_t n_total, std::uint32_t n_workers,
                      std::uint32_t chunk) noexcept {
  // A share of half of what there is, for what is left must balance what was dealt.
  const auto share_of_half = [&](std::uint32_t n) {
    const std::uint64_t n_parts = 2 * std::uint64_t{n_workers};
    return static_cast<std::uint32_t>((n + n_parts - 1) / n_parts);
  };
  if (policy == Policy::dynamic) {
    return chunk;
  }
  if (policy == Policy::factoring) {
    // What was left when this round began: all rounds deal half, so it is the smallest n_total / 2^k >= n_left.
    std::uint32_t n_round = std::max(n_total, n_left);
    while (n_round - n_round / 2 >= n_left && n_round > 1) {
      n_round -= n_round / 2;
    }
    return share_of_half(n_round);
  }
  return policy == Policy::stealing ? std::min(chunk, share_of_half(n_left)) : share_of_half(n_left);
}

}  // namespace serried::schedule

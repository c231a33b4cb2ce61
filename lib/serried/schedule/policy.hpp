/// In what portions a range of work is dealt to workers: pure functions, without MPI and without a clock.
#pragma once

#include <cstdint>
#include <string_view>

namespace serried::schedule {

enum class Policy : std::uint8_t {
  static_block,  ///< one contiguous part a worker, fixed beforehand
  cyclic,        ///< chunks in turn, fixed beforehand
  dynamic,       ///< chunks of one size from a common list
  guided,        ///< ... each a share of what is left (Polychronopoulos and Kuck 1987), halved
  factoring,     ///< ... in rounds that deal half of what is left (Flynn Hummel, Schonberg and Flynn 1992)
  stealing,  ///< 100 us of work; who finds none takes half of what another has (Blumofe and Leiserson 1999)
};

inline constexpr Policy all_policies[] = {Policy::static_block, Policy::cyclic,    Policy::dynamic,
                                          Policy::guided,       Policy::factoring, Policy::stealing};

/// "static", "cyclic", "dynamic", "guided", "factoring", "stealing".
[[nodiscard]] std::string_view name_of(Policy policy);

/// Fixed beforehand: nobody asks for more.
[[nodiscard]] constexpr bool is_fixed(Policy policy) noexcept {
  return policy == Policy::static_block || policy == Policy::cyclic;
}

/// How many positions the next worker takes from the common list of `n_workers`, of which `n_left` > 0 of at first
/// `n_total` are left: at least 1. For the policies that are not fixed. `chunk`: dynamic takes so many, stealing at most
/// so many.
[[nodiscard]] std::uint32_t portion(Policy policy, std::uint32_t n_left, std::uint32_t n_total,
                                    std::uint32_t n_workers, std::uint32_t chunk) noexcept;

}  // namespace serried::schedule

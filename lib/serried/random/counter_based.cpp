#include <Random123/philox.h>
#include <Random123/threefry.h>

#include <serried/random/counter_based.hpp>

namespace serried::random {

std::array<std::uint64_t, 4> philox4x64_10(const std::array<std::uint64_t, 4>& counter,
                                           const std::array<std::uint64_t, 2>& key) noexcept {
  const philox4x64_ctr_t in = {{counter[0], counter[1], counter[2], counter[3]}};
  const philox4x64_ctr_t out = r123::Philox4x64()(in, {{key[0], key[1]}});
  return {out[0], out[1], out[2], out[3]};
}

std::array<std::uint64_t, 4> threefry4x64_20(const std::array<std::uint64_t, 4>& counter,
                                             const std::array<std::uint64_t, 4>& key) noexcept {
  const threefry4x64_ctr_t in = {{counter[0], counter[1], counter[2], counter[3]}};
  const threefry4x64_ctr_t out = r123::Threefry4x64()(in, {{key[0], key[1], key[2], key[3]}});
  return {out[0], out[1], out[2], out[3]};
}

}  // namespace serried::random

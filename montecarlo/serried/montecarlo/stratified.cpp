#include <algorithm>
#include <utility>

#include <serried/montecarlo/stratified.hpp>

namespace serried::montecarlo {

Strata::Strata(std::vector<std::uint64_t> n_along)
    : n_along_(std::move(n_along)), at_(n_along_.size()), point_(n_along_.size()) {
  constexpr std::uint64_t most = std::uint64_t{1} << 40;
  expects(!n_along_.empty(), "there is a dimension to be cut into strata");
  for (const std::uint64_t n : n_along_) {
    expects(n > 0, "there is a stratum along each dimension");
    if (n > most / size_) {
      throw usage_error("there are more than 2^40 strata").hint("a block goes through all of them");
    }
    size_ *= n;
    width_.push_back(1.0 / static_cast<double>(n));
  }
}

std::string Strata::description() const {
  std::string text;
  for (const std::uint64_t n : n_along_) {
    text += (text.empty() ? "" : " x ") + std::to_string(n);
  }
  return text;
}

void Strata::begin() noexcept { std::ranges::fill(at_, 0); }

}  // namespace serried::montecarlo

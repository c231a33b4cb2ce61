#include <algorithm>

#include <fmt/format.h>

#include <serried/mapreduce/parts_output.hpp>

namespace serried::mapreduce {

std::string part_name(std::uint64_t part, std::uint64_t n_parts, const std::string& extension) {
  constexpr std::size_t least_digits = 5;
  const std::string n = fmt::format("{}", n_parts);
  const std::size_t n_digits = std::max(n.size(), least_digits);
  return fmt::format("part-{:0{}}-of-{:0>{}}{}{}", part, n_digits, n, n_digits, extension.empty() ? "" : ".",
                     extension);
}

}  // namespace serried::mapreduce

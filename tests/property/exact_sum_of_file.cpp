// exact_sum_of_file < DOUBLES: the sum of the doubles on standard input, eight bytes each, as the 16 hexadecimal digits of
// its bits: by ExactSum, one number after the other, and then all at once.
#include <array>
#include <bit>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <serried/numeric/exact_sum.hpp>

int main() {
  std::vector<double> values;
  std::array<double, 4096> block{};
  for (std::size_t n = block.size(); n == block.size();) {
    n = std::fread(block.data(), sizeof(double), block.size(), stdin);
    values.insert(values.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(n));
  }
  if (std::ferror(stdin) != 0) {
    std::perror("exact_sum_of_file");
    return 1;
  }
  serried::numeric::ExactSum one_by_one;
  for (const double x : values) {
    one_by_one.add(x);
  }
  serried::numeric::ExactSum at_once;
  at_once.add(values);
  for (const auto& sum : {one_by_one, at_once}) {
    std::printf("%016" PRIx64 "\n", std::bit_cast<std::uint64_t>(sum.value()));
  }
}

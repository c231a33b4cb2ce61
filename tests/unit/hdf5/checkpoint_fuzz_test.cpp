#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/hdf5/checkpoint.hpp>
#include <serried/hdf5/eigen.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

using testing::AnyOf;
using testing::StartsWith;

constexpr std::uint64_t n_values = 3000;

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t n) {
  return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
}

// A position: anywhere, or in HDF5's own header, or in the tail with the checksum.
std::size_t position(Random& random, std::size_t size) {
  switch (below(random, 3)) {
    case 0:
      return below(random, std::min<std::size_t>(size, 600));
    case 1:
      return size - 1 - below(random, std::min<std::size_t>(size, 100));
    default:
      return below(random, size);
  }
}

std::string damaged(std::string bytes, Random& random) {
  const std::size_t size = bytes.size();
  const std::size_t block = std::size_t{1} << below(random, 13);
  const std::size_t from = position(random, size);
  const std::size_t n = std::min(block, size - from);
  switch (below(random, 6)) {
    case 0:  // one bit, and sometimes some more
      for (std::size_t n_flips = 1 + below(random, 2) * below(random, 20); n_flips > 0; --n_flips) {
        bytes[position(random, size)] ^= static_cast<char>(1U << below(random, 8));
      }
      return bytes;
    case 1:
      return bytes.substr(0, from);
    case 2:
      return bytes.replace(from, n, n, '\0');
    case 3: {  // two blocks swapped
      const std::size_t to = position(random, size);
      const std::size_t n_both = std::min(n, size - to);
      const std::string first = bytes.substr(from, n_both);
      const std::string second = bytes.substr(to, n_both);
      bytes.replace(from, n_both, second);
      return bytes.replace(to, n_both, first);
    }
    case 4:  // a block missing in the middle
      return bytes.erase(from, n);
    default:  // something behind the end
      return bytes.append(n, below(random, 2) == 0 ? '\0' : 'x');
  }
}

class CheckpointFuzzTest : public FileTest {
 protected:
  [[nodiscard]] Checkpoint checkpoint() const {
    return {world(), path(), {.program = "fuzz", .configuration = "n=3000", .seed = 1}};
  }
};

// Every damaged file is refused, with its path, before HDF5 sees it.
TEST_F(CheckpointFuzzTest, DamagedFilesAreRefused) {
  std::vector<double> values(n_values);
  std::iota(values.begin(), values.end(), 0.5);
  checkpoint().write([&](const Group& state) {
    state.create_dataset<double>("values", {n_values}).write(values);
    state.create_dataset<double>("compressed", {n_values}, {.chunk = {500}, .deflate = 6}).write(values);
    state.set_attribute("step", 7);
  });
  const std::string whole = content(path());
  // Damage is found by rank 0 alone, so that one rank is the thorough test.
  const std::size_t n_damaged = n_ranks() == 1 ? 500 : 50;
  Random random(20261121);
  for (std::size_t i = 0; i < n_damaged; ++i) {
    std::string bytes = whole;
    while (bytes == whole) {  // zeros may have been zeros before
      bytes = damaged(whole, random);
    }
    make(path(), bytes);
    std::string message;
    try {
      checkpoint().read([&](const Group&) {});
    } catch (const Error& error) {
      message = error.what();
    }
    EXPECT_THAT(message, AnyOf(StartsWith(path() + ": is damaged"), StartsWith(path() + ", byte "))) << i;
  }

  make(path(), whole);
  checkpoint().read([&](const Group& state) {
    EXPECT_EQ(state.dataset<double>("values").read(), values);
    EXPECT_EQ(state.dataset<double>("compressed").read(), values);
    EXPECT_EQ(state.attribute<int>("step"), 7);
  });
}

}  // namespace
}  // namespace serried::hdf5

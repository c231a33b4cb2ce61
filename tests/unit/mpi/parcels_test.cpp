#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/parcels.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

// From whom, the how many-th, and bytes that follow from both.
struct Label {
  std::uint64_t source = 0;
  std::uint64_t number = 0;
};
std::vector<char> parcel(const Label& label, std::size_t size) {
  std::vector<char> bytes(sizeof label + size, static_cast<char>(label.source * 31 + label.number));
  std::memcpy(bytes.data(), &label, sizeof label);
  return bytes;
}
Label label_of(const std::vector<char>& bytes) {
  Label label;
  EXPECT_GE(bytes.size(), sizeof label);
  std::memcpy(&label, bytes.data(), sizeof label);
  EXPECT_EQ(bytes, parcel(label, bytes.size() - sizeof label)) << "the bytes are not those of one parcel";
  return label;
}

TEST(Parcels, NothingPostedIsNothingRead) {
  Parcels parcels(world());
  EXPECT_FALSE(parcels.poll().has_value());
  EXPECT_TRUE(parcels.close([](const std::vector<char>&) { ADD_FAILURE(); }));
}

// Small and large ones (eager and by rendezvous), from all to all, while others poll, sleep or have left the loop.
TEST(Parcels, EachArrivesOnce) {
  for (const std::size_t n_at_once : {std::size_t{1}, std::size_t{5}}) {
    Parcels parcels(world(), n_at_once);
    std::mt19937_64 random(my_rank());
    constexpr std::uint64_t n_each = 40;
    std::vector<std::vector<int>> n_seen(n_ranks(), std::vector<int>(n_each));
    const auto see = [&](const std::vector<char>& bytes) {
      const Label label = label_of(bytes);
      ++n_seen.at(label.source).at(label.number);
    };
    for (std::uint64_t i = 0; i < n_each; ++i) {
      for (int to = 0; to < world().size(); ++to) {
        parcels.post(to, parcel({my_rank(), i}, std::size_t{1} << (random() % 19)));
      }
      if (random() % 8 == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      } else if (const auto bytes = parcels.poll()) {
        see(*bytes);
      }
    }
    EXPECT_TRUE(parcels.close(see));
    EXPECT_EQ(parcels.n_leaving(), 0U);
    EXPECT_EQ(n_seen, std::vector<std::vector<int>>(n_ranks(), std::vector<int>(n_each, 1)));
  }
}

TEST(Parcels, WithinALimitThatIsLongEnough) {
  Parcels parcels(world());
  parcels.post((world().rank() + 1) % world().size(), parcel({my_rank(), 0}, 100'000));
  int n = 0;
  EXPECT_TRUE(parcels.close([&](const std::vector<char>&) { ++n; }, std::chrono::minutes(1)));
  EXPECT_EQ(n, 1);
}

TEST(Parcels, HaveALength) {
  Parcels parcels(world());
  EXPECT_THROW(parcels.post(0, {}), std::logic_error);
  EXPECT_TRUE(parcels.close([](const std::vector<char>&) { ADD_FAILURE(); }));
}

}  // namespace
}  // namespace serried::mpi

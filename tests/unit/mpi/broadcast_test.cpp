#include <array>
#include <complex>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/broadcast.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

template <class T>
class BroadcastNumbers : public testing::Test {};
using Numbers =
    testing::Types<bool, char, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                   std::uint32_t, std::int64_t, std::uint64_t, float, double, long double>;
TYPED_TEST_SUITE(BroadcastNumbers, Numbers);

TYPED_TEST(BroadcastNumbers, ComeFromAnyRoot) {
  using T = TypeParam;
  for (int root = 0; root < world().size(); ++root) {
    const T mine = world().rank() == root ? static_cast<T>(root + 100) : T{};
    EXPECT_EQ(broadcast_value(world(), mine, root), static_cast<T>(root + 100));
  }
}

TEST(Broadcast, FillsBuffersInPlace) {
  for (int root = 0; root < world().size(); ++root) {
    const bool is_root = world().rank() == root;
    std::vector<std::uint64_t> values(1000);
    if (is_root) {
      std::iota(values.begin(), values.end(), 5);
    }
    const std::uint64_t* const data = values.data();
    broadcast(world(), values, root);
    EXPECT_EQ(values.data(), data);
    EXPECT_EQ(values[0], 5U);
    EXPECT_EQ(values[999], 1004U);

    std::array<Padded, 2> structs{};
    if (is_root) {
      structs = {Padded{.letter = 'a', .number = 1}, Padded{.letter = 'b', .number = ~std::uint64_t{0}}};
    }
    broadcast(world(), structs, root);
    EXPECT_EQ(structs[1], (Padded{.letter = 'b', .number = ~std::uint64_t{0}}));

    std::string text = is_root ? "root" : "????";
    broadcast(world(), std::span(text).subspan(1, 2), root);
    EXPECT_EQ(text, is_root ? "root" : "?oo?");
  }
}

TEST(Broadcast, OfNothingIsNothing) {
  std::vector<double> none;
  EXPECT_NO_THROW(broadcast(world(), none));
  EXPECT_TRUE(none.empty());
}

TEST(BroadcastResized, GivesTheRootsLength) {
  for (int root = 0; root < world().size(); ++root) {
    std::string text(static_cast<std::size_t>(3 * world().rank()), 'x');  // longer or shorter elsewhere
    if (world().rank() == root) {
      text = "from rank " + std::to_string(root);
    }
    broadcast_resized(world(), text, root);
    EXPECT_EQ(text, "from rank " + std::to_string(root));

    std::vector<Padded> structs(my_rank());
    if (world().rank() == root) {
      structs.assign(5, Padded{.letter = 'z', .number = 9});
    }
    broadcast_resized(world(), structs, root);
    EXPECT_EQ(structs, std::vector<Padded>(5, Padded{.letter = 'z', .number = 9}));
  }
}

TEST(BroadcastResized, EmptiesIfTheRootsIsEmpty) {
  std::string text = world().is_root() ? "" : "something";
  broadcast_resized(world(), text);
  EXPECT_EQ(text, "");
}

TEST(BroadcastResized, KeepsNulsAndLongTexts) {
  std::string text;
  if (world().is_root()) {
    text = std::string(300'000, '\0') + "end";
  }
  broadcast_resized(world(), text);
  EXPECT_EQ(text.size(), 300'003U);
  EXPECT_EQ(text.substr(299'999), std::string("\0end", 4));
}

TEST(Broadcast, ErrorsOfMpiBecomeErrors) {
  // On every rank, before anything is sent.
  const Error error = error_of([] { (void)broadcast_value(world(), 1, world().size()); });
  EXPECT_EQ(error.mpi_class(), MPI_ERR_ROOT);
}

TEST(Broadcast, NonBlocking) {
  for (int root = 0; root < world().size(); ++root) {
    std::vector<std::complex<double>> waves(1000, world().rank() == root ? std::complex(0.5, 2.0) : 0.0);
    std::array<Padded, 1> structs{Padded{.letter = 'b', .number = my_rank()}};
    Request first = async_broadcast(world(), waves, root);
    Request second = async_broadcast(world(), structs, root);
    second.wait();
    first.wait();
    EXPECT_EQ(waves[999], std::complex(0.5, 2.0));
    EXPECT_EQ(structs[0].number, static_cast<std::uint64_t>(root));
  }
}

}  // namespace
}  // namespace serried::mpi

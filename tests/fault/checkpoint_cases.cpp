// serried-cases of tests/fault/checkpoint:
//
//   checkpoint_cases write PATH      checkpoints one after the other, without end
//   checkpoint_cases once PATH N     one with N MB
//   checkpoint_cases read PATH       the number of the checkpoint that is there, on stdout
//   checkpoint_cases abandon PATH    a parallel file that is never closed
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/hdf5.hpp>
#include <serried/mpi.hpp>

namespace {

using serried::hdf5::Group;
using serried::hdf5::Transfer;

constexpr std::uint64_t values_per_megabyte = 125'000;

// Every value is the number of the checkpoint. Four rows, however many ranks there are.
void put(const serried::mpi::Communicator& world, const Group& state, std::uint64_t number, std::uint64_t n) {
  state.set_attribute("number", number);
  const auto values = state.create_dataset<std::uint64_t>("values", {4, n / 4});
  const auto rank = static_cast<std::uint64_t>(world.rank());
  for (std::uint64_t row = 0; row < 4; ++row) {
    const bool is_mine = row % static_cast<std::uint64_t>(world.size()) == rank;
    if (is_mine) {
      values.write_slab({row, 0}, {1, n / 4}, std::vector<std::uint64_t>(n / 4, number),
                        Transfer::independent);
    }
  }
}

std::uint64_t take(const Group& state) {
  const auto number = state.attribute<std::uint64_t>("number");
  for (const std::uint64_t value : state.dataset<std::uint64_t>("values").read()) {
    if (value != number) {
      throw serried::Error("a wrong value was read");
    }
  }
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("cases", argc, argv, [&](serried::Environment& mpi) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const std::string& action = arguments.at(0);
    const serried::mpi::Communicator& world = mpi.world();
    const serried::hdf5::Checkpoint checkpoint(world, arguments.at(1), {.program = "cases", .seed = 1});
    if (action == "abandon") {
      const serried::hdf5::File file = serried::hdf5::File::create(world, arguments.at(1));
      file.set_attribute("number", 7);
    } else if (action == "read") {
      std::uint64_t number = 0;
      checkpoint.read([&](const Group& state) { number = take(state); });
      if (world.is_root()) {
        std::printf("%llu\n", static_cast<unsigned long long>(number));
      }
    } else {
      const std::uint64_t n_values =
          action == "once" ? std::stoull(arguments.at(2)) * values_per_megabyte : 40'000;
      for (std::uint64_t number = 1; number == 1 || action == "write"; ++number) {
        checkpoint.write([&](const Group& state) { put(world, state, number, n_values); });
        if (world.is_root()) {
          std::fprintf(stderr, "wrote %llu\n", static_cast<unsigned long long>(number));
        }
      }
    }
  });
}

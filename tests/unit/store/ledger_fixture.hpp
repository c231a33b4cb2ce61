// What the tests of the ledger share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/store/ledger.hpp>

#include "files.hpp"
#include "names_in.hpp"
#include "same_error_of.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::store::test_ledger {

namespace fs = std::filesystem;

using test::content;
using test::my_rank;
using test::n_ranks;
using test::same_error_of;
using test::world;
using test::write_file;

// The true result of these indices: `size` bytes that no other indices have.
inline std::vector<std::byte> result_of(const IndexSet& indices, std::size_t size) {
  std::vector<std::byte> bytes(size);
  const std::vector<Range> ranges = indices.ranges();
  std::seed_seq seed{ranges.front().begin, ranges.back().end, indices.size(), std::uint64_t{size}};
  std::mt19937_64 random(seed);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random()); });
  return bytes;
}

// Collective: visits all records; afterwards every rank of `comm` has the indices of all, each of which was in one record
// only and had its true result of `size` bytes (any size: as long as it was recorded). Failures show on the rank concerned.
inline IndexSet visited(const mpi::Communicator& comm, const Ledger& ledger) {
  IndexSet mine;
  ledger.for_each_record([&](const IndexSet& indices, std::span<const std::byte> payload) {
    EXPECT_TRUE(std::ranges::equal(payload, result_of(indices, payload.size()))) << "a wrong result";
    for (const Range& range : indices.ranges()) {
      EXPECT_FALSE(mine.intersects(range)) << "an index twice";
    }
    mine.insert(indices);
  });
  std::vector<Range> all = mpi::gather_ragged(comm, mine.ranges());
  mpi::broadcast_resized(comm, all);
  IndexSet together(all);
  std::uint64_t n = 0;
  for (const Range& range : all) {
    n += range.size();
  }
  EXPECT_EQ(n, together.size()) << "an index on two ranks";
  return together;
}

class LedgerTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path folder() const { return here_.path() / "ledger"; }
  [[nodiscard]] LedgerOptions options(std::uint64_t n, bool resume = false) const {
    LedgerOptions options;
    options.folder = folder().string();
    options.configuration = "seed: 42\ntrials: 1000\n";
    options.n_indices = n;
    options.resume = resume;
    options.commit_interval = std::chrono::milliseconds(1);
    return options;
  }
  [[nodiscard]] Ledger begun(std::uint64_t n) const { return {world(), options(n)}; }
  [[nodiscard]] Ledger resumed(std::uint64_t n) const { return {world(), options(n, true)}; }

  // Rank 0 does something to the files; the others wait for it.
  void on_root(const std::function<void()>& action) const {
    mpi::barrier(world());
    if (world().is_root()) {
      action();
    }
    mpi::barrier(world());
  }
  // The segments, sorted. Collective.
  [[nodiscard]] std::vector<fs::path> segments() const {
    std::vector<fs::path> paths;
    for (const std::string& name : test::names_in(folder())) {
      paths.push_back(folder() / name);
    }
    return paths;
  }
  [[nodiscard]] const fs::path& outside() const { return here_.path(); }

 private:
  test::TemporaryDirectory here_{MPI_COMM_WORLD};
};

inline void record(Ledger& ledger, const IndexSet& indices, std::size_t size = 8) {
  ledger.record(indices, result_of(indices, size));
}

}  // namespace serried::store::test_ledger

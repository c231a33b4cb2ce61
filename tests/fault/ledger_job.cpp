// A job that keeps a ledger and can be killed at any moment; the script `ledger` kills it.
//
//   ledger_job FOLDER N_INDICES
//
// Begins or continues the ledger FOLDER/ledger. Each rank writes its process id to FOLDER/pid.RANK once it can be killed.
// When all indices are done, prints "N_INDICES SUM": the sum of all results, each of which must have come once. Ends with an
// error if a result is wrong, or if the ledger has less than an earlier commit() said.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <serried/mpi.hpp>
#include <serried/store/ledger.hpp>

namespace {

using namespace serried;
namespace fs = std::filesystem;

// The result of an index.
std::uint64_t value(std::uint64_t index) { return index * index * 0x9e3779b97f4a7c15 + 1; }

// A text in place of another, whole at any moment.
void replace_file(const fs::path& path, const std::string& text) {
  const fs::path fresh = path.string() + ".new";
  std::ofstream(fresh) << text;
  fs::rename(fresh, path);
}

std::uint64_t number_in(const fs::path& path) {
  std::uint64_t number = 0;
  std::ifstream(path) >> number;
  return number;
}

// What a rank knows of the results.
struct Results {
  std::vector<std::uint64_t> n_times;  // of each index
  std::uint64_t sum = 0;

  // A payload: the values of the indices in order, then anything.
  void add(const IndexSet& indices, std::span<const std::byte> payload) {
    std::size_t place = 0;
    for (const Range& range : indices.ranges()) {
      for (std::uint64_t index = range.begin; index < range.end; ++index, place += sizeof index) {
        std::uint64_t found = 0;
        if (place + sizeof found <= payload.size()) {
          std::memcpy(&found, payload.data() + place, sizeof found);
        }
        if (found != value(index)) {
          throw Error("a wrong result of index " + std::to_string(index));
        }
        ++n_times[index];
        sum += found;
      }
    }
  }
};

std::vector<std::byte> payload_of(const IndexSet& indices) {
  std::vector<std::uint64_t> values;
  for (const Range& range : indices.ranges()) {
    for (std::uint64_t index = range.begin; index < range.end; ++index) {
      values.push_back(value(index));
    }
  }
  const auto bytes = std::as_bytes(std::span(values));
  std::vector<std::byte> payload(bytes.begin(), bytes.end());
  // Long writes are what a kill tears.
  if (values.front() % 8 == 1) {
    payload.resize(payload.size() + (4 << 20), std::byte{7});
  }
  return payload;
}

void run(const mpi::Communicator& world, const fs::path& folder, std::uint64_t n) {
  std::ofstream(folder / ("pid." + std::to_string(world.rank()))) << ::getpid() << '\n';
  store::LedgerOptions options;
  options.folder = (folder / "ledger").string();
  options.configuration = "a job that is killed\n";
  options.n_indices = n;
  options.resume = true;
  options.origin = provenance_here();
  options.origin.n_ranks = world.size();
  options.commit_interval = std::chrono::milliseconds(5);
  store::Ledger ledger(world, options);
  if (world.is_root()) {
    for (const std::string& remark : ledger.remarks()) {
      std::fprintf(stderr, "remark: %s\n", remark.c_str());
    }
    if (ledger.done().size() < number_in(folder / "committed")) {
      throw Error("the ledger has less than was committed");
    }
  }

  Results results{.n_times = std::vector<std::uint64_t>(n)};
  ledger.for_each_record(
      [&](const IndexSet& indices, std::span<const std::byte> payload) { results.add(indices, payload); });

  std::vector<std::uint64_t> left;
  for (const Range& range : ledger.done().complement(n).ranges()) {
    for (std::uint64_t index = range.begin; index < range.end; ++index) {
      left.push_back(index);
    }
  }
  // In rounds of up to 40 indices a rank, up to 6 of them a record, 1 ms each; all is committed after each round.
  std::mt19937 random(static_cast<unsigned>(world.rank()));
  const auto n_ranks = static_cast<std::uint64_t>(world.size());
  const std::uint64_t round_size = 40 * n_ranks;
  for (std::uint64_t begin = 0; begin < left.size(); begin += round_size) {
    const std::uint64_t end = std::min<std::uint64_t>(left.size(), begin + round_size);
    IndexSet indices;
    const auto record = [&] {
      if (!indices.empty()) {
        const std::vector<std::byte> payload = payload_of(indices);
        ledger.record(indices, payload);
        results.add(indices, payload);
        indices = IndexSet();
      }
    };
    for (std::uint64_t i = begin + static_cast<std::uint64_t>(world.rank()); i < end; i += n_ranks) {
      indices.insert(left[i]);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (random() % 6 == 0) {
        record();
      }
    }
    record();
    ledger.commit();
    if (world.is_root()) {
      replace_file(folder / "committed", std::to_string(ledger.done().size() + end));
    }
  }

  mpi::allreduce(world, results.n_times, std::plus<>{});
  const std::uint64_t sum = mpi::allreduce_value(world, results.sum, std::plus<>{});
  for (std::uint64_t index = 0; index < n; ++index) {
    if (results.n_times[index] != 1) {
      throw Error("index " + std::to_string(index) + " came " + std::to_string(results.n_times[index]) +
                  " times");
    }
  }
  if (world.is_root()) {
    std::printf("%llu %llu\n", static_cast<unsigned long long>(n), static_cast<unsigned long long>(sum));
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("ledger-job", argc, argv, [&](Environment& environment) {
    if (argc != 3) {
      throw usage_error("ledger_job FOLDER N_INDICES");
    }
    run(environment.world(), argv[1], std::strtoull(argv[2], nullptr, 10));
  });
}

// integer_keys [MILLIONS [ROUNDS [MEMORY [CASE]]]]: how often each key of a file of 64-bit numbers, three times as many as there
// are keys, occurs, counted by reduce_by_key on all ranks and by std::unordered_map on one thread, in turn in the same run
// (README.md). CASE: 1 to 4, one of the table's rows.
#include <malloc.h>
#include <mpi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/base/quantity.hpp>
#include <serried/base/zeroed_array.hpp>
#include <serried/mapreduce.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/environment.hpp>
#include <serried/mpi/run_main.hpp>

namespace {

namespace mpi = serried::mpi;
namespace mr = serried::mapreduce;

using Numbers = std::vector<std::uint64_t>;

// The bits of 2^64 that a number is made of: a small one takes few bytes wherever it is put aside.
enum class Spread : bool { small, wide };

std::uint64_t spread(std::uint64_t i, Spread spread) {
  return spread == Spread::wide ? i * 0x9e3779b97f4a7c15 : i;
}

// Different for every call.
struct Bits {
  std::uint64_t state;
  std::uint64_t operator()() {
    state += 0x9e3779b97f4a7c15;
    return serried::mix(state ^ 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3);
  }
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
};

Numbers uniform_numbers(std::size_t n, std::uint64_t n_distinct, Spread how) {
  Bits bits{1};
  Numbers numbers(n);
  std::ranges::generate(numbers, [&] { return spread(bits() % n_distinct, how); });
  return numbers;
}

// Rank k with a probability of about 1 / k.
Numbers zipf_numbers(std::size_t n, std::uint64_t n_distinct, Spread how) {
  Bits bits{2};
  Numbers numbers(n);
  std::ranges::generate(numbers, [&] {
    const double rank = std::exp(bits.uniform() * std::log(static_cast<double>(n_distinct) + 1));
    return spread(std::min(static_cast<std::uint64_t>(rank), n_distinct), how);
  });
  return numbers;
}

struct Counted {
  std::uint64_t n_keys = 0;
  std::uint64_t check = 0;  // of all keys and counts, in any order

  void add(std::uint64_t key, std::uint64_t n) {
    ++n_keys;
    check += serried::mix(key ^ 0xa0761d6478bd642f, n ^ 0xe7037ed1a0b428db);
  }
  friend bool operator==(const Counted&, const Counted&) = default;
};
struct Time {
  double seconds = 0;
  double cpu_seconds = 0;
};

// Of one rank, while the others sleep: polling, they would take its time.
template <class Work>
Time time_on_root(const mpi::Communicator& comm, Work&& work) {
  Time time;
  if (comm.is_root()) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu_start = std::clock();
    work();
    time.cpu_seconds = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    time.seconds = passed.count();
  }
  MPI_Request done = MPI_REQUEST_NULL;
  MPI_Ibarrier(comm.get(), &done);
  for (int is_done = 0; is_done == 0;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    MPI_Test(&done, &is_done, MPI_STATUS_IGNORE);
  }
  return time;
}

// Some virtual machines give memory that nobody uses back to their host, and get it again only slowly: everybody begins with
// memory that was in use just now.
void warm_memory(const mpi::Communicator& comm, std::size_t n_bytes) {
  if (comm.is_root()) {
    serried::ZeroedArray<char> memory(n_bytes);
    for (std::size_t i = 0; i < memory.size(); i += 4096) {
      memory[i] = 1;
    }
  }
  mpi::barrier(comm);
}

template <class Work>
Time time_of(const mpi::Communicator& comm, Work&& work) {
  mpi::barrier(comm);
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();
  work();
  const double cpu = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  mpi::barrier(comm);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return {passed.count(), mpi::allreduce_value(comm, cpu, mpi::max)};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void compare(const mpi::Communicator& comm, const std::string& name, const Numbers& numbers,
             const std::string& path, int n_rounds, std::uint64_t memory) {
  if (comm.is_root()) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(numbers.data()),
               static_cast<std::streamsize>(numbers.size() * sizeof(std::uint64_t)));
  }
  const std::size_t n_bytes_warm = mpi::broadcast_value(comm, numbers.size()) * 64;
  std::vector<double> plain_times;
  std::vector<double> plain_cpu_times;
  std::vector<double> times;
  std::vector<double> cpu_times;
  for (int round = 0; round < n_rounds; ++round) {
    Counted plain;
    std::unordered_map<std::uint64_t, std::uint64_t> plain_counts;
    warm_memory(comm, n_bytes_warm);
    const Time plain_time = time_on_root(comm, [&] {
      for (const std::uint64_t number : numbers) {
        ++plain_counts[number];
      }
    });
    for (const auto& [key, n] : plain_counts) {
      plain.add(key, n);
    }
    plain_counts = {};
    malloc_trim(0);  // else the next large allocation would have to tidy up after it
    warm_memory(comm, n_bytes_warm);

    mr::TextOptions options;
    options.job.threads = 1;
    options.memory = memory;
    std::optional<mr::KeyedData<std::uint64_t, std::uint64_t>> counts;
    const Time time = time_of(comm, [&] {
      auto source = std::make_shared<const mr::TextSource>(comm, std::vector{path},
                                                           mr::fixed_records(sizeof(std::uint64_t)), options);
      counts.emplace(
          mr::Pipeline(mr::text_stage(std::move(source), mr::FixedRecordFeed{sizeof(std::uint64_t)}))
              .map([](std::string_view record) {
                std::uint64_t key = 0;
                std::memcpy(&key, record.data(), sizeof key);
                return mr::KeyValue{key, std::uint64_t{1}};
              })
              .reduce_by_key(std::plus<>{}));
      (void)counts->count();
    });
    Counted here;
    counts->for_each_local([&](const auto& item) { here.add(item.key, item.value); });
    const Counted all{mpi::allreduce_value(comm, here.n_keys, std::plus<>{}),
                      mpi::allreduce_value(comm, here.check, std::plus<>{})};
    if (comm.is_root() && all != plain) {
      throw serried::Error("reduce_by_key and std::unordered_map do not agree");
    }
    plain_times.push_back(plain_time.seconds);
    plain_cpu_times.push_back(plain_time.cpu_seconds);
    times.push_back(time.seconds);
    cpu_times.push_back(time.cpu_seconds);
  }
  if (comm.is_root()) {
    std::printf("| %s | %.2f | %.2f | %.2f | %.2f | %.1f | %.1f |\n", name.c_str(), median(plain_times),
                median(plain_cpu_times), median(times), median(cpu_times),
                median(plain_times) / median(times), median(plain_cpu_times) / median(cpu_times));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("integer_keys", argc, argv, [&](serried::Environment& environment) {
    const mpi::Communicator& comm = environment.world();
    const auto n = static_cast<std::size_t>(1e6 * (argc > 1 ? std::atof(argv[1]) : 30));
    const std::uint64_t n_distinct = n / 3;
    const int wanted = argc > 4 ? std::atoi(argv[4]) : 0;
    const int n_rounds = argc > 2 ? std::atoi(argv[2]) : 3;
    const std::uint64_t memory = serried::parse_bytes(argc > 3 ? argv[3] : "512M");
    const char* const folder = std::getenv("TMPDIR");
    const std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/serried_integer_keys";
    if (comm.is_root()) {
      std::printf(
          "| %zu numbers of %zu | unordered_map, s | CPU s | %d ranks, s | CPU s of a rank | ratio | of CPU "
          "s |\n",
          n, static_cast<std::size_t>(n_distinct), comm.size());
      std::printf("|---|---|---|---|---|---|---|\n");
    }
    int number = 0;
    for (const Spread how : {Spread::wide, Spread::small}) {
      for (const auto& [name, make] :
           {std::pair("uniform", &uniform_numbers), std::pair("Zipf", &zipf_numbers)}) {
        if (wanted == 0 || wanted == ++number) {
          compare(comm, std::string(name) + (how == Spread::wide ? ", 64 bits" : ", small"),
                  comm.is_root() ? make(n, n_distinct, how) : Numbers(), path, n_rounds, memory);
        }
      }
    }
    if (comm.is_root()) {
      std::filesystem::remove(path);
    }
  });
}

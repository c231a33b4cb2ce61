// group_sizes FILE MEMORY_MIB TMP OUTPUT: for lines "KEY VALUE", how many values each key has, and their bytes, by
// group_by_key on one thread a rank. The last line on standard error: the largest memory of any rank, in MiB.
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <serried/base/error.hpp>
#include <serried/mapreduce.hpp>
#include <serried/mpi/allreduce.hpp>

namespace mr = serried::mapreduce;

int main(int argc, char** argv) {
  return serried::run_main("group_sizes", argc, argv, [&](serried::Environment& mpi) {
    if (argc != 5) {
      throw serried::usage_error("group_sizes FILE MEMORY_MIB TMP OUTPUT");
    }
    mr::TextOptions options;
    options.job.threads = 1;
    options.memory = std::stoull(argv[2]) << 20;
    options.tmp = argv[3];
    mr::text_lines(mpi.world(), {argv[1]}, options)
        .map([](std::string_view line) {
          const std::size_t space = line.find(' ');
          return mr::KeyValue{line.substr(0, space), line.substr(space + 1)};
        })
        .group_by_key()
        .map<std::pair<std::string, std::pair<std::uint64_t, std::uint64_t>>>(
            [](std::string_view key, auto& values) {
              std::pair<std::uint64_t, std::uint64_t> n{0, 0};
              for (const std::string_view value : values) {
                ++n.first;
                n.second += value.size();
              }
              return std::pair{std::string(key), n};
            })
        .write_tsv(argv[4]);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto most = serried::mpi::allreduce_value(
        mpi.world(), static_cast<std::uint64_t>(usage.ru_maxrss) / 1024, serried::mpi::max);
    if (mpi.world().is_root()) {
      std::fprintf(stderr, "%llu\n", static_cast<unsigned long long>(most));
    }
  });
}

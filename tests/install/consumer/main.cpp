// consumer INPUT OUTPUT: counts words.
#include <cstdint>
#include <functional>
#include <string_view>

#include <serried/mapreduce.hpp>

namespace mr = serried::mapreduce;

int main(int argc, char** argv) {
  return serried::run_main("consumer", argc, argv, [&](serried::Environment& mpi) {
    mr::text_lines(mpi.world(), {argv[1]})
        .flat_map<std::string_view, std::uint64_t>([](std::string_view line, auto& emit) {
          for (auto word : mr::words(line)) emit(word, 1);
        })
        .reduce_by_key(std::plus<>{})
        .sort_by(mr::descending_value)
        .write_tsv(argv[2]);
  });
}

// Files that all ranks see, and results that all ranks compare. Everything here is collective.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>

#include "error_of.hpp"
#include "files.hpp"
#include "naive_text.hpp"
#include "names_in.hpp"
#include "random_text.hpp"
#include "same_everywhere.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::test {

class SharedFolder {
 public:
  SharedFolder() : folder_(MPI_COMM_WORLD) {}

  [[nodiscard]] std::string path(const std::string& name = {}) const {
    return (folder_.path() / name).string();
  }

  // Rank 0 acts, the others wait.
  void on_root(const std::function<void()>& act) const {
    if (world().is_root()) {
      act();
    }
    mpi::barrier(world());
  }
  std::string write(const std::string& name, std::string_view bytes) const {
    on_root([&] { write_file(path(name), bytes); });
    return path(name);
  }
  // What rank 0 reads.
  [[nodiscard]] std::string read(const std::string& name) const {
    std::string bytes;
    on_root([&] { bytes = content(path(name)); });
    mpi::broadcast_resized(world(), bytes);
    return bytes;
  }
  [[nodiscard]] std::vector<std::string> names() const { return names_in(folder_.path()); }

 private:
  TemporaryDirectory folder_;
};

// So many threads, and so small pieces that a short text reaches all of them.
[[nodiscard]] inline mapreduce::TextOptions small_pieces(int threads) {
  mapreduce::TextOptions options;
  options.job.threads = threads;
  options.split_bytes = 13;
  options.window_bytes = 8;
  return options;
}

// The same text on every rank: frequent and rare words, short and long ones, in lines.
[[nodiscard]] inline std::string sample_text(std::size_t n_words, std::uint64_t seed = 1) {
  Random random(seed);
  std::string text;
  for (std::size_t i = 0; i < n_words; ++i) {
    const std::size_t rank = random.below(1 + random.below(1 + random.below(n_words)));
    text += std::string(1, 'w').append(std::to_string(rank));
    if (rank % 3 == 0) {
      text += std::string(rank % 40, static_cast<char>('A' + rank % 26));
    }
    text += random.below(6) == 0 ? '\n' : ' ';
  }
  return text;
}

[[nodiscard]] inline std::map<std::string, std::uint64_t> naive_counts(std::string_view text) {
  std::map<std::string, std::uint64_t> counts;
  for (const Record& word : naive_words(text)) {
    ++counts[word.bytes];
  }
  return counts;
}

}  // namespace serried::test

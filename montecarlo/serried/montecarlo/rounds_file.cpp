#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/montecarlo/rounds_file.hpp>

namespace serried::montecarlo {

void RoundsFile::write(const SavedRounds& saved, std::span<const std::byte> sums,
                       const ShownNumbers& shown) const {
  expects(sums.size() % sizeof(std::int64_t) == 0 &&
              reinterpret_cast<std::uintptr_t>(sums.data()) % alignof(std::int64_t) == 0,
          "sums are whole words");
  const std::span words(reinterpret_cast<const std::int64_t*>(sums.data()),
                        sums.size() / sizeof(std::int64_t));
  checkpoint_.write([&](const hdf5::Group& state) {
    const std::uint64_t counts[] = {saved.blocks, saved.rounds,
                                    saved.stop ? static_cast<std::uint64_t>(*saved.stop) + 1 : 0,
                                    saved.end_of_next_round};
    state.create_dataset<std::uint64_t>("counts", {4}).write(counts);
    state.create_dataset<double>("seconds", {1}).write(std::span<const double>(&saved.seconds, 1));
    for (const auto& [name, numbers] : shown) {
      state.create_dataset<double>(name, {numbers.size()}).write(numbers);
    }
    state.create_dataset<std::int64_t>("exact_sums", {words.size()}).write(words);
  });
}

SavedRounds RoundsFile::read(const std::function<void(std::span<const std::byte> sums)>& take) const {
  SavedRounds saved;
  checkpoint_.read([&](const hdf5::Group& state) {
    const std::vector<std::uint64_t> counts = state.dataset<std::uint64_t>("counts").read();
    const std::vector<double> time = state.dataset<double>("seconds").read();
    const std::vector<std::int64_t> words = state.dataset<std::int64_t>("exact_sums").read();
    if (counts.size() != 4 || time.size() != 1 || counts[0] == 0 || counts[1] == 0 ||
        counts[2] > static_cast<std::uint64_t>(Stop::no_variation) + 1) {
      throw Error("the checkpoint's counts are no such").at(path());
    }
    saved.blocks = counts[0];
    saved.rounds = counts[1];
    if (counts[2] > 0) {
      saved.stop = static_cast<Stop>(counts[2] - 1);
    }
    saved.end_of_next_round = counts[3];
    saved.seconds = time[0];
    take(std::as_bytes(std::span(words)));
  });
  return saved;
}

}  // namespace serried::montecarlo

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <tuple>

#include <serried/base/vectorized.hpp>
#include <serried/random/counter_based.hpp>
#include <serried/random/stream.hpp>

namespace serried::random {
namespace {

// Generators xoshiro256++ side by side, as many as a vector register has words.
template <std::size_t n_bytes>
class Lanes {
  using Words __attribute__((vector_size(n_bytes))) = std::uint64_t;

 public:
  static constexpr std::size_t n = n_bytes / sizeof(std::uint64_t);

  // From lane `first` on.
  template <class State>
  void load(const State& state, std::size_t first) {
    for (std::size_t i = 0; i < 4; ++i) {
      std::memcpy(&s_[i], state[i].data() + first, n_bytes);
    }
  }
  template <class State>
  void store(State& state, std::size_t first) const {
    for (std::size_t i = 0; i < 4; ++i) {
      std::memcpy(state[i].data() + first, &s_[i], n_bytes);
    }
  }
  void step(std::uint64_t* to) {
    const Words sum = s_[0] + s_[3];
    const Words result = ((sum << 23) | (sum >> 41)) + s_[0];
    std::memcpy(to, &result, n_bytes);
    const Words shifted = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= shifted;
    s_[3] = (s_[3] << 45) | (s_[3] >> 19);
  }

 private:
  Words s_[4];
};

// Two registers' lanes at a time: one alone would wait for its own results.
template <std::size_t n_bytes, class State, std::size_t n_words>
void next_words(State& state, std::array<std::uint64_t, n_words>& words) {
  constexpr std::size_t n_lanes = std::tuple_size_v<typename State::value_type>;
  constexpr std::size_t n = Lanes<n_bytes>::n;
  for (std::size_t lane = 0; lane < n_lanes; lane += 2 * n) {
    Lanes<n_bytes> a;
    Lanes<n_bytes> b;
    a.load(state, lane);
    b.load(state, lane + n);
    for (std::size_t step = lane; step < n_words; step += n_lanes) {
      a.step(words.data() + step);
      b.step(words.data() + step + n);
    }
    a.store(state, lane);
    b.store(state, lane + n);
  }
}

// Box and Muller: from the words of the first half the distances from the origin, from those of the second one the angles.
template <std::size_t n>
void normals_of(const std::array<std::uint64_t, n>& words, double* normals) {
  for (std::size_t i = 0; i < n / 2; ++i) {
    const double positive = portable::unit_interval(words[i]) + 0x1p-53;
    const double distance = __builtin_sqrt(-2.0 * portable::log_of_normal(positive));
    const portable::SinCos angle = portable::sin_cos_of_turns(portable::unit_interval(words[n / 2 + i]));
    normals[i] = distance * angle.cos;
    normals[n / 2 + i] = distance * angle.sin;
  }
}

}  // namespace

Stream::Stream(std::uint64_t seed, Purpose purpose, std::uint64_t index) {
  static_cast<void>(cpu_level());  // throws here, if at all
  for (std::size_t lane = 0; lane < n_lanes; ++lane) {
    const auto words = philox4x64_10({index, lane, 0, 0}, {seed, purpose.id()});
    for (std::size_t i = 0; i < words.size(); ++i) {
      state_[i][lane] = words[i];
    }
  }
}

// The next words, as `value_of` has them.
template <std::size_t n_bytes, class T, class ValueOf>
void Stream::take_words(std::span<T> values, const ValueOf& value_of) noexcept {
  for (std::size_t done = 0; done < values.size();) {
    if (next_word_ == n_words) {
      next_words<n_bytes>(state_, words_);
      next_word_ = 0;
    }
    const std::size_t n = std::min(values.size() - done, n_words - next_word_);
    // Not by next_word_, which a word that is filled in might be for all that the compiler knows.
    const std::uint64_t* const from = words_.data() + next_word_;
    T* const to = values.data() + done;
    for (std::size_t i = 0; i < n; ++i) {
      to[i] = value_of(from[i]);
    }
    done += n;
    next_word_ += n;
  }
}

template <std::size_t n_bytes>
void Stream::next_normals(double* to) noexcept {
  alignas(64) std::array<std::uint64_t, n_normals> words;
  take_words<n_bytes>(std::span<std::uint64_t>(words), [](std::uint64_t word) { return word; });
  normals_of(words, to);
}

void Stream::refill_words() noexcept {
  vectorized([&]<std::size_t n_bytes>(RegisterBytes<n_bytes>) { next_words<n_bytes>(state_, words_); });
  next_word_ = 0;
}

void Stream::refill_normals() noexcept {
  vectorized([&]<std::size_t n_bytes>(RegisterBytes<n_bytes>) { next_normals<n_bytes>(normals_.data()); });
  next_normal_ = 0;
}

void Stream::fill(std::span<std::uint64_t> words) noexcept {
  vectorized([&]<std::size_t n_bytes>(RegisterBytes<n_bytes>) {
    take_words<n_bytes>(words, [](std::uint64_t word) { return word; });
  });
}

void Stream::fill_uniform(std::span<double> values) noexcept {
  vectorized([&]<std::size_t n_bytes>(RegisterBytes<n_bytes>) {
    take_words<n_bytes>(values, [](std::uint64_t word) { return portable::unit_interval(word); });
  });
}

void Stream::fill_exponential(std::span<double> values) noexcept {
  vectorized([&]<std::size_t n_bytes>(RegisterBytes<n_bytes>) {
    take_words<n_bytes>(values, [](std::uint64_t word) { return exponential_of(word); });
  });
}

void Stream::fill_normal(std::span<double> values) noexcept {
  const auto take_left = [&] {
    const std::size_t n = std::min(values.size(), n_normals - next_normal_);
    std::copy_n(normals_.data() + next_normal_, n, values.data());
    next_normal_ += n;
    values = values.subspan(n);
  };
  take_left();
  vectorized([&]<std::size_t n_bytes>(RegisterBytes<n_bytes>) {
    for (; values.size() >= n_normals; values = values.subspan(n_normals)) {
      next_normals<n_bytes>(values.data());
    }
  });
  if (!values.empty()) {
    refill_normals();
    take_left();
  }
}

}  // namespace serried::random

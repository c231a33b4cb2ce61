/// The name of a call of the library, in a form that processes can share. Apart from activity.hpp for the sake of programs'
/// compile time: every collective's header includes it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace serried::mpi {

/// The name of a call, copied: a string literal lies at another address in every process.
class ActivityName {
 public:
  static constexpr std::size_t max_size = 24;  ///< with the NUL at its end
  using Words = std::array<std::uint64_t, max_size / sizeof(std::uint64_t)>;

  template <std::size_t N>
  explicit ActivityName(const char (&text)[N]) noexcept {
    static_assert(N <= max_size, "a shorter name, please");
    std::memcpy(words_.data(), text, N);
  }

  [[nodiscard]] const Words& words() const noexcept { return words_; }

 private:
  Words words_{};
};

}  // namespace serried::mpi

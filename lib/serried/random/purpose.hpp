/// What a random stream is for, so that two uses of one seed and one index never share numbers.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

namespace serried::random {

/// Made from a name ("trials") or a number. Different names are different purposes, but for one chance in 2^64.
class Purpose {
 public:
  template <std::convertible_to<std::string_view> Name>
  constexpr Purpose(const Name& name)  // NOLINT(google-explicit-constructor): Stream(seed, "trials", index)
      : id_(hash(name)) {}
  template <std::integral Number>
  constexpr Purpose(Number number)  // NOLINT(google-explicit-constructor)
      : id_(static_cast<std::uint64_t>(number)) {}

  [[nodiscard]] constexpr std::uint64_t id() const noexcept { return id_; }

 private:
  // FNV-1a of 64 bits; the generator that it keys does the mixing.
  static constexpr std::uint64_t hash(std::string_view name) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : name) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return hash;
  }

  std::uint64_t id_;
};

}  // namespace serried::random

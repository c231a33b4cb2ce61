/// What a caller must keep, checked: a broken contract is a bug and throws a std::logic_error with its place.
///
///     expects(root < size, "root is a rank of the communicator");
///
/// Checks that cost less than what they guard stay on in release builds.
#pragma once

#include <stdexcept>
#include <string>

namespace serried {

/// Where a function was called: for a defaulted last parameter, `Place where = Place::here()`.
/// (std::source_location is not there yet in clang 14.)
struct Place {
  const char* file = "";
  unsigned line = 0;

  [[nodiscard]] static constexpr Place here(const char* file = __builtin_FILE(),
                                            unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

/// Throws std::logic_error "FILE:LINE: expected that CONDITION" unless `holds`.
constexpr void expects(bool holds, const char* condition, Place where = Place::here()) {
  if (!holds) [[unlikely]] {
    throw std::logic_error(std::string(where.file) + ":" + std::to_string(where.line) + ": expected that " +
                           condition);
  }
}

}  // namespace serried

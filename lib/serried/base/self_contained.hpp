/// Types whose bytes are the whole value, so that they can be copied to other memory and other processes as they are.
#pragma once

#include <span>
#include <type_traits>

namespace serried {

/// Trivially copyable, and neither a pointer nor a view of somebody else's memory (std::string_view, std::span). A
/// pointer inside a struct cannot be seen from here: do not put one there.
template <class T>
concept SelfContained = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> &&
                        !std::is_member_pointer_v<T> && !std::ranges::view<T> && !std::is_const_v<T>;

}  // namespace serried

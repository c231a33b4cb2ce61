#include <xxhash.h>

#include <serried/base/hash.hpp>

namespace serried {

std::uint64_t hash_long(std::string_view key) noexcept { return XXH3_64bits(key.data(), key.size()); }

}  // namespace serried

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/hash.hpp>
#include <serried/base/partition.hpp>

namespace serried {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

// What load_short promises, the plain way.
ShortBytes copied(std::string_view key) {
  ShortBytes words;
  if (!key.empty()) {
    std::memcpy(&words, key.data(), std::min(key.size(), short_bytes_capacity));
  }
  return words;
}

// Two pages of which the second must not be touched, as behind the end of a mapped file.
class GuardedPage {
 public:
  GuardedPage()
      : size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
        pages_(static_cast<char*>(
            ::mmap(nullptr, 2 * size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    std::mt19937 random(7);
    for (std::size_t i = 0; i < size_; ++i) {
      pages_[i] = static_cast<char>(random());
    }
    ::mprotect(pages_ + size_, size_, PROT_NONE);
  }
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;
  ~GuardedPage() { ::munmap(pages_, 2 * size_); }

  [[nodiscard]] const char* begin() const { return pages_; }
  [[nodiscard]] const char* end() const { return pages_ + size_; }

 private:
  std::size_t size_;
  char* pages_;
};

TEST(LoadShort, ReadsKeysOfEverySizeAtEveryDistanceFromThePagesEnd) {
  const GuardedPage page;
  for (std::size_t size = 0; size <= 16; ++size) {
    for (std::size_t distance = size; distance <= 40; ++distance) {
      const std::string_view key(page.end() - distance, size);
      ASSERT_EQ(load_short(key.data(), key.size()), copied(key))
          << size << " bytes, " << distance << " before";
    }
  }
}

TEST(LoadShort, ReadsKeysAtThePagesBeginning) {
  const GuardedPage page;
  for (std::size_t size = 0; size <= 16; ++size) {
    for (std::size_t distance = 0; distance < 20; ++distance) {
      const std::string_view key(page.begin() + distance, size);
      ASSERT_EQ(load_short(key.data(), key.size()), copied(key))
          << size << " bytes, " << distance << " behind";
    }
  }
}

// An empty view may point anywhere: to nothing, or behind the end of a mapped file that fills its pages.
TEST(LoadShort, TouchesNoMemoryForAnEmptyKey) {
  const GuardedPage page;
  EXPECT_EQ(load_short(nullptr, 0), ShortBytes());
  EXPECT_EQ(load_short(page.end(), 0), ShortBytes());
  EXPECT_EQ(hash_bytes(std::string_view()), hash_bytes(""));
}

TEST(LoadShort, TakesTheFirst16BytesOfALongerKey) {
  const std::string key = "0123456789abcdefghij";
  EXPECT_EQ(load_short(key.data(), key.size()), copied("0123456789abcdef"));
}

TEST(LoadShort, IsLittleEndianAndZeroBeyondTheEnd) {
  const std::string memory = "abcdefghijklmnopXXXXXXXX";
  EXPECT_EQ(load_short(memory.data(), 2), (ShortBytes{.low = 0x6261, .high = 0}));
  EXPECT_EQ(load_short(memory.data(), 9), (ShortBytes{.low = 0x6867666564636261, .high = 0x69}));
}

// Output order and the owner of every key follow from these numbers; files already written rest on them. The
// short ones come from a second implementation of the formula (in Python), XXH3's from xxHash itself, the
// first of them from its specification.
TEST(HashBytes, KnownAnswers) {
  struct Known {
    std::string_view key;
    std::uint64_t hash;
  };
  for (const Known& known : {
           Known{"", 0x96ebbe173ff72a30},
           Known{"a", 0x812def0decc5731f},
           Known{"the", 0xa9bf76b91bc4646c},
           Known{"\0"sv, 0x6a9f0c5e8528d666},
           Known{"\0\0"sv, 0xa955c6ecb5d433cf},
           Known{"abcdefg", 0x0347d9fef585d9ea},
           Known{"abcdefgh", 0xdfc21b8151c82b9c},
           Known{"abcdefghi", 0xd95c82cf0e5f08f0},
           Known{"abcdefghijklmno", 0x959c0b0d1aa82cb6},
           Known{"abcdefghijklmnop", 0x1c1ca850cd3919a2},
           Known{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 0x80ff8b31b2df2d2f},
           Known{"abcdefghijklmnopq", 0xca7f3571df47cacf},
           Known{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv, 0xc2915ca0df7ad4c1},
       }) {
    EXPECT_EQ(hash_bytes(known.key), known.hash) << known.key;
  }
  EXPECT_EQ(hash_bytes(std::string(100, 'x')), 0xc90984ffdf50ce42);
  EXPECT_EQ(hash_bytes(std::string(1000, 'y')), 0x6a7df51df515dbab);
  EXPECT_EQ(hash_long(""), 0x2d06800538d394c2);
}

TEST(HashBytes, DependsOnTheBytesNotOnWhereTheyLie) {
  std::mt19937 random(11);
  std::array<char, 128> memory{};
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 15U, 16U, 17U, 33U}) {
    std::string key(size, '\0');
    std::ranges::generate(key, [&] { return static_cast<char>(random()); });
    for (std::size_t at = 0; at < 40; ++at) {
      std::ranges::generate(memory, [&] { return static_cast<char>(random()); });  // the neighbours differ
      std::ranges::copy(key, memory.begin() + at);
      ASSERT_EQ(hash_bytes(std::string_view(memory.data() + at, size)), hash_bytes(key))
          << size << " at " << at;
    }
  }
}

TEST(HashBytes, TellsZerosOfDifferentLengthsApart) {
  std::unordered_set<std::uint64_t> hashes;
  for (std::size_t size = 0; size <= 64; ++size) {
    hashes.insert(hash_bytes(std::string(size, '\0')));
  }
  EXPECT_EQ(hashes.size(), 65U);
}

// A hash that were random would exceed this z in 1 of 10^8 tests (chi-squared with 1023 degrees of freedom,
// whose upper tail is a little fatter than the normal's). The keys are fixed: what passes once always passes.
constexpr double z_limit = 6.0;

double chi_squared_z(const std::vector<std::uint64_t>& counts, std::uint64_t n) {
  const double expected = static_cast<double>(n) / static_cast<double>(counts.size());
  double chi_squared = 0;
  for (const std::uint64_t count : counts) {
    const double difference = static_cast<double>(count) - expected;
    chi_squared += difference * difference / expected;
  }
  const auto freedom = static_cast<double>(counts.size() - 1);
  return (chi_squared - freedom) / std::sqrt(2 * freedom);
}

template <class MakeKey>
void expect_even_spread(const char* what, MakeKey make_key) {
  constexpr std::uint64_t n = 1 << 18;
  constexpr std::uint64_t n_parts = 1024;
  std::vector<std::uint64_t> by_slice(n_parts);
  std::vector<std::uint64_t> by_low_bits(n_parts);
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t hash = hash_bytes(make_key(i));
    ++by_slice[hash_slice(hash, n_parts)];
    ++by_low_bits[hash % n_parts];
  }
  EXPECT_LT(std::abs(chi_squared_z(by_slice, n)), z_limit) << what << ", high bits";
  EXPECT_LT(std::abs(chi_squared_z(by_low_bits, n)), z_limit) << what << ", low bits";
}

std::string bytes_of(std::uint64_t i) { return {reinterpret_cast<const char*>(&i), sizeof i}; }

TEST(HashBytes, SpreadsKeysThatAreAlikeEvenly) {
  expect_even_spread("decimal numbers", [](std::uint64_t i) { return std::to_string(i); });
  expect_even_spread("consecutive words", [](std::uint64_t i) { return bytes_of(i); });
  expect_even_spread("multiples of 2^40", [](std::uint64_t i) { return bytes_of(i << 40); });
  expect_even_spread("differing in the second word",
                     [](std::uint64_t i) { return "customer" + bytes_of(i).substr(0, 5); });
  expect_even_spread("16 bytes", [](std::uint64_t i) { return bytes_of(i) + bytes_of(~i); });
  expect_even_spread("long keys", [](std::uint64_t i) { return std::string(30, 'k') + std::to_string(i); });
}

// Every bit of a key changes every bit of its hash in half of all keys: 128 x 64 counts of 2048 trials each.
// For a random hash the largest |z| of the 8192 exceeds 6.5 with a probability below 10^-6.
TEST(HashBytes, EveryBitOfAShortKeyReachesEveryBitOfTheHash) {
  constexpr int n_keys = 2048;
  for (const std::size_t size : {8U, 16U}) {
    std::vector<std::array<int, 64>> flips(8 * size);
    std::mt19937_64 random(3);
    for (int k = 0; k < n_keys; ++k) {
      std::string key = (bytes_of(random()) + bytes_of(random())).substr(0, size);
      const std::uint64_t hash = hash_bytes(key);
      for (std::size_t bit = 0; bit < 8 * size; ++bit) {
        key[bit / 8] = static_cast<char>(key[bit / 8] ^ (1 << (bit % 8)));
        const std::uint64_t change = hash ^ hash_bytes(key);
        key[bit / 8] = static_cast<char>(key[bit / 8] ^ (1 << (bit % 8)));
        for (std::size_t b = 0; b < 64; ++b) {
          flips[bit][b] += static_cast<int>(change >> b & 1);
        }
      }
    }
    double worst = 0;
    for (const auto& row : flips) {
      for (const int count : row) {
        worst = std::max(worst, std::abs(count - n_keys / 2.0) / std::sqrt(n_keys / 4.0));
      }
    }
    EXPECT_LT(worst, 6.5) << size << " bytes";
  }
}

}  // namespace
}  // namespace serried

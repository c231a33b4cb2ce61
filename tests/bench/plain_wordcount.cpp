// The word count that a good engineer writes in an afternoon: one thread, one hash table, the whole file in
// memory. It is what serried-wordcount is measured against, so it stays plain: no reserve(), no tuned hash,
// no SIMD.
//
//   plain_wordcount [--phases] INPUT OUTPUT
//
// A word is a maximal run of bytes other than space, \t, \n, \v, \f and \r. OUTPUT gets COUNT<TAB>WORD lines,
// larger counts first, equal counts by the bytes of the word. --phases prints the seconds of each phase on
// stderr.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using Counts = std::unordered_map<std::string_view, std::uint64_t>;
using Entry = std::pair<std::string_view, std::uint64_t>;

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// The bytes of a file, mapped until the process ends, for the words point into them. One read() into fresh
/// memory is the other plain way; it costs 0.2 s more for 256 MiB that are in the page cache.
std::string_view map_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw_errno(path);
  struct stat status {};
  if (::fstat(file, &status) != 0) throw_errno(path);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return {};  // mmap refuses an empty range
  void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) throw_errno(path);
  ::close(file);
  return {static_cast<const char*>(bytes), size};
}

Counts count_words(std::string_view text) {
  Counts counts;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at != end && is_blank(*at)) ++at;
    if (at == end) return counts;
    const char* const begin = at;
    while (at != end && !is_blank(*at)) ++at;
    ++counts[std::string_view(begin, static_cast<std::size_t>(at - begin))];
  }
}

std::vector<Entry> sort_counts(const Counts& counts) {
  std::vector<Entry> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return sorted;
}

void write_counts(const std::vector<Entry>& sorted, const std::string& path) {
  constexpr std::size_t buffer_size = 1 << 20;
  std::ofstream out(path, std::ios::binary);
  if (!out) throw_errno(path);
  std::string buffer;
  for (const auto& [word, count] : sorted) {
    buffer += std::to_string(count);
    buffer += '\t';
    buffer += word;
    buffer += '\n';
    if (buffer.size() >= buffer_size) {
      out << buffer;
      buffer.clear();
    }
  }
  out << buffer;
  out.close();
  if (!out) throw_errno(path);
}

/// Prints, if it is to, the seconds since the last phase ended.
class PhaseClock {
 public:
  explicit PhaseClock(bool prints) : prints_(prints) {}

  void end(const char* phase) {
    const auto now = std::chrono::steady_clock::now();
    if (prints_)
      std::fprintf(stderr, "%-5s %7.3f s\n", phase, std::chrono::duration<double>(now - start_).count());
    start_ = now;
  }

 private:
  bool prints_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool prints_phases = !arguments.empty() && arguments.front() == "--phases";
  if (prints_phases) arguments.erase(arguments.begin());
  if (arguments.size() != 2) {
    std::fputs("usage: plain_wordcount [--phases] INPUT OUTPUT\n", stderr);
    return 2;
  }
  try {
    PhaseClock clock(prints_phases);
    const auto text = map_file(arguments[0]);
    clock.end("read");
    const auto counts = count_words(text);
    clock.end("count");
    const auto sorted = sort_counts(counts);
    clock.end("sort");
    write_counts(sorted, arguments[1]);
    clock.end("write");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plain_wordcount: %s\n", error.what());
    return 1;
  }
  return 0;
}

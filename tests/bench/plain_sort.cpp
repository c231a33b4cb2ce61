// The sort that a good engineer writes in an afternoon: one thread, the whole file in memory, std::sort of pointers to its
// records. It is what serried-sort is measured against, so it stays plain.
//
//   plain_sort INPUT OUTPUT      records of 100 bytes with keys of 10

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

int main(int argc, char** argv) {
  constexpr std::size_t record_bytes = 100;
  constexpr std::size_t key_bytes = 10;
  if (argc != 3) {
    std::fputs("usage: plain_sort INPUT OUTPUT\n", stderr);
    return 2;
  }
  const int input = open(argv[1], O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (input < 0 || fstat(input, &status) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  const auto n_bytes = static_cast<std::size_t>(status.st_size);
  const void* mapped = mmap(nullptr, n_bytes, PROT_READ, MAP_PRIVATE, input, 0);
  if (mapped == MAP_FAILED) {
    std::perror(argv[1]);
    return 1;
  }
  const char* const bytes = static_cast<const char*>(mapped);
  std::vector<const char*> records;
  for (std::size_t at = 0; at + record_bytes <= n_bytes; at += record_bytes) {
    records.push_back(bytes + at);
  }
  std::sort(records.begin(), records.end(),
            [](const char* a, const char* b) { return std::memcmp(a, b, key_bytes) < 0; });
  std::ofstream output(argv[2], std::ios::binary);
  for (const char* record : records) {
    output.write(record, record_bytes);
  }
  output.close();
  if (!output) {
    std::perror(argv[2]);
    return 1;
  }
  return 0;
}

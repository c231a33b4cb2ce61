#include <algorithm>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/described.hpp>

namespace serried::mapreduce {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::size_t end = std::min(text.size(), longest);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;  // not in the middle of a character of UTF-8
  }
  const char* const rest = end < text.size() ? "..." : "";
  return fmt::format("'{}{}'", printable(std::string(text.substr(0, end))), rest);
}

std::string bytes_in_words(std::string_view bytes) {
  constexpr std::size_t most = 16;
  std::string words = fmt::format("{} bytes 0x", bytes.size());
  for (const char byte : bytes.substr(0, most)) {
    words += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return bytes.size() > most ? words + "..." : words;
}

}  // namespace serried::mapreduce

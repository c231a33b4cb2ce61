#include <charconv>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/mapreduce/block_reader.hpp>
#include <serried/mapreduce/located_text.hpp>

namespace serried::mapreduce {
namespace {

// A block begins with two numbers of 16 digits. They have no capitals, which one who folds the case of a block would change.
constexpr std::size_t digits = 16;

void put_number(char* to, std::uint64_t number) {
  for (std::size_t i = digits; i-- > 0; number >>= 4) {
    to[i] = "0123456789abcdef"[number & 15];
  }
}

std::uint64_t number_at(const char* from) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(from, from + digits, number, 16);
  expects(error == std::errc() && end == from + digits, "a block of located_text");
  return number;
}

class LocatedReader final : public SplitReader {
 public:
  LocatedReader(Separator separator, std::size_t window_bytes, const std::function<bool()>& must_stop)
      : separator_(separator), reader_(window_bytes, must_stop) {}

  void read(const Input& input, const Split& split, const Visit& visit) override {
    reader_.read(input, split, separator_, [&](std::span<char> text, std::uint64_t n_taken) {
      block_.resize(2 * digits + text.size());
      put_number(block_.data(), split.input);
      put_number(block_.data() + digits, reader_.block_offset());
      std::memcpy(block_.data() + 2 * digits, text.data(), text.size());
      return visit({block_, text.size(), n_taken, reader_.block_offset()});
    });
  }

 private:
  Separator separator_;
  BlockReader reader_;
  std::vector<char> block_;
};

}  // namespace

Format located_text(Separator separator) {
  return {separator == Separator::newline ? "located lines" : "located words",
          [separator](std::size_t window_bytes, const std::function<bool()>& must_stop) {
            return std::make_unique<LocatedReader>(separator, window_bytes, must_stop);
          }};
}

LocatedText located(std::string_view block) {
  expects(block.size() >= 2 * digits, "a block of located_text");
  return {number_at(block.data()), number_at(block.data() + digits), block.substr(2 * digits)};
}

}  // namespace serried::mapreduce

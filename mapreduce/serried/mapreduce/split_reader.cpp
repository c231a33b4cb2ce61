#include <utility>

#include <serried/mapreduce/block_reader.hpp>
#include <serried/mapreduce/split_reader.hpp>

namespace serried::mapreduce {
namespace {

class TextReader final : public SplitReader {
 public:
  TextReader(Separator separator, std::size_t window_bytes, std::function<bool()> must_stop)
      : separator_(separator), reader_(window_bytes, std::move(must_stop)) {}

  void read(const Input& input, const Split& split, const Visit& visit) override {
    reader_.read(input, split, separator_, [&](std::span<char> text, std::uint64_t n_taken) {
      return visit({text, text.size(), n_taken, reader_.block_offset(), Offsets::of_text});
    });
  }

 private:
  Separator separator_;
  BlockReader reader_;
};

}  // namespace

Format text_format(Separator separator) {
  return {separator == Separator::newline ? "lines" : "words",
          [separator](std::size_t window_bytes, std::function<bool()> must_stop) {
            return std::make_unique<TextReader>(separator, window_bytes, std::move(must_stop));
          }};
}

}  // namespace serried::mapreduce

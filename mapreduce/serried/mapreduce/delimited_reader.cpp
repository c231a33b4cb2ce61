#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/mapreduce/byte_stream.hpp>
#include <serried/mapreduce/delimited_reader.hpp>

namespace serried::mapreduce {
namespace {

constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// A file that breaks the rules.
class Malformed : public Error {
 public:
  explicit Malformed(Error error) : Error(std::move(error)) {}
};

bool is_stopped(const std::function<bool()>& must_stop) { return must_stop && must_stop(); }

}  // namespace

// The records that begin in one split.
class DelimitedReader::Parser {
 public:
  Parser(DelimitedReader& reader, const Input& input, const Range& bytes, const Visit& visit)
      : reader_(reader),
        kind_(reader.kind_),
        input_(input),
        bytes_(bytes),
        visit_(visit),
        start_(bytes.begin == 0 ? 0 : bytes.begin - 1),
        stream_(open_stream(input, start_, reader.must_stop_)),
        window_(reader.window_, *stream_, start_, bytes.end) {}

  void parse() {
    if (bytes_.begin == 0) {
      is_header_next_ = kind_.has_header;
      begin_file();
    } else if (!find_first_record()) {
      return;
    }
    bool is_last = false;  // nothing follows what is in the window
    while (has_text(1) && window_.at() < bytes_.end) {
      const bool is_whole = take_records(is_last);
      if (is_done_) {
        return;
      }
      if (!is_whole && !window_.more()) {
        is_last = true;
      }
    }
    (void)hand_out({}, window_.at());  // what there was besides records
  }

  // Instead of `parse`.
  std::vector<std::string> header() {
    is_header_next_ = true;
    is_header_all_ = true;
    begin_file();
    for (bool is_last = false; !is_done_ && has_text(1); is_last = !is_done_ && !window_.more()) {
      (void)take_records(is_last);
    }
    return names_;
  }

 private:
  // Makes the window hold at least `n` bytes.
  [[nodiscard]] bool has_text(std::size_t n) {
    while (window_.text().size() < n) {
      if (!window_.more()) {
        return false;
      }
    }
    return true;
  }

  void begin_file() {
    if (has_text(byte_order_mark.size()) && window_.text().starts_with(byte_order_mark)) {
      window_.drop(byte_order_mark.size());
      n_bytes_ += byte_order_mark.size();
      bytes_.end = std::max(bytes_.end, window_.at() + 1);  // the first record begins with the mark
    }
  }

  // Records begin after a line end outside quotes in [begin - 1, end - 1), so both ends of a split look alike.
  bool find_first_record() {
    bool is_inside = false;
    if (kind_.quoting == Quoting::across_lines) {
      const auto is_odd = reader_.quotes_->is_odd_before(input_, start_, reader_.must_stop_);
      if (!is_odd) {
        return false;
      }
      is_inside = *is_odd;
    }
    const Quoting quoting = kind_.quoting == Quoting::across_lines ? kind_.quoting : Quoting::none;
    while (window_.at() < bytes_.end && has_text(1) && !is_stopped(reader_.must_stop_)) {
      const std::string_view text = window_.text();
      SpecialBytes special(text, '\n', quoting);
      for (std::size_t at = special.next(); at < text.size(); at = special.next()) {
        if (text[at] == '"') {
          is_inside = !is_inside;
        } else if (!is_inside) {
          window_.drop(at + 1);
          return true;
        }
      }
      window_.drop(text.size());
    }
    return false;
  }

  // Hands out the records that are whole, and drops them; false if the last is not.
  bool take_records(bool is_last) {
    const std::string_view text = window_.text();
    SpecialBytes special(text, kind_.delimiter, kind_.quoting);
    std::size_t first = 0;
    std::size_t done = 0;
    bool is_whole = true;
    while (!is_done_ && done < text.size() && window_.at() + done < bytes_.end) {
      names_.clear();
      const RecordPlace record =
          scan_record(special, done, kind_.quoting, is_last, [&](const FieldPlace& field) {
            if (is_header_next_) {
              names_.push_back(unquoted(text, field));
            }
          });
      if (record.fault == nullptr && record.end == 0) {
        is_whole = false;
        check_length(done, text.size());
        break;
      }
      check(record, done);
      n_records_ += static_cast<std::uint64_t>(!record.is_blank && !is_header_next_);
      done = record.end;
      if (std::exchange(is_header_next_, false)) {
        check_header();
        n_bytes_ += done;
        first = done;
        is_done_ = is_header_all_;
      }
    }
    const auto at = static_cast<std::size_t>(text.data() - reader_.window_.data());
    if (done > first &&
        !hand_out(std::span(reader_.window_).subspan(at + first, done - first), window_.at() + first)) {
      is_done_ = true;
    }
    window_.drop(done);
    return is_whole;
  }

  void check(const RecordPlace& record, std::size_t at) {
    check_length(at, record.fault != nullptr ? record.fault_at : record.end);
    if (record.fault != nullptr) {
      throw malformed(record.fault_at, at, record.fault,
                      "is it another kind of file? Quoting::none takes quotes as any other byte");
    }
    const std::size_t expected = kind_.n_columns != 0 ? kind_.n_columns : kind_.names.size();
    if (!record.is_blank && expected != 0 && record.n_columns != expected) {
      throw malformed(at, at, fmt::format("{} columns, expected {}", record.n_columns, expected),
                      "is the delimiter another, or a quote missing?");
    }
  }

  void check_length(std::size_t begin, std::size_t end) {
    if (end - begin > kind_.max_record_bytes) {
      throw malformed(begin, begin, fmt::format("more than {} bytes", kind_.max_record_bytes),
                      "is a quote missing? Else raise max_record_bytes");
    }
  }

  void check_header() {
    if (!kind_.names.empty() && names_ != kind_.names) {
      throw Malformed(Error(fmt::format("the header names {}; expected {}", comma_separated(names_),
                                        comma_separated(kind_.names)))
                          .at(input_.path, 0)
                          .hint("files of other columns are another input"));
    }
  }

  [[nodiscard]] static std::string unquoted(std::string_view text, const FieldPlace& field) {
    std::string bytes;
    for (std::size_t i = field.begin; i < field.end; ++i) {
      bytes.push_back(text[i]);
      i += static_cast<std::size_t>(field.has_doubled && text[i] == '"');
    }
    return bytes;
  }

  [[nodiscard]] bool hand_out(std::span<char> text, std::uint64_t offset) {
    n_bytes_ += text.size();
    if (n_bytes_ == 0) {
      return true;
    }
    const std::uint64_t n_taken = window_.n_taken() - std::exchange(n_taken_, window_.n_taken());
    return visit_({text, std::exchange(n_bytes_, 0), n_taken, offset, Offsets::of_text});
  }

  [[nodiscard]] Malformed malformed(std::size_t position, std::size_t record, std::string problem,
                                    std::string hint) {
    constexpr std::size_t longest = 80;
    (void)has_text(record + longest);  // what is said must not depend on what happens to be in the window
    std::string_view start = window_.text().substr(record, longest);
    start = start.substr(0, start.find('\n'));
    return Malformed(Error(std::move(problem))
                         .context(is_header_next_ ? fmt::format("the header, '{}'", start)
                                                  : fmt::format("record {}, '{}'", n_records_ + 1, start))
                         .at(input_.path, window_.at() + position)
                         .hint(std::move(hint)));
  }

  DelimitedReader& reader_;
  const Delimited& kind_;
  const Input& input_;
  Range bytes_;
  const Visit& visit_;
  std::uint64_t start_;
  std::unique_ptr<ByteStream> stream_;
  ReadWindow window_;
  bool is_header_next_ = false;
  bool is_header_all_ = false;      // that is wanted
  bool is_done_ = false;            // what follows is not wanted
  std::vector<std::string> names_;  // in the header, after it was read
  std::uint64_t n_bytes_ = 0;       // that no block has counted yet
  std::uint64_t n_taken_ = 0;
  std::uint64_t n_records_ = 0;
};

DelimitedReader::DelimitedReader(Delimited kind, std::shared_ptr<QuoteParity> quotes,
                                 std::size_t window_bytes, std::function<bool()> must_stop)
    : kind_(std::move(kind)),
      quotes_(std::move(quotes)),
      window_(window_bytes),
      must_stop_(std::move(must_stop)) {
  expects(window_bytes > 0, "the window holds something");
}

void DelimitedReader::read(const Input& input, const Split& split, const Visit& visit) {
  const bool is_plain = input.encoding == Encoding::plain;
  const Range bytes = is_plain ? split.bytes : Range{0, to_the_end};
  try {
    Parser(*this, input, bytes, visit).parse();
  } catch (const Malformed&) {
    if (bytes.begin == 0) {
      throw;
    }
    // What this split met may be a consequence of something before it. Every thread that meets anything looks for the
    // first fault, and so all say the same; who is told to stop meanwhile has nothing to say.
    Parser(*this, input, {0, to_the_end}, [&](const Block&) { return !is_stopped(must_stop_); }).parse();
    if (!is_stopped(must_stop_)) {
      throw;
    }
  }
}

std::vector<std::string> DelimitedReader::header_of(const Input& input, const Delimited& kind) {
  constexpr std::size_t window_bytes = 4096;
  DelimitedReader reader(kind, nullptr, window_bytes);
  const Visit nobody = [](const Block&) { return false; };
  return Parser(reader, input, {0, to_the_end}, nobody).header();
}

}  // namespace serried::mapreduce

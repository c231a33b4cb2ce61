/// How records that lie somewhere as bytes are written.
///
/// A format has `n_bytes(partition)`, of all of a sorted partition's records, and `append(std::vector<char>& text, record)`,
/// which appends one: the sizes are asked for first, so that every thread knows where in the file its part begins.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/lines.hpp>

namespace serried::mapreduce {

/// A record as it is, and something behind it.
struct RecordAndEnd {
  std::string_view end;

  template <class Partition>
  [[nodiscard]] std::uint64_t n_bytes(const Partition& partition) const {
    return partition.n_bytes() + partition.n_records() * end.size();
  }
  void append(std::vector<char>& text, std::string_view record) const {
    text.insert(text.end(), record.begin(), record.end());
    text.insert(text.end(), end.begin(), end.end());
  }
};

/// A line that `Formatter`, `void(const ViewOf<T>&, auto& line)`, makes of an encoded record; it is called twice for each and
/// must put the same both times. The newline is added.
template <Encodable T, class Formatter>
class RecordLines {
 public:
  explicit RecordLines(Formatter formatter) : formatter_(std::move(formatter)) {}

  template <class Partition>
  [[nodiscard]] std::uint64_t n_bytes(const Partition& partition) const {
    std::uint64_t n = partition.n_records();
    partition.for_each([&](std::string_view record) {
      Line line([&](std::string_view bytes) { n += bytes.size(); });
      formatter_(decode_record<T>(record), line);
    });
    return n;
  }
  void append(std::vector<char>& text, std::string_view record) const {
    Line line([&](std::string_view bytes) { text.insert(text.end(), bytes.begin(), bytes.end()); });
    formatter_(decode_record<T>(record), line);
    text.push_back('\n');
  }

 private:
  Formatter formatter_;
};

}  // namespace serried::mapreduce

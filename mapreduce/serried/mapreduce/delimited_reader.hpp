/// Splits of CSV and TSV files (delimited.hpp) as blocks of whole records that keep the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <serried/mapreduce/delimited.hpp>
#include <serried/mapreduce/quote_parity.hpp>
#include <serried/mapreduce/read_window.hpp>
#include <serried/mapreduce/split_reader.hpp>

namespace serried::mapreduce {

class DelimitedReader final : public SplitReader {
 public:
  /// `quotes`: of the files, shared by all readers of a rank. `must_stop`: see open_stream.
  DelimitedReader(Delimited kind, std::shared_ptr<QuoteParity> quotes, std::size_t window_bytes,
                  std::function<bool()> must_stop = {});

  /// Throws serried::Error with path, offset, and the number and the beginning of the record that breaks the rules.
  void read(const Input& input, const Split& split, const Visit& visit) override;

  /// The names in a file's header; none if the file is empty. Throws as `read` does.
  [[nodiscard]] static std::vector<std::string> header_of(const Input& input, const Delimited& kind);

 private:
  class Parser;

  Delimited kind_;
  std::shared_ptr<QuoteParity> quotes_;
  std::vector<char> window_;
  std::function<bool()> must_stop_;
};

}  // namespace serried::mapreduce

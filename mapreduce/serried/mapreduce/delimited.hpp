/// CSV and TSV files: a record is a row of fields.
///
///     const Delimited kind = with_header_of(world, inputs, {.has_header = true});
///     const std::size_t price = column_of(kind, "price");
///     const TextSource source(world, {"sales/*.csv"}, delimited_format(kind), options);
///     … DelimitedFeed(kind)(block, [&](const Fields& fields) { sum += fields.number<double>(price); });
///
/// Lines end with \n or \r\n; a line without a byte is no record. With quotes, the rules are those of RFC 4180: a field that
/// begins with a quote ends with one, and may hold anything, two quotes standing for one; no other field may hold a quote.
/// The byte order mark that some programs put at a file's beginning is passed over.
///
/// Any number of splits of any size gives the same records, or the same error: what is said to be wrong is what is wrong
/// first in the file. A record belongs to the split in which it begins, and for Quoting::across_lines only the quotes before a
/// split tell where that is: those of plain files are counted first (quote_parity.hpp), which reads the files once more, much
/// faster than records are parsed. Files without line ends in quotes, or without quotes, need no counting where
/// Quoting::within_lines or Quoting::none says so.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/delimited_text.hpp>
#include <serried/mapreduce/split_reader.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mapreduce {

/// How the files are written, and what is expected of them.
struct Delimited {
  char delimiter = ',';  ///< no letter, no digit, no quote, no line end
  Quoting quoting = Quoting::across_lines;
  /// The first line of every file holds the columns' names, and no record.
  bool has_header = false;
  /// Of the columns. With has_header, that of every file must hold these names; none: whatever it holds is passed over.
  std::vector<std::string> names{};
  /// Of every record; 0: as many as there are names, or any number if there are none.
  std::size_t n_columns = 0;
  /// A longer record is an error: where a quote is missing, a record may be what is left of the file.
  std::uint64_t max_record_bytes = std::uint64_t{1} << 30;
};

[[nodiscard]] inline Delimited csv() { return {}; }
/// Columns between tabs, without quotes.
[[nodiscard]] inline Delimited tsv() { return {.delimiter = '\t', .quoting = Quoting::none}; }

/// Collective: `kind` with the names in the header of the first of `inputs` that is a file and holds something. Throws
/// serried::Error on all ranks if there is none.
[[nodiscard]] Delimited with_header_of(const mpi::Communicator& comm, const InputList& inputs,
                                       Delimited kind);

/// The names in one text, for messages.
[[nodiscard]] std::string comma_separated(const std::vector<std::string>& names);

/// The index of the column of that name. Throws a usage error, with the names that there are.
[[nodiscard]] std::size_t column_of(const Delimited& kind, std::string_view name);

/// A number that from_chars can read.
template <class T>
concept FieldNumber = std::floating_point<T> ||
    (std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>);

/// A record: views of its fields, without quotes. The fields are gone with the block, their list with the next record.
class Fields {
 public:
  /// `begin`: of the record's text.
  Fields(std::span<const std::string_view> fields, const Delimited& kind, const char* begin = nullptr)
      : fields_(fields), kind_(&kind), begin_(begin) {}

  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
  /// Throws serried::Error if the record has no field i.
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    if (i >= fields_.size()) [[unlikely]] {
      throw no_such_field(i);
    }
    return fields_[i];
  }
  /// The whole field as a number, as std::from_chars reads it: no spaces, no +. Throws serried::Error, which names column
  /// and record, if it is something else or out of T's range.
  template <FieldNumber T>
  [[nodiscard]] T number(std::size_t i) const {
    const std::string_view text = (*this)[i];
    T value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) [[unlikely]] {
      throw no_number(i, code == std::errc::result_out_of_range);
    }
    return value;
  }
  /// Where in the block the record begins; null if it was made of something else.
  [[nodiscard]] const char* text_begin() const noexcept { return begin_; }
  /// Their range.
  [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() const noexcept { return fields_.end(); }

 private:
  [[nodiscard]] Error no_such_field(std::size_t i) const;
  [[nodiscard]] Error no_number(std::size_t i, bool is_out_of_range) const;

  std::span<const std::string_view> fields_;
  const Delimited* kind_;
  const char* begin_;
};

/// They cannot be stored or sorted as they are: map them to what is wanted of them.
template <>
inline constexpr bool detail::is_flat<Fields> = false;

/// Files of such records. The blocks are the files' own text, without headers.
[[nodiscard]] Format delimited_format(const Delimited& kind);

/// Calls `sink(const Fields&)` for each record of a block of delimited_format(kind), in which it writes: two quotes become
/// one where they stand.
class DelimitedFeed {
 public:
  explicit DelimitedFeed(Delimited kind) : kind_(std::move(kind)) {}

  template <class Sink>
  void operator()(std::string_view block, Sink&& sink) const {
    std::vector<std::string_view> fields;
    SpecialBytes special(block, kind_.delimiter, kind_.quoting);
    for (std::size_t at = 0; at < block.size();) {
      fields.clear();
      const char* const begin = block.data() + at;
      const RecordPlace record = scan_record(special, at, kind_.quoting, true, [&](const FieldPlace& field) {
        fields.push_back(field.has_doubled
                             ? undouble(block, field)
                             : std::string_view(block.data() + field.begin, field.end - field.begin));
      });
      if (record.fault != nullptr) [[unlikely]] {
        throw Error(record.fault);  // not in a block of the reader's
      }
      at = record.end;
      if (!record.is_blank) {
        sink(Fields(fields, kind_, begin));
      }
    }
  }

 private:
  [[nodiscard]] static std::string_view undouble(std::string_view block, const FieldPlace& field) {
    // A block is its visitor's to change; it comes as a view since most feeds do not.
    char* const begin = const_cast<char*>(block.data()) + field.begin;
    const char* const end = block.data() + field.end;
    char* to = begin;
    for (const char* from = begin; from != end; ++from) {
      *to++ = *from;
      from += static_cast<int>(*from == '"');
    }
    return {begin, static_cast<std::size_t>(to - begin)};
  }

  Delimited kind_;
};

}  // namespace serried::mapreduce

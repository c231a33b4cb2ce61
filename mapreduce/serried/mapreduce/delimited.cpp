#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/mapreduce/delimited.hpp>
#include <serried/mapreduce/delimited_reader.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>

namespace serried::mapreduce {
namespace {

// For messages: the beginning of a record.
std::string start_of(std::span<const std::string_view> fields, char delimiter) {
  constexpr std::size_t longest = 80;
  std::string text;
  for (const std::string_view field : fields) {
    if (text.size() > longest) {
      break;
    }
    text.append(field.substr(0, longest)).push_back(delimiter);
  }
  text.resize(std::min(text.size() - static_cast<std::size_t>(!text.empty()), longest));
  return text;
}

std::string column_name(const Delimited& kind, std::size_t i) {
  return i < kind.names.size() ? fmt::format("column {} ({})", i + 1, kind.names[i])
                               : fmt::format("column {}", i + 1);
}

void check(const Delimited& kind) {
  constexpr std::string_view forbidden("\"\r\n\0", 4);
  expects(std::isalnum(static_cast<unsigned char>(kind.delimiter)) == 0 &&
              forbidden.find(kind.delimiter) == std::string_view::npos,
          "the delimiter is no letter, digit, quote, NUL or line end");
  expects(kind.names.empty() || kind.n_columns == 0 || kind.n_columns == kind.names.size(),
          "there are as many names as columns");
}

}  // namespace

Error Fields::no_such_field(std::size_t i) const {
  return Error(fmt::format("a record has {} columns, {} was asked for: '{}'", size(), column_name(*kind_, i),
                           start_of(fields_, kind_->delimiter)))
      .hint("n_columns makes sure that every record has as many");
}

Error Fields::no_number(std::size_t i, bool is_out_of_range) const {
  constexpr std::size_t longest = 40;
  return Error(fmt::format("{} holds '{}', {}, in the record '{}'", column_name(*kind_, i),
                           fields_[i].substr(0, longest),
                           is_out_of_range ? "which is out of the number's range" : "which is no such number",
                           start_of(fields_, kind_->delimiter)));
}

Delimited with_header_of(const mpi::Communicator& comm, const InputList& inputs, Delimited kind) {
  check(kind);
  std::string names;  // each followed by a newline and a character that says whether there is another
  mpi::on_root(comm, [&] {
    const auto first = std::ranges::find_if(
        inputs, [](const Input& input) { return input.encoding != Encoding::stream && input.size > 0; });
    if (first == inputs.end()) {
      throw Error("no input holds a header that names columns")
          .hint("streams cannot be read twice: give the columns' names, or use their numbers");
    }
    for (const std::string& name : DelimitedReader::header_of(*first, kind)) {
      names.append(name).push_back('\0');
    }
  });
  mpi::broadcast_resized(comm, names);
  kind.names.clear();
  for (std::size_t at = 0; at < names.size(); at = names.find('\0', at) + 1) {
    kind.names.emplace_back(names.c_str() + at);
  }
  kind.has_header = true;
  if (kind.n_columns == 0) {
    kind.n_columns = kind.names.size();
  }
  return kind;
}

std::string comma_separated(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text.append(text.empty() ? "" : ", ").append(name);
  }
  return text;
}

std::size_t column_of(const Delimited& kind, std::string_view name) {
  const auto found = std::ranges::find(kind.names, name);
  if (found == kind.names.end()) {
    throw usage_error(fmt::format("there is no column {}; there are: {}", name, comma_separated(kind.names)));
  }
  return static_cast<std::size_t>(found - kind.names.begin());
}

Format delimited_format(const Delimited& kind) {
  check(kind);
  static constexpr std::array<const char*, 3> quotings = {"no quotes", "quotes within lines",
                                                          "quotes across lines"};
  std::string name =
      fmt::format("columns between bytes 0x{:02x}, {}, {} of them{}", static_cast<unsigned>(kind.delimiter),
                  quotings.at(static_cast<std::size_t>(kind.quoting)), kind.n_columns,
                  kind.has_header ? ", below a header" : "");
  for (const std::string& column : kind.names) {
    name.append("; ").append(printable(column));
  }
  const auto quotes = std::make_shared<QuoteParity>();
  Format format{.name = std::move(name),
                .make_reader =
                    [kind, quotes](std::size_t window_bytes, std::function<bool()> must_stop) {
                      return std::make_unique<DelimitedReader>(kind, quotes, window_bytes,
                                                               std::move(must_stop));
                    },
                .unit = 1};
  if (kind.quoting == Quoting::across_lines) {
    format.prepare = [quotes](const mpi::Communicator& comm, const InputList& inputs, int n_threads) {
      quotes->count(comm, inputs, n_threads);
    };
  }
  return format;
}

}  // namespace serried::mapreduce

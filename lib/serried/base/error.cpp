#include <charconv>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <serried/base/error.hpp>

namespace serried {
namespace {

// The wire format: fields in a fixed order, numbers as decimal text, each ended by a NUL; an absent value is
// empty. No field may hold a NUL, so NULs in texts are dropped on the way.
void append_field(std::string& bytes, std::string_view field) {
  for (const char c : field) {
    if (c != '\0') {
      bytes.push_back(c);
    }
  }
  bytes.push_back('\0');
}

template <class Number>
void append_number(std::string& bytes, const std::optional<Number>& number) {
  append_field(bytes, number ? fmt::format("{}", *number) : std::string());
}

std::string take_field(const std::string& bytes, std::size_t& position) {
  const std::size_t end = bytes.find('\0', position);
  if (end == std::string::npos) {
    throw std::invalid_argument("Error::from_bytes: a field is missing");
  }
  std::string field = bytes.substr(position, end - position);
  position = end + 1;
  return field;
}

template <class Number>
std::optional<Number> take_number(const std::string& bytes, std::size_t& position) {
  const std::string field = take_field(bytes, position);
  if (field.empty()) {
    return std::nullopt;
  }
  Number number{};
  const char* const field_end = field.data() + field.size();
  const auto [end, status] = std::from_chars(field.data(), field_end, number);
  if (status != std::errc() || end != field_end) {
    throw std::invalid_argument("Error::from_bytes: not a number that fits");
  }
  return number;
}

}  // namespace

Error::Error(std::string problem) : problem_(std::move(problem)) { compose_message(); }

Error&& Error::at(std::string path) && {
  path_ = std::move(path);
  compose_message();
  return std::move(*this);
}

Error&& Error::at(std::string path, std::uint64_t offset) && {
  offset_ = offset;
  return std::move(*this).at(std::move(path));
}

Error&& Error::context(const std::string& where) && {
  problem_.insert(0, where + ": ");
  compose_message();
  return std::move(*this);
}

Error&& Error::hint(std::string what_to_do) && {
  hint_ = std::move(what_to_do);
  compose_message();
  return std::move(*this);
}

Error&& Error::on_rank(int rank, std::string host) && {
  rank_ = rank;
  host_ = std::move(host);
  return std::move(*this);
}

Error&& Error::mpi_class(int error_class) && {
  mpi_class_ = error_class;
  return std::move(*this);
}

Error&& Error::exit_code(ExitCode code) && {
  exit_code_ = code;
  return std::move(*this);
}

void Error::compose_message() {
  std::string message;
  if (!path_.empty()) {
    message = offset_ ? fmt::format("{}, byte {}: ", path_, *offset_) : path_ + ": ";
  }
  message += problem_;
  if (!hint_.empty()) {
    message += fmt::format(" ({})", hint_);
  }
  message_ = printable(message);
}

std::string Error::to_bytes() const {
  std::string bytes;
  append_field(bytes, problem_);
  append_field(bytes, hint_);
  append_field(bytes, path_);
  append_number(bytes, offset_);
  append_number(bytes, rank_);
  append_field(bytes, host_);
  append_number(bytes, mpi_class_);
  append_number(bytes, std::optional<int>(static_cast<int>(exit_code_)));
  return bytes;
}

Error Error::from_bytes(const std::string& bytes) {
  std::size_t position = 0;
  Error error(take_field(bytes, position));
  error.hint_ = take_field(bytes, position);
  error.path_ = take_field(bytes, position);
  error.offset_ = take_number<std::uint64_t>(bytes, position);
  error.rank_ = take_number<int>(bytes, position);
  error.host_ = take_field(bytes, position);
  error.mpi_class_ = take_number<int>(bytes, position);
  error.exit_code_ =
      static_cast<ExitCode>(take_number<int>(bytes, position).value_or(static_cast<int>(ExitCode::failed)));
  if (position != bytes.size()) {
    throw std::invalid_argument("Error::from_bytes: something follows the last field");
  }
  error.compose_message();
  return error;
}

Error usage_error(std::string problem) { return Error(std::move(problem)).exit_code(ExitCode::usage); }

Error system_error(const std::string& action, int error_number, const std::string& path) {
  const std::string text = std::error_code(error_number, std::generic_category()).message();
  return Error(fmt::format("cannot {}: {}", action, text)).at(path);
}

Error as_error(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error("out of memory").hint("use more ranks on more nodes, or fewer threads");
  } catch (const std::logic_error& error) {
    return Error(fmt::format("bug: {}", error.what())).hint("please report it");
  } catch (const std::exception& error) {
    return Error(error.what());
  } catch (...) {
    return Error("an exception that is no std::exception");
  }
}

std::string printable(const std::string& text) {
  std::string line;
  line.reserve(text.size());
  const auto byte_at = [&](std::size_t i) {
    return static_cast<unsigned char>(i < text.size() ? text[i] : 0);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char byte = byte_at(i);
    if (byte == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xc2 && byte_at(i + 1) >= 0x80 && byte_at(i + 1) < 0xa0) {
      // U+0080 to U+009F in UTF-8, the control characters beyond ASCII: U+009B begins a sequence as ESC [
      // does.
      line += fmt::format("\\xc2\\x{:02x}", byte_at(++i));
    } else {
      line += text[i];
    }
  }
  return line;
}

}  // namespace serried

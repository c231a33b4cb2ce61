#include <algorithm>
#include <iterator>
#include <new>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <serried/job/run.hpp>
#include <serried/mapreduce/set_aside.hpp>

namespace serried::mapreduce {
namespace {

// Not in the middle of a character of UTF-8.
std::string cut(std::string text) {
  constexpr std::size_t longest = 500;
  if (text.size() <= longest) {
    return text;
  }
  std::size_t end = longest;
  while (end > longest - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  text.resize(end);
  return text + "...";
}

std::string one_line(std::string text) { return printable(cut(std::move(text))); }

std::span<const std::byte> take(std::span<const std::byte>& bytes, std::uint64_t size) {
  if (bytes.size() < size) {
    throw Error("saved records are cut off").hint("were they written by another version of the program?");
  }
  const std::span<const std::byte> taken = bytes.first(size);
  bytes = bytes.subspan(size);
  return taken;
}

template <class T>
T take(std::span<const std::byte>& bytes) {
  return job::value_of_bytes<T>(take(bytes, sizeof(T)));
}

}  // namespace

std::string line_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return one_line(error.what());
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

void SetAside::add(const RecordOrigin& origin, const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const Error& error) {
    if (error.exit_code() == ExitCode::resumable) {
      throw;
    }
  } catch (...) {
    // whatever else a function throws is the record's fault
  }
  push(origin, line_of(exception));
}

void SetAside::add(const RecordOrigin& origin, const std::string& message) {
  push(origin, one_line(message));
}

void SetAside::push(const RecordOrigin& origin, std::string line) {
  if (is_nowhere_) {
    return;
  }
  records_.push_back({origin, std::move(line)});
  if (records_.size() > n_most_) {
    throw too_many_skipped(n_most_, records_.back().message);
  }
}

void SetAside::merge(SetAside&& other) {
  const auto room =
      static_cast<std::size_t>(n_most_ + 1 - std::min<std::uint64_t>(records_.size(), n_most_ + 1));
  const auto end =
      other.records_.begin() + static_cast<std::ptrdiff_t>(std::min(room, other.records_.size()));
  std::move(other.records_.begin(), end, std::back_inserter(records_));
  other.records_.clear();
}

void SetAside::save(std::vector<std::byte>& bytes) const {
  std::vector<std::byte> mine;
  append_skipped(mine, records_);
  job::append_bytes(bytes, std::uint64_t{mine.size()});
  bytes.insert(bytes.end(), mine.begin(), mine.end());
}

std::span<const std::byte> SetAside::load(std::span<const std::byte> bytes) {
  const auto size = take<std::uint64_t>(bytes);
  SetAside loaded(n_most_);
  loaded.records_ = skipped_of_bytes(take(bytes, size));
  merge(std::move(loaded));
  return bytes;
}

void append_skipped(std::vector<std::byte>& bytes, std::span<const SkippedRecord> records) {
  for (const SkippedRecord& record : records) {
    job::append_bytes(bytes, record.origin);
    job::append_bytes(bytes, std::uint64_t{record.message.size()});
    const auto* const first = reinterpret_cast<const std::byte*>(record.message.data());
    bytes.insert(bytes.end(), first, first + record.message.size());
  }
}

std::vector<SkippedRecord> skipped_of_bytes(std::span<const std::byte> bytes) {
  std::vector<SkippedRecord> records;
  while (!bytes.empty()) {
    const auto origin = take<RecordOrigin>(bytes);
    const auto size = take<std::uint64_t>(bytes);
    const std::span<const std::byte> message = take(bytes, size);
    records.push_back({origin, {reinterpret_cast<const char*>(message.data()), message.size()}});
  }
  return records;
}

Error too_many_skipped(std::uint64_t n_most, const std::string& last_message) {
  return Error(fmt::format("more than {} records failed; the last: {}", n_most, last_message))
      .hint("is it the function that is wrong, or the input of another kind?");
}

}  // namespace serried::mapreduce

/// An index on disk, of which only what is asked for is read.
///
///     const IndexFile index("index.tsv");
///     index.for_each_posting("word", [](std::uint64_t document, std::uint64_t count) { … });
///     const IndexFile::Document document = index.document(17);
///
/// Local. What does not look as it should is an Error with path and offset.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>

namespace serried::index {

/// A file as memory, read where it is looked at.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const FileDescriptor file = FileDescriptor::open(path, O_RDONLY);
    size_ = file.size();
    if (size_ > 0) {
      data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
      if (data_ == MAP_FAILED) {
        throw system_error("map", errno, path);
      }
    }
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (size_ > 0) {
      ::munmap(data_, size_);
    }
  }
  [[nodiscard]] std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

class IndexFile {
 public:
  explicit IndexFile(const std::string& path) : path_(path), file_(path), all_(file_.bytes()) {
    std::string_view line = all_.substr(0, std::min(all_.find('\n'), all_.size()));
    const std::size_t n_first = line.size() + 1;
    if (take_field(line) != "serried-index") {
      fail(all_, "this is not the first line of an index");
    }
    if (take_field(line) != "1") {
      fail(all_, "an index of another version");
    }
    is_folded_ = take_field(line) == "folded";
    n_documents_ = number(take_field(line));
    n_words_ = number(take_field(line));
    const std::uint64_t words_begin = number(line);
    if (words_begin < n_first || words_begin > all_.size() || all_.back() != '\n') {
      fail(all_, "the file is cut off");
    }
    documents_ = all_.substr(n_first, words_begin - n_first);
    words_ = all_.substr(words_begin);
  }

  [[nodiscard]] bool is_folded() const { return is_folded_; }
  [[nodiscard]] std::uint64_t n_documents() const { return n_documents_; }
  [[nodiscard]] std::uint64_t n_words() const { return n_words_; }

  struct Document {
    std::uint64_t n_words = 0;
    std::string_view path;  ///< as it is in the index
    std::size_t place = 0;  ///< where to look for the next one, if its number is higher
  };
  /// The document of that number. Fast if it comes not long after the place of another.
  [[nodiscard]] Document document(std::uint64_t wanted, std::size_t place = 0) const {
    // Ever larger steps, then halves.
    std::size_t begin = place;
    std::size_t end = documents_.size();
    for (std::size_t step = 64; begin + step < documents_.size(); step *= 2) {
      const std::string_view line = line_at(documents_, begin + step);
      if (number_of(line) > wanted) {
        end = begin + step;
        break;
      }
      begin = offset_in(documents_, line);
    }
    const auto found = find(documents_.substr(0, end), begin, [&](std::string_view line) {
      const std::uint64_t number = number_of(line);
      return number < wanted ? -1 : number > wanted ? 1 : 0;
    });
    if (!found) {
      fail(documents_, "a document is missing that has words");
    }
    std::string_view rest = *found;
    (void)take_field(rest);
    const std::uint64_t n_words = number(take_field(rest));
    return {n_words, rest, offset_in(documents_, *found)};
  }

  /// In how many documents the word is: 0 if it is unknown. Calls `visit(document, count)` for each, in order.
  template <class Visit>
  std::uint64_t for_each_posting(std::string_view word, Visit&& visit) const {
    const auto found = find(words_, 0, [&](std::string_view line) {
      return line.substr(0, std::min(line.find('\t'), line.size())).compare(word);
    });
    if (!found) {
      return 0;
    }
    std::string_view rest = *found;
    (void)take_field(rest);
    const std::uint64_t n = number(take_field(rest));
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t document = number(take_field(rest, ':'));
      const std::uint64_t count = number(take_field(rest, ':'));
      visit(document, count);
      (void)take_field(rest, ' ');
    }
    if (!rest.empty()) {
      fail(rest, "more documents than the line's count says");
    }
    return n;
  }

  [[noreturn]] void fail(std::string_view where, const std::string& problem) const {
    throw Error(problem)
        .at(path_, static_cast<std::uint64_t>(where.data() - all_.data()))
        .hint("is it an index, whole and as serried-index wrote it?");
  }

 private:
  [[nodiscard]] static std::size_t offset_in(std::string_view all, std::string_view part) {
    return static_cast<std::size_t>(part.data() - all.data());
  }
  // What is before the next separator, or all.
  static std::string_view take_field(std::string_view& line, char separator = '\t') {
    const std::string_view field = line.substr(0, std::min(line.find(separator), line.size()));
    line.remove_prefix(std::min(field.size() + 1, line.size()));
    return field;
  }
  [[nodiscard]] std::uint64_t number(std::string_view text) const {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      fail(text, "a number was expected");
    }
    return value;
  }
  [[nodiscard]] std::uint64_t number_of(std::string_view line) const { return number(take_field(line)); }

  // The line that byte `at` of `region`, which ends lines with newlines, is in.
  [[nodiscard]] static std::string_view line_at(std::string_view region, std::size_t at) {
    const void* const before = at == 0 ? nullptr : ::memrchr(region.data(), '\n', at);
    const std::size_t begin =
        before == nullptr ? 0
                          : static_cast<std::size_t>(static_cast<const char*>(before) - region.data()) + 1;
    return region.substr(begin, std::min(region.find('\n', at), region.size()) - begin);
  }

  // Among the sorted lines of `region` from `begin` on, one for which `compare(line)` is 0: it is negative for those before.
  template <class Compare>
  [[nodiscard]] static std::optional<std::string_view> find(std::string_view region, std::size_t begin,
                                                            const Compare& compare) {
    for (std::size_t end = region.size(); begin < end;) {
      const std::string_view line = line_at(region, begin + (end - begin) / 2);
      const int order = compare(line);
      if (order == 0) {
        return line;
      }
      if (order < 0) {
        begin = offset_in(region, line) + line.size() + 1;
      } else {
        end = offset_in(region, line);
      }
    }
    return std::nullopt;
  }

  std::string path_;
  MappedFile file_;
  std::string_view all_;
  std::string_view documents_;
  std::string_view words_;
  bool is_folded_ = false;
  std::uint64_t n_documents_ = 0;
  std::uint64_t n_words_ = 0;
};

}  // namespace serried::index

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <serried/base/crc32c.hpp>
#include <serried/base/error.hpp>
#include <serried/mapreduce/saved_file.hpp>

namespace serried::mapreduce::detail {
namespace {

// No text begins so, and what changes line ends or the highest bits changes them.
constexpr std::string_view header_mark = "\x89saved\r\n";
constexpr std::string_view trailer_mark = "\x89saved end\r\n";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t longest_type_name = 4096;
constexpr std::size_t fixed_header_bytes = header_mark.size() + 2 * sizeof(std::uint32_t);

template <class T>
std::uint32_t checksum_of(const T& value, std::size_t n_bytes, std::uint32_t before = 0) {
  return crc32c(std::as_bytes(std::span(&value, 1)).first(n_bytes), before);
}
std::uint32_t checksum_of(std::span<const char> bytes) { return crc32c(std::as_bytes(bytes)); }

std::uint32_t checksum_of(const SavedPiece& piece, std::uint64_t number) {
  return checksum_of(piece, offsetof(SavedPiece, checksum), checksum_of(number, sizeof number));
}

void append_number(std::string& bytes, std::uint32_t number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}
std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

Error damaged(const std::string& what, const std::string& path, std::uint64_t offset) {
  return Error(what).at(path, offset).hint("save the records again");
}

}  // namespace

std::string saved_header(std::string_view type_name) {
  if (type_name.size() > longest_type_name) {
    throw Error("the name of the records' type is longer than a file of saved records can say");
  }
  std::string header(header_mark);
  append_number(header, format_version);
  append_number(header, static_cast<std::uint32_t>(type_name.size()));
  header += type_name;
  append_number(header, checksum_of(std::span<const char>(header)));
  return header;
}

std::uint64_t n_saved_pieces(std::uint64_t end) noexcept {
  return (end + saved_piece_bytes - 1) / saved_piece_bytes;
}

void seal(std::span<SavedPiece> pieces, std::uint64_t first) noexcept {
  for (SavedPiece& piece : pieces) {
    piece.checksum = checksum_of(piece, first++);
  }
}

SavedTrailer saved_trailer(std::uint64_t end, std::uint64_t n_records) noexcept {
  SavedTrailer trailer{.index_begin = end, .n_pieces = n_saved_pieces(end), .n_records = n_records};
  std::ranges::copy(trailer_mark, trailer.mark.begin());
  trailer.checksum = checksum_of(trailer, offsetof(SavedTrailer, checksum));
  return trailer;
}

SavedFile::SavedFile(const Input& input, std::string_view type_name)
    : size_(input.size), begin_(saved_header(type_name).size()) {
  if (input.encoding != Encoding::plain) {
    throw Error("saved records are read from a file as it is, neither compressed nor from a stream")
        .at(input.path);
  }
  file_ = FileDescriptor::open(input.path, O_RDONLY);
  check_header(type_name);
  read_trailer();
}

void SavedFile::check_header(std::string_view type_name) const {
  std::string header(std::min<std::uint64_t>(size_, fixed_header_bytes), '\0');
  read_at(0, header);
  if (!header.starts_with(header_mark) || header.size() < fixed_header_bytes) {
    throw Error(size_ == 0 ? "is empty: no file of saved records" : "is no file of saved records")
        .at(path(), 0)
        .hint("load() reads what save() has written");
  }
  const std::uint32_t version = number_at(header, header_mark.size());
  const std::uint32_t name_size = number_at(header, header_mark.size() + sizeof version);
  const std::uint64_t n_left = size_ - header.size();
  if (version == format_version && name_size <= longest_type_name &&
      name_size + sizeof(std::uint32_t) <= n_left) {
    header.resize(fixed_header_bytes + name_size + sizeof(std::uint32_t));
    read_at(fixed_header_bytes, std::span(header).subspan(fixed_header_bytes));
    const std::span<const char> checked = std::span(header).first(fixed_header_bytes + name_size);
    if (checksum_of(checked) == number_at(header, checked.size())) {
      const std::string_view name = std::string_view(header).substr(fixed_header_bytes, name_size);
      if (name != type_name) {
        throw Error(fmt::format("holds records of type {}, not {}", name, type_name))
            .at(path(), fixed_header_bytes)
            .hint("load them as the type that was saved");
      }
      return;
    }
  }
  if (version != format_version) {
    throw damaged(fmt::format("saved records of version {}, but this program reads version {}", version,
                              format_version),
                  path(), header_mark.size());
  }
  throw damaged("the header of the saved records is damaged", path(), header_mark.size());
}

void SavedFile::read_trailer() {
  const std::uint64_t at = size_ - std::min<std::uint64_t>(size_, sizeof trailer_);
  if (at >= begin_) {
    read_at(at, {reinterpret_cast<char*>(&trailer_), sizeof trailer_});
    const SavedTrailer expected = saved_trailer(trailer_.index_begin, trailer_.n_records);
    const bool is_sound = std::memcmp(&trailer_, &expected, sizeof trailer_) == 0;
    if (is_sound && trailer_.index_begin >= begin_ && trailer_.index_begin <= at &&
        (at - trailer_.index_begin) == (trailer_.n_pieces + 1) * sizeof(SavedPiece)) {
      return;
    }
  }
  throw damaged("the file of saved records does not end as it should: it is cut or damaged", path(), at);
}

void SavedFile::read_index(std::uint64_t first, std::uint64_t n, std::vector<SavedPiece>& pieces) const {
  pieces.resize(n + 1);
  const std::uint64_t at = trailer_.index_begin + first * sizeof(SavedPiece);
  read_at(at, {reinterpret_cast<char*>(pieces.data()), pieces.size() * sizeof(SavedPiece)});
  for (std::uint64_t i = 0; i < pieces.size(); ++i) {
    const SavedPiece& piece = pieces[i];
    const std::uint64_t number = first + i;
    const std::uint64_t least =
        number == 0 ? begin_ : std::min(number * saved_piece_bytes, trailer_.index_begin);
    const bool is_last = number == trailer_.n_pieces;
    if (piece.checksum != checksum_of(piece, number) || piece.begin < least ||
        piece.begin > trailer_.index_begin || (i > 0 && piece.begin < pieces[i - 1].begin) ||
        (number == 0 && piece.begin != begin_) ||
        (is_last && (piece.begin != trailer_.index_begin || piece.n_records != trailer_.n_records))) {
      throw damaged("the index of the saved records is damaged", path(), at + i * sizeof(SavedPiece));
    }
  }
}

void SavedFile::read_records(std::span<const SavedPiece> pieces, std::vector<char>& records) const {
  const std::uint64_t begin = pieces.front().begin;
  records.resize(pieces.back().begin - begin);
  read_at(begin, records);
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    check_piece(pieces[i], std::span<const char>(records).subspan(pieces[i].begin - begin,
                                                                  pieces[i + 1].begin - pieces[i].begin));
  }
}

void SavedFile::check_piece(const SavedPiece& piece, std::span<const char> records) const {
  if (checksum_of(records) != piece.crc) {
    throw damaged(
        fmt::format("saved records are damaged: the checksum of {} bytes is not what it was", records.size()),
        path(), piece.begin);
  }
  std::uint64_t n_records = 0;
  std::size_t at = 0;
  while (records.size() - at >= sizeof(std::uint32_t)) {
    const std::uint32_t size = number_at({records.data(), records.size()}, at);
    if (records.size() - at - sizeof size < size) {
      break;
    }
    at += sizeof size + size;
    ++n_records;
  }
  if (at != records.size() || n_records != piece.n_records) {
    throw damaged("what was saved is not made of records", path(), piece.begin + at);
  }
}

void SavedFile::read_at(std::uint64_t offset, std::span<char> bytes) const {
  if (file_.read_at(offset, bytes) < bytes.size()) {
    throw Error(fmt::format("the file became shorter while it was read: it had {} bytes", size_))
        .at(path(), offset)
        .hint("run again when nothing writes to it");
  }
}

}  // namespace serried::mapreduce::detail

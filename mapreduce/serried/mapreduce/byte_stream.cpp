#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>
#include <zstd.h>

#include <serried/base/checked_cast.hpp>
#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>
#include <serried/mapreduce/byte_stream.hpp>

namespace serried::mapreduce {
namespace {

constexpr std::size_t compressed_buffer_bytes = 256 << 10;

// A regular file from an offset to the size that it had when it was listed.
class PlainFile : public ByteStream {
 public:
  PlainFile(const Input& input, std::uint64_t offset)
      : file_(FileDescriptor::open(input.path, O_RDONLY)), size_(input.size), begin_(offset), next_(offset) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), size_ - std::min(size_, next_));
    const std::size_t got = file_.read_at(next_, buffer.first(wanted));
    next_ += got;
    if (got < wanted) {
      throw Error("the file became shorter while it was read: it had " + std::to_string(size_) + " bytes")
          .at(file_.path(), next_)
          .hint("run again when nothing writes to it");
    }
    return got;
  }
  std::uint64_t n_bytes_taken() const override { return next_ - begin_; }

 private:
  FileDescriptor file_;
  std::uint64_t size_;
  std::uint64_t begin_;
  std::uint64_t next_;
};

// Standard input, a pipe or a device, to its end.
class Pipe : public ByteStream {
 public:
  Pipe(const Input& input, std::function<bool()> must_stop)
      : file_(input.path == "-" ? FileDescriptor::borrow(STDIN_FILENO, "standard input")
                                : FileDescriptor::open(input.path, O_RDONLY)),
        must_stop_(std::move(must_stop)) {}

  std::size_t read(std::span<char> buffer) override {
    std::size_t done = 0;
    while (done < buffer.size() && wait_for_data()) {
      const std::size_t got = file_.read_some(buffer.subspan(done));
      if (got == 0) {
        break;
      }
      done += got;
    }
    n_taken_ += done;
    return done;
  }
  std::uint64_t n_bytes_taken() const override { return n_taken_; }

 private:
  // False if the job is to stop.
  bool wait_for_data() {
    constexpr int interval_ms = 100;
    pollfd waiting{file_.get(), POLLIN, 0};
    while (::poll(&waiting, 1, must_stop_ ? interval_ms : -1) == 0) {
      if (must_stop_()) {
        return false;
      }
    }
    return true;
  }

  FileDescriptor file_;
  std::function<bool()> must_stop_;
  std::uint64_t n_taken_ = 0;
};

// What both formats share: a file of several compressed pieces one after the other (gzip members, zstd
// frames), the last of which must be whole.
class CompressedFile : public ByteStream {
 public:
  explicit CompressedFile(const Input& input) : file_(input, 0), path_(input.path) {}

  std::size_t read(std::span<char> buffer) final {
    std::size_t done = 0;
    while (done < buffer.size()) {
      // Inside a piece there may be output left even where the input is used up.
      if (is_inside_ || next_ < end_) {
        const std::size_t n = decompress(buffer.subspan(done));
        done += n;
        if (n > 0 || next_ < end_) {
          continue;
        }
      }
      if (!refill()) {
        break;
      }
    }
    return done;
  }
  std::uint64_t n_bytes_taken() const final { return file_.n_bytes_taken(); }

 protected:
  // Decompresses from `unread` into `out`, calls `consume`; says by `set_inside` whether a piece is
  // unfinished.
  virtual std::size_t decompress(std::span<char> out) = 0;

  [[nodiscard]] std::span<char> unread() { return std::span(compressed_).subspan(next_, end_ - next_); }
  void consume(std::size_t n) { next_ += n; }
  void set_inside(bool is_inside) { is_inside_ = is_inside; }
  [[nodiscard]] bool is_inside() const { return is_inside_; }
  [[nodiscard]] Error damaged(const std::string& what) const {
    return Error(what).at(path_, n_bytes_taken() - (end_ - next_)).hint("make or fetch the file again");
  }

 private:
  bool refill() {
    end_ = file_.read(compressed_);
    next_ = 0;
    if (end_ == 0 && (is_inside_ || file_.n_bytes_taken() == 0)) {
      throw damaged("the compressed file is truncated");
    }
    return end_ > 0;
  }

  PlainFile file_;
  std::string path_;
  std::vector<char> compressed_ = std::vector<char>(compressed_buffer_bytes);
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  bool is_inside_ = false;
};

class GzipFile final : public CompressedFile {
 public:
  explicit GzipFile(const Input& input) : CompressedFile(input) {
    constexpr int gzip_only = 15 + 16;
    if (inflateInit2(&state_, gzip_only) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;
  ~GzipFile() override { inflateEnd(&state_); }

 private:
  std::size_t decompress(std::span<char> out) override {
    const std::span<char> in = unread();
    if (!is_inside()) {
      // gzip pads with zero bytes on some media; they end no member and begin none.
      if (const auto n_zeros = static_cast<std::size_t>(
              std::ranges::find_if(in, [](char c) { return c != '\0'; }) - in.begin());
          n_zeros > 0 && has_member_) {
        consume(n_zeros);
        return 0;
      }
      inflateReset(&state_);
      set_inside(true);
    }
    state_.next_in = reinterpret_cast<Bytef*>(in.data());
    state_.avail_in = checked_cast<uInt>(in.size());
    state_.next_out = reinterpret_cast<Bytef*>(out.data());
    const uInt capacity = checked_cast<uInt>(std::min<std::size_t>(out.size(), 1 << 30));
    state_.avail_out = capacity;
    const int code = inflate(&state_, Z_NO_FLUSH);
    consume(in.size() - state_.avail_in);
    if (code == Z_STREAM_END) {
      set_inside(false);
      has_member_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      throw damaged(std::string("not valid gzip data: ") +
                    (state_.msg != nullptr ? state_.msg : "unknown reason"));
    }
    return capacity - state_.avail_out;
  }

  z_stream state_{};
  bool has_member_ = false;
};

class ZstdFile final : public CompressedFile {
 public:
  explicit ZstdFile(const Input& input) : CompressedFile(input) {
    if (!state_) {
      throw std::bad_alloc();
    }
    // Also what `zstd --long=31` made: a window of up to 2 GiB.
    ZSTD_DCtx_setParameter(state_.get(), ZSTD_d_windowLogMax,
                           ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
  }

 private:
  std::size_t decompress(std::span<char> out) override {
    const std::span<char> in = unread();
    ZSTD_inBuffer source{in.data(), in.size(), 0};
    ZSTD_outBuffer target{out.data(), out.size(), 0};
    const std::size_t code = ZSTD_decompressStream(state_.get(), &target, &source);
    consume(source.pos);
    if (ZSTD_isError(code) != 0) {
      throw damaged(std::string("not valid zstd data: ") + ZSTD_getErrorName(code));
    }
    set_inside(code != 0);
    return target.pos;
  }

  struct Free {
    void operator()(ZSTD_DCtx* state) const { ZSTD_freeDCtx(state); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> state_{ZSTD_createDCtx()};
};

}  // namespace

std::unique_ptr<ByteStream> open_stream(const Input& input, std::uint64_t offset,
                                        std::function<bool()> must_stop) {
  expects(offset == 0 || input.encoding == Encoding::plain, "only plain files are read from the middle");
  switch (input.encoding) {
    case Encoding::plain:
      return std::make_unique<PlainFile>(input, offset);
    case Encoding::gzip:
      return std::make_unique<GzipFile>(input);
    case Encoding::zstd:
      return std::make_unique<ZstdFile>(input);
    case Encoding::stream:
      return std::make_unique<Pipe>(input, std::move(must_stop));
  }
  throw std::logic_error("unknown encoding");
}

}  // namespace serried::mapreduce

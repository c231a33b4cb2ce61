// One gzip member or one zstd frame made of some bytes.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <zlib.h>
#include <zstd.h>

namespace serried::test {

// With `name`, the header holds it, as that of the program gzip does.
[[nodiscard]] inline std::string gzip(std::string_view bytes, std::string name = {}) {
  z_stream state{};
  constexpr int gzip_only = 15 + 16;
  if (deflateInit2(&state, 9, Z_DEFLATED, gzip_only, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  gz_header header{};
  if (!name.empty()) {
    header.name = reinterpret_cast<Bytef*>(name.data());
    header.hcrc = 1;
    deflateSetHeader(&state, &header);
  }
  std::string out(deflateBound(&state, static_cast<uLong>(bytes.size())) + name.size() + 64, '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  state.avail_in = static_cast<uInt>(bytes.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&state, Z_FINISH);
  out.resize(state.total_out);
  deflateEnd(&state);
  if (code != Z_STREAM_END) {
    throw std::runtime_error("deflate");
  }
  return out;
}

[[nodiscard]] inline std::string zstd(std::string_view bytes, bool has_checksum = true) {
  ZSTD_CCtx* const state = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(state, ZSTD_c_checksumFlag, has_checksum ? 1 : 0);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress2(state, out.data(), out.size(), bytes.data(), bytes.size());
  ZSTD_freeCCtx(state);
  if (ZSTD_isError(size) != 0) {
    throw std::runtime_error(ZSTD_getErrorName(size));
  }
  out.resize(size);
  return out;
}

// A frame that decoders skip.
[[nodiscard]] inline std::string skippable_zstd(std::string_view bytes) {
  std::string frame = "\x50\x2a\x4d\x18";
  for (int shift = 0; shift < 32; shift += 8) {
    frame.push_back(static_cast<char>(bytes.size() >> shift));
  }
  return frame.append(bytes);
}

}  // namespace serried::test

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>
#include <vector>

#include <serried/base/parallel.hpp>
#include <serried/base/partition.hpp>
#include <serried/mapreduce/byte_stream.hpp>
#include <serried/mapreduce/quote_parity.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>

namespace serried::mapreduce {
namespace {

constexpr std::uint64_t piece_bytes = std::uint64_t{1} << 20;

std::uint64_t n_pieces_of(const Input& input) {
  return input.encoding == Encoding::plain ? (input.size + piece_bytes - 1) / piece_bytes : 0;
}

bool has_odd_quotes(const Input& input, std::uint64_t begin, std::uint64_t end) {
  thread_local std::vector<char> buffer;
  buffer.resize(piece_bytes);
  const auto bytes = std::span(buffer).first(end - begin);
  const std::size_t n = open_stream(input, begin)->read(bytes);
  unsigned char is_odd = 0;
  for (const char byte : bytes.first(n)) {
    is_odd ^= static_cast<unsigned char>(byte == '"');
  }
  return is_odd != 0;
}

}  // namespace

QuoteParity::File& QuoteParity::file_of(const Input& input) {
  const std::scoped_lock lock(mutex_);
  File& file = files_[input.path];
  if (!file.pieces) {
    file.pieces = std::make_unique<std::atomic<State>[]>(n_pieces_of(input));
  }
  return file;
}

void QuoteParity::count_piece(const Input& input, std::uint64_t number, std::atomic<State>& piece) {
  try {
    const std::uint64_t begin = number * piece_bytes;
    const bool is_odd = has_odd_quotes(input, begin, std::min(input.size, begin + piece_bytes));
    piece = is_odd ? State::odd : State::even;
  } catch (...) {
    piece = State::unknown;  // for whoever waits for it: to try, and to find the same
    throw;
  }
}

void QuoteParity::count(const mpi::Communicator& comm, const InputList& inputs, int n_threads) {
  struct Piece {
    const Input* input;
    std::uint64_t number;
  };
  std::vector<Piece> pieces;
  for (const Input& input : inputs) {
    for (std::uint64_t number = 0; number < n_pieces_of(input); ++number) {
      pieces.push_back({&input, number});
    }
  }
  std::vector<unsigned char> are_odd(pieces.size());
  mpi::together(comm, [&] {
    const Range mine = block(pieces.size(), static_cast<std::uint64_t>(comm.size()),
                             static_cast<std::uint64_t>(comm.rank()));
    on_threads(n_threads, [&](int thread) {
      const Range part =
          block(mine.size(), static_cast<std::uint64_t>(n_threads), static_cast<std::uint64_t>(thread));
      for (std::uint64_t i = mine.begin + part.begin; i < mine.begin + part.end; ++i) {
        const std::uint64_t begin = pieces[i].number * piece_bytes;
        const Input& input = *pieces[i].input;
        are_odd[i] = has_odd_quotes(input, begin, std::min(input.size, begin + piece_bytes)) ? 1 : 0;
      }
    });
  });
  mpi::allreduce(comm, are_odd, mpi::max);
  std::size_t next = 0;
  for (const Input& input : inputs) {
    std::vector<bool>& is_odd_before = files_[input.path].is_odd_before;
    is_odd_before.assign(1, false);
    for (std::uint64_t i = 0; i < n_pieces_of(input); ++i) {
      is_odd_before.push_back(is_odd_before.back() != (are_odd[next++] != 0));
    }
  }
}

std::optional<bool> QuoteParity::is_odd_before(const Input& input, std::uint64_t offset,
                                               const std::function<bool()>& must_stop) {
  const auto is_to_stop = [&] { return must_stop && must_stop(); };
  const File& file = file_of(input);
  const std::uint64_t n_whole = offset / piece_bytes;
  const std::uint64_t begin = n_whole * piece_bytes;
  const auto with_rest = [&](bool is_odd) {
    return is_odd != (begin < offset && has_odd_quotes(input, begin, offset));
  };
  if (!file.is_odd_before.empty()) {
    return with_rest(file.is_odd_before[n_whole]);
  }
  std::atomic<State>* const pieces = file.pieces.get();
  bool is_odd = false;
  // What nobody has begun first; then what others have.
  for (std::uint64_t i = 0; i < n_whole; ++i) {
    if (State expected = State::unknown;
        pieces[i] == State::unknown && pieces[i].compare_exchange_strong(expected, State::being_counted)) {
      count_piece(input, i, pieces[i]);
      if (is_to_stop()) {
        return std::nullopt;
      }
    }
  }
  for (std::uint64_t i = 0; i < n_whole;) {
    const State state = pieces[i];
    if (state == State::being_counted) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      if (is_to_stop()) {
        return std::nullopt;
      }
    } else if (State expected = State::unknown; state == State::unknown) {
      if (pieces[i].compare_exchange_strong(expected, State::being_counted)) {
        count_piece(input, i, pieces[i]);
      }
    } else {
      is_odd = is_odd != (state == State::odd);
      ++i;
    }
  }
  return with_rest(is_odd);
}

}  // namespace serried::mapreduce

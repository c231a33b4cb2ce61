/// Whether an offset of a file lies between quotes, which only the bytes before it can tell.
///
/// In text that keeps the rules of RFC 4180 it does if the number of quotes before it is odd. The quotes of plain files
/// are counted once, 1 MiB at a time; what is kept is a byte for each.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <serried/mapreduce/inputs.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mapreduce {

/// Shared by the threads of a rank.
class QuoteParity {
 public:
  /// Collective: counts all plain files, each rank a share of them on `n_threads` threads. Without it, `is_odd_before`
  /// counts what it needs, and every rank may count everything. Throws serried::Error if a file cannot be read.
  void count(const mpi::Communicator& comm, const InputList& inputs, int n_threads);

  /// Local, thread-safe: threads that need the same bytes share the counting. Nothing if `must_stop` said so meanwhile.
  /// Throws as ByteStream::read does.
  [[nodiscard]] std::optional<bool> is_odd_before(const Input& input, std::uint64_t offset,
                                                  const std::function<bool()>& must_stop);

 private:
  enum class State : std::uint8_t { unknown, being_counted, even, odd };
  struct File {
    std::unique_ptr<std::atomic<State>[]> pieces;  // each by itself
    std::vector<bool> is_odd_before;               // each piece, once all are counted
  };

  [[nodiscard]] File& file_of(const Input& input);
  static void count_piece(const Input& input, std::uint64_t number, std::atomic<State>& piece);

  std::mutex mutex_;  // of files_, not of what is in it
  std::map<std::string, File> files_;
};

}  // namespace serried::mapreduce

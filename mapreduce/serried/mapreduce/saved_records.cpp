#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <serried/mapreduce/saved_file.hpp>
#include <serried/mapreduce/saved_records.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>

namespace serried::mapreduce {
namespace {

using detail::SavedFile;
using detail::SavedPiece;

// A split has the pieces that begin in it, many of them in one block.
class SavedRecordReader final : public SplitReader {
 public:
  SavedRecordReader(std::string type_name, std::size_t window_bytes)
      : type_name_(std::move(type_name)), window_bytes_(window_bytes) {}

  void read(const Input& input, const Split& split, const Visit& visit) override {
    if (!file_ || file_->path() != input.path) {
      file_.reset();
      file_.emplace(input, type_name_);
    }
    const auto piece_at = [&](std::uint64_t byte) {
      return std::min(detail::n_saved_pieces(byte), file_->n_pieces());
    };
    const std::uint64_t first = piece_at(split.bytes.begin);
    const std::uint64_t n = piece_at(split.bytes.end) - first;
    if (n == 0) {
      return;
    }
    file_->read_index(first, n, pieces_);
    for (std::size_t begin = 0; begin < n;) {
      std::size_t end = begin + 1;
      while (end < n && pieces_[end + 1].begin - pieces_[begin].begin <= window_bytes_) {
        ++end;
      }
      file_->read_records(std::span(pieces_).subspan(begin, end - begin + 1), records_);
      if (!visit({records_, records_.size(), records_.size(), pieces_[begin].begin})) {
        return;
      }
      begin = end;
    }
  }

 private:
  std::string type_name_;
  std::size_t window_bytes_;
  std::optional<SavedFile> file_;  // the last one
  std::vector<SavedPiece> pieces_;
  std::vector<char> records_;
};

// Collective: each rank looks at some of the files. Throws what is wrong with the first one, whoever looked at it.
void look_at_all(const mpi::Communicator& comm, const InputList& inputs, const std::string& type_name) {
  const auto n_ranks = static_cast<std::size_t>(comm.size());
  std::exception_ptr error;
  auto i = static_cast<std::size_t>(comm.rank());
  try {
    for (; i < inputs.size(); i += n_ranks) {
      const SavedFile looked_at(inputs[i], type_name);
    }
  } catch (...) {
    error = std::current_exception();
  }
  const std::uint64_t found = error ? i : inputs.size();
  const std::uint64_t first = mpi::allreduce_value(comm, found, mpi::min);
  mpi::together(comm, [&] {
    if (error && found == first) {
      std::rethrow_exception(error);
    }
  });
}

}  // namespace

Format saved_records(const std::string& type_name) {
  return {.name = "saved records of type " + type_name,
          .make_reader =
              [type_name](std::size_t window_bytes, const std::function<bool()>& /*must_stop*/) {
                return std::make_unique<SavedRecordReader>(type_name, window_bytes);
              },
          .unit = detail::saved_piece_bytes,
          .is_text = false,
          .prepare = [type_name](const mpi::Communicator& comm, const InputList& inputs,
                                 int /*n_threads*/) { look_at_all(comm, inputs, type_name); }};
}

}  // namespace serried::mapreduce

#include <algorithm>
#include <cstring>
#include <span>

#include <serried/mapreduce/read_window.hpp>

namespace serried::mapreduce {

bool ReadWindow::more() {
  if (is_at_end_) {
    return false;
  }
  const std::size_t n_kept = last_ - first_;
  std::memmove(buffer_.data(), buffer_.data() + first_, n_kept);
  first_ = 0;
  last_ = n_kept;
  if (n_kept == buffer_.size()) {
    buffer_.resize(2 * buffer_.size());
  }
  std::uint64_t wanted = buffer_.size() - n_kept;
  if (const std::uint64_t next = at_ + n_kept; next >= end_) {
    wanted = std::min(wanted, n_beyond_end_);
    n_beyond_end_ =
        std::min(2 * n_beyond_end_, std::uint64_t{1} << 30);  // a long record is read in few pieces
  } else {
    wanted = std::min(wanted, std::max(end_ - next, n_beyond_end_));
  }
  const std::size_t n_new = stream_.read(std::span(buffer_).subspan(n_kept, wanted));
  is_at_end_ = n_new < wanted;
  last_ += n_new;
  return n_new > 0;
}

}  // namespace serried::mapreduce

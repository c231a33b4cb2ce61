/// A long array of which only those pages take memory that something was written to: what is gathered of many bins.
///
///     PagedArray<std::uint64_t, 4096> counts(n_pages);
///     ++counts[bin];
///     counts.merge(counts_of_another_thread, [](auto mine, auto theirs) { … });      // spans of a page
///     counts.allreduce(world, [&](std::span<std::uint64_t> pages) { mpi::allreduce(world, pages, std::plus<>{}); });
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/self_contained.hpp>
#include <serried/montecarlo/saved_values.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// Of `n_pages` times `page_size` elements, T{} at first; 8 bytes for a page that is not there. Move-only. T's bytes must be
/// all of it.
template <SelfContained T, std::size_t page_size>
class PagedArray {
 public:
  explicit PagedArray(std::size_t n_pages) : pages_(n_pages) {}

  [[nodiscard]] std::size_t n_pages() const noexcept { return pages_.size(); }

  /// Local. For i < n_pages() * page_size; the page is made if it is not there.
  [[nodiscard]] T& operator[](std::size_t i) { return made(i / page_size)[i % page_size]; }
  /// Local: a page as it is, or nothing.
  [[nodiscard]] std::span<const T> page(std::size_t p) const {
    return {pages_[p].get(), pages_[p] ? page_size : 0};
  }

  /// Local. `merge_page(mine, theirs)` adds up two spans where both have the page.
  template <class MergePage>
  void merge(PagedArray&& other, const MergePage& merge_page) {
    for (std::size_t p = 0; p < pages_.size(); ++p) {
      std::unique_ptr<T[]> theirs = std::move(other.pages_[p]);
      if (pages_[p] && theirs) {
        merge_page(std::span<T>(pages_[p].get(), page_size), std::span<const T>(theirs.get(), page_size));
      } else if (theirs) {
        pages_[p] = std::move(theirs);
      }
    }
  }

  /// Collective: `reduce(pages)`, which is collective too, for the pages that any rank has, several at a time. Uses 4 MiB, or a
  /// page, besides.
  template <class Reduce>
  void allreduce(const mpi::Communicator& comm, const Reduce& reduce) {
    std::vector<std::uint64_t> are_there(pages_.size());
    std::ranges::transform(pages_, are_there.begin(), [](const auto& page) { return page ? 1U : 0U; });
    mpi::allreduce(comm, are_there, std::bit_or<>{});
    constexpr std::size_t pages_at_once = std::max<std::size_t>((4U << 20) / (page_size * sizeof(T)), 1);
    std::vector<std::size_t> at_once;
    std::vector<T> elements;
    for (std::size_t p = 0; p < pages_.size(); ++p) {
      if (are_there[p] != 0) {
        at_once.push_back(p);
      }
      if (at_once.size() == pages_at_once || (p + 1 == pages_.size() && !at_once.empty())) {
        elements.clear();
        for (const std::size_t one : at_once) {
          elements.insert(elements.end(), made(one), made(one) + page_size);
        }
        reduce(std::span<T>(elements));
        for (std::size_t i = 0; i < at_once.size(); ++i) {
          std::copy_n(elements.data() + i * page_size, page_size, made(at_once[i]));
        }
        at_once.clear();
      }
    }
  }

  /// Local: the number of pages, and each with its number before it.
  void save(std::vector<std::byte>& bytes) const {
    const auto n = static_cast<std::uint64_t>(
        std::ranges::count_if(pages_, [](const auto& page) { return page != nullptr; }));
    put(bytes, std::span<const std::uint64_t>(&n, 1));
    for (std::uint64_t p = 0; p < pages_.size(); ++p) {
      if (pages_[p]) {
        put(bytes, std::span<const std::uint64_t>(&p, 1));
        put(bytes, page(p));
      }
    }
  }
  /// Local: an empty one becomes what was saved. Throws an Error if that cannot be.
  void take_from(std::span<const std::byte>& bytes) {
    std::uint64_t n = 0;
    take(bytes, std::span<std::uint64_t>(&n, 1));
    for (; n > 0; --n) {
      std::uint64_t p = 0;
      take(bytes, std::span<std::uint64_t>(&p, 1));
      if (p >= pages_.size()) {
        throw Error("what was saved does not fit").hint("was it written by another version of the program?");
      }
      take(bytes, std::span<T>(made(p), page_size));
    }
  }

 private:
  T* made(std::size_t p) {
    if (!pages_[p]) [[unlikely]] {
      pages_[p] = std::make_unique<T[]>(page_size);
    }
    return pages_[p].get();
  }

  std::vector<std::unique_ptr<T[]>> pages_;
};

}  // namespace serried::montecarlo

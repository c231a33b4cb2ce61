/// A large array that starts as zeros and costs little to get: the kernel hands out huge pages of zeros on
/// first use.
///
/// A hash table in 4 KiB pages spends more time on page faults and on misses in the page table than on its
/// keys.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace serried {

/// Move-only. T must be trivially copyable and mean something sensible when all its bytes are zero.
template <class T>
class ZeroedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  ZeroedArray() = default;
  /// Throws std::bad_alloc.
  explicit ZeroedArray(std::size_t size) : size_(size) {
    constexpr std::size_t huge_page = std::size_t{2} << 20;
    if (size > (std::size_t{1} << 46) / sizeof(T)) {
      throw std::bad_alloc();
    }
    const std::size_t n_bytes = size * sizeof(T);
    if (n_bytes == 0) {
      return;
    }
    // A mapping from the middle of a huge page could not use that page, so large ones get room to begin at a
    // whole one.
    const bool is_large = n_bytes >= 2 * huge_page;
    mapped_bytes_ = is_large ? n_bytes + huge_page : n_bytes;
    mapping_ = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping_ == MAP_FAILED) {
      mapping_ = nullptr;
      throw std::bad_alloc();
    }
    auto address = reinterpret_cast<std::uintptr_t>(mapping_);
    if (is_large) {
      address = (address + huge_page - 1) / huge_page * huge_page;
      madvise(reinterpret_cast<void*>(address), n_bytes / huge_page * huge_page, MADV_HUGEPAGE);
    }
    data_ = reinterpret_cast<T*>(address);
  }
  ZeroedArray(ZeroedArray&& other) noexcept { swap(other); }
  ZeroedArray& operator=(ZeroedArray&& other) noexcept {
    swap(other);
    return *this;
  }
  ~ZeroedArray() {
    if (mapping_ != nullptr) {
      munmap(mapping_, mapped_bytes_);
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] T* begin() noexcept { return data_; }
  [[nodiscard]] T* end() noexcept { return data_ + size_; }
  [[nodiscard]] const T* begin() const noexcept { return data_; }
  [[nodiscard]] const T* end() const noexcept { return data_ + size_; }
  T& operator[](std::size_t i) noexcept { return data_[i]; }
  const T& operator[](std::size_t i) const noexcept { return data_[i]; }

 private:
  void swap(ZeroedArray& other) noexcept {
    std::swap(mapping_, other.mapping_);
    std::swap(mapped_bytes_, other.mapped_bytes_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  void* mapping_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace serried

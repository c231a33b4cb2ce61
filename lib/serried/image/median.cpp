#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/image/median.hpp>
#include <serried/image/sorting_network.hpp>

namespace serried::image {
namespace {

// In a square of `side`² values whose columns and rows are sorted, (i, j) has at least (i + 1)(j + 1) - 1 values that are not larger,
// and (side - i)(side - j) - 1 that are not smaller. Where neither is more than half of all, it may be the median; and of those it is
// the median, for as many are left out below as above.
[[nodiscard]] constexpr bool may_be_median(std::size_t i, std::size_t j, std::size_t side) {
  const std::size_t half = (side * side + 1) / 2;
  return (i + 1) * (j + 1) <= half && (side - i) * (side - j) <= half;
}
template <std::size_t side>
[[nodiscard]] constexpr std::size_t n_candidates() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < side; ++i) {
    for (std::size_t j = 0; j < side; ++j) {
      count += may_be_median(i, j, side) ? 1 : 0;
    }
  }
  return count;
}

// work(index, n) for stretches of `n_lanes` indices, the last one shorter.
template <std::size_t n_lanes, class Work>
void for_each_stretch(std::size_t size, const Work& work) {
  for (std::size_t i = 0; i < size; i += n_lanes) {
    work(i, std::min(n_lanes, size - i));
  }
}
// By reference: vectors as results would be an ABI of their own for each CPU level.
template <class V, class T>
void load(const T* from, std::size_t n, V& values) {
  if (n * sizeof(T) == sizeof(V)) [[likely]] {
    std::memcpy(&values, from, sizeof(V));
  } else {
    values = V{};
    std::memcpy(&values, from, n * sizeof(T));
  }
}
template <class V, class T>
void store(const V& values, std::size_t n, T* to) {
  if (n * sizeof(T) == sizeof(V)) [[likely]] {
    std::memcpy(to, &values, sizeof(V));
  } else {
    std::memcpy(to, &values, n * sizeof(T));
  }
}

// Row i of `sorted` gets the i-th smallest of each column of the `side` rows.
template <std::size_t side, std::size_t n_bytes, class T>
void sort_columns(const std::array<const T*, side>& rows, std::size_t size,
                  const std::array<T*, side>& sorted) {
  using V = Lanes<T, n_bytes>;
  for_each_stretch<n_bytes / sizeof(T)>(size, [&](std::size_t at, std::size_t n) {
    V column[side];
    for (std::size_t i = 0; i < side; ++i) {
      load(rows[i] + at, n, column[i]);
    }
    sort(column);
    for (std::size_t i = 0; i < side; ++i) {
      store(column[i], n, sorted[i] + at);
    }
  });
}

// `step`: values from a pixel to the next.
template <std::size_t side, std::size_t n_bytes, class T>
void put_medians(const std::array<T*, side>& sorted, std::size_t step, std::size_t size, T* to) {
  using V = Lanes<T, n_bytes>;
  for_each_stretch<n_bytes / sizeof(T)>(size, [&](std::size_t at, std::size_t n) {
    V candidates[n_candidates<side>()];
    std::size_t n_found = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < side; ++i) {
      V row[side];
#pragma GCC unroll 8
      for (std::size_t j = 0; j < side; ++j) {
        load(sorted[i] + at + j * step, n, row[j]);
      }
      sort(row);
#pragma GCC unroll 8
      for (std::size_t j = 0; j < side; ++j) {
        if (may_be_median(i, j, side)) {
          candidates[n_found++] = row[j];
        }
      }
    }
    sort(candidates);
    store(candidates[n_candidates<side>() / 2], n, to + at);
  });
}

template <std::size_t radius, class T>
void put_by_network(View<const T> from, View<T> to, Scratch& scratch) {
  constexpr std::size_t side = 2 * radius + 1;
  const auto step = static_cast<std::size_t>(to.channels());
  const auto n_wide = static_cast<std::size_t>(from.width()) * step;
  const auto n = static_cast<std::size_t>(to.width()) * step;
  std::array<T*, side> sorted;
  for (std::size_t i = 0; i < side; ++i) {
    sorted[i] = scratch.array<T>(i, n_wide).data();
  }
  vectorized([&]<std::size_t n_bytes>(RegisterBytes<n_bytes>) {
    for (std::ptrdiff_t y = 0; y < to.height(); ++y) {
      std::array<const T*, side> rows;
      for (std::size_t i = 0; i < side; ++i) {
        rows[i] = from.row(y + static_cast<std::ptrdiff_t>(i)).data();
      }
      sort_columns<side, n_bytes>(rows, n_wide, sorted);
      put_medians<side, n_bytes>(sorted, step, n, to.row(y).data());
    }
  });
}

template <class T>
void put_pixel_by_pixel(View<const T> from, View<T> to, std::ptrdiff_t radius, Scratch& scratch) {
  const std::ptrdiff_t side = 2 * radius + 1;
  const std::span<T> around = scratch.array<T>(0, static_cast<std::size_t>(side * side));
  const auto middle = around.begin() + static_cast<std::ptrdiff_t>(around.size() / 2);
  for (std::ptrdiff_t y = 0; y < to.height(); ++y) {
    for (std::ptrdiff_t x = 0; x < to.width(); ++x) {
      for (int channel = 0; channel < to.channels(); ++channel) {
        auto at = around.begin();
        for (std::ptrdiff_t j = 0; j < side; ++j) {
          for (std::ptrdiff_t i = 0; i < side; ++i) {
            *at++ = from(x + i, y + j, channel);
          }
        }
        std::ranges::nth_element(around, middle);
        to(x, y, channel) = *middle;
      }
    }
  }
}

template <class T>
void put_median(View<const T> from, View<T> to, std::ptrdiff_t radius, Scratch& scratch) {
  expect_halo(from, to, radius);
  switch (radius) {
    case 1:
      return put_by_network<1>(from, to, scratch);
    case 2:
      return put_by_network<2>(from, to, scratch);
    case 3:
      return put_by_network<3>(from, to, scratch);
    default:
      return put_pixel_by_pixel(from, to, radius, scratch);
  }
}

}  // namespace

Median::Median(int radius) : radius_(radius) {
  expects(radius >= 1 && radius <= 100, "a radius is from 1 to 100");
}

void Median::operator()(View<const std::uint8_t> from, View<std::uint8_t> to, Scratch& scratch) const {
  put_median(from, to, radius_, scratch);
}
void Median::operator()(View<const std::uint16_t> from, View<std::uint16_t> to, Scratch& scratch) const {
  put_median(from, to, radius_, scratch);
}
void Median::operator()(View<const float> from, View<float> to, Scratch& scratch) const {
  put_median(from, to, radius_, scratch);
}

}  // namespace serried::image

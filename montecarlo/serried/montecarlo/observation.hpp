/// What a trial may return, and how it is seen as a row of doubles.
///
///     double                              one observable
///     std::array<double, N>               N of them; so Eigen's vectors of doubles, of fixed or dynamic size
///     a struct of doubles                 if is_observables<Struct> is true
///     Weighted<T>                         any of these and a weight
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

#include <Eigen/Core>

#include <serried/base/contract.hpp>

namespace serried::montecarlo {

/// To be made true for a struct that has doubles as its members and nothing else, each of which is an observable:
///
///     struct Energies { double kinetic, potential; };
///     template <> inline constexpr bool serried::montecarlo::is_observables<Energies> = true;
template <class T>
inline constexpr bool is_observables = false;

/// A trial that counts `weight` times: means are sum(weight · value) / sum(weight), as for samples of another distribution than
/// the one that is meant (importance sampling), with the weight p(x) / q(x) known up to a factor.
template <class T>
struct Weighted {
  T value{};
  double weight = 1;
};

namespace detail {

// How many doubles a T has, and to and from them.
template <class T>
struct Row;

template <class T>
requires std::convertible_to<T, double> && std::is_arithmetic_v<T>
struct Row<T> {
  static std::size_t size(const T&) { return 1; }
  static void put(const T& value, double* to, std::size_t, std::size_t) { *to = static_cast<double>(value); }
  using Mean = double;
  static Mean mean(std::span<const double> row) { return row[0]; }
};

template <std::size_t n>
struct Row<std::array<double, n>> {
  using Mean = std::array<double, n>;
  static std::size_t size(const Mean&) { return n; }
  static void put(const Mean& value, double* to, std::size_t stride, std::size_t) {
    for (std::size_t k = 0; k < n; ++k) {
      to[k * stride] = value[k];
    }
  }
  static Mean mean(std::span<const double> row) {
    Mean mean;
    std::copy_n(row.begin(), n, mean.begin());
    return mean;
  }
};

template <int rows, int options, int max_rows>
struct Row<Eigen::Matrix<double, rows, 1, options, max_rows, 1>> {
  using Mean = Eigen::Matrix<double, rows, 1, options, max_rows, 1>;
  static std::size_t size(const Mean& value) { return static_cast<std::size_t>(value.size()); }
  static void put(const Mean& value, double* to, std::size_t stride, std::size_t n) {
    expects(static_cast<std::size_t>(value.size()) == n, "every trial gives as many observables");
    for (std::size_t k = 0; k < n; ++k) {
      to[k * stride] = value[static_cast<Eigen::Index>(k)];
    }
  }
  static Mean mean(std::span<const double> row) {
    return Eigen::Map<const Eigen::VectorXd>(row.data(), static_cast<Eigen::Index>(row.size()));
  }
};

template <class T>
requires is_observables<T>
struct Row<T> {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(double) == 0 &&
                    alignof(T) == alignof(double),
                "a struct of observables has doubles as its members and nothing else");
  static constexpr std::size_t n = sizeof(T) / sizeof(double);
  using Mean = T;
  static std::size_t size(const T&) { return n; }
  static void put(const T& value, double* to, std::size_t stride, std::size_t) {
    std::array<double, n> row;
    std::memcpy(row.data(), &value, sizeof value);
    for (std::size_t k = 0; k < n; ++k) {
      to[k * stride] = row[k];
    }
  }
  static Mean mean(std::span<const double> row) {
    T mean;
    std::memcpy(static_cast<void*>(&mean), row.data(), sizeof mean);
    return mean;
  }
};

// The weighted values, and the weight after them.
template <class T>
struct Row<Weighted<T>> {
  using Mean = typename Row<T>::Mean;
  static std::size_t size(const Weighted<T>& weighted) { return Row<T>::size(weighted.value) + 1; }
  static void put(const Weighted<T>& weighted, double* to, std::size_t stride, std::size_t n) {
    Row<T>::put(weighted.value, to, stride, n - 1);
    for (std::size_t k = 0; k + 1 < n; ++k) {
      to[k * stride] *= weighted.weight;
    }
    to[(n - 1) * stride] = weighted.weight;
  }
  static Mean mean(std::span<const double> row) { return Row<T>::mean(row); }
};

template <class T>
inline constexpr bool has_dynamic_size = false;
template <int options, int max_rows>
inline constexpr bool has_dynamic_size<Eigen::Matrix<double, Eigen::Dynamic, 1, options, max_rows, 1>> = true;
template <class T>
inline constexpr bool has_dynamic_size<Weighted<T>> = has_dynamic_size<T>;

template <class T>
inline constexpr bool is_weighted = false;
template <class T>
inline constexpr bool is_weighted<Weighted<T>> = true;

}  // namespace detail

/// What a trial may return.
template <class T>
concept Observation = requires(const T& value) {
  { detail::Row<T>::size(value) } -> std::same_as<std::size_t>;
};

}  // namespace serried::montecarlo

/// Whether the operation of a reduction depends on the order, as far as a few of the values tell: what TextOptions::checked is
/// for.
///
///     ReductionCheck<V, Op> check(op, described_key<K>);
///     check.see(hashed.key, hashed.hash, value);          // of some additions; throws if op(a, b) is not op(b, a)
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/mapreduce/described.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/row.hpp>

namespace serried::mapreduce {

namespace detail {

// Whether two values are the same: to the bit where all bits are value, else as `==` says. Types of neither kind, such as a
// struct with gaps or an optional in it, are given the benefit of the doubt.
template <class V>
[[nodiscard]] bool are_same(const V& a, const V& b) {
  if constexpr (std::floating_point<V> || std::has_unique_object_representations_v<V>) {
    return std::memcmp(&a, &b, sizeof(V)) == 0;
  } else if constexpr (std::equality_comparable<V>) {
    return std::memcmp(&a, &b, sizeof(V)) == 0 || a == b;
  } else {
    return true;
  }
}

}  // namespace detail

template <Key K>
[[nodiscard]] std::string described_key(const StoredKey& key) {
  return described(key_view<K>(key));
}

/// Of one thread. It holds two values of some keys, and when a third comes tries them in another order and grouping: of all
/// keys at first, later of one in 64, in some kilobytes.
template <class V, class Op>
class ReductionCheck {
 public:
  using DescribeKey = std::string (*)(const StoredKey& key);

  ReductionCheck(const Op& op, DescribeKey describe_key)
      : op_(op), describe_key_(describe_key), held_(n_places) {}

  /// Throws serried::Error that names the key.
  void see(const StoredKey& key, std::uint64_t hash, const V& value) {
    constexpr std::uint64_t n_all = 4096;
    constexpr std::uint64_t one_in = 64;
    if (n_seen_ >= n_all && (hash >> 20) % one_in != 0) {
      return;
    }
    ++n_seen_;
    Held& held = held_[(hash >> 32) % n_places];
    if (held.hash != hash) {
      held = {.hash = hash};
    }
    if (held.n < held.values.size()) {
      held.values[held.n++] = value;
      if (held.n == 2) {
        expect_commutative(key, held.values[0], held.values[1]);
      }
      return;
    }
    const auto& [a, b] = held.values;
    expect_commutative(key, a, value);
    expect_associative(key, a, b, value);
    held.n = 0;
  }

 private:
  struct Held {
    std::uint64_t hash = 0;
    std::size_t n = 0;
    std::array<V, 2> values{};
  };
  static constexpr std::size_t n_places = 256;

  void expect_commutative(const StoredKey& key, const V& a, const V& b) const {
    const V ab = op_(a, b);
    const V ba = op_(b, a);
    if (!detail::are_same(ab, ba)) {
      throw wrong(key, {"op(a, b) is ", described(ab), " and op(b, a) is ", described(ba), ", where a is ",
                        described(a), " and b is ", described(b)});
    }
  }
  void expect_associative(const StoredKey& key, const V& a, const V& b, const V& c) const {
    const V ab = op_(a, b);
    const V bc = op_(b, c);
    const V left = op_(ab, c);
    const V right = op_(a, bc);
    if (!detail::are_same(left, right)) {
      throw wrong(key, {"op(op(a, b), c) is ", described(left), " and op(a, op(b, c)) is ", described(right),
                        ", where a is ", described(a), ", b is ", described(b), " and c is ", described(c)});
    }
  }
  [[nodiscard]] Error wrong(const StoredKey& key, std::initializer_list<std::string> what) const {
    std::string problem = "the operation of a reduction depends on the order: of key ";
    problem += describe_key_(key);
    problem += ' ';
    for (const std::string& part : what) {
      problem += part;
    }
    return Error(std::move(problem))
        .hint(
            "it must be commutative and associative; group_by_key has the values in the order of the input");
  }

  Op op_;
  DescribeKey describe_key_;
  std::uint64_t n_seen_ = 0;
  std::vector<Held> held_;
};

}  // namespace serried::mapreduce

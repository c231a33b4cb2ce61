/// Whether a comparison is a strict weak order, as far as a few of the records tell: what TextOptions::checked is for.
///
///     check_order(rows.size(), [&](std::size_t i, std::size_t j) { return less(rows[i], rows[j]); },
///                 [&](std::size_t i) { return described(rows[i]); });
///
/// Of one that is none, such as <= or one that draws lots, a sort makes an order that depends on who sorts what, or reads
/// beyond its records. So this comes before the sort.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace serried::mapreduce {

/// Looks at up to 8 times 24 of the items 0 to `n` - 1, chosen by `n` alone: that none of them comes before itself, of two at
/// most one before the other, that before is transitive, and so is being equal; and that asking again gives the same answer.
/// Throws serried::Error that names the items.
void check_order(std::size_t n, const std::function<bool(std::size_t, std::size_t)>& less,
                 const std::function<std::string(std::size_t)>& name);

/// A RecordOrder that may be wrong: it is made of a user's function.
template <class O>
concept CheckedOrder = requires(const O& order, std::string_view record) {
  { order.is_checked() } -> std::same_as<bool>;
  { order.is_less(record, record) } -> std::same_as<bool>;
  { order.described(record) } -> std::same_as<std::string>;
};

/// The same for an order of records, `record_at(i)`, if it is one that is to be checked.
template <class Order, class RecordAt>
void check_if_wanted(const Order& order, std::size_t n, const RecordAt& record_at) {
  if constexpr (CheckedOrder<Order>) {
    if (order.is_checked()) {
      check_order(
          n, [&](std::size_t i, std::size_t j) { return order.is_less(record_at(i), record_at(j)); },
          [&](std::size_t i) { return order.described(record_at(i)); });
    }
  }
}

}  // namespace serried::mapreduce

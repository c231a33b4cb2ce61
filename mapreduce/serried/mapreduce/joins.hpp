/// Two pipelines of keys and values, brought together key by key.
///
///     users.join(orders)              // KeyValue<K, std::pair<User, Order>>
///     users.left_join(orders)         // …, the second of which is std::optional
///     users.cogroup(orders).flat_map<Out>([](auto key, auto& users, auto& orders, auto& emit) { … });
///
/// Both are sorted by their keys, in bounded memory. For one key, the left values come in the order of the input, and with each
/// of them the right values in theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <serried/mapreduce/block_store.hpp>
#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/groups.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/passes.hpp>
#include <serried/mapreduce/stage.hpp>

namespace serried::mapreduce {

namespace detail {

// Values that are gone through again and again.
template <Encodable W>
class HeldValues {
 public:
  HeldValues(std::size_t memory, const std::string& tmp) : store_(memory, tmp) {}

  void add(const ViewOf<W>& value) {
    constexpr std::size_t block_bytes = std::size_t{1} << 18;
    append_record(block_, [&](std::vector<char>& bytes) { encode_record<ViewOf<W>>(bytes, value); });
    is_empty_ = false;
    if (block_.size() >= block_bytes) {
      store_.add(0, block_);
      block_.clear();
    }
  }
  [[nodiscard]] bool is_empty() const { return is_empty_; }
  template <class Visit>
  void for_each(Visit&& visit) {
    const auto visit_record = [&](std::string_view record) { visit(decode_record<W>(record)); };
    for (std::size_t i = 0; i < store_.n_blocks(); ++i) {
      for_each_record(store_.read(i, buffer_), visit_record);
    }
    for_each_record(block_, visit_record);
  }

 private:
  BlockStore store_;
  std::vector<char> block_;
  std::vector<char> buffer_;
  bool is_empty_ = true;
};

// The records of two stages as those of one: values of the first are the first alternative.
template <Stage First, Stage Second>
[[nodiscard]] auto tagged_union(const First& first, const Second& second) {
  using K = ViewOf<decltype(First::Record::key)>;
  static_assert(std::same_as<K, ViewOf<decltype(Second::Record::key)>>,
                "both sides must have the same type of key");
  using V = decltype(First::Record::value);
  using W = decltype(Second::Record::value);
  using Out = KeyValue<K, std::variant<V, W>>;
  return UnionStage(PassStage<Out, First, TagPass<Out, 0>>(first, {}),
                    PassStage<Out, Second, TagPass<Out, 1>>(second, {}));
}

// The records of the right side go to all who work on a key, so that the left ones of a frequent key may stay on many ranks.
struct IsOfFirst {
  template <class Item>
  bool operator()(const Item& item) const noexcept {
    return item.value.index() == 0;
  }
};

// Collective: `function(key, values, emit)`, as that of Groups, the values of `right` before those of `left`; those of a
// frequent key in parts, the values of `right` with each.
template <Encodable Out, Stage Left, Stage Right, class Function>
[[nodiscard]] auto flat_map_both(const Left& left, const Right& right, const Function& function) {
  const auto both = tagged_union(right, left);
  GroupedRecords<std::remove_cvref_t<decltype(both)>> groups(both);
  return Pipeline(groups.template flat_map<Out>(function, IsOfFirst()));
}

// Collective. For each key: `on_left(key, left, rights, emit)` for each left value, and `on_rights(key, rights, emit)` where
// there is no left value.
template <Encodable Out, Stage Left, Stage Right, class OnLeft, class OnRights>
[[nodiscard]] auto join_by_key(const Left& left, const Right& right, const OnLeft& on_left,
                               const OnRights& on_rights) {
  using W = decltype(Right::Record::value);
  const auto& options = left.source()->options();
  const std::size_t memory = options.memory / 32 / static_cast<std::size_t>(left.source()->n_threads());
  // The right values first, so that the left ones need not be held.
  return flat_map_both<Out>(left, right, [&](const auto& key, auto& values, auto& emit) {
    HeldValues<W> rights(memory, options.tmp);
    bool has_left = false;
    for (const auto& value : values) {
      if (value.index() == 0) {
        rights.add(std::get<0>(value));
      } else {
        has_left = true;
        on_left(key, std::get<1>(value), rights, emit);
      }
    }
    if (!has_left) {
      on_rights(key, rights, emit);
    }
  });
}

template <Stage S>
using KeyOf = ViewOf<decltype(S::Record::key)>;
template <Stage S>
using ValueOf = ViewOf<decltype(S::Record::value)>;

constexpr auto no_more = [](const auto&, auto&, auto&) {};

template <Stage Left, Stage Right>
[[nodiscard]] auto inner_join(const Left& left, const Right& right) {
  using Out = KeyValue<KeyOf<Left>, std::pair<ValueOf<Left>, ValueOf<Right>>>;
  return join_by_key<Out>(
      left, right,
      [](const auto& key, const auto& value, auto& rights, auto& emit) {
        rights.for_each([&](const auto& other) { emit(Out{key, {value, other}}); });
      },
      no_more);
}

template <Stage Left, Stage Right>
[[nodiscard]] auto left_join(const Left& left, const Right& right) {
  using Out = KeyValue<KeyOf<Left>, std::pair<ValueOf<Left>, std::optional<ValueOf<Right>>>>;
  return join_by_key<Out>(
      left, right,
      [](const auto& key, const auto& value, auto& rights, auto& emit) {
        rights.for_each([&](const auto& other) { emit(Out{key, {value, other}}); });
        if (rights.is_empty()) {
          emit(Out{key, {value, std::nullopt}});
        }
      },
      no_more);
}

template <Stage Left, Stage Right>
[[nodiscard]] auto outer_join(const Left& left, const Right& right) {
  using Out = KeyValue<KeyOf<Left>, std::pair<std::optional<ValueOf<Left>>, std::optional<ValueOf<Right>>>>;
  return join_by_key<Out>(
      left, right,
      [](const auto& key, const auto& value, auto& rights, auto& emit) {
        rights.for_each([&](const auto& other) { emit(Out{key, {value, other}}); });
        if (rights.is_empty()) {
          emit(Out{key, {value, std::nullopt}});
        }
      },
      [](const auto& key, auto& rights, auto& emit) {
        rights.for_each([&](const auto& other) { emit(Out{key, {std::nullopt, other}}); });
      });
}

// The records of `left` whose keys are among those of `right`, or are not.
template <Stage Left, Stage Right>
[[nodiscard]] auto filter_by_key(const Left& left, const Right& right, bool is_wanted_in_right) {
  using Out = KeyValue<KeyOf<Left>, ValueOf<Left>>;
  return flat_map_both<Out>(left, right, [is_wanted_in_right](const auto& key, auto& values, auto& emit) {
    bool is_in_right = false;
    for (const auto& value : values) {
      if (value.index() == 0) {
        is_in_right = true;
      } else if (is_in_right == is_wanted_in_right) {
        emit(Out{key, std::get<1>(value)});
      }
    }
  });
}

}  // namespace detail

/// The values of one side of a cogroup: an input range, as GroupValues.
template <std::size_t side, class Iterator>
class CogroupValues {
 public:
  /// `next` is shared by both sides.
  explicit CogroupValues(Iterator& next) : next_(&next) {}

  class It {
   public:
    using value_type = std::remove_cvref_t<decltype(std::get<side>(*std::declval<const Iterator&>()))>;
    using difference_type = std::ptrdiff_t;

    It() = default;
    explicit It(Iterator* next) : next_(next) {}
    value_type operator*() const { return std::get<side>(**next_); }
    It& operator++() {
      ++*next_;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const It& it, std::default_sentinel_t end) {
      return *it.next_ == end || (**it.next_).index() != side;
    }

   private:
    Iterator* next_ = nullptr;
  };

  /// Values of the left side that were not looked at are passed over.
  [[nodiscard]] It begin() {
    if constexpr (side == 1) {
      while (*next_ != std::default_sentinel && (**next_).index() == 0) {
        ++*next_;
      }
    }
    return It(next_);
  }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  Iterator* next_;
};

/// Two pipelines, key by key.
template <Stage Left, Stage Right>
class Cogroups {
 public:
  Cogroups(Left left, Right right) : left_(std::move(left)), right_(std::move(right)) {}

  /// Collective. For each key of either side `function(key, lefts, rights, emit)`, which calls `emit(out)` any number of times.
  /// Each of `lefts` and `rights` can be gone through once, the left ones first.
  template <Encodable Out, class Function>
  [[nodiscard]] auto flat_map(const Function& function) const {
    const auto both = detail::tagged_union(left_, right_);
    return Groups(both).template flat_map<Out>([&](const auto& key, auto& values, auto& emit) {
      auto next = values.begin();
      CogroupValues<0, decltype(next)> lefts(next);
      CogroupValues<1, decltype(next)> rights(next);
      function(key, lefts, rights, emit);
    });
  }

 private:
  Left left_;
  Right right_;
};

}  // namespace serried::mapreduce

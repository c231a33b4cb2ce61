/// The values of a group, one after the other. Part of groups.hpp.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

#include <serried/mapreduce/codec.hpp>

namespace serried::mapreduce {

/// An input range: it can be gone through once, and need not be to its end. What its elements refer to is valid until the next
/// one is looked at. `Cursor` gives encoded records of type Item, a KeyValue: `bool next(std::string_view& record)`.
template <Encodable Item, class Cursor>
class GroupValues {
  using Value = decltype(ViewOf<Item>::value);

 public:
  explicit GroupValues(Cursor cursor) : cursor_(std::move(cursor)) {}

  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(GroupValues* values) : values_(values) { ++*this; }
    Value operator*() const { return decode_record<Item>(values_->record_).value; }
    Iterator& operator++() {
      if (!values_->cursor_.next(values_->record_)) {
        values_ = nullptr;
      }
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.values_ == nullptr; }

   private:
    GroupValues* values_ = nullptr;
  };

  /// Goes on where an earlier one stopped, behind the element that it looked at last.
  [[nodiscard]] Iterator begin() { return Iterator(this); }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  Cursor cursor_;
  std::string_view record_;
};

}  // namespace serried::mapreduce

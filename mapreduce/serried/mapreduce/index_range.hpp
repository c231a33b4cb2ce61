/// Work that is no file: the indices [0, n), and what a container holds at them.
///
///     const TextSource source(world, index_inputs(n), index_format(n), options);      // split_bytes counts indices
///     … index_feed(block, [&](std::uint64_t index) { … });
///     … ElementFeed(std::span<const Task>(tasks))(block, [&](const Task& task) { … });
///
/// An input of n indices is a file of n bytes that nobody opens: splits are ranges of it. A block is the two ends of a range
/// as text, which folding its case does not change. The container is the same on all ranks.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <serried/base/contract.hpp>
#include <serried/base/partition.hpp>
#include <serried/mapreduce/inputs.hpp>
#include <serried/mapreduce/split_reader.hpp>

namespace serried::mapreduce {

/// The list of inputs that holds the indices [0, n) alone; n < 2^62.
[[nodiscard]] InputList index_inputs(std::uint64_t n);

/// How index_inputs are read. `n` is part of the format's name: a checkpoint of fewer or more indices is refused.
[[nodiscard]] Format index_format(std::uint64_t n);

/// How many indices a split has, so that there are enough of them to share out and few enough to list: it depends on n alone.
[[nodiscard]] std::uint64_t indices_per_split(std::uint64_t n);

/// The indices of a block.
[[nodiscard]] Range indices_in(std::string_view block);

/// Calls `sink(std::uint64_t)` for each index of a block of index_format().
inline constexpr auto index_feed = [](std::string_view block, auto&& sink) {
  const Range indices = indices_in(block);
  for (std::uint64_t i = indices.begin; i < indices.end; ++i) {
    sink(i);
  }
};

/// Calls `sink(const T&)` for each element at an index of a block. The container has as many elements as there are indices.
template <class T>
class ElementFeed {
 public:
  explicit ElementFeed(std::span<const T> elements) : elements_(elements) {}

  template <class Sink>
  void operator()(std::string_view block, Sink&& sink) const {
    const Range indices = indices_in(block);
    expects(indices.end <= elements_.size(), "the container has an element for each index");
    for (const T& element : elements_.subspan(indices.begin, indices.size())) {
      sink(element);
    }
  }

 private:
  std::span<const T> elements_;
};

}  // namespace serried::mapreduce

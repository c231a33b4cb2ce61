/// From text to records to keyed data, in the words of the standard library.
///
///     mr::text_lines(world, {"corpus/"})
///         .flat_map<std::string_view, std::uint64_t>([](std::string_view line, auto& emit) {
///           for (auto word : mr::words(line)) emit(word, 1);
///         })
///         .reduce_by_key(std::plus<>{})
///         .sort_by(mr::descending_value)
///         .write_tsv("counts.tsv");
///
/// Operators do nothing until a reduction or a sink needs their records; then all of them run fused, record
/// by record, on all threads of all ranks. The functions given to them are therefore called by several
/// threads at once, in no particular order, and must not communicate.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/mapreduce/keyed.hpp>
#include <serried/mapreduce/reduce.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mapreduce/text.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mapreduce {

namespace detail {
template <class T>
inline constexpr bool is_key_value = false;
template <class K, class V>
inline constexpr bool is_key_value<KeyValue<K, V>> = true;
}  // namespace detail

/// Records that are still to be read.
template <Stage S>
class Pipeline {
 public:
  using Record = typename S::Record;

  explicit Pipeline(S stage) : stage_(std::move(stage)) {}

  /// Each record becomes `function(record)`. A KeyValue makes the result reducible.
  template <class Function>
  [[nodiscard]] auto map(Function function) const {
    using Out = std::remove_cvref_t<std::invoke_result_t<const Function&, const Record&>>;
    return then<Out>(
        [function = std::move(function)](const Record& record, auto& sink) { sink(Out(function(record))); });
  }

  /// Only the records for which `predicate(record)` is true.
  template <class Predicate>
  [[nodiscard]] auto filter(Predicate predicate) const {
    return then<Record>([predicate = std::move(predicate)](const Record& record, auto& sink) {
      if (predicate(record)) {
        sink(record);
      }
    });
  }

  /// Each record becomes any number of records of type Out: `function(record, emit)` calls `emit(out)` for
  /// each.
  template <class Out, class Function>
  requires(!std::is_arithmetic_v<Function>) [[nodiscard]] auto flat_map(Function function) const {
    return then<Out>([function = std::move(function)](const Record& record, auto& sink) {
      auto emit = [&](const Out& out) { sink(out); };
      function(record, emit);
    });
  }

  /// Each record becomes any number of keys with values: `function(record, emit)` calls `emit(key, value)`
  /// for each. A key that is a view need not outlive the call of emit.
  template <Key K, class V, class Function>
  requires(!std::is_arithmetic_v<Function>) [[nodiscard]] auto flat_map(Function function) const {
    return then<KeyValue<K, V>>([function = std::move(function)](const Record& record, auto& sink) {
      auto emit = [&](const K& key, const V& value) { sink(KeyValue<K, V>{key, value}); };
      function(record, emit);
    });
  }

  /// The records of this pipeline and then those of `other`, which must be of the same type.
  template <Stage Other>
  requires std::same_as<typename Other::Record, Record>
  [[nodiscard]] auto union_with(const Pipeline<Other>& other) const {
    return Pipeline<UnionStage<S, Other>>({stage_, other.stage()});
  }

  /// Collective: the values of each key combined by `op(value, value)`, which must be associative and
  /// commutative: the order and the grouping differ from run to run, the result must not. Equal to the bit
  /// for any number of ranks and threads. Throws on all ranks if reading fails or one of the functions
  /// throws.
  template <class Op>
  [[nodiscard]] auto reduce_by_key(Op op) const requires detail::is_key_value<Record> {
    using K = decltype(Record::key);
    using V = decltype(Record::value);
    static_assert(OrderFree<Op, V>,
                  "op must take two values and give one; on floating-point values only mpi::min and mpi::max "
                  "give the same "
                  "bits in any order: sum integers instead");
    return reduce<K, V>(stage_, op);
  }

  /// Collective: how many records there are, on every rank.
  [[nodiscard]] std::uint64_t count() const {
    // Records are counted by the source; there is nothing else to gather.
    const auto parts = stage_.for_each_block(
        "count", [] { return NoPart(); },
        [](NoPart&, const TextBlock&, auto&& each) {
          std::uint64_t n = 0;
          each([&](const Record&) { ++n; });
          return n;
        });
    return stage_.source()->counts_of(parts).n_records;
  }

  [[nodiscard]] const S& stage() const { return stage_; }

 private:
  template <class Out, class Pass>
  [[nodiscard]] auto then(Pass pass) const {
    return Pipeline<PassStage<Out, S, Pass>>({stage_, std::move(pass)});
  }

  S stage_;
};

namespace detail {

struct LineFeed {
  template <class Sink>
  void operator()(std::string_view block, Sink&& sink) const {
    for_each_line(block, sink);
  }
};
struct WordFeed {
  template <class Sink>
  void operator()(std::string_view block, Sink&& sink) const {
    for_each_word(block, sink);
  }
};

}  // namespace detail

/// Collective. The lines of all `patterns`: files, directories, patterns such as "*.txt", "-" for standard
/// input (read by rank 0); .gz and .zst files are decompressed. Each line without its \n; a last line may
/// lack it; a line may have any length that fits into memory. Throws as list_inputs does.
[[nodiscard]] inline auto text_lines(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                                     const TextOptions& options = {}) {
  auto source = std::make_shared<const TextSource>(comm, patterns, Separator::newline, options);
  return Pipeline(text_stage(std::move(source), detail::LineFeed()));
}

/// Collective. As text_lines, but the records are the words (text.hpp). A text without any newline is shared
/// by all ranks too, as it is cut at any white space.
[[nodiscard]] inline auto text_words(const mpi::Communicator& comm, const std::vector<std::string>& patterns,
                                     const TextOptions& options = {}) {
  auto source = std::make_shared<const TextSource>(comm, patterns, Separator::white_space, options);
  return Pipeline(text_stage(std::move(source), detail::WordFeed()));
}

}  // namespace serried::mapreduce

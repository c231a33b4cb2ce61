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

#include <serried/base/contract.hpp>
#include <serried/base/hash.hpp>
#include <serried/mapreduce/dataset.hpp>
#include <serried/mapreduce/dataset_output.hpp>
#include <serried/mapreduce/dataset_table.hpp>
#include <serried/mapreduce/encoded_order.hpp>
#include <serried/mapreduce/groups.hpp>
#include <serried/mapreduce/indexed_stage.hpp>
#include <serried/mapreduce/joins.hpp>
#include <serried/mapreduce/keyed.hpp>
#include <serried/mapreduce/partitioned_pipeline.hpp>
#include <serried/mapreduce/parts_output.hpp>
#include <serried/mapreduce/passes.hpp>
#include <serried/mapreduce/record_format.hpp>
#include <serried/mapreduce/reduce.hpp>
#include <serried/mapreduce/saved_output.hpp>
#include <serried/mapreduce/saved_type.hpp>
#include <serried/mapreduce/sorted_pipeline.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mapreduce/sum_records.hpp>
#include <serried/mapreduce/text.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mapreduce/top_records.hpp>
#include <serried/mapreduce/tsv_line.hpp>
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
    return then<Out>(MapPass<Out, Function>{std::move(function)});
  }

  /// Only the records for which `predicate(record)` is true.
  template <class Predicate>
  [[nodiscard]] auto filter(Predicate predicate) const {
    return then<Record>(FilterPass<Predicate>{std::move(predicate)});
  }

  /// Each record becomes any number of records of type Out: `function(record, emit)` calls `emit(out)` for
  /// each.
  template <class Out, class Function>
  requires(!std::is_arithmetic_v<Function>) [[nodiscard]] auto flat_map(Function function) const {
    return then<Out>(FlatMapPass<Out, Function>{std::move(function)});
  }

  /// Each record becomes any number of keys with values: `function(record, emit)` calls `emit(key, value)`
  /// for each. A key that is a view need not outlive the call of emit.
  template <Key K, class V, class Function>
  requires(!std::is_arithmetic_v<Function>) [[nodiscard]] auto flat_map(Function function) const {
    return then<KeyValue<K, V>>(FlatMapKeysPass<K, V, Function>{std::move(function)});
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

  /// Collective: what is gathered of the values of each key: `add(start, value)` of each of them, brought together by
  /// `merge(a, b)`, which must be associative and commutative, as the operation of reduce_by_key.
  template <class Sum, class Add, class Merge>
  [[nodiscard]] auto aggregate_by_key(Sum start, Add add,
                                      Merge merge) const requires detail::is_key_value<Record> {
    using Out = KeyValue<decltype(Record::key), Sum>;
    return map([start = std::move(start), add = std::move(add)](const Record& item) {
             return Out{item.key, add(start, item.value)};
           })
        .reduce_by_key(std::move(merge));
  }

  /// Collective: the sum of the values of each key, as KeyValue, in the order of the keys; of floating-point numbers the one
  /// nearest to the exact sum, whatever their order.
  [[nodiscard]] auto sum_by_key() const requires detail::is_key_value<Record> {
    using Sum = NumberSum<decltype(Record::value)>;
    using Out = KeyValue<ViewOf<decltype(Record::key)>, typename Sum::Value>;
    return group_by_key().template map<Out>([](const auto& key, auto& values) {
      Sum sum;
      for (const auto value : values) {
        sum.add(value);
      }
      return Out{key, sum.value()};
    });
  }

  /// All values of each key together: groups.hpp.
  [[nodiscard]] auto group_by_key() const requires detail::is_key_value<Record> { return Groups(stage_); }

  // Joins with the records of `right`, which have keys of the same type (joins.hpp). All are collective, and make records in
  // the order of the keys.

  /// KeyValue<K, std::pair<V, W>> for each pair of values with equal keys.
  template <Stage Right>
  [[nodiscard]] auto join(const Pipeline<Right>& right) const requires detail::is_key_value<Record> {
    return detail::inner_join(stage_, right.stage());
  }
  /// KeyValue<K, std::pair<V, std::optional<W>>>: the same, and the values here whose key is not there.
  template <Stage Right>
  [[nodiscard]] auto left_join(const Pipeline<Right>& right) const requires detail::is_key_value<Record> {
    return detail::left_join(stage_, right.stage());
  }
  /// KeyValue<K, std::pair<std::optional<V>, std::optional<W>>>: the values of keys that are only on one side, too.
  template <Stage Right>
  [[nodiscard]] auto outer_join(const Pipeline<Right>& right) const requires detail::is_key_value<Record> {
    return detail::outer_join(stage_, right.stage());
  }
  /// The records here whose key is there.
  template <Stage Right>
  [[nodiscard]] auto semi_join(const Pipeline<Right>& right) const requires detail::is_key_value<Record> {
    return detail::filter_by_key(stage_, right.stage(), true);
  }
  /// The records here whose key is not there.
  template <Stage Right>
  [[nodiscard]] auto anti_join(const Pipeline<Right>& right) const requires detail::is_key_value<Record> {
    return detail::filter_by_key(stage_, right.stage(), false);
  }
  /// All values of each key of either side: `.flat_map<Out>([](key, lefts, rights, emit) { … })`.
  template <Stage Right>
  [[nodiscard]] auto cogroup(const Pipeline<Right>& right) const requires detail::is_key_value<Record> {
    return Cogroups(stage_, right.stage());
  }

  /// Collective: sorted by `less(a, b)`, a strict weak order, such as mr::ascending_key; records that compare equal stay in the
  /// order of the input.
  template <class Less>
  [[nodiscard]] auto sort_by(Less less) const {
    return SortedPipeline<Record, Less>(stage_, std::move(less), Equals::all_stay);
  }
  /// Collective: sorted by bytes, as numbers, or by `<`.
  [[nodiscard]] auto sort() const { return sort_by(ascending); }
  /// Collective: each record once, sorted as by sort. Copies of frequent records are dropped where they are read; those that
  /// are left, of a record that makes up all of the input one in thousands, must fit into the memory of a rank.
  [[nodiscard]] auto distinct() const {
    return SortedPipeline<Record, Ascending>(stage_, ascending, Equals::first_stays);
  }

  /// Collective: sorted by `part_of(record)`, an integer from 0 to n_parts - 1, to be written as so many files
  /// (partitioned_pipeline.hpp). Another number is an error that names the record.
  template <class PartOf>
  [[nodiscard]] auto partition_by(std::uint32_t n_parts, PartOf part_of) const {
    constexpr std::uint32_t most_parts = 1'000'000;
    expects(n_parts > 0 && n_parts <= most_parts, "there are one to a million parts");
    const auto with_part = [n_parts, part_of = std::move(part_of)](const Record& record) {
      return KeyValue<std::uint32_t, Record>{detail::checked_part(part_of(record), n_parts, record), record};
    };
    return PartitionedPipeline<Record>(map(with_part).sort_by(ascending_key), n_parts);
  }

  /// Collective: the first `k` by `less`, sorted; of equal ones those that come first in the input. They are held in memory.
  template <class Less>
  [[nodiscard]] auto top(std::uint64_t k, const Less& less) const {
    return Pipeline<DatasetStage<Record>>(top_records(stage_, k, less));
  }

  /// Collective: KeyValue<std::uint64_t, Record>, the key being the number of the record in the order of the input, from 0. The
  /// records are read twice: a stream or what is slow to make is cached first.
  [[nodiscard]] auto zip_with_index() const { return Pipeline<IndexedStage<S>>(IndexedStage<S>(stage_)); }

  /// Collective: each record with probability `share`; which ones follows from `seed` and their numbers in the order of the
  /// input alone. The records are read twice, as by zip_with_index.
  [[nodiscard]] auto sample(double share, std::uint64_t seed) const {
    expects(share >= 0 && share <= 1, "share is a probability");
    constexpr double two_to_64 = 18446744073709551616.0;
    const bool takes_all = share >= 1;
    const auto limit = takes_all ? 0 : static_cast<std::uint64_t>(share * two_to_64);
    return zip_with_index()
        .filter([seed, limit, takes_all](const KeyValue<std::uint64_t, Record>& item) {
          return takes_all || hash_short({item.key, seed}, short_bytes_capacity) < limit;
        })
        .map([](const KeyValue<std::uint64_t, Record>& item) { return item.value; });
  }

  /// Collective: the sum of records that are numbers, on every rank; of floating-point numbers the one nearest to the exact
  /// sum, whatever their order.
  [[nodiscard]] auto sum() const requires std::is_arithmetic_v<Record> { return sum_records(stage_); }

  /// Collective: reads all records and keeps them, in memory or on disk, where they were read: for what is read several times.
  [[nodiscard]] auto cache() const { return Pipeline<DatasetStage<Record>>(store_records(stage_)); }

  // Sinks. All are collective, keep the order of the input, and throw on all ranks if anything fails. `where`: a path, "-"
  // for standard output, or a store::Output that was opened before the work began, so that an impossible path was found
  // then. A file appears complete or not at all.

  /// Records of text, a line each.
  template <class Where>
  void write_lines(Where&& where) const requires TextKey<Record> {
    write(where, RecordAndEnd{"\n"});
  }
  /// A line each, as `formatter(record, auto& line)` puts it (lines.hpp), which is called twice for each and by several threads
  /// at once.
  template <class Where, class Formatter>
  void write_lines(Where&& where, Formatter formatter) const {
    write(where, RecordLines<Record, Formatter>(std::move(formatter)));
  }
  /// A line each, fields separated by tabs (tsv_line.hpp).
  template <class Where>
  void write_tsv(Where&& where) const {
    write_lines(where, TsvLine());
  }
  /// A file for each rank, part-00000-of-00004.tsv and so on, with lines as write_lines makes them; nothing is sent to other
  /// ranks. Rank r writes part r, its records in their order: which records are in which file depends on the run, all files
  /// together hold each once. `folder`: a path, new or of an empty folder, or a store::OutputFolder.
  template <class Formatter = TsvLine>
  void write_parts(const std::string& folder, Formatter formatter = {},
                   const std::string& extension = "tsv") const {
    store::OutputFolder output(stage_.source()->comm(), folder);
    write_parts(output, std::move(formatter), extension);
  }
  template <class Formatter = TsvLine>
  void write_parts(store::OutputFolder& folder, Formatter formatter = {},
                   const std::string& extension = "tsv") const {
    const mpi::Communicator& comm = stage_.source()->comm();
    const auto data = stored();
    write_part_files(
        data.blocks(), folder, RecordLines<Record, Formatter>(std::move(formatter)),
        static_cast<std::uint64_t>(comm.size()),
        [rank = static_cast<std::uint64_t>(comm.rank())](std::string_view) { return rank; }, extension);
  }
  /// A table of that name in an HDF5 file: `fill(record, std::span<std::byte> row)` puts a record into a row of zeros, whose
  /// members are those of `type` (hdf5/row_type.hpp; hdf5::put_text).
  template <class Fill>
  void write_hdf5(const std::string& path, const std::string& table, const hdf5::RowType& type,
                  const Fill& fill) const {
    write_table_file<Record>(stored().blocks(), path, table, type, fill);
  }
  /// A file that load<Record> (sources.hpp) reads again: the same bytes for any number of ranks and threads, any memory and any
  /// splits of the input. What types it may hold: saved_type.hpp. `where`: a path, or a store::OutputFile.
  void save(const std::string& where) const {
    expect_loadable_name(where);
    store::OutputFile file(stage_.source()->comm(), where);
    save(file);
  }
  void save(store::OutputFile& where) const {
    static_assert(Saveable<Record>,
                  "records of this type cannot be saved: see saved_type.hpp, or map them to a tuple");
    const auto data = stored();
    write_saved<Record>(data.blocks(), where);
  }
  /// All records on `root`, as a vector of OwnedOf<Record>, nothing on the other ranks.
  [[nodiscard]] auto collect(int root = 0) const { return collect_records<Record>(stored().blocks(), root); }
  /// `visit(record)` for this rank's records, in their order, on this thread. Which they are depends on the number of ranks.
  template <class Visit>
  void for_each_local(Visit&& visit) const {
    const auto data = stored();
    mpi::together(stage_.source()->comm(), [&] { visit_records<Record>(data.blocks(), visit); });
  }

  /// Collective: how many records there are, on every rank.
  [[nodiscard]] std::uint64_t count() const {
    // Records are counted by the source; there is nothing else to gather.
    const auto parts = stage_.for_each_block(
        "count", [] { return NoPart(); },
        [](NoPart&, const RecordBlock&, auto&& each) {
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

  // Collective: the records as blocks.
  [[nodiscard]] auto stored() const {
    if constexpr (requires { stage_.blocks(); }) {
      return stage_;
    } else {
      return store_records(stage_);
    }
  }

  template <class Format>
  void write(const std::string& path, const Format& format) const {
    store::Output output = store::open_output(stage_.source()->comm(), path);
    write(output, format);
  }
  template <class Format>
  void write(store::Output& output, const Format& format) const {
    const auto data = stored();
    DatasetOutput(data.blocks(), format).write(output);
  }

  S stage_;
};

template <Key K, class V>
auto KeyedData<K, V>::records() {
  constexpr std::size_t block_bytes = std::size_t{1} << 20;
  constexpr int place_bits = 32;  // for the blocks of a rank
  auto place = static_cast<std::uint64_t>(comm().rank()) << place_bits;
  std::vector<BlockStore> stores;
  stores.emplace_back(source_->options().memory / 4, source_->options().tmp);
  std::vector<char> block;
  for_each_local([&](const Item& item) {
    append_record(block, [&](std::vector<char>& bytes) { encode_record(bytes, item); });
    if (block.size() >= block_bytes) {
      stores[0].add(place++, block);
      block.clear();
    }
  });
  mpi::together(comm(), [&] {
    if (!block.empty()) {
      stores[0].add(place, block);
    }
  });
  const auto end_place = static_cast<std::uint64_t>(comm().size()) << place_bits;
  return Pipeline(DatasetStage<Item>(gather_blocks(source_, std::move(stores), end_place)));
}

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

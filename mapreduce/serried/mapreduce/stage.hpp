/// What a pipeline is made of: where its records come from, and what becomes of them on the way.
///
/// A stage hands on records block by block. An operator is a stage around another one, so that all operators of a pipeline
/// run fused, record by record, without a virtual call or a copy between them. Pipeline (pipeline.hpp) puts them together;
/// a source of another kind is another stage.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/mapreduce/set_aside.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mapreduce/trial.hpp>

namespace serried::mapreduce {

/// Whole records, on their way through the stages.
struct RecordBlock {
  std::string_view bytes;   ///< where views in the records may point to, as long as the block is visited
  double share_done = 0;    ///< of this thread's input, about, in [0, 1]
  std::uint64_t place = 0;  ///< places sort as the input does; each is that of one block
};

/// What gathers nothing: for a count, and to say what a stage must be able to do.
struct NoPart {
  void merge(NoPart&&) {}
  void save(std::vector<std::byte>&) const {}
  void load(std::span<const std::byte>) {}
};

/// - `Record`: what it hands on, a type that may be a view into the block at hand.
/// - `for_each_block(purpose, make, visit)`: collective, as TextSource's, but `visit(part, const RecordBlock&, each)` gets
///   `each(sink)` besides, which calls `sink(const Record&)` for each record of the block, and
///   is called once, for a stage may change the block as it goes.
/// - `sample_blocks(visit)`: local, as TextSource's, `visit(place, n_most, each)`.
/// - `source()`: the ranks, threads, memory and counts of the job that it belongs to.
/// - `n_bytes_known()`: of its input, about; for estimates.
/// - `n_sources()`: how many are read one after the other: what gathers their records shares the memory between them.
/// - `end_place()`: beyond the places of all its blocks, the same on all ranks.
template <class S>
concept Stage = std::copy_constructible<S> && requires(const S& stage) {
  typename S::Record;
  { stage.source() } -> std::convertible_to<const std::shared_ptr<const TextSource>&>;
  { stage.n_bytes_known() } -> std::convertible_to<std::uint64_t>;
  { stage.n_sources() } -> std::convertible_to<std::size_t>;
  { stage.end_place() } -> std::convertible_to<std::uint64_t>;
};

/// The records that `Feed`, `void(std::string_view block, sink)`, finds in the blocks of a TextSource.
template <class R, class Feed>
class SourceStage {
 public:
  using Record = R;

  SourceStage(std::shared_ptr<const TextSource> source, Feed feed)
      : source_(std::move(source)), feed_(std::move(feed)) {}

  [[nodiscard]] const std::shared_ptr<const TextSource>& source() const { return source_; }
  [[nodiscard]] std::uint64_t n_bytes_known() const { return source_->n_bytes_known(); }
  [[nodiscard]] std::size_t n_sources() const { return 1; }
  [[nodiscard]] std::uint64_t end_place() const { return source_->end_place(); }

  template <class Make, class Visit>
  [[nodiscard]] auto for_each_block(const std::string& purpose, const Make& make, const Visit& visit) const {
    return source_->for_each_block(purpose, make, [&](auto& part, const TextBlock& block) {
      return visit(part, RecordBlock{{block.text.data(), block.text.size()}, block.share_done, block.place},
                   each_of(block));
    });
  }
  template <class Visit>
  void sample_blocks(const Visit& visit) const {
    SetAside nowhere = SetAside::nowhere();
    SetAside* const aside = source_->options().quarantine != nullptr ? &nowhere : nullptr;
    source_->sample_blocks([&](std::span<char> text, std::uint64_t place, std::size_t n_most) {
      visit(place, n_most, each_of(TextBlock{.text = text, .aside = aside}));
    });
  }

 private:
  [[nodiscard]] auto each_of(const TextBlock& block) const {
    return [this, block](auto&& sink) {
      if constexpr (Rehearsable<std::remove_reference_t<decltype(sink)>, R>) {
        if (block.aside != nullptr) {
          feed_unless_bad(block, sink);
          return;
        }
      }
      feed_(std::string_view(block.text.data(), block.text.size()), sink);
    };
  }

  // Out of the way of those who want no quarantine.
  template <class Sink>
  [[gnu::noinline]] void feed_unless_bad(const TextBlock& block, const Sink& sink) const {
    std::uint64_t ordinal = 0;
    feed_(std::string_view(block.text.data(), block.text.size()), [&](const R& record) {
      pass_unless_bad(sink, record, *block.aside, [&] { return origin_of(block, record, ordinal); });
      ++ordinal;
    });
  }

  [[nodiscard]] static RecordOrigin origin_of(const TextBlock& block, const R& record, std::uint64_t number) {
    const char* begin = nullptr;
    if constexpr (std::same_as<R, std::string_view>) {
      begin = record.data();
    } else if constexpr (requires { record.text_begin(); }) {
      begin = record.text_begin();
    }
    const std::less_equal<>
        is_not_behind;  // views of something else, which a feed may hand on, can be asked, too
    const bool is_in_block = begin != nullptr && is_not_behind(block.text.data(), begin) &&
                             is_not_behind(begin, block.text.data() + block.text.size());
    if (block.offsets == Offsets::of_text && is_in_block) {
      return {.input = block.input,
              .offset = block.offset + static_cast<std::uint64_t>(begin - block.text.data())};
    }
    if (block.offsets == Offsets::of_rows) {
      return {.input = block.input, .offset = block.offset + number};
    }
    return {.input = block.input, .offset = block.offset, .place = block.place, .ordinal = number};
  }

  std::shared_ptr<const TextSource> source_;
  Feed feed_;
};

/// The pieces of text that `feed` finds in the blocks of `source`.
template <class Feed>
[[nodiscard]] auto text_stage(std::shared_ptr<const TextSource> source, Feed feed) {
  return SourceStage<std::string_view, Feed>(std::move(source), std::move(feed));
}

/// What a stage around another has of it.
template <Stage Inner>
class StageAround {
 public:
  [[nodiscard]] const std::shared_ptr<const TextSource>& source() const { return inner_.source(); }
  [[nodiscard]] std::uint64_t n_bytes_known() const { return inner_.n_bytes_known(); }
  [[nodiscard]] std::size_t n_sources() const { return inner_.n_sources(); }
  [[nodiscard]] std::uint64_t end_place() const { return inner_.end_place(); }

 protected:
  explicit StageAround(Inner inner) : inner_(std::move(inner)) {}
  [[nodiscard]] const Inner& inner() const { return inner_; }

 private:
  Inner inner_;
};

/// A stage whose records are made of those of `Inner`: `pass(record, sink)` calls `sink(out)` any number of times.
template <class Out, Stage Inner, class Pass>
class PassStage : public StageAround<Inner> {
 public:
  using Record = Out;

  PassStage(Inner inner, Pass pass) : StageAround<Inner>(std::move(inner)), pass_(std::move(pass)) {}

  template <class Make, class Visit>
  [[nodiscard]] auto for_each_block(const std::string& purpose, const Make& make, const Visit& visit) const {
    return this->inner().for_each_block(
        purpose, make,
        [&](auto& part, const RecordBlock& block, auto&& each) { return visit(part, block, passed(each)); });
  }
  template <class Visit>
  void sample_blocks(const Visit& visit) const {
    this->inner().sample_blocks(
        [&](std::uint64_t place, std::size_t n_most, auto&& each) { visit(place, n_most, passed(each)); });
  }

 private:
  template <class Each>
  [[nodiscard]] auto passed(const Each& each) const {
    return [this, &each](auto&& sink) {
      each(PassInto<typename Inner::Record, Out, Pass, std::remove_reference_t<decltype(sink)>>(pass_, sink));
    };
  }

  Pass pass_;
};

/// The records of one stage and then those of another.
template <Stage First, Stage Second>
requires std::same_as<typename First::Record, typename Second::Record>
class UnionStage {
 public:
  using Record = typename First::Record;

  UnionStage(First first, Second second) : first_(std::move(first)), second_(std::move(second)) {}

  [[nodiscard]] const std::shared_ptr<const TextSource>& source() const { return first_.source(); }
  [[nodiscard]] std::uint64_t n_bytes_known() const {
    return first_.n_bytes_known() + second_.n_bytes_known();
  }
  [[nodiscard]] std::size_t n_sources() const { return first_.n_sources() + second_.n_sources(); }
  [[nodiscard]] std::uint64_t end_place() const { return first_.end_place() + second_.end_place(); }

  template <class Make, class Visit>
  [[nodiscard]] auto for_each_block(const std::string& purpose, const Make& make, const Visit& visit) const {
    auto parts = first_.for_each_block(purpose + ", first", make, visit);
    auto more = second_.for_each_block(purpose + ", second", make,
                                       [&](auto& part, const RecordBlock& block, auto&& each) {
                                         RecordBlock later = block;
                                         later.place = first_.end_place() + block.place;
                                         return visit(part, later, each);
                                       });
    std::ranges::move(more, std::back_inserter(parts));
    return parts;
  }
  template <class Visit>
  void sample_blocks(const Visit& visit) const {
    first_.sample_blocks(visit);
    second_.sample_blocks([&](std::uint64_t place, std::size_t n_most, auto&& each) {
      visit(first_.end_place() + place, n_most, each);
    });
  }

 private:
  First first_;
  Second second_;
};

}  // namespace serried::mapreduce

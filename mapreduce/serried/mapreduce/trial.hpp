/// Functions are tried on a record before they run into the result: the inside of a quarantine (quarantine.hpp).
///
/// The operators of a pipeline are sinks within each other. Such a sink can also `rehearse` a record: run its functions and
/// those behind it, and drop what the last one emits. Where records are numbered on the way (zip_with_index), the numbers that
/// a bad record would have had are left out, for they were counted before anybody knew.
#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <new>

#include <serried/mapreduce/set_aside.hpp>

namespace serried::mapreduce {

/// A sink that runs functions.
template <class Sink, class Record>
concept Rehearsable = requires(const Sink& sink, const Record& record) {
  sink.rehearse(record);
};

/// A sink that numbers records, or hands them to one that does. `begin_trial()` comes before a record of the source is
/// rehearsed. If that fails, `tally(record)` runs what is before the numbering, once more, and counts, and `settle(has_come)`
/// leaves out the numbers, if all of the record has come that far.
template <class Sink>
concept Numbering = requires(const Sink& sink) {
  sink.begin_trial();
  sink.settle(true);
};

namespace detail {

// Where the records of a trial go. Classes, for the names of lambdas grow with those of the functions that they are in.
template <class Out, class Sink>
struct Rehearse {
  Sink& sink;
  void operator()([[maybe_unused]] const Out& out) const {
    if constexpr (Rehearsable<Sink, Out>) {
      sink.rehearse(out);
    }
  }
};
template <class Out, class Sink>
struct Tally {
  Sink& sink;
  void operator()(const Out& out) const { sink.tally(out); }
};

}  // namespace detail

/// Hands what `pass` makes of records to `sink`, which may be another of these.
template <class Record, class Out, class Pass, class Sink>
class PassInto {
 public:
  PassInto(const Pass& pass, Sink& sink) : pass_(pass), sink_(sink) {}

  void operator()(const Record& record) const { pass_(record, sink_); }
  void rehearse(const Record& record) const {
    const detail::Rehearse<Out, Sink> trial{sink_};
    pass_(record, trial);
  }

  void begin_trial() const requires Numbering<Sink> { sink_.begin_trial(); }
  void tally(const Record& record) const requires Numbering<Sink> {
    const detail::Tally<Out, Sink> trial{sink_};
    pass_(record, trial);
  }
  void settle(bool has_come) const requires Numbering<Sink> { sink_.settle(has_come); }

 private:
  const Pass& pass_;
  Sink& sink_;
};

/// Hands records to `sink` with their numbers, from `next` on, as `Out{number, record}`.
template <class Record, class Out, class Sink>
class NumberInto {
 public:
  NumberInto(std::uint64_t& next, Sink& sink) : next_(next), sink_(sink) {}

  void operator()(const Record& record) const { sink_(Out{next_++, record}); }
  void rehearse(const Record& record) const {
    const std::uint64_t number = next_ + n_tried_++;
    if constexpr (Rehearsable<Sink, Out>) {
      sink_.rehearse(Out{number, record});
    }
  }

  void begin_trial() const {
    n_tried_ = 0;
    if constexpr (Numbering<Sink>) {
      sink_.begin_trial();
    }
  }
  void tally(const Record& record) const {
    const std::uint64_t number = next_ + n_tallied_++;
    if constexpr (Numbering<Sink>) {
      try {
        sink_.tally(Out{number, record});
      } catch (const std::bad_alloc&) {
        throw;
      } catch (...) {
        comes_further_ = false;
      }
    }
  }
  void settle(bool has_come) const {
    next_ += has_come ? n_tallied_ : 0;
    n_tallied_ = 0;
    if constexpr (Numbering<Sink>) {
      sink_.settle(has_come && comes_further_);
    }
    comes_further_ = true;
  }

 private:
  std::uint64_t& next_;
  Sink& sink_;
  // Of one record of the source.
  mutable std::uint64_t n_tried_ = 0;
  mutable std::uint64_t n_tallied_ = 0;
  mutable bool comes_further_ = true;
};

/// Gives a record of a source to `sink` if its functions take it, else to `aside`, as `origin()`.
template <class Sink, class Record, class Origin>
void pass_unless_bad(const Sink& sink, const Record& record, SetAside& aside, const Origin& origin) {
  try {
    if constexpr (Numbering<Sink>) {
      sink.begin_trial();
    }
    sink.rehearse(record);
  } catch (...) {
    aside.add(origin(), std::current_exception());
    if constexpr (Numbering<Sink>) {
      bool has_come = true;
      try {
        sink.tally(record);
      } catch (const std::bad_alloc&) {
        throw;
      } catch (...) {
        has_come = false;
      }
      sink.settle(has_come);
    }
    return;
  }
  sink(record);
}

}  // namespace serried::mapreduce

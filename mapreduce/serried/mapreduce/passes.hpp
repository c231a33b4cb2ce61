/// What the operators of a pipeline do with a record, for PassStage (stage.hpp).
///
/// These are classes and not lambdas: the type of a lambda is named after the function that it is in, and so after the whole
/// pipeline, once more for each operator; after a few of them, names in object files would be megabytes long.
#pragma once

#include <cstddef>
#include <utility>
#include <variant>

#include <serried/mapreduce/order.hpp>

namespace serried::mapreduce {

/// Each record becomes `function(record)`.
template <class Out, class Function>
struct MapPass {
  Function function;

  template <class Record, class Sink>
  void operator()(const Record& record, Sink& sink) const {
    sink(Out(function(record)));
  }
};

/// Only the records for which `predicate(record)` is true.
template <class Predicate>
struct FilterPass {
  Predicate predicate;

  template <class Record, class Sink>
  void operator()(const Record& record, Sink& sink) const {
    if (predicate(record)) {
      sink(record);
    }
  }
};

/// `function(record, emit)` calls `emit(out)`.
template <class Out, class Function>
struct FlatMapPass {
  Function function;

  template <class Sink>
  struct Emit {
    Sink& sink;
    void operator()(const Out& out) const { sink(out); }
  };
  template <class Record, class Sink>
  void operator()(const Record& record, Sink& sink) const {
    Emit<Sink> emit{sink};
    function(record, emit);
  }
};

/// `function(record, emit)` calls `emit(key, value)`.
template <class K, class V, class Function>
struct FlatMapKeysPass {
  Function function;

  template <class Sink>
  struct Emit {
    Sink& sink;
    void operator()(const K& key, const V& value) const { sink(KeyValue<K, V>{key, value}); }
  };
  template <class Record, class Sink>
  void operator()(const Record& record, Sink& sink) const {
    Emit<Sink> emit{sink};
    function(record, emit);
  }
};

/// A KeyValue's value becomes alternative `index` of a variant.
template <class Out, std::size_t index>
struct TagPass {
  template <class Record, class Sink>
  void operator()(const Record& record, Sink& sink) const {
    using Variant = decltype(Out::value);
    sink(Out{record.key, Variant(std::in_place_index<index>, record.value)});
  }
};

}  // namespace serried::mapreduce

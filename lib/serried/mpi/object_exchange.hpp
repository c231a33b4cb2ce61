/// What one rank does in a non-blocking collective of objects: it sends its own, and takes those of others in
/// a fixed order, into a place or into a fold. Part of async_serialize.hpp.
///
///     ObjectExchange<T> exchange(comm);
///     return exchange.send(object, {root}).take({}, OneObject<T>{object});
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <serried/mpi/object_request.hpp>
#include <serried/mpi/serialize.hpp>

namespace serried::mpi::detail {

using Ranks = std::vector<int>;

[[nodiscard]] inline Ranks ranks_between(int begin, int end) {
  Ranks ranks;
  for (int rank = begin; rank < end; ++rank) {
    ranks.push_back(rank);
  }
  return ranks;
}
[[nodiscard]] inline Ranks all_ranks(const Communicator& comm) { return ranks_between(0, comm.size()); }

// Takes the objects of some ranks in their order: sink.add(object) for each, and then sink.finish().
template <Serializable T, class Sink>
class ObjectTaking {
 public:
  ObjectTaking(ObjectMessages messages, Ranks sources, Sink sink)
      : messages_(std::move(messages)), sources_(std::move(sources)), sink_(std::move(sink)) {}

  [[nodiscard]] bool advance() {
    for (; n_taken_ < sources_.size(); ++n_taken_) {
      const auto message = messages_.receive(sources_[n_taken_]);
      if (!message) {
        return false;
      }
      add(std::span(*message).subspan(ObjectMessages::n_header_bytes));
    }
    if (failure_) {
      std::rethrow_exception(failure_);
    }
    sink_.finish();
    return true;
  }

 private:
  // An exception waits for the other objects: what nobody receives would stay with its sender.
  void add(std::span<const char> bytes) {
    if (failure_) {
      return;
    }
    try {
      sink_.add(deserialize<T>(bytes));
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  ObjectMessages messages_;
  Ranks sources_;
  Sink sink_;
  std::size_t n_taken_ = 0;
  std::exception_ptr failure_;
};

// One operation of a rank: what it sends, and then whose objects it takes. It comes first in every function:
// what throws after it, perhaps on one rank alone, does not shift the numbers of later operations.
template <Serializable T>
class ObjectExchange {
 public:
  explicit ObjectExchange(const Communicator& comm) : messages_(comm) {}

  ObjectExchange& send(const T& object, const Ranks& destinations) {
    if (!destinations.empty()) {
      std::vector<char> message(ObjectMessages::n_header_bytes);
      serialize(object, message);
      messages_.send(std::move(message), destinations);
    }
    return *this;
  }

  // Shared, for std::function wants what can be copied.
  template <class Sink>
  [[nodiscard]] ObjectRequest take(Ranks sources, Sink sink) {
    auto taking =
        std::make_shared<ObjectTaking<T, Sink>>(std::move(messages_), std::move(sources), std::move(sink));
    return ObjectRequest([taking = std::move(taking)] { return taking->advance(); });
  }

 private:
  ObjectMessages messages_;
};

template <class T>
struct OneObject {
  T& result;

  void add(T object) { result = std::move(object); }
  void finish() {}
};

template <class T>
struct AllObjects {
  std::vector<T>& result;
  std::vector<T> objects{};

  void add(T object) { objects.push_back(std::move(object)); }
  void finish() { result = std::move(objects); }
};

// Along the binomial tree of the blocking forms: partial results of as many objects are combined at once, the
// others in the end from the right. So there are never more than log2 of the ranks.
template <class T, class Op>
struct TreeFold {
  struct Partial {
    T value;
    std::size_t n_objects;
  };

  T& result;
  Op op;
  std::vector<Partial> partials{};

  void add(T object) {
    partials.push_back({std::move(object), 1});
    while (partials.size() > 1 && partials[partials.size() - 2].n_objects == partials.back().n_objects) {
      combine_last_two();
    }
  }
  // Where there was nothing to fold, the result stays as it is.
  void finish() {
    while (partials.size() > 1) {
      combine_last_two();
    }
    if (!partials.empty()) {
      result = std::move(partials.front().value);
    }
  }
  void combine_last_two() {
    const Partial last = std::move(partials.back());
    partials.pop_back();
    Partial& before = partials.back();
    before.value = static_cast<T>(op(std::as_const(before.value), last.value));
    before.n_objects += last.n_objects;
  }
};

// As the blocking scans.
template <class T, class Op>
struct LeftFold {
  T& result;
  Op op;
  std::optional<T> folded{};

  void add(T object) {
    if (folded) {
      *folded = static_cast<T>(op(std::as_const(*folded), std::as_const(object)));
    } else {
      folded.emplace(std::move(object));
    }
  }
  void finish() { result = folded ? std::move(*folded) : T{}; }
};

}  // namespace serried::mpi::detail

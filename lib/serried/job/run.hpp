/// One call for everything that a batch job needs: dealing, threads, a ledger, resuming, signals, progress, a record.
///
///     struct Sum {                                       // what a thread gathers
///       std::uint64_t total = 0;
///       void merge(Sum&& other) { total += other.total; }
///       void save(std::vector<std::byte>& bytes) const { append_bytes(bytes, total); }
///       void load(std::span<const std::byte> bytes) { total += value_of_bytes<std::uint64_t>(bytes); }
///     };
///     auto sums = job::run(world, {.n = 1000}, options, [] { return Sum(); },
///                          [](std::uint64_t index, Sum& sum, job::Worker&) { sum.total += index; });
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/self_contained.hpp>
#include <serried/job/work.hpp>

namespace serried::job {

/// What a thread gathers over many indices. For the same bits from any number of ranks, merging must not depend on the
/// order. `save` appends bytes, `load` adds what one call of `save` has appended; bytes that do not fit it throws. One that
/// grows with the input may have `bool wants_save() const`: once it is true, it is saved after the index at hand.
template <class P>
concept Partial = std::movable<P> &&
    requires(P partial, P other, std::vector<std::byte>& bytes, std::span<const std::byte> saved) {
  partial.merge(std::move(other));
  std::as_const(partial).save(bytes);
  partial.load(saved);
};

/// The bytes of a self-contained value, for `save` and `load`.
template <SelfContained T>
void append_bytes(std::vector<std::byte>& bytes, const T& value) {
  const auto* const first = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), first, first + sizeof value);
}
template <SelfContained T>
[[nodiscard]] T value_of_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() != sizeof(T)) {
    throw Error("a saved value has the wrong size").hint("was it written by another version of the program?");
  }
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// Collective. Calls `body(index, partial, worker)` for each index as run_work does, where `partial` was made by `make()`
/// and belongs to the calling thread. Returns this rank's partials, any number of them: together with those of the other
/// ranks they hold each index exactly once, also after a restart.
template <class Make, class Body>
requires Partial<std::invoke_result_t<const Make&>>
[[nodiscard]] auto run(const mpi::Communicator& comm, const Plan& plan, const Options& options,
                       const Make& make, Body&& body) {
  using P = std::invoke_result_t<const Make&>;
  // Of one thread, away from the others' cache lines.
  struct alignas(64) Gathered {
    std::optional<P> fresh;  // not in the ledger yet
    std::optional<P> saved;

    void keep_saved() {
      if (saved) {
        saved->merge(*std::move(fresh));
      } else {
        saved = std::move(fresh);
      }
      fresh.reset();
    }
  };
  Options resolved = options;
  resolved.threads = n_threads_of(comm, options);
  std::vector<Gathered> threads(static_cast<std::size_t>(resolved.threads));

  Work work;
  work.body = [&](std::uint64_t index, Worker& worker) {
    auto& fresh = threads[static_cast<std::size_t>(worker.thread())].fresh;
    if (!fresh) {
      fresh.emplace(make());  // by its own thread, so that its memory is near it
    }
    body(index, *fresh, worker);
    if constexpr (requires { fresh->wants_save(); }) {
      if (fresh->wants_save()) {
        worker.save_soon();
      }
    }
  };
  work.save = [&](int thread, std::vector<std::byte>& bytes) {
    Gathered& gathered = threads[static_cast<std::size_t>(thread)];
    if (gathered.fresh) {
      std::as_const(*gathered.fresh).save(bytes);
      gathered.keep_saved();
    }
  };
  work.restore = [&](std::span<const std::byte> bytes) {
    if (!threads[0].saved) {
      threads[0].saved.emplace(make());
    }
    threads[0].saved->load(bytes);
  };
  run_work(comm, plan, resolved, work);

  std::vector<P> partials;
  for (Gathered& gathered : threads) {
    for (std::optional<P>* part : {&gathered.saved, &gathered.fresh}) {
      if (*part) {
        partials.push_back(*std::move(*part));
      }
    }
  }
  return partials;
}

/// Collective: the same for work that leaves its result elsewhere, such as in a file, durably before `body(index, worker)`
/// returns.
template <class Body>
requires std::invocable<Body&, std::uint64_t, Worker&>
void run(const mpi::Communicator& comm, const Plan& plan, const Options& options, Body&& body) {
  Work work;
  work.body = std::ref(body);
  work.save = [](int, std::vector<std::byte>&) {};
  work.restore = [](std::span<const std::byte>) {};
  run_work(comm, plan, options, work);
}

}  // namespace serried::job

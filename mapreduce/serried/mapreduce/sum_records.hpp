/// The sum of numbers, the same bits in any order: floating point through an exact accumulator.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

#include <serried/job/run.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/allreduce_exact.hpp>
#include <serried/numeric/exact_sum.hpp>

namespace serried::mapreduce {

/// What numbers of type T are added in. Integers wrap around beyond 64 bits.
template <class T>
requires std::is_arithmetic_v<T>
class NumberSum {
  using Sum = std::conditional_t<std::floating_point<T>, numeric::ExactSum,
                                 std::conditional_t<std::signed_integral<T>, std::int64_t, std::uint64_t>>;

 public:
  using Value = std::conditional_t<std::floating_point<T>, double, Sum>;

  void add(T value) {
    if constexpr (std::floating_point<T>) {
      sum_.add(value);
    } else {
      add_sum(static_cast<Sum>(value));
    }
  }
  void merge(NumberSum&& other) {
    if constexpr (std::floating_point<T>) {
      sum_.merge(other.sum_);
    } else {
      add_sum(other.sum_);
    }
  }
  [[nodiscard]] Value value() const {
    if constexpr (std::floating_point<T>) {
      return sum_.value();
    } else {
      return sum_;
    }
  }
  /// Collective: of all ranks, on all ranks.
  void over_all_ranks(const mpi::Communicator& comm) {
    if constexpr (std::floating_point<T>) {
      mpi::allreduce_exact(comm, sum_);
    } else {
      sum_ = static_cast<Sum>(mpi::allreduce_value(comm, static_cast<std::uint64_t>(sum_), std::plus<>{}));
    }
  }
  void save(std::vector<std::byte>& bytes) const { job::append_bytes(bytes, sum_); }
  void load(std::span<const std::byte> bytes) {
    if constexpr (std::floating_point<T>) {
      sum_.merge(job::value_of_bytes<Sum>(bytes));
    } else {
      add_sum(job::value_of_bytes<Sum>(bytes));
    }
  }

 private:
  void add_sum(Sum other) {
    sum_ = static_cast<Sum>(static_cast<std::uint64_t>(sum_) + static_cast<std::uint64_t>(other));
  }

  Sum sum_{};
};

/// Collective: the sum of all records, on every rank; of floating-point numbers the one nearest to the exact sum.
template <Stage S>
requires std::is_arithmetic_v<typename S::Record>
[[nodiscard]] auto sum_records(const S& stage) {
  using Sum = NumberSum<typename S::Record>;
  auto parts = stage.for_each_block(
      "sum", [] { return Sum(); },
      [](Sum& sum, const RecordBlock&, auto&& each) {
        std::uint64_t n = 0;
        each([&](const typename S::Record& value) {
          sum.add(value);
          ++n;
        });
        return n;
      });
  Sum total;
  for (auto& part : parts) {
    total.merge(std::move(part.part));
  }
  total.over_all_ranks(stage.source()->comm());
  return total.value();
}

}  // namespace serried::mapreduce

/// Messages between two ranks.
///
///     send(world, values, 1);                        // rank 0
///     receive(world, values, 0);                     // rank 1, into a buffer of the right length or longer
///
/// Any number of values: what exceeds MPI's `int` counts travels as several messages, of which only the last
/// is short (it may be empty), so that sender and receiver agree on their number.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <serried/base/checked_cast.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

inline constexpr int any_source = MPI_ANY_SOURCE;
inline constexpr int any_tag = MPI_ANY_TAG;

/// What arrived: how many values, from whom, with which tag.
struct Received {
  std::size_t n_values = 0;
  int source = any_source;
  int tag = any_tag;
};

namespace detail {

// Calls step(offset, n) for each message of `n_values` values, until one is short: step returns the values
// moved.
template <class T, class Step>
std::size_t for_each_message(std::size_t n_values, Step step) {
  const std::size_t full = max_values_per_message<T>();
  std::size_t done = 0;
  for (;;) {
    const std::size_t n = n_values - done < full ? n_values - done : full;
    const std::size_t moved = step(done, n);
    done += moved;
    if (moved < full) {
      return done;
    }
  }
}

template <class T>
int n_units(std::size_t n_values) {
  return checked_cast<int>(n_values * wire_type<T>().units);
}

// Starts all messages of `values` and appends their requests to `parts`.
template <class T>
void start_sends(const Communicator& comm, std::span<const T> values, int destination, int tag,
                 std::vector<MPI_Request>& parts) {
  for_each_message<T>(values.size(), [&](std::size_t offset, std::size_t n) {
    check(MPI_Isend(values.data() + offset, n_units<T>(n), wire_type<T>().type, destination, tag, comm.get(),
                    &parts.emplace_back(MPI_REQUEST_NULL)),
          "MPI_Isend");
    return n;
  });
}
template <class T>
void start_receives(const Communicator& comm, std::span<T> buffer, int source, int tag,
                    std::vector<MPI_Request>& parts) {
  for_each_message<T>(buffer.size(), [&](std::size_t offset, std::size_t n) {
    check(MPI_Irecv(buffer.data() + offset, n_units<T>(n), wire_type<T>().type, source, tag, comm.get(),
                    &parts.emplace_back(MPI_REQUEST_NULL)),
          "MPI_Irecv");
    return n;
  });
}

}  // namespace detail

/// Blocks until `values` may be reused. Throws serried::Error if MPI fails.
template <Buffer R>
void send(const Communicator& comm, const R& values, int destination, int tag = 0) {
  using T = BufferValue<R>;
  const Waiting waiting("send");
  const auto span = detail::span_of(values);
  detail::for_each_message<T>(span.size(), [&](std::size_t offset, std::size_t n) {
    check(MPI_Send(span.data() + offset, detail::n_units<T>(n), wire_type<T>().type, destination, tag,
                   comm.get()),
          "MPI_Send");
    return n;
  });
}

/// Blocks until a message has arrived in the first values of `buffer`. A longer message than `buffer` throws
/// (MPI_ERR_TRUNCATE).
template <OutputBuffer R>
Received receive(const Communicator& comm, R&& buffer, int source = any_source, int tag = any_tag) {
  using T = BufferValue<R>;
  const Waiting waiting("receive");
  const auto span = detail::span_of(buffer);
  Received received{.n_values = 0, .source = source, .tag = tag};
  received.n_values = detail::for_each_message<T>(span.size(), [&](std::size_t offset, std::size_t n) {
    MPI_Status status;
    check(MPI_Recv(span.data() + offset, detail::n_units<T>(n), wire_type<T>().type, received.source,
                   received.tag, comm.get(), &status),
          "MPI_Recv");
    received.source = status.MPI_SOURCE;  // the rest comes from the same rank
    received.tag = status.MPI_TAG;
    int units = 0;
    check(MPI_Get_count(&status, wire_type<T>().type, &units), "MPI_Get_count");
    return static_cast<std::size_t>(units) / wire_type<T>().units;
  });
  return received;
}

/// As `send`, but returns at once; `values` must stay as they are until the request is complete.
template <LastingBuffer R>
[[nodiscard]] Request async_send(const Communicator& comm, R&& values, int destination, int tag = 0) {
  std::vector<MPI_Request> parts;
  detail::start_sends<BufferValue<R>>(comm, detail::span_of(values), destination, tag, parts);
  return {std::move(parts), Request::Buffer::is_read};
}

/// As `receive`, but returns at once. The message must have exactly the length of `buffer`.
template <LastingOutputBuffer R>
[[nodiscard]] Request async_receive(const Communicator& comm, R&& buffer, int source, int tag = 0) {
  std::vector<MPI_Request> parts;
  detail::start_receives<BufferValue<R>>(comm, detail::span_of(buffer), source, tag, parts);
  return {std::move(parts), Request::Buffer::is_written};
}

/// True if a message is waiting. Local; never blocks.
[[nodiscard]] inline bool local_probe(const Communicator& comm, int source = any_source, int tag = any_tag) {
  int is_waiting = 0;
  check(MPI_Iprobe(source, tag, comm.get(), &is_waiting, MPI_STATUS_IGNORE), "MPI_Iprobe");
  return is_waiting != 0;
}

}  // namespace serried::mpi

/// The rows of keyed data as lines of a file. Part of keyed.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

#include <serried/job/stop_checks.hpp>
#include <serried/mapreduce/keyed_rows.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/row.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/exscan.hpp>
#include <serried/store/output.hpp>

namespace serried::mapreduce::detail {

inline constexpr std::size_t text_buffer_bytes = std::size_t{1} << 20;

// The lines of `rows` in pieces of about text_buffer_bytes.
template <class V, class Format, class Put>
void for_each_text(std::span<const Row<V>> rows, const Format& format, std::vector<char>& text, Put&& put) {
  text.clear();
  text.reserve(2 * text_buffer_bytes);
  for_each_row(rows, [&](const Row<V>& row) {
    format.append(text, row);
    if (text.size() >= text_buffer_bytes) {
      put(std::span<const char>(text));
      text.clear();
    }
  });
  if (!text.empty()) {
    put(std::span<const char>(text));
  }
}

/// Collective: a line for each row, in order. `Format` as TsvFormat. `stop` is asked between the pieces of a file; a stream goes to
/// its end.
template <Key K, class V, class Format>
void write_rows(const mpi::Communicator& comm, int n_threads, const KeyedRows<K, V>& rows,
                store::OutputFile& output, const Format& format, const job::StopChecks& stop) {
  std::vector<std::uint64_t> offsets(rows.n_parts());
  mpi::together(comm, [&] {
    for_each_on_threads(n_threads, rows.n_parts(), [&](std::size_t part, std::size_t) {
      stop.check();
      rows.read(part, [&](std::span<const Row<V>> of_part) {
        for (const Row<V>& row : of_part) {
          offsets[part] += format.size(row);
        }
      });
    });
  });
  const std::uint64_t n_here = std::accumulate(offsets.begin(), offsets.end(), std::uint64_t{0});
  const std::uint64_t first = mpi::exscan_value(comm, n_here, std::plus<>{});
  std::exclusive_scan(offsets.begin(), offsets.end(), offsets.begin(), first);
  std::vector<std::vector<char>> texts(static_cast<std::size_t>(n_threads));
  mpi::together(comm, [&] {
    for_each_on_threads(n_threads, rows.n_parts(), [&](std::size_t part, std::size_t thread) {
      rows.read_in_order(part, [&](std::span<const Row<V>> of_part) {
        for_each_text(of_part, format, texts[thread], [&](std::span<const char> text) {
          stop.check();
          output.local_write_at(offsets[part], text);
          offsets[part] += text.size();
        });
      });
    });
  });
  output.commit(mpi::allreduce_value(comm, n_here, std::plus<>{}));
}

template <Key K, class V, class Format>
void write_rows(const mpi::Communicator& /*comm*/, int /*n_threads*/, const KeyedRows<K, V>& rows,
                store::OrderedOutput& output, const Format& format, const job::StopChecks& /*stop*/) {
  output.write([&](const store::OrderedOutput::Put& put) {
    std::vector<char> text;
    for (std::size_t part = 0; part < rows.n_parts(); ++part) {
      rows.read_in_order(part,
                         [&](std::span<const Row<V>> of_part) { for_each_text(of_part, format, text, put); });
    }
  });
}

}  // namespace serried::mapreduce::detail

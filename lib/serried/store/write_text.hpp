/// A text that one rank has, as the whole of an output.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/store/output.hpp>

namespace serried::store {

/// Collective: writes what rank 0 passes as `text`. A file is committed. Throws on all ranks if it cannot be written.
inline void write_text(const mpi::Communicator& comm, Output& output, std::string_view text) {
  if (auto* const file = std::get_if<OutputFile>(&output)) {
    mpi::on_root(comm, [&] { file->local_write_at(0, text); });
    file->commit(mpi::broadcast_value(comm, std::uint64_t{text.size()}));
  } else {
    std::get<OrderedOutput>(output).write([&](const OrderedOutput::Put& put) {
      if (comm.is_root()) {
        put(text);
      }
    });
  }
}

}  // namespace serried::store

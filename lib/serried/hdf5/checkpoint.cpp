#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <serried/base/difference.hpp>
#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/hdf5/checkpoint.hpp>
#include <serried/hdf5/complete_file.hpp>
#include <serried/hdf5/file.hpp>
#include <serried/hdf5/library.hpp>
#include <serried/hdf5/seal.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>

namespace serried::hdf5 {
namespace {

constexpr std::uint64_t layout_version = 1;
constexpr auto layout_attribute = "serried_checkpoint";

// HDF5 wants the same from all ranks, which are not on one host.
Provenance provenance_of_rank_0(const mpi::Communicator& comm) {
  Provenance origin = provenance_here();
  for (std::string* text : {&origin.version, &origin.command_line, &origin.host, &origin.started}) {
    mpi::broadcast_resized(comm, *text);
  }
  return origin;
}

Provenance provenance_in(const Group& about) {
  Provenance origin;
  origin.program = about.attribute<std::string>("program");
  origin.version = about.attribute<std::string>("version");
  origin.command_line = about.read_text("command_line");
  origin.host = about.attribute<std::string>("host");
  origin.started = about.attribute<std::string>("started");
  origin.n_ranks = about.attribute<int>("n_ranks");
  if (about.has_attribute("seed")) {
    origin.seed = about.attribute<std::uint64_t>("seed");
  }
  return origin;
}

std::string shown(const std::optional<std::uint64_t>& seed) { return seed ? std::to_string(*seed) : "none"; }

}  // namespace

Checkpoint::Checkpoint(const mpi::Communicator& comm, std::string path, CheckpointKey key)
    : comm_(comm.dup()), path_(std::move(path)), key_(std::move(key)) {}

bool Checkpoint::exists() const {
  bool found = false;
  mpi::on_root(comm_, [&] { found = std::filesystem::exists(path_); });
  return mpi::broadcast_value(comm_, found);
}

void Checkpoint::describe(const Group& root) const {
  root.set_attribute(layout_attribute, layout_version);
  const Group about = root.create_group("provenance");
  const Provenance origin = provenance_of_rank_0(comm_);
  about.set_attribute("program", key_.program);
  about.set_attribute("format", key_.format);
  about.set_attribute("configuration_hash", fmt::format("{:016x}", hash_long(key_.configuration)));
  about.set_attribute("version", origin.version);
  about.set_attribute("host", origin.host);
  about.set_attribute("started", origin.started);
  about.set_attribute("n_ranks", comm_.size());
  if (key_.seed) {
    about.set_attribute("seed", *key_.seed);
  }
  about.write_text("configuration", key_.configuration);
  about.write_text("command_line", origin.command_line);
}

void Checkpoint::check_fits(const Group& root) const {
  const auto version = root.attribute<std::uint64_t>(layout_attribute);
  if (version != layout_version) {
    throw Error(fmt::format("is a checkpoint of version {}, this program reads {}", version, layout_version))
        .at(path_);
  }
  const Group about = root.group("provenance");
  const Provenance origin = provenance_in(about);
  const auto format = about.attribute<std::uint64_t>("format");
  const std::string configuration = about.read_text("configuration");
  std::string misfit;
  if (origin.program != key_.program) {
    misfit = fmt::format("written by {}, expected {}", origin.program, key_.program);
  } else if (format != key_.format) {
    misfit = fmt::format("written in format {}, this program reads {}", format, key_.format);
  } else if (configuration != key_.configuration) {
    misfit = "another configuration: " + first_difference(configuration, key_.configuration);
  } else if (origin.seed != key_.seed) {
    misfit = fmt::format("written with seed {}, expected {}", shown(origin.seed), shown(key_.seed));
  }
  if (!misfit.empty()) {
    throw usage_error("checkpoint of another job: " + misfit)
        .at(path_)
        .hint(fmt::format("it was written by: {}", origin.command_line));
  }
}

void Checkpoint::write(const std::function<void(const Group& state)>& put) const {
  write_complete_file(
      comm_, path_,
      [&](const File& file) {
        describe(file);
        put(file.create_group("state"));
      },
      [&](const std::string& partial) {
        std::uint64_t n_bytes = 0;
        mpi::on_root(comm_, [&] { n_bytes = seal(partial); });
        // On another node, if there are several: does it see the same bytes?
        mpi::together(comm_, [&] {
          if (comm_.rank() == comm_.size() - 1) {
            verify_seal(partial);
          }
        });
        return mpi::broadcast_value(comm_, n_bytes);
      });
}

Provenance Checkpoint::read(const std::function<void(const Group& state)>& take) const {
  mpi::on_root(comm_, [&] { verify_seal(path_); });
  File file = File::open(comm_, path_);
  Provenance origin;
  const auto failure = failure_of([&] {
    mpi::together(comm_, [&] {
      check_fits(file);
      origin = provenance_in(file.group("provenance"));
    });
    take(file.group("state"));
  });
  file.close();
  mpi::agree(comm_, failure);
  return origin;
}

}  // namespace serried::hdf5

#include <exception>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/hdf5/checkpoint.hpp>
#include <serried/hdf5/file.hpp>
#include <serried/hdf5/seal.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/store/output_file.hpp>

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

std::string next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string line(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// "written with configuration A, expected B" of the first lines that differ.
std::string first_difference(std::string_view written, std::string_view expected) {
  const auto shown = [](const std::string& line) { return line.empty() ? "nothing" : line; };
  while (!written.empty() || !expected.empty()) {
    const std::string here = next_line(written);
    const std::string there = next_line(expected);
    if (here != there) {
      return fmt::format("written with configuration {}, expected {}", shown(here), shown(there));
    }
  }
  return "written with a configuration that has another number of newlines at its end";
}

std::string shown(const std::optional<std::uint64_t>& seed) { return seed ? std::to_string(*seed) : "none"; }

// Calls `work`, closes the file whatever happened, and throws on all ranks if anything failed on any.
template <class Work>
void use_and_close(const mpi::Communicator& comm, File& file, Work&& work) {
  std::optional<Error> failure;
  try {
    std::forward<Work>(work)();
  } catch (...) {
    failure = as_error(std::current_exception());
  }
  try {
    file.close();
  } catch (const Error& error) {
    if (!failure) {
      failure = error;
    }
  }
  mpi::agree(comm, failure);
}

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
    misfit = first_difference(configuration, key_.configuration);
  } else if (origin.seed != key_.seed) {
    misfit = fmt::format("written with seed {}, expected {}", shown(origin.seed), shown(key_.seed));
  }
  if (!misfit.empty()) {
    throw Error("checkpoint of another job: " + misfit)
        .at(path_)
        .hint(fmt::format("it was written by: {}", origin.command_line));
  }
}

void Checkpoint::write(const std::function<void(const Group& state)>& put) const {
  store::OutputFile output(comm_, path_);
  const std::string& partial = output.partial_path();
  File file = File::create(comm_, partial);
  use_and_close(comm_, file, [&] {
    describe(file);
    put(file.create_group("state"));
  });
  std::uint64_t n_bytes = 0;
  mpi::on_root(comm_, [&] { n_bytes = seal(partial); });
  n_bytes = mpi::broadcast_value(comm_, n_bytes);
  // On another node, if there are several: does it see the same bytes?
  mpi::together(comm_, [&] {
    if (comm_.rank() == comm_.size() - 1) {
      verify_seal(partial);
    }
  });
  output.commit(n_bytes);
}

Provenance Checkpoint::read(const std::function<void(const Group& state)>& take) const {
  mpi::on_root(comm_, [&] { verify_seal(path_); });
  File file = File::open(comm_, path_);
  Provenance origin;
  use_and_close(comm_, file, [&] {
    mpi::together(comm_, [&] {
      check_fits(file);
      origin = provenance_in(file.group("provenance"));
    });
    take(file.group("state"));
  });
  return origin;
}

}  // namespace serried::hdf5

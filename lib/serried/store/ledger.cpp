#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <serried/base/checked_cast.hpp>
#include <serried/base/contract.hpp>
#include <serried/base/difference.hpp>
#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/store/ledger.hpp>
#include <serried/store/ledger_reader.hpp>
#include <serried/store/ledger_record.hpp>

namespace serried::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_begin = "segment-";
constexpr std::string_view name_end = ".log";

std::string full_configuration(const LedgerOptions& options) {
  // Last, for their number follows from the rest: what differs is named by the first line that does.
  const bool ends_line = options.configuration.empty() || options.configuration.ends_with('\n');
  return fmt::format("{}{}indices: {}\n", options.configuration, ends_line ? "" : "\n", options.n_indices);
}

void make_folder(const std::string& folder) {
  if (folder.empty()) {
    throw usage_error("the ledger's folder has no name");
  }
  constexpr mode_t mode = 0777;
  if (::mkdir(folder.c_str(), mode) == 0) {
    sync_folder_of(fs::path(folder + "/").lexically_normal().parent_path().string());
  } else if (errno != EEXIST) {
    throw system_error("make the ledger's folder", errno, folder);
  } else if (!fs::is_directory(folder)) {
    throw Error("cannot keep the ledger there: it is not a folder").at(folder);
  }
}

// The files of the folder that look like segments, in the order of their names.
std::vector<std::string> segments_in(const std::string& folder) {
  std::vector<std::string> paths;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(name_begin) && name.ends_with(name_end)) {
        if (!entry.is_regular_file()) {
          throw Error("cannot read a segment of the ledger: it is not a file").at(entry.path().string());
        }
        paths.push_back(entry.path().string());
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw system_error("list the ledger's folder", error.code().value(), folder);
  }
  std::ranges::sort(paths);
  return paths;
}

// One more than the highest run number in the names.
std::uint64_t next_run(const std::vector<std::string>& paths) {
  std::uint64_t run = 0;
  for (const std::string& path : paths) {
    const std::string name = fs::path(path).filename().string();
    std::uint32_t number = 0;
    if (std::from_chars(name.data() + name_begin.size(), name.data() + name.size(), number).ec ==
        std::errc()) {
      run = std::max<std::uint64_t>(run, number);
    }
  }
  return run + 1;
}

SegmentContent read_segment(const std::string& path, const std::string& configuration,
                            std::uint64_t n_indices) {
  SegmentReader reader(path, n_indices);
  if (!reader.head_text()) {
    SegmentContent nothing;
    nothing.findings.push_back({.kind = Finding::Kind::no_head, .n = reader.size()});
    return nothing;
  }
  const std::optional<std::string> there = configuration_in(*reader.head_text());
  if (!there) {
    throw usage_error("a segment of another version of the ledger's format")
        .at(path)
        .hint("resume with the version that began it, or begin in another folder");
  }
  if (*there != configuration) {
    throw usage_error("the ledger of another configuration: " + first_difference(*there, configuration))
        .at(path)
        .hint("resume with the options of the first run, or begin in another folder");
  }
  return read_records(reader);
}

// Collective: the root's strings on every rank.
void broadcast_strings(const mpi::Communicator& comm, std::vector<std::string>& strings) {
  std::string joined;
  for (const std::string& text : strings) {
    joined += text + '\0';
  }
  mpi::broadcast_resized(comm, joined);
  strings.clear();
  for (std::size_t begin = 0; begin < joined.size();) {
    strings.emplace_back(joined.c_str() + begin);
    begin += strings.back().size() + 1;
  }
}

// Collective: the root's index set on every rank.
void broadcast_indices(const mpi::Communicator& comm, IndexSet& indices) {
  std::vector<Range> ranges = indices.ranges();
  mpi::broadcast_resized(comm, ranges);
  indices = IndexSet(ranges);
}

// Collective: each rank's share of the root's values, of which all ranks together get each once.
std::vector<RecordPlace> share(const mpi::Communicator& comm, const std::vector<RecordPlace>& all) {
  const auto n_ranks = static_cast<std::uint64_t>(comm.size());
  const auto part = [&, n = mpi::broadcast_value(comm, std::uint64_t{all.size()})](int rank) {
    return block(n, n_ranks, static_cast<std::uint64_t>(rank));
  };
  const Range mine = part(comm.rank());
  if (!comm.is_root()) {
    std::vector<RecordPlace> places(mine.size());
    mpi::receive(comm, places, 0);
    return places;
  }
  for (int rank = 1; rank < comm.size(); ++rank) {
    mpi::send(comm, std::span(all).subspan(part(rank).begin, part(rank).size()), rank);
  }
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(mine.size())};
}

}  // namespace

Ledger::Ledger(const mpi::Communicator& comm, LedgerOptions options)
    : comm_(comm.dup()), options_(std::move(options)) {
  mpi::on_root(comm_, [&] {
    make_folder(options_.folder);
    paths_ = segments_in(options_.folder);
    if (!options_.resume && !paths_.empty()) {
      throw usage_error("holds the ledger of an earlier run, or of one that is not over")
          .at(options_.folder)
          .hint("--resume continues one that is over; or begin in another folder");
    }
  });
  broadcast_strings(comm_, paths_);
  read();
  if (done_.size() < options_.n_indices) {
    begin_segment();
  }
}

void Ledger::read() {
  const auto n_ranks = static_cast<std::uint64_t>(comm_.size());
  SegmentContents mine = mpi::together(comm_, [&] {
    SegmentContents contents;
    const std::string configuration = full_configuration(options_);
    const Range files = block(paths_.size(), n_ranks, static_cast<std::uint64_t>(comm_.rank()));
    for (std::uint64_t file = files.begin; file < files.end; ++file) {
      contents.append(file, read_segment(paths_[file], configuration, options_.n_indices));
    }
    return contents;
  });
  // Each rank has read a block of the files: in the order of the ranks is in the order of the files.
  SegmentContents all;
  mpi::gather_ragged(comm_, mine.records, all.records);
  mpi::gather_ragged(comm_, mine.ranges, all.ranges);
  mpi::gather_ragged(comm_, mine.findings, all.findings);
  mpi::gather_ragged(comm_, mine.lost, all.lost);
  Catalog catalog;
  mpi::on_root(comm_, [&] { catalog = make_catalog(paths_, all); });
  broadcast_indices(comm_, catalog.done);
  broadcast_strings(comm_, catalog.remarks);
  done_ = std::move(catalog.done);
  remarks_ = std::move(catalog.remarks);
  to_visit_ = share(comm_, catalog.records);
}

void Ledger::begin_segment() {
  struct Segment {
    std::uint64_t node = 0;
    std::uint64_t id = 0;
  };
  const mpi::Communicator node = comm_.node();
  Segment segment{.node = static_cast<std::uint64_t>(comm_.rank())};
  const std::uint64_t run = next_run(paths_);
  const auto path = [&] {
    return (fs::path(options_.folder) / fmt::format("segment-{:04}-{:08}.log", run, segment.node)).string();
  };
  mpi::together(comm_, [&] {
    if (node.is_root()) {
      segment.id = create_segment(path(), segment_head_text(options_.origin, full_configuration(options_)));
    }
  });
  segment = mpi::broadcast_value(node, segment);
  mpi::together(comm_, [&] {
    writer_ = std::make_unique<SegmentWriter>(
        path(), segment.id,
        SegmentWriter::Options{.writer = checked_cast<std::uint32_t>(comm_.rank()),
                               .is_shared = node.size() > 1,
                               .interval = options_.commit_interval});
  });
}

void Ledger::for_each_record(const Visit& visit) const {
  mpi::together(comm_, [&] {
    std::optional<SegmentReader> reader;
    std::vector<std::byte> payload;
    for (const RecordPlace& place : to_visit_) {
      const std::string& path = paths_[place.file];
      if (!reader || reader->path() != path) {
        reader.emplace(path, options_.n_indices);
      }
      const RecordFound record = reader->record_at(place.offset);
      if (!record.is_whole || !reader->read_payload(place.offset, record, payload)) {
        throw Error("a record of the ledger is not as it was when the job began")
            .at(path, place.offset)
            .hint("is another job using the folder? resume to do its indices again");
      }
      visit(IndexSet(record.ranges), payload);
    }
  });
}

void Ledger::record(const IndexSet& indices, std::span<const std::byte> payload) {
  const std::vector<Range> ranges = indices.ranges();
  expects(!ranges.empty() && ranges.back().end <= options_.n_indices,
          "some indices are recorded, all below n");
  expects(std::ranges::none_of(ranges, [&](Range range) { return done_.intersects(range); }),
          "no index is recorded twice");
  writer_->append(indices, payload);
}

void Ledger::commit() {
  mpi::together(comm_, [&] {
    if (writer_) {
      writer_->flush();
    }
  });
}

}  // namespace serried::store

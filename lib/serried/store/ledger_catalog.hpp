/// What all segments of a ledger say together: which records count, which indices are done, what was wrong.
///
///     const Catalog catalog = make_catalog(names, contents);
///
/// Local, and the same wherever it is computed: it depends on the order of the files and of the records in them alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <serried/base/index_set.hpp>
#include <serried/store/ledger_reader.hpp>

namespace serried::store {

/// A record, or something found, and the number of the file it is in.
struct RecordPlace {
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
};

/// Where the contents of all files lie one after the other.
struct SegmentContents {
  struct Record {
    RecordPlace place;
    std::uint64_t n_ranges = 0;
  };
  struct FindingInFile {
    std::uint64_t file = 0;
    Finding finding;
  };
  std::vector<Record> records;
  std::vector<Range> ranges;
  std::vector<FindingInFile> findings;
  std::vector<Range> lost;

  void append(std::uint64_t file, const SegmentContent& content);
};

struct Catalog {
  std::vector<RecordPlace> records;  ///< those that count: no two share an index
  IndexSet done;                     ///< the indices of all of them
  std::vector<std::string> remarks;
};

/// `paths[f]` is the name of file f. Of two records that share an index the first counts and the other does not at all,
/// for its payload cannot be taken apart.
[[nodiscard]] Catalog make_catalog(const std::vector<std::string>& paths, const SegmentContents& contents);

}  // namespace serried::store

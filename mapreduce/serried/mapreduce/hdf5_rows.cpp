#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/hdf5/lock.hpp>
#include <serried/mapreduce/hdf5_rows.hpp>
#include <serried/mpi/agree.hpp>

namespace serried::mapreduce {
namespace {

// Rounded up.
std::uint64_t share(std::uint64_t part, std::uint64_t whole, std::uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{part} * n + whole - 1) / whole);
}

void check_kind(const Input& input) {
  if (input.encoding != Encoding::plain || input.size == 0) {
    throw Error(input.encoding == Encoding::plain
                    ? "is empty: no HDF5 file"
                    : "HDF5 files are read as they are, neither compressed nor from a stream")
        .at(input.path);
  }
}

class TableRows final : public detail::OpenRows {
 public:
  TableRows(hdf5::Table table, hdf5::RowType type) : table_(std::move(table)), type_(std::move(type)) {}

  [[nodiscard]] std::uint64_t n_rows() const override { return table_.n_rows(); }
  [[nodiscard]] std::uint64_t chunk_rows() const override {
    return std::max<std::uint64_t>(table_.chunk_rows(), 1);
  }
  [[nodiscard]] std::uint64_t chunk_bytes() const override { return chunk_rows() * type_.n_bytes; }
  void read(std::uint64_t first, std::span<char> rows) const override {
    std::ranges::fill(rows, '\0');
    table_.read(first, std::as_writable_bytes(rows), type_);
  }

 private:
  hdf5::Table table_;
  hdf5::RowType type_;
};

class Hdf5RowReader final : public SplitReader {
 public:
  Hdf5RowReader(std::size_t row_bytes, detail::OpenDataset open, std::size_t window_bytes,
                std::function<bool()> must_stop)
      : row_bytes_(row_bytes),
        open_(std::move(open)),
        window_bytes_(window_bytes),
        must_stop_(std::move(must_stop)) {}
  Hdf5RowReader(const Hdf5RowReader&) = delete;
  Hdf5RowReader& operator=(const Hdf5RowReader&) = delete;
  ~Hdf5RowReader() override {
    const auto lock = hdf5::lock_library();
    close();
  }

  void read(const Input& input, const Split& split, const Visit& visit) override {
    check_kind(input);
    {
      const auto lock = hdf5::lock_library();
      open(input.path);
    }
    // In pieces of whole chunks, for a part of a chunk costs as much.
    const std::uint64_t n_rows = rows_->n_rows();
    const std::uint64_t n_together = rows_->chunk_rows();
    const std::uint64_t n_chunks = (n_rows + n_together - 1) / n_together;
    const auto first_row = [&](std::uint64_t byte) {
      return std::min(n_rows, share(byte, input.size, n_chunks) * n_together);
    };
    const Range mine{first_row(split.bytes.begin), first_row(split.bytes.end)};
    const std::uint64_t n_at_once = rows_at_once();
    std::uint64_t n_taken = 0;
    for (std::uint64_t row = mine.begin; row < mine.end;) {
      const std::uint64_t n = std::min(n_at_once, mine.end - row);
      window_.resize(n * row_bytes_);
      {
        const auto lock = hdf5::lock_library();
        rows_->read(row, window_);
      }
      const std::uint64_t n_taken_now = share(row + n - mine.begin, mine.size(), split.bytes.size());
      const std::uint64_t n_taken_before = std::exchange(n_taken, n_taken_now);
      if (!visit({window_, window_.size(), n_taken_now - n_taken_before, row, Offsets::of_rows}) ||
          (must_stop_ && must_stop_())) {
        return;
      }
      row += n;
    }
  }

 private:
  void open(const std::string& path) {
    if (file_ && file_->path() == path) {
      return;
    }
    close();
    try {
      file_.emplace(hdf5::File::open(path));
      rows_ = open_(*file_);
    } catch (const Error& error) {
      close();
      throw error.path().empty() ? Error(error).at(path) : error;
    }
  }

  void close() noexcept {
    rows_.reset();
    file_.reset();
  }

  [[nodiscard]] std::uint64_t rows_at_once() const {
    constexpr std::uint64_t much = std::uint64_t{64} << 20;
    const std::uint64_t n_fitting = std::max<std::uint64_t>(window_bytes_ / row_bytes_, 1);
    const std::uint64_t n_together = rows_->chunk_rows();
    const std::uint64_t most = std::max({std::uint64_t{window_bytes_}, rows_->chunk_bytes(), much});
    if (n_together > most / row_bytes_) {
      return n_fitting;  // chunks are narrower than rows, and many beside each other are too much
    }
    return std::max(n_fitting / n_together, std::uint64_t{1}) * n_together;
  }

  std::size_t row_bytes_;
  detail::OpenDataset open_;
  std::size_t window_bytes_;
  std::function<bool()> must_stop_;
  std::vector<char> window_;
  std::optional<hdf5::File> file_;  // the last one
  std::unique_ptr<detail::OpenRows> rows_;
};

// What `look` finds in the first of the files, on all ranks.
template <class Look>
auto in_first_file(const mpi::Communicator& comm, const InputList& inputs, const Look& look) {
  return mpi::together(comm, [&] {
    if (inputs.empty()) {
      throw Error("there is no HDF5 file to read");
    }
    check_kind(inputs.front());
    const auto lock = hdf5::lock_library();
    return look(hdf5::File::open(inputs.front().path));
  });
}

}  // namespace

namespace detail {

void expect_values(const hdf5::detail::RawDataset& dataset, std::uint64_t n_values) {
  const hdf5::Shape& shape = dataset.shape();
  std::uint64_t found = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) {
    found *= shape[i];
  }
  if (shape.empty() || found != n_values) {
    throw Error(shape.empty()
                    ? fmt::format("{} is a single value and has no rows", dataset.name())
                    : fmt::format("{} has rows of {} values, expected {}", dataset.name(), found, n_values));
  }
}

Format hdf5_format(std::string name, std::size_t row_bytes, OpenDataset open) {
  return {.name = "HDF5 rows: " + std::move(name),
          .make_reader =
              [row_bytes, open = std::move(open)](std::size_t window_bytes, std::function<bool()> must_stop) {
                return std::make_unique<Hdf5RowReader>(row_bytes, open, window_bytes, std::move(must_stop));
              },
          .unit = 1,
          .is_text = false,
          .prepare =
              [](const mpi::Communicator& comm, const InputList& inputs, int /*n_threads*/) {
                mpi::on_root(comm, [&] { std::ranges::for_each(inputs, check_kind); });
              }};
}

}  // namespace detail

Format hdf5_table_rows(const std::string& table, const hdf5::RowType& type) {
  expects(type.n_bytes > 0, "a row has bytes");
  return detail::hdf5_format(fmt::format("{}: {} in {} bytes", table, to_string(type), type.n_bytes),
                             type.n_bytes, [table, type](const hdf5::Group& file) {
                               auto rows = std::make_unique<TableRows>(file.table(table), type);
                               rows->read(0, {});  // whether it has the members
                               return rows;
                             });
}

std::uint64_t hdf5_values_of_row(const mpi::Communicator& comm, const InputList& inputs,
                                 const std::string& dataset) {
  return in_first_file(comm, inputs, [&](const hdf5::File& file) {
    const hdf5::Shape shape = file.shape_of(dataset);
    std::uint64_t n_values = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) {
      n_values *= shape[i];
    }
    return n_values;
  });
}

hdf5::RowType hdf5_row_type(const mpi::Communicator& comm, const InputList& inputs,
                            const std::string& table) {
  return in_first_file(comm, inputs, [&](const hdf5::File& file) { return file.table(table).type(); });
}

}  // namespace serried::mapreduce

/// Records that have been read or made, and that stay where they are, in memory or on disk, to be read again.
///
/// This is what Pipeline::cache, group_by_key and join make. Every block of records has a place, in the order of all blocks
/// of all ranks, so that whatever reads them gets the same result wherever they lie.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <serried/mapreduce/block_store.hpp>
#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>

namespace serried::mapreduce {

/// This rank's blocks, and what all ranks know of all of them.
struct StoredBlocks {
  std::shared_ptr<const TextSource> source;  ///< of the job that they belong to
  std::vector<BlockStore> stores;
  std::uint64_t end_place = 0;  ///< beyond the places of all blocks
  std::uint64_t n_bytes = 0;    ///< of all ranks

  struct Index {
    std::size_t store = 0;
    std::size_t block = 0;
  };
  /// In the order of their places. Local.
  [[nodiscard]] std::vector<Index> in_order() const {
    std::vector<Index> blocks;
    for (std::size_t store = 0; store < stores.size(); ++store) {
      for (std::size_t block = 0; block < stores[store].n_blocks(); ++block) {
        blocks.push_back({store, block});
      }
    }
    std::ranges::sort(blocks, {}, [&](const Index& i) { return place(i); });
    return blocks;
  }
  [[nodiscard]] std::uint64_t place(const Index& i) const { return stores[i.store].place(i.block); }
  /// The encoded records of a block, in the store itself or in `buffer`.
  [[nodiscard]] std::span<const char> read(const Index& i, std::vector<char>& buffer) const {
    return stores[i.store].read(i.block, buffer);
  }
};

/// Collective. Of what this rank has and the others have.
[[nodiscard]] inline std::shared_ptr<const StoredBlocks> gather_blocks(
    std::shared_ptr<const TextSource> source, std::vector<BlockStore> stores, std::uint64_t end_place) {
  auto blocks = std::make_shared<StoredBlocks>(StoredBlocks{std::move(source), std::move(stores), end_place});
  std::uint64_t n = 0;
  for (const BlockStore& store : blocks->stores) {
    n += store.n_bytes();
  }
  blocks->n_bytes = mpi::allreduce_value(blocks->source->comm(), n, std::plus<>{});
  return blocks;
}

/// What of the memory blocks that stay may hold on each of this rank's threads.
[[nodiscard]] inline std::size_t memory_for_blocks(const TextSource& source) {
  return source.options().memory / 4 / static_cast<std::size_t>(source.n_threads());
}

/// A stage that reads stored records of type T: every rank its own.
template <Encodable T>
class DatasetStage {
 public:
  using Record = ViewOf<T>;

  explicit DatasetStage(std::shared_ptr<const StoredBlocks> blocks) : blocks_(std::move(blocks)) {}

  [[nodiscard]] const std::shared_ptr<const TextSource>& source() const { return blocks_->source; }
  [[nodiscard]] std::uint64_t n_bytes_known() const { return blocks_->n_bytes; }
  [[nodiscard]] std::size_t n_sources() const { return 1; }
  [[nodiscard]] std::uint64_t end_place() const { return blocks_->end_place; }
  [[nodiscard]] const StoredBlocks& blocks() const { return *blocks_; }

  template <class Make, class Visit>
  [[nodiscard]] auto for_each_block(const std::string&, const Make& make, const Visit& visit) const {
    using Part = ReadPart<std::invoke_result_t<const Make&>>;
    const std::vector<StoredBlocks::Index> blocks = blocks_->in_order();
    const auto n_threads = static_cast<std::size_t>(source()->n_threads());
    std::vector<Part> parts;
    mpi::together(source()->comm(), [&] {
      for (std::size_t i = 0; i < std::min(n_threads, blocks.size()); ++i) {
        parts.push_back(Part{make()});
      }
      std::vector<std::vector<char>> buffers(parts.size());
      for_each_on_threads(
          static_cast<int>(parts.size()), blocks.size(), [&](std::size_t i, std::size_t thread) {
            Part& part = parts[thread];
            const std::span<const char> bytes = blocks_->read(blocks[i], buffers[thread]);
            const double share_done = static_cast<double>(i) / static_cast<double>(blocks.size());
            part.n_bytes += bytes.size();
            part.n_records += visit(
                part.part, RecordBlock{{bytes.data(), bytes.size()}, share_done, blocks_->place(blocks[i])},
                each_of(bytes));
          });
    });
    return parts;
  }

  template <class Visit>
  void sample_blocks(const Visit& visit) const {
    constexpr std::size_t n_records_wanted = 1 << 15;
    constexpr std::size_t most_blocks = 1 << 10;  // of this rank: they are read as a whole
    const std::vector<StoredBlocks::Index> blocks = blocks_->in_order();
    const std::size_t stride = blocks.size() / most_blocks + 1;
    const std::size_t n_most = n_records_wanted / (blocks.size() / stride + 1) + 1;
    std::vector<char> buffer;
    for (std::size_t i = 0; i < blocks.size(); i += stride) {
      const std::span<const char> bytes = blocks_->read(blocks[i], buffer);
      std::size_t n = 0;
      for_each_record(bytes, [&](std::string_view) { ++n; });
      visit(blocks_->place(blocks[i]), n_most, each_of(bytes, n / n_most + 1));
    }
  }

 private:
  // Calls `sink` for every `stride`-th record.
  [[nodiscard]] static auto each_of(std::span<const char> bytes, std::size_t stride = 1) {
    return [bytes, stride](auto&& sink) {
      std::size_t i = 0;
      for_each_record(bytes, [&](std::string_view record) {
        if (i++ % stride == 0) {
          sink(decode_record<T>(record));
        }
      });
    };
  }

  std::shared_ptr<const StoredBlocks> blocks_;
};

/// The blocks that a thread stores, as a job::Partial.
class StoredBlocksPart {
 public:
  StoredBlocksPart(std::size_t memory, const std::string& tmp)
      : store_(memory, tmp), most_unsaved_(memory / 2 + 1) {}

  /// `fill(block)` appends the records of the block at `place`.
  template <class Fill>
  void add(std::uint64_t place, Fill&& fill) {
    block_.clear();
    fill(block_);
    store_.add(place, block_);
  }
  [[nodiscard]] BlockStore take_store() && { return std::move(store_); }

  [[nodiscard]] bool wants_save() const { return store_.n_bytes() >= most_unsaved_; }
  void merge(StoredBlocksPart&& other) { store_.absorb(other.store_); }
  void save(std::vector<std::byte>& bytes) const {
    std::vector<char> buffer;
    for (std::size_t i = 0; i < store_.n_blocks(); ++i) {
      const std::span<const char> block = store_.read(i, buffer);
      job::append_bytes(bytes, store_.place(i));
      job::append_bytes(bytes, std::uint64_t{block.size()});
      const auto* const first = reinterpret_cast<const std::byte*>(block.data());
      bytes.insert(bytes.end(), first, first + block.size());
    }
  }
  void load(std::span<const std::byte> bytes) {
    constexpr std::size_t n = sizeof(std::uint64_t);
    while (!bytes.empty()) {
      const auto place = job::value_of_bytes<std::uint64_t>(bytes.first(std::min(bytes.size(), n)));
      bytes = bytes.subspan(n);
      const auto size = job::value_of_bytes<std::uint64_t>(bytes.first(std::min(bytes.size(), n)));
      bytes = bytes.subspan(n);
      if (bytes.size() < size || !are_records({reinterpret_cast<const char*>(bytes.data()), size})) {
        throw Error("what was saved is not made of records")
            .hint("were they written by another version of the program?");
      }
      store_.add(place, {reinterpret_cast<const char*>(bytes.data()), size});
      bytes = bytes.subspan(size);
    }
  }

 private:
  [[nodiscard]] static bool are_records(std::span<const char> bytes) {
    std::uint32_t size = 0;
    while (bytes.size() >= sizeof size) {
      std::memcpy(&size, bytes.data(), sizeof size);
      if (bytes.size() - sizeof size < size) {
        return false;
      }
      bytes = bytes.subspan(sizeof size + size);
    }
    return bytes.empty();
  }

  BlockStore store_;
  std::size_t most_unsaved_;
  std::vector<char> block_;
};

/// Collective: reads all records of `stage` and stores them where they were read.
template <Stage S>
requires Encodable<typename S::Record>
[[nodiscard]] auto store_records(const S& stage) {
  using T = typename S::Record;
  const auto& source = stage.source();
  const std::size_t memory = memory_for_blocks(*source) / stage.n_sources();
  auto parts = stage.for_each_block(
      std::string("store ") + typeid(T).name(),
      [&] { return StoredBlocksPart(memory, source->options().tmp); },
      [](StoredBlocksPart& part, const RecordBlock& block, auto&& each) {
        std::uint64_t n = 0;
        part.add(block.place, [&](std::vector<char>& bytes) {
          each([&](const T& record) {
            append_record(bytes, [&](std::vector<char>& end) { encode_record<T>(end, record); });
            ++n;
          });
        });
        return n;
      });
  std::vector<BlockStore> stores;
  stores.reserve(parts.size());
  for (auto& part : parts) {
    stores.push_back(std::move(part.part).take_store());
  }
  return DatasetStage<T>(gather_blocks(source, std::move(stores), stage.end_place()));
}

}  // namespace serried::mapreduce

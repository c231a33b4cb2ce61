// Segments damaged at random: what is left of a ledger then is true, what is not left is done again and said, and nothing
// crashes.
#include <optional>

#include <serried/mpi/agree.hpp>

#include "ledger_fixture.hpp"
#include "on_every_rank.hpp"

namespace serried::store {
namespace {

using namespace test_ledger;

constexpr std::uint64_t n = 400;
// On 1, 2, 3 and 4 ranks together 500.
int n_trials() { return n_ranks() == 1 ? 350 : 50; }

std::size_t size_of_result(const IndexSet& indices) { return indices.ranges().front().begin * 37 % 3000; }

using Files = std::map<std::string, std::string>;  // name -> bytes

// What may happen to a disk.
class Damager {
 public:
  Damager(std::uint64_t seed, std::string foreign) : random_(seed), foreign_(std::move(foreign)) {}

  struct Done {
    std::string name;
    bool shows = true;        // if something is lost, something must be said
    bool is_foreign = false;  // must be refused
  };

  Done damage(Files& files) {
    std::string& bytes = any(files);
    switch (below(12)) {
      case 0:
        bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
        return {"one bit"};
      case 1:
        for (std::uint64_t i = 0; i < 20; ++i) {
          bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
        }
        return {"bits"};
      case 2:
        bytes.resize(below(bytes.size()));
        return {.name = "truncation", .shows = false};  // it may end with a record
      case 3:
        block_of(bytes, [](char& byte) { byte = 0; });
        return {"zeros"};
      case 4:
        block_of(bytes, [&](char& byte) { byte = static_cast<char>(random_()); });
        return {"garbage"};
      case 5: {
        const std::size_t begin = below(bytes.size());
        bytes.erase(begin, below(2000));
        return {.name = "bytes removed", .shows = begin + 2000 < bytes.size()};
      }
      case 6:
        bytes.insert(below(bytes.size()), std::string(below(2000), 'x'));
        return {"bytes inserted"};
      case 7: {
        const std::size_t size = std::min<std::size_t>(512 * (1 + below(4)), bytes.size() / 2);
        const auto first = static_cast<std::ptrdiff_t>(below(bytes.size() / 2 - size + 1));
        const auto second =
            static_cast<std::ptrdiff_t>(bytes.size() / 2 + below(bytes.size() / 2 - size + 1));
        std::swap_ranges(bytes.begin() + first, bytes.begin() + first + static_cast<std::ptrdiff_t>(size),
                         bytes.begin() + second);
        return {"blocks swapped"};
      }
      case 8: {
        std::string& other = any(files);
        const std::size_t size = below(std::min(bytes.size(), other.size()));
        const std::string piece = bytes.substr(bytes.size() - size);
        bytes.replace(bytes.size() - size, size, other, other.size() - size, size);
        other.replace(other.size() - size, size, piece);
        return {"blocks of two files swapped"};
      }
      case 9:
        std::swap(bytes, any(files));
        return {"files swapped"};
      case 10:
        files["segment-9999-copy.log"] = bytes;
        return {"a file copied"};
      default:
        bytes = foreign_;
        return {.name = "another job's file", .is_foreign = true};
    }
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : random_() % bound; }
  std::string& any(Files& files) {
    return std::next(files.begin(), static_cast<std::ptrdiff_t>(below(files.size())))->second;
  }
  template <class Change>
  void block_of(std::string& bytes, Change change) {
    const std::size_t begin = below(bytes.size());
    const std::size_t end = std::min(bytes.size(), begin + 1 + below(4096));
    for (std::size_t i = begin; i < end; ++i) {
      change(bytes[i]);
    }
  }

  std::mt19937_64 random_;
  std::string foreign_;
};

class LedgerDamage : public LedgerTest {
 protected:
  // Three runs, each of which does a quarter.
  void write_ledger() const {
    std::mt19937_64 random(5);
    for (std::uint64_t run = 0; run < 3; ++run) {
      Ledger ledger = resumed(n);
      for (std::uint64_t begin = run * n / 4, end = 0; begin < (run + 1) * n / 4; begin = end) {
        end = std::min(begin + 1 + random() % 6, (run + 1) * n / 4);
        IndexSet indices({{begin, end}});
        if (end - begin > 3) {
          indices = IndexSet({{begin, begin + 1}, {begin + 2, end}});
        }
        if (begin % n_ranks() == my_rank()) {
          ledger.record(indices, result_of(indices, size_of_result(indices)));
        }
      }
      ledger.commit();
    }
  }
  [[nodiscard]] Files files() const {
    Files files;
    for (const fs::path& path : segments()) {
      files[path.filename().string()] = content(path);
    }
    return files;
  }
  void put(const Files& files) const {
    on_root([&] {
      fs::remove_all(folder());
      fs::create_directory(folder());
      for (const auto& [name, bytes] : files) {
        write_file(folder() / name, bytes);
      }
    });
  }
};

TEST_F(LedgerDamage, IsFoundOrRefusedAndNeverAWrongResult) {
  LedgerOptions other = options(n);
  other.configuration = "another job";
  Ledger(world(), other).commit();
  const std::string foreign = content(segments()[0]);
  put({});
  write_ledger();
  const Files whole = files();
  const IndexSet recorded = resumed(n).done();
  ASSERT_TRUE(test::on_every_rank(recorded.size() > n / 2 && whole.size() == 3));

  const std::uint64_t seed = 1000 * n_ranks();
  int n_refused = 0;
  int n_lost = 0;
  for (int trial = 0; trial < n_trials() && test::on_every_rank(!HasFailure()); ++trial) {
    Damager damager(seed + static_cast<std::uint64_t>(trial), foreign);
    Files damaged = whole;
    std::string what = "trial " + std::to_string(trial) + " on " + std::to_string(n_ranks()) + " ranks:";
    bool shows = true;
    bool is_foreign = false;
    for (int i = 0; i <= trial % 3; ++i) {
      const Damager::Done done = damager.damage(damaged);
      what += " " + done.name + ";";
      shows = shows && done.shows;
      is_foreign = is_foreign || done.is_foreign;
      std::erase_if(damaged, [](const auto& file) {
        return file.second.empty();
      });  // so that the next has something to damage
      if (damaged.empty()) {
        break;
      }
    }
    SCOPED_TRACE(what);
    put(damaged);
    std::optional<Ledger> ledger;
    try {
      ledger.emplace(resumed(n));
    } catch (const Error& error) {
      EXPECT_TRUE(is_foreign) << error.what();
      EXPECT_EQ(error.exit_code(), ExitCode::usage);
      ++n_refused;
      continue;
    }
    EXPECT_EQ(visited(world(), *ledger), ledger->done());
    ledger->for_each_record([](const IndexSet& indices, std::span<const std::byte> payload) {
      EXPECT_EQ(payload.size(), size_of_result(indices));
    });
    for (const Range& range : ledger->done().ranges()) {
      EXPECT_FALSE(recorded.complement(n).intersects(range)) << "something that was never recorded";
    }
    if (ledger->done() != recorded) {
      ++n_lost;
      EXPECT_FALSE(ledger->remarks().empty() && shows && damaged.size() >= whole.size())
          << "nothing was said";
    }
    if (trial % 10 == 0) {
      // The rest is done, and then it is whole.
      if (world().is_root()) {
        const IndexSet rest = ledger->done().complement(n);
        ledger->record(rest, result_of(rest, 5));
      }
      ledger->commit();
      EXPECT_EQ(visited(world(), resumed(n)), IndexSet({{0, n}}));
    }
  }
  EXPECT_GT(n_refused, n_trials() / 50) << "the damage was as it should be";
  EXPECT_GT(n_lost, n_trials() / 2);
}

}  // namespace
}  // namespace serried::store

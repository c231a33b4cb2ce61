#include <array>
#include <complex>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/partition.hpp>
#include <serried/hdf5/complete_file.hpp>
#include <serried/hdf5/table.hpp>

#include "foreign_table.hpp"
#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

using testing::HasSubstr;

// With holes between the members.
struct Particle {
  std::int8_t charge = 0;
  double x = 0;
  std::array<char, 5> kind{};
  std::uint16_t n = 0;
  bool is_fast = false;
  std::complex<double> phase;
};

RowType particle_type() {
  return row_type<Particle>({member("charge", &Particle::charge), member("x", &Particle::x),
                             member("kind", &Particle::kind), member("n", &Particle::n),
                             member("is fast", &Particle::is_fast), member("phase", &Particle::phase)});
}

// The i-th of all ranks' particles.
Particle particle(std::uint64_t i) {
  Particle made;
  made.charge = static_cast<std::int8_t>(i * 7);
  made.x = static_cast<double>(i) / 3;
  std::memcpy(made.kind.data(), "muons", i % 6);
  made.n = static_cast<std::uint16_t>(i * 777);
  made.is_fast = i % 3 == 0;
  made.phase = {static_cast<double>(i), -1.5};
  return made;
}

bool same(const Particle& a, const Particle& b) {
  return a.charge == b.charge && a.x == b.x && a.kind == b.kind && a.n == b.n && a.is_fast == b.is_fast &&
         a.phase == b.phase;
}

class TableTest : public FileTest {
 protected:
  // Writes the first n particles, of which each rank has so many in turn; `unequal`: rank 0 none, if there are others.
  void write_particles(std::uint64_t n, bool unequal = false) const {
    const std::uint64_t n_idle = unequal && n_ranks() > 1 ? 1 : 0;
    const Range mine = my_rank() < n_idle ? Range{} : block(n, n_ranks() - n_idle, my_rank() - n_idle);
    std::vector<Particle> rows;
    for (std::uint64_t i = mine.begin; i < mine.end; ++i) {
      rows.push_back(particle(i));
    }
    write_complete_file(world(), path(), [&](const File& file) {
      write_table(file, "all/particles", particle_type(), std::span<const Particle>(rows));
    });
  }
};

TEST_F(TableTest, RowsOfAllRanksInTheirOrder) {
  for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}}) {
    write_particles(n, n % 2 == 0);
    const File file = File::open(path());
    const Table table = file.table("all/particles");
    ASSERT_EQ(table.n_rows(), n);
    std::mt19937_64 random(n);
    for (int round = 0; round < 20; ++round) {
      const std::uint64_t first = random() % (n + 1);
      std::vector<Particle> rows(random() % (n - first + 1));
      table.read(first, std::span(rows), particle_type());
      for (std::uint64_t i = 0; i < rows.size(); ++i) {
        ASSERT_TRUE(same(rows[i], particle(first + i))) << first << " + " << i;
      }
    }
  }
}

TEST_F(TableTest, MoreThanABatch) {
  constexpr std::uint64_t n_mine = 300'000;
  const RowType type = packed_rows({column<std::uint64_t>("i"), text_column("word", 3)});
  const std::uint64_t begin = n_mine * my_rank();
  write_complete_file(world(), path(), [&](const File& file) {
    write_table(file, "t", type, n_mine, [&](std::uint64_t first, std::span<std::byte> rows) {
      for (std::size_t at = 0; at < rows.size(); at += type.n_bytes) {
        const std::uint64_t i = begin + first + at / type.n_bytes;
        std::memcpy(&rows[at], &i, sizeof i);
        put_text(rows.subspan(at, type.n_bytes), type.members[1], i % 2 == 0 ? "ab" : "");
      }
    });
  });
  const File file = File::open(path());
  const Table table = file.table("t");
  EXPECT_EQ(table.type(), type);
  ASSERT_EQ(table.n_rows(), n_mine * n_ranks());
  std::vector<std::byte> rows(table.n_rows() * type.n_bytes);
  table.read(0, rows, type);
  for (std::uint64_t i = 0; i < table.n_rows(); ++i) {
    const auto row = std::span(rows).subspan(i * type.n_bytes, type.n_bytes);
    std::uint64_t number = 0;
    std::memcpy(&number, row.data(), sizeof number);
    ASSERT_EQ(number, i);
    ASSERT_EQ(text_in(row, type.members[1]), i % 2 == 0 ? "ab" : "");
  }
}

TEST_F(TableTest, SomeMembersInAnotherOrder) {
  struct Part {
    std::array<char, 8> kind{'?', '?', '?', '?', '?', '?', '?', '?'};
    int mine = -1;
    double x = 0;
  };
  write_particles(10);
  const File file = File::open(path());
  std::vector<Part> rows(4);
  file.table("all/particles")
      .read(5, std::span(rows), row_type<Part>({member("kind", &Part::kind), member("x", &Part::x)}));
  for (std::uint64_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(std::string(rows[i].kind.data()), std::string("muons", (5 + i) % 6));
    EXPECT_EQ(rows[i].x, particle(5 + i).x);
    EXPECT_EQ(rows[i].mine, -1) << "what is no member stays";
  }
}

TEST_F(TableTest, AFileOfThisProcessAlone) {
  File file = File::create(own_path());
  const std::vector<Particle> rows = {particle(1), particle(2)};
  write_table(file, "t", particle_type(), std::span<const Particle>(rows));
  file.close();
  EXPECT_EQ(File::open(own_path()).table("t").n_rows(), 2U);
}

TEST_F(TableTest, SaysWhatDoesNotFit) {
  write_particles(3);
  const File file = File::open(path());
  const Table table = file.table("all/particles");
  const auto error_of_reading = [&](std::vector<Member> members, std::uint64_t first, std::size_t n_rows) {
    const RowType wanted = packed_rows(std::move(members));
    std::vector<std::byte> rows(n_rows * wanted.n_bytes);
    return std::string(error_of([&] { table.read(first, rows, wanted); }).what());
  };
  EXPECT_THAT(error_of_reading({column<double>("y")}, 0, 1),
              HasSubstr(path() + ": /all/particles has no member y that can be read; it has: charge (int8), "
                                 "x (float64), kind (text of 5 bytes), n (uint16), is fast (bool), phase "
                                 "(complex128)"));
  EXPECT_THAT(error_of_reading({column<float>("x")}, 0, 1),
              HasSubstr("/all/particles has the member x (float64), expected x (float32)"));
  EXPECT_THAT(error_of_reading({text_column("kind", 4)}, 0, 1), HasSubstr("expected kind (text of 4 bytes)"));
  EXPECT_THAT(error_of_reading({text_column("x", 8)}, 0, 1), HasSubstr("expected x (text of 8 bytes)"));
  EXPECT_THAT(error_of_reading({column<double>("x")}, 1, 3),
              HasSubstr("/all/particles has 3 rows: 3 from row 1 on are not among them"));
  EXPECT_THAT(error_of_reading({column<double>("x")}, ~std::uint64_t{0}, 1), HasSubstr("are not among them"));
  EXPECT_THAT(error_of([&] { (void)file.table("all/people"); }).what(), HasSubstr("there is no /all/people"));
  EXPECT_THAT(error_of([&] { (void)file.dataset<double>("all/particles"); }).what(),
              HasSubstr("/all/particles holds rows of named members, expected float64"));
}

TEST_F(TableTest, TablesOfOtherPrograms) {
  test::make_foreign_table(own_path(), 100, 7);
  const File file = File::open(own_path());
  const Table table = file.table("table");
  EXPECT_EQ(to_string(table.type()),
            "id (int32), spaces (text of 6 bytes), ended (text of 6 bytes), value (float64)");
  EXPECT_EQ(table.chunk_rows(), 7U);
  std::vector<std::byte> rows(90 * table.type().n_bytes);
  table.read(10, rows, table.type());
  for (std::uint64_t i = 0; i < 90; ++i) {
    const auto row = std::span(rows).subspan(i * table.type().n_bytes, table.type().n_bytes);
    std::int32_t id = 0;
    double value = 0;
    std::memcpy(&id, row.data(), sizeof id);
    std::memcpy(&value, &row[table.type().members[3].offset], sizeof value);
    ASSERT_EQ(static_cast<std::uint64_t>(id), 10 + i);
    ASSERT_EQ(value, static_cast<double>(10 + i) / 2);
    ASSERT_EQ(text_in(row, table.type().members[1]), std::to_string(10 + i));
    ASSERT_EQ(text_in(row, table.type().members[2]), std::to_string(10 + i));
  }
  EXPECT_THAT(error_of([&] { table.read(0, rows, packed_rows({text_column("note", 90)})); }).what(),
              HasSubstr("/table has no member note that can be read"));
}

TEST_F(TableTest, OtherDatasetsAreNoTables) {
  File file = File::create(own_path());
  (void)file.create_dataset<double>("x", {2, 2});
  (void)file.create_dataset<std::complex<double>>("z", {2});
  file.write_text("text", "a");
  (void)file.create_group("group");
  for (const std::string name : {"x", "z", "text", "group"}) {
    EXPECT_EQ(error_of([&] { (void)file.table(name); }).path(), own_path()) << name;
  }
  EXPECT_THAT(error_of([&] { (void)file.table("x"); }).what(),
              HasSubstr("/x holds float64 in the shape [2, 2], expected a list of rows of named members"));
}

TEST_F(TableTest, TextsThatDoNotFitAreErrorsOnAllRanks) {
  const RowType type = packed_rows({text_column("word", 3)});
  const auto write = [&](const std::string& word) {
    write_complete_file(world(), path(), [&](const File& file) {
      write_table(file, "t", type, 1, [&](std::uint64_t, std::span<std::byte> rows) {
        put_text(rows, type.members[0], my_rank() == n_ranks() - 1 ? word : "abc");
      });
    });
  };
  EXPECT_THAT(same_error_of([&] { write("abcd"); }).what(),
              HasSubstr("'abcd' does not fit into word (text of 3 bytes) (make the column wider)"));
  EXPECT_THAT(same_error_of([&] { write(std::string("a\0", 2)); }).what(), HasSubstr("end with a NUL"));
  EXPECT_TRUE(names().empty());
  write(std::string("a\0b", 3));
  std::vector<std::byte> row(3);
  const File file = File::open(path());
  file.table("t").read(n_ranks() - 1, row, type);
  EXPECT_EQ(text_in(row, type.members[0]), std::string_view("a\0b", 3));
}

TEST_F(TableTest, H5dumpShowsIt) {
  if (std::system("command -v h5dump >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "h5dump (package hdf5-tools) is not installed";
  }
  write_particles(2);
  if (world().is_root()) {
    const std::string command = "h5dump " + path() + " >" + path("dump") + " 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0);
    EXPECT_THAT(content(path("dump")), HasSubstr("H5T_IEEE_F64LE \"x\""));
    EXPECT_THAT(content(path("dump")), HasSubstr("\"m\\000\\000\\000\\000\""));
  }
  mpi::barrier(world());
}

// Python oracle, where there is one.
TEST_F(TableTest, H5pyReadsIt) {
  if (std::system("python3 -c 'import h5py' >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "h5py (package python3-h5py) is not installed";
  }
  write_particles(9);
  if (world().is_root()) {
    const std::string program =
        "import h5py, sys; t = h5py.File(sys.argv[1], 'r')['all/particles'][:]; "
        "assert t['x'][4] == 4 / 3 and t['kind'][8] == b'mu' and t['n'][2] == 1554, t; "
        "assert t['is fast'].dtype == bool and t['is fast'][3] and t['phase'][5] == 5 - 1.5j, t";
    EXPECT_EQ(std::system(("python3 -c \"" + program + "\" " + path()).c_str()), 0);
  }
  mpi::barrier(world());
}

}  // namespace
}  // namespace serried::hdf5

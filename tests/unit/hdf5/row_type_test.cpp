#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <serried/hdf5/row_type.hpp>
#include <serried/hdf5/table.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

struct Row {
  std::int8_t a;
  double b;
  std::array<char, 3> c;
};

static_assert(MemberValue<double> && MemberValue<std::array<char, 1>> && !MemberValue<std::string> &&
              !MemberValue<std::array<int, 2>>);
static_assert(RowStruct<Row> && !RowStruct<std::string>);

TEST(RowTypes, MembersLieWhereTheStructHasThem) {
  const RowType type = row_type<Row>({member("a", &Row::a), member("b", &Row::b), member("c", &Row::c)});
  EXPECT_EQ(type.n_bytes, sizeof(Row));
  EXPECT_EQ(type.members[0].offset, offsetof(Row, a));
  EXPECT_EQ(type.members[1].offset, offsetof(Row, b));
  EXPECT_EQ(type.members[2].offset, offsetof(Row, c));
  EXPECT_EQ(to_string(type), "a (int8), b (float64), c (text of 3 bytes)");
}

TEST(RowTypes, PackedOnesFollowEachOther) {
  const RowType type = packed_rows({text_column("key", 0), column<std::uint32_t>("n"), column<bool>("b")});
  EXPECT_EQ(type.members[0].n_bytes, 1U) << "a text takes a byte at least";
  EXPECT_EQ(type.members[1].offset, 1U);
  EXPECT_EQ(type.members[2].offset, 5U);
  EXPECT_EQ(type.n_bytes, 6U);
}

TEST(RowTypes, NamesAreDifferent) {
  const test::TemporaryDirectory here;
  const File file = File::create((here.path() / "a.h5").string());
  EXPECT_THROW((void)file.create_table("t", packed_rows({column<int>("a"), column<int>("a")}), 1),
               std::logic_error);
  EXPECT_THROW((void)file.create_table("t", packed_rows({}), 1), std::logic_error);
}

}  // namespace
}  // namespace serried::hdf5

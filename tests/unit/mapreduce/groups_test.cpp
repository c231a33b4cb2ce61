#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mapreduce.hpp>
#include <serried/mpi/allreduce.hpp>

#include "error_of.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::Random;
using test::SharedFolder;
using test::world;
using testing::HasSubstr;

using Pair = KeyValue<std::string, std::string>;

TextOptions options_of(int threads, std::uint64_t memory) {
  TextOptions options;
  options.job.threads = threads;
  options.split_bytes = 3000;
  options.window_bytes = 1500;
  options.memory = memory;
  return options;
}

// Lines "KEY VALUE": half of them with the key "hot", the other keys from one time to some.
std::vector<Pair> random_pairs(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < n; ++i) {
    const std::string key = random.below(2) == 0 ? "hot" : "k" + std::to_string(random.below(n / 4));
    pairs.push_back({key, std::to_string(i) + random.bytes(random.below(12), "xyz")});
  }
  return pairs;
}

std::string text_of(const std::vector<Pair>& pairs) {
  std::string text;
  for (const Pair& pair : pairs) {
    text.append(pair.key).append(" ").append(pair.value).append("\n");
  }
  return text;
}

auto pairs_in(const std::string& path, const TextOptions& options) {
  return text_lines(world(), {path}, options).map([](std::string_view line) {
    const std::size_t space = line.find(' ');
    return KeyValue<std::string_view, std::string_view>{line.substr(0, space), line.substr(space + 1)};
  });
}

// Calls `check` for threads and memories that must show nowhere.
template <class Check>
void for_all_options(Check&& check) {
  for (const int threads : {1, 2}) {
    for (const std::uint64_t memory : {std::uint64_t{96} << 10, std::uint64_t{512} << 20}) {
      SCOPED_TRACE(testing::Message() << threads << " threads, memory " << memory);
      check(options_of(threads, memory));
    }
  }
}

class GroupsTest : public testing::Test {
 protected:
  SharedFolder folder_;
  const std::vector<Pair> pairs_ = random_pairs(6000, 7);
  const std::string path_ = folder_.write("pairs", text_of(pairs_));

  template <class Item>
  static void expect_on_root(const std::vector<Item>& got, const std::vector<Item>& expected) {
    EXPECT_TRUE(got == (world().is_root() ? expected : std::vector<Item>{}));
  }
};

TEST_F(GroupsTest, ValuesComeInTheOrderOfTheInput) {
  std::map<std::string, std::string> joined;
  for (const Pair& pair : pairs_) {
    joined[pair.key] += pair.value + ",";
  }
  std::vector<Pair> expected;
  for (const auto& [key, values] : joined) {
    expected.push_back({key, values});
  }
  for_all_options([&](const TextOptions& options) {
    const auto groups = pairs_in(path_, options).group_by_key();
    expect_on_root(groups
                       .fold_in_order(std::string(),
                                      [](std::string all, std::string_view value) {
                                        return std::move(all) + std::string(value) + ",";
                                      })
                       .collect(),
                   expected);
  });
}

TEST_F(GroupsTest, AFunctionNeedNotLookAtAllValuesAndMayMakeAnyNumberOfRecords) {
  std::map<std::string, std::vector<std::string>> by_key;
  for (const Pair& pair : pairs_) {
    by_key[pair.key].push_back(pair.value);
  }
  std::vector<std::string> expected;
  for (const auto& [key, values] : by_key) {
    for (std::size_t i = 0; i < values.size() && i < 3; ++i) {
      expected.push_back(key + "=" + values[i]);
    }
  }
  for_all_options([&](const TextOptions& options) {
    const auto first_three = pairs_in(path_, options)
                                 .group_by_key()
                                 .flat_map<std::string>([](std::string_view key, auto& values, auto& emit) {
                                   int n = 0;
                                   for (const std::string_view value : values) {
                                     emit(std::string(key) + "=" + std::string(value));
                                     if (++n == 3) {
                                       break;
                                     }
                                   }
                                 });
    expect_on_root(first_three.collect(), expected);
    EXPECT_EQ(first_three.count(), expected.size());
  });
}

TEST_F(GroupsTest, NumbersAsKeysComeAsNumbers) {
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    text += std::to_string(i * 7919 % 300 - 150) + "\n";
  }
  const std::string path = folder_.write("numbers", text);
  std::vector<KeyValue<std::int32_t, std::uint64_t>> expected;
  for (std::int32_t key = -150; key < 150; ++key) {
    expected.push_back({key, 10});
  }
  for_all_options([&](const TextOptions& options) {
    const auto counts = text_lines(world(), {path}, options)
                            .map([](std::string_view line) {
                              return KeyValue<std::int32_t, std::uint8_t>{std::stoi(std::string(line)), 1};
                            })
                            .group_by_key()
                            .map<KeyValue<std::int32_t, std::uint64_t>>([](std::int32_t key, auto& values) {
                              std::uint64_t n = 0;
                              for (const std::uint8_t value : values) {
                                n += value;
                              }
                              return KeyValue<std::int32_t, std::uint64_t>{key, n};
                            });
    expect_on_root(counts.collect(), expected);
  });
}

TEST_F(GroupsTest, NothingAndOneKey) {
  const auto concatenated = [&](const std::string& path, const TextOptions& options) {
    return pairs_in(path, options)
        .group_by_key()
        .map<std::uint64_t>([](std::string_view, auto& values) {
          std::uint64_t n = 0;
          for (const std::string_view value : values) {
            n += value.size();
          }
          return n;
        })
        .collect();
  };
  std::vector<Pair> same(5000, Pair{"the", "same abc"});
  const std::string empty = folder_.write("empty", "");
  const std::string one_key = folder_.write("one key", text_of(same));
  for_all_options([&](const TextOptions& options) {
    expect_on_root(concatenated(empty, options), {});
    expect_on_root(concatenated(one_key, options), {std::uint64_t{8 * 5000}});
  });
}

TEST_F(GroupsTest, AFunctionThatThrowsIsEverybodysError) {
  for_all_options([&](const TextOptions& options) {
    const auto error = test::error_of([&] {
      (void)pairs_in(path_, options).group_by_key().map<int>([](std::string_view key, auto&) {
        if (key == "hot") {
          throw std::runtime_error("too hot");
        }
        return 0;
      });
    });
    EXPECT_THAT(error.what(), HasSubstr("too hot"));
  });
}

TEST_F(GroupsTest, KeysAndValuesOfAnyLength) {
  // More than a sample shows of a line, and enough of them for several partitions.
  std::vector<KeyValue<std::string, std::vector<std::uint32_t>>> expected;
  std::string text;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::string key = std::string(6000, 'k') + std::to_string(100 + i % 100);
    text += key + " " + std::to_string(i) + "\n";
    if (i < 100) {
      expected.push_back({key, std::vector<std::uint32_t>(2000, i)});
      expected.back().value.insert(expected.back().value.end(), 2000, i + 100);
    }
  }
  const std::string path = folder_.write("long", text);
  for_all_options([&](const TextOptions& options) {
    const auto lists =
        pairs_in(path, options)
            .map([](const auto& item) {
              const auto number = static_cast<std::uint32_t>(std::stoul(std::string(item.value)));
              return KeyValue<std::string_view, std::vector<std::uint32_t>>{item.key,
                                                                            std::vector(2000, number)};
            })
            .group_by_key()
            .fold_in_order(std::vector<std::uint32_t>(),
                           [](std::vector<std::uint32_t> all, const std::vector<std::uint32_t>& more) {
                             all.insert(all.end(), more.begin(), more.end());
                             return all;
                           });
    expect_on_root(lists.collect(), expected);
  });
}

TEST_F(GroupsTest, FloatingPointKeysAreOrderedTotally) {
  const std::string path = folder_.write("floats", "nan 1\n0 2\n-0 3\nnan 4\n0 5\n");
  for_all_options([&](const TextOptions& options) {
    const auto counts = pairs_in(path, options)
                            .map([](const auto& item) {
                              return KeyValue<double, int>{std::stod(std::string(item.key)), 1};
                            })
                            .group_by_key()
                            .template map<int>([](double, auto& values) {
                              int n = 0;
                              for (const int value : values) {
                                n += value;
                              }
                              return n;
                            });
    expect_on_root(counts.collect(), {1, 2, 2});  // -0.0, 0.0, NaN
  });
}

class JoinTest : public GroupsTest {
 protected:
  JoinTest() {
    for (const Pair& pair : right_) {
      rights_[pair.key].push_back(pair.value);
    }
  }
  const std::vector<Pair> left_ = random_pairs(800, 8);
  const std::vector<Pair> right_ = [] {
    std::vector<Pair> pairs = random_pairs(60, 9);
    pairs.push_back({"only_right", "1"});
    pairs.push_back({"only_right", "2"});
    return pairs;
  }();
  const std::string left_path_ = folder_.write("left", text_of(left_));
  const std::string right_path_ = folder_.write("right", text_of(right_));
  std::map<std::string, std::vector<std::string>> rights_;

  // Left pairs, those with equal keys in the order of the input.
  [[nodiscard]] std::vector<Pair> left_by_key() const {
    std::vector<Pair> sorted = left_;
    std::ranges::stable_sort(sorted, {}, &Pair::key);
    return sorted;
  }
  [[nodiscard]] std::vector<std::string> rights_of(const std::string& key) const {
    const auto found = rights_.find(key);
    return found == rights_.end() ? std::vector<std::string>() : found->second;
  }
};

TEST_F(JoinTest, Inner) {
  std::vector<KeyValue<std::string, std::pair<std::string, std::string>>> expected;
  for (const Pair& left : left_by_key()) {
    for (const std::string& right : rights_of(left.key)) {
      expected.push_back({left.key, {left.value, right}});
    }
  }
  ASSERT_GT(expected.size(), 10000u);
  for_all_options([&](const TextOptions& options) {
    expect_on_root(pairs_in(left_path_, options).join(pairs_in(right_path_, options)).collect(), expected);
  });
}

TEST_F(JoinTest, LeftAndOuter) {
  using Value = std::optional<std::string>;
  std::vector<KeyValue<std::string, std::pair<std::string, Value>>> expected_left;
  std::vector<KeyValue<std::string, std::pair<Value, Value>>> expected_outer;
  std::map<std::string, std::vector<std::string>> only_right = rights_;
  for (const Pair& left : left_by_key()) {
    only_right.erase(left.key);
    const auto rights = rights_of(left.key);
    for (const std::string& right : rights) {
      expected_left.push_back({left.key, {left.value, right}});
    }
    if (rights.empty()) {
      expected_left.push_back({left.key, {left.value, std::nullopt}});
    }
  }
  for (const auto& item : expected_left) {
    expected_outer.push_back({item.key, {item.value.first, item.value.second}});
  }
  for (const auto& [key, values] : only_right) {
    for (const std::string& right : values) {
      expected_outer.push_back({key, {std::nullopt, right}});
    }
  }
  ASSERT_TRUE(only_right.contains("only_right"));
  std::ranges::stable_sort(expected_outer, {}, [](const auto& item) { return item.key; });
  for_all_options([&](const TextOptions& options) {
    const auto left = pairs_in(left_path_, options);
    const auto right = pairs_in(right_path_, options);
    expect_on_root(left.left_join(right).collect(), expected_left);
    expect_on_root(left.outer_join(right).collect(), expected_outer);
  });
}

TEST_F(JoinTest, AFrequentKeyIsJoinedWhereItsLeftValuesAre) {
  using Value = std::optional<std::string>;
  std::vector<Pair> lefts;
  std::vector<Pair> rights = {{"hot", "a"}, {"hot", "b"}, {"hot", "c"}};
  std::vector<KeyValue<std::string, std::pair<Value, Value>>> expected;
  for (int i = 0; i < 6000; ++i) {
    lefts.push_back({"hot", std::to_string(i)});
    for (const char* const right : {"a", "b", "c"}) {
      expected.push_back({"hot", {std::to_string(i), right}});
    }
  }
  for (int i = 0; i < 4000; ++i) {
    rights.push_back({"only_right", std::to_string(i)});
    expected.push_back({"only_right", {std::nullopt, std::to_string(i)}});
  }
  const std::string left_path = folder_.write("hot left", text_of(lefts));
  const std::string right_path = folder_.write("hot right", text_of(rights));
  for_all_options([&](const TextOptions& options) {
    const auto joined = pairs_in(left_path, options).outer_join(pairs_in(right_path, options));
    expect_on_root(joined.collect(), expected);
    int is_here = 0;
    joined.for_each_local([&](const auto& item) { is_here |= static_cast<int>(item.key == "hot"); });
    const bool has_many_partitions = options.memory < std::uint64_t{1} << 20;
    EXPECT_GE(mpi::allreduce_value(world(), is_here, std::plus<>{}),
              has_many_partitions ? std::min(world().size(), 2) : 1);
  });
}

TEST_F(JoinTest, ManyRightValuesOfAFrequentKeyComeToAllOfItsLeftOnes) {
  std::vector<Pair> lefts;
  std::vector<Pair> rights;
  for (int i = 0; i < 3000; ++i) {
    lefts.push_back({"hot", std::to_string(i)});
    rights.push_back({"hot", std::string(80, 'r') + std::to_string(i)});
  }
  std::vector<KeyValue<std::string, std::pair<std::string, std::optional<std::string>>>> expected;
  for (int i = 0; i < 3000; i += 1000) {
    for (const Pair& right : rights) {
      expected.push_back({"hot", {std::to_string(i), right.value}});
    }
  }
  const std::string left_path = folder_.write("many left", text_of(lefts));
  const std::string right_path = folder_.write("many right", text_of(rights));
  for_all_options([&](const TextOptions& options) {
    const auto left = pairs_in(left_path, options);
    const auto right = pairs_in(right_path, options);
    expect_on_root(left.semi_join(right).collect(), lefts);
    EXPECT_EQ(left.anti_join(right).count(), 0u);
    const auto some_left = left.filter([](const auto& item) {
      return item.value.size() == 1 || (item.value.size() == 4 && item.value.ends_with("000"));
    });
    const auto only_thousands =
        some_left.filter([](const auto& item) { return item.value == "0" || item.value.size() == 4; });
    expect_on_root(only_thousands.left_join(right).collect(), expected);
  });
}

TEST_F(JoinTest, SemiAndAnti) {
  std::vector<Pair> with;
  std::vector<Pair> without;
  for (const Pair& left : left_by_key()) {
    (rights_.contains(left.key) ? with : without).push_back(left);
  }
  ASSERT_FALSE(without.empty());
  for_all_options([&](const TextOptions& options) {
    const auto left = pairs_in(left_path_, options);
    const auto right = pairs_in(right_path_, options);
    expect_on_root(left.semi_join(right).collect(), with);
    expect_on_root(left.anti_join(right).collect(), without);
  });
}

TEST_F(JoinTest, CogroupGivesBothSidesInTheirOrder) {
  std::map<std::string, std::string> lines;
  for (const auto& [side, pairs] : {std::pair("<", left_), std::pair(">", right_)}) {
    for (const Pair& pair : pairs) {
      lines[pair.key] += side + pair.value;
    }
  }
  std::vector<Pair> expected;
  for (const auto& [key, line] : lines) {
    expected.push_back({key, line});
  }
  for_all_options([&](const TextOptions& options) {
    const auto left = pairs_in(left_path_, options);
    const auto right = pairs_in(right_path_, options);
    const auto both =
        left.cogroup(right).flat_map<Pair>([](std::string_view key, auto& lefts, auto& rights, auto& emit) {
          std::string line;
          for (const std::string_view value : lefts) {
            line.append("<").append(value);
          }
          for (const std::string_view value : rights) {
            line.append(">").append(value);
          }
          emit(Pair{std::string(key), line});
        });
    expect_on_root(both.collect(), expected);
    const auto only_rights =
        left.cogroup(right).flat_map<std::uint64_t>([](std::string_view, auto&, auto& rights, auto& emit) {
          std::uint64_t n = 0;
          for (const std::string_view value : rights) {
            n += value.empty() ? 0 : 1;
          }
          emit(n);
        });
    std::uint64_t n = 0;
    for (const std::uint64_t more : only_rights.collect()) {
      n += more;
    }
    EXPECT_EQ(n, world().is_root() ? right_.size() : 0);
  });
}

}  // namespace
}  // namespace serried::mapreduce

// Objects of the tests of serialize.hpp and async_serialize.hpp.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace serried::mpi {

using Nested = std::map<std::string, std::vector<std::vector<std::string>>>;

// A class of the user's, with members of all kinds; empty ones on rank 0.
struct Task {
  std::string name;
  Nested inputs;
  std::optional<double> weight;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, inputs, weight);
  }
  friend bool operator==(const Task&, const Task&) = default;
};

inline Task task_of(std::size_t rank) {
  Task task;
  task.name = std::string(rank * 1000, static_cast<char>('a' + rank));
  for (std::size_t i = 0; i < rank; ++i) {
    task.inputs["input " + std::to_string(i)] = {{}, {"x", std::string(i, '\0')}};
    task.weight = 0.1 * static_cast<double>(i);
  }
  return task;
}

inline std::string letter_of(std::size_t rank) {
  return std::string(1 + rank % 2, static_cast<char>('a' + rank));
}

// Not commutative: the order of ranks shows.
struct Concatenate {
  std::string operator()(const std::string& a, const std::string& b) const { return a + b; }
};

}  // namespace serried::mpi

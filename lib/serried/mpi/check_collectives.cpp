#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <serried/base/hash.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {
namespace {

// "… [with T = double]" or "… [T = double]".
std::string type_name(std::string_view words) {
  constexpr std::string_view before = "T = ";
  const std::size_t begin = words.find(before);
  if (begin == std::string_view::npos) {
    return {};
  }
  words.remove_prefix(begin + before.size());
  return std::string(words.substr(0, words.rfind(']')));
}

std::string in_words(const CollectiveCall& call) {
  std::string text = call.name;
  const std::string type = type_name(call.type);
  if (!type.empty()) {
    text += " of ";
    if (call.n_values != CollectiveCall::any_count) {
      text += std::to_string(call.n_values);
      text += ' ';
    }
    text += type;
  }
  if (call.from_root != CollectiveCall::no_root) {
    text += " from root " + std::to_string(call.from_root);
  }
  if (call.to_root != CollectiveCall::no_root) {
    text += " to root " + std::to_string(call.to_root);
  }
  return text;
}

// What one rank calls, as it is sent. Longer texts are cut off; their hashes still differ.
struct Words {
  std::array<char, 500> call{};
  std::array<char, 500> operation{};

  Words(const std::string& call_text, const std::string& operation_text) {
    call_text.copy(call.data(), call.size() - 1);
    operation_text.copy(operation.data(), operation.size() - 1);
  }
};

[[noreturn]] void throw_difference(const Communicator& hidden, const Words& mine, std::uint64_t hash) {
  const auto n_ranks = static_cast<std::size_t>(hidden.size());
  std::vector<std::uint64_t> hashes(n_ranks);
  check(MPI_Allgather(&hash, 1, MPI_UINT64_T, hashes.data(), 1, MPI_UINT64_T, hidden.get()), "MPI_Allgather");
  int other = 1;
  while (hashes[static_cast<std::size_t>(other)] == hashes[0]) {
    ++other;
  }
  Words first = mine;
  Words second = mine;
  check(MPI_Bcast(&first, sizeof first, MPI_BYTE, 0, hidden.get()), "MPI_Bcast");
  check(MPI_Bcast(&second, sizeof second, MPI_BYTE, other, hidden.get()), "MPI_Bcast");
  // The operation only if it is all that differs.
  const bool shows_operation = first.call == second.call;
  std::string text = "rank 0 calls ";
  const auto append = [&](const Words& words) {
    text += words.call.data();
    if (shows_operation) {
      text += " by ";
      text += words.operation.data();
    }
  };
  append(first);
  text += ", rank ";
  text += std::to_string(other);
  text += " calls ";
  append(second);
  throw std::logic_error(text);
}

}  // namespace

void expect_same_call(const Communicator& comm, const CollectiveCall& call) {
  const Waiting waiting("check of collectives");
  const Communicator& hidden = comm.hidden();
  const std::string text = in_words(call);
  const std::string operation = type_name(call.operation);
  const std::uint64_t hash = hash_bytes(text + " by " + operation);
  // The smallest hash and, by its complement, the largest.
  std::array<std::uint64_t, 2> extremes = {hash, ~hash};
  check(MPI_Allreduce(MPI_IN_PLACE, extremes.data(), 2, MPI_UINT64_T, MPI_MIN, hidden.get()),
        "MPI_Allreduce");
  if (extremes[0] != ~extremes[1]) {
    throw_difference(hidden, Words(text, operation), hash);
  }
}

}  // namespace serried::mpi

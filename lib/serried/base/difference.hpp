/// Where two texts of lines differ, in words: for the error that refuses a file of another configuration.
///
///     first_difference("seed: 1\ntrials: 10\n", "seed: 2\ntrials: 10\n")   // "seed: 1" there, "seed: 2" here
#pragma once

#include <string>
#include <string_view>

namespace serried {

/// Of two different texts, the first lines that differ; of long lines, what is around the first byte that differs.
[[nodiscard]] std::string first_difference(std::string_view there, std::string_view here);

}  // namespace serried

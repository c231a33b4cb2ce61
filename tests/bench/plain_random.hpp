// What a program writes that knows the standard library alone: std::mt19937_64 and its distributions, in a plain loop.
// plain_random.cpp is compiled twice, once for every x86-64 and once for this very CPU.
#pragma once

#include <span>

namespace plain_random {
void fill_uniform(std::span<double> values);
void fill_normal(std::span<double> values);
void fill_exponential(std::span<double> values);
}  // namespace plain_random

namespace plain_random_native {
void fill_uniform(std::span<double> values);
void fill_normal(std::span<double> values);
void fill_exponential(std::span<double> values);
}  // namespace plain_random_native

// The Error that all ranks throw together:
//
//   const Error error = test::same_error_of([&] { const OutputFile output(world(), "missing/out"); });
#pragma once

#include <string>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mpi/broadcast.hpp>

#include "error_of.hpp"
#include "world.hpp"

namespace serried::test {

// Collective. What `action` throws on this rank; a failure of the test if it throws none, or another than on rank 0.
template <class Action>
Error same_error_of(Action action) {
  const Error error = error_of(action);
  std::string first = error.to_bytes();
  mpi::broadcast_resized(world(), first);
  EXPECT_STREQ(error.what(), Error::from_bytes(first).what()) << "another one than on rank 0";
  EXPECT_EQ(error.to_bytes(), first) << "another one than on rank 0";
  return error;
}

}  // namespace serried::test

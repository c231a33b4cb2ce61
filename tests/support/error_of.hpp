// The Error that something throws, to be looked at. Without MPI.
//
//   const Error error = test::error_of([&] { (void)FileDescriptor::open(path, O_RDONLY); });
//   EXPECT_EQ(error.path(), path);
#pragma once

#include <gtest/gtest.h>

#include <serried/base/error.hpp>

namespace serried::test {

// A failure of the test if `action` throws none.
template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error("none");
}

}  // namespace serried::test

/// What the world does wrong: a missing file, a full disk, a rank that failed, a command line that makes no
/// sense.
///
/// A bug of the program is a `std::logic_error` (see contract.hpp); everything else is one `serried::Error`,
/// which says what happened, where, and what to do about it, and carries the same facts as data:
///
///     throw serried::Error("cannot open: no such file").at(path).hint("check the spelling");
///     ...
///     catch (const serried::Error& error) { if (error.path() == path) ... }
///
/// An error is a value: it can be sent to other ranks whole (see mpi/agree.hpp), so that all of them throw
/// the same.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include <serried/base/exit_code.hpp>

namespace serried {

class Error : public std::exception {
 public:
  explicit Error(std::string problem);

  // What is known is added where it is known; each returns the error itself, ready to be thrown.
  Error&& at(std::string path) &&;                        ///< the file or folder concerned
  Error&& at(std::string path, std::uint64_t offset) &&;  ///< ... and the byte in it, from 0
  Error&& context(const std::string& where) &&;           ///< said before the problem: "index 17"
  Error&& hint(std::string what_to_do) &&;                ///< "what to do", one clause
  Error&& on_rank(int rank, std::string host) &&;         ///< who found it
  Error&& mpi_class(int error_class) &&;                  ///< the MPI error class, e.g. MPI_ERR_TRUNCATE
  Error&& exit_code(ExitCode code) &&;                    ///< how the program is to end (default: failed)

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::optional<std::uint64_t> offset() const noexcept { return offset_; }
  [[nodiscard]] std::optional<int> rank() const noexcept { return rank_; }
  [[nodiscard]] const std::string& host() const noexcept { return host_; }
  [[nodiscard]] std::optional<int> mpi_class() const noexcept { return mpi_class_; }
  [[nodiscard]] ExitCode exit_code() const noexcept { return exit_code_; }

  /// One line, "PATH, byte OFFSET: PROBLEM (HINT)", without control bytes, whatever the path held. The rank
  /// is not part of it: whoever prints says whose error it is.
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

  /// The error as bytes, and back. `from_bytes` throws std::invalid_argument if the bytes are not such an
  /// error.
  [[nodiscard]] std::string to_bytes() const;
  [[nodiscard]] static Error from_bytes(const std::string& bytes);

 private:
  void compose_message();

  std::string problem_;
  std::string hint_;
  std::string path_;
  std::optional<std::uint64_t> offset_;
  std::optional<int> rank_;
  std::string host_;
  std::optional<int> mpi_class_;
  ExitCode exit_code_ = ExitCode::failed;
  std::string message_;
};

/// A command line or an option that makes no sense: exit code 2.
[[nodiscard]] Error usage_error(std::string problem);

/// An error of the operating system: "cannot ACTION: TEXT OF ERRNO". Pass the `errno` that was set.
[[nodiscard]] Error system_error(const std::string& action, int error_number, const std::string& path);

/// Any exception as an Error, with its message and the exit code that it deserves: a serried::Error as it is,
/// std::bad_alloc as "out of memory", a std::logic_error as a bug, anything else by its what().
[[nodiscard]] Error as_error(const std::exception_ptr& exception);

/// `text` with every control character of ASCII and of UTF-8 written as an escape (\n, \x1b, \xc2\x9b), so
/// that it stays on one line of a terminal and cannot move its cursor.
[[nodiscard]] std::string printable(const std::string& text);

}  // namespace serried

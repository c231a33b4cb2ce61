#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <serried/base/provenance.hpp>
#include <serried/base/version.hpp>

namespace serried {
namespace {

std::string utc(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const std::size_t n = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), n};
}

std::string command_line_here() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string line;
  for (std::string argument; std::getline(file, argument, '\0');) {
    if (!line.empty()) {
      line.push_back(' ');
    }
    line.append(shell_quoted(argument));
  }
  return line;
}

}  // namespace

std::string shell_quoted(const std::string& argument) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%^";
  if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos) {
    return argument;
  }
  std::string quoted(1, '\'');
  for (const char c : argument) {
    if (c == '\'') {
      quoted.append(R"('\'')");
    } else {
      quoted.push_back(c);
    }
  }
  quoted.push_back('\'');
  return quoted;
}

Provenance provenance_here() {
  Provenance here;
  std::error_code ignored;  // without /proc the name stays empty
  here.program = std::filesystem::read_symlink("/proc/self/exe", ignored).filename().string();
  here.version = version;
  here.command_line = command_line_here();
  std::array<char, HOST_NAME_MAX + 1> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) {
    here.host = host.data();
  }
  struct stat process {};  // /proc/self is as old as the process
  here.started = utc(stat("/proc/self", &process) == 0 ? process.st_mtime : std::time(nullptr));
  return here;
}

}  // namespace serried

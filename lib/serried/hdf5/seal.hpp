// A checksum at a file's end over all that is before it, so that damage is found before anybody parses the file. Not
// installed.
//
// The seal is one line of text, "\nserried-checkpoint xxh3-64 0123456789abcdef of 00000000000000012345 bytes\n". HDF5
// ignores what follows the end that its superblock states; `tail -n 1` shows it.
#pragma once

#include <cstdint>
#include <string>

namespace serried::hdf5 {

// Appends the seal and syncs. Returns the file's size then. Local.
[[nodiscard]] std::uint64_t seal(const std::string& path);

// Local. Throws serried::Error if the file is not as it was when it was sealed.
void verify_seal(const std::string& path);

}  // namespace serried::hdf5

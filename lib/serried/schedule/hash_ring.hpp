/// Where keyed things live: keys to members (ranks, nodes, disks), so that few keys move when a member comes or goes.
///
///     HashRing ring;
///     for (const std::string& host : hosts) ring.add(host);
///     ring.owner_of(hash_bytes(key));            // one key, by itself
///     ring.place(hashes, 0.25);                  // many keys, and no member gets more than 1.25 times the mean
///
/// Consistent hashing (Karger et al. 1997) with virtual nodes; with bounded loads as Mirrokni, Thorup and Zadimoghaddam,
/// "Consistent Hashing with Bounded Loads" (SODA 2018).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace serried::schedule {

/// A value: the same members give the same places on every rank, in whatever order they were added.
class HashRing {
 public:
  /// Each member stands at so many points of the ring. Without bounds, a member's load then differs from the mean by about
  /// 1 / sqrt(virtual_nodes) of it.
  explicit HashRing(std::uint32_t virtual_nodes = 128);

  /// Names are unique: adding one twice is a bug, as is removing one that is not there.
  void add(const std::string& member);
  void remove(const std::string& member);
  /// Ascending.
  [[nodiscard]] const std::vector<std::string>& members() const noexcept { return members_; }

  /// The member at the first point at or after the key's hash. The ring must have members.
  [[nodiscard]] const std::string& owner_of(std::uint64_t key_hash) const;

  /// For each key, the number of its member in `members()`. No member gets more than ceil((1 + epsilon) * keys / members):
  /// a key whose owner is full goes to the next point whose member is not. Does not depend on the order of the keys
  /// (equal hashes count as equal keys). Adding or removing a member moves a number of keys that depends on epsilon and on
  /// the loads, not on the number of members: 2 / epsilon^2 times the mean load, expected, for small epsilon. epsilon > 0.
  [[nodiscard]] std::vector<std::uint32_t> place(std::span<const std::uint64_t> key_hashes,
                                                 double epsilon) const;

 private:
  struct Point {
    std::uint64_t hash = 0;
    std::uint32_t member = 0;
  };
  void rebuild();
  [[nodiscard]] std::size_t first_point(std::uint64_t key_hash) const;

  std::uint32_t virtual_nodes_;
  std::vector<std::string> members_;
  std::vector<Point> points_;  // ascending; ties by the order of members
};

}  // namespace serried::schedule

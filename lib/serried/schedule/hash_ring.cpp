#include <algorithm>
#include <cmath>
#include <numeric>

#include <serried/base/contract.hpp>
#include <serried/base/hash.hpp>
#include <serried/schedule/hash_ring.hpp>

namespace serried::schedule {

HashRing::HashRing(std::uint32_t virtual_nodes) : virtual_nodes_(virtual_nodes) {
  expects(virtual_nodes > 0, "a member stands somewhere");
}

void HashRing::add(const std::string& member) {
  const auto place = std::lower_bound(members_.begin(), members_.end(), member);
  expects(place == members_.end() || *place != member, "a member is added once");
  members_.insert(place, member);
  rebuild();
}

void HashRing::remove(const std::string& member) {
  const auto place = std::lower_bound(members_.begin(), members_.end(), member);
  expects(place != members_.end() && *place == member, "a member that is removed is there");
  members_.erase(place);
  rebuild();
}

void HashRing::rebuild() {
  points_.clear();
  for (std::uint32_t member = 0; member < members_.size(); ++member) {
    const std::uint64_t name_hash = hash_bytes(members_[member]);
    for (std::uint64_t copy = 0; copy < virtual_nodes_; ++copy) {
      points_.push_back({hash_short({name_hash, copy}, short_bytes_capacity), member});
    }
  }
  std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.member < b.member;
  });
}

std::size_t HashRing::first_point(std::uint64_t key_hash) const {
  const auto point =
      std::lower_bound(points_.begin(), points_.end(), key_hash,
                       [](const Point& candidate, std::uint64_t hash) { return candidate.hash < hash; });
  return point == points_.end() ? 0 : static_cast<std::size_t>(point - points_.begin());
}

const std::string& HashRing::owner_of(std::uint64_t key_hash) const {
  expects(!points_.empty(), "the ring has members");
  return members_[points_[first_point(key_hash)].member];
}

std::vector<std::uint32_t> HashRing::place(std::span<const std::uint64_t> key_hashes, double epsilon) const {
  expects(!points_.empty(), "the ring has members");
  expects(epsilon > 0, "epsilon is positive");
  const double mean = static_cast<double>(key_hashes.size()) / static_cast<double>(members_.size());
  const auto capacity = static_cast<std::uint64_t>(std::ceil((1 + epsilon) * mean));

  // Around the ring, so that the places follow from the set of keys alone.
  std::vector<std::size_t> order(key_hashes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return key_hashes[a] != key_hashes[b] ? key_hashes[a] < key_hashes[b] : a < b;
  });

  std::vector<std::uint64_t> load(members_.size(), 0);
  // Members never become less full: from a point that is full, the search goes on where it ended last time.
  std::vector<std::size_t> next(points_.size());
  std::iota(next.begin(), next.end(), std::size_t{0});
  std::vector<std::uint32_t> member_of(key_hashes.size());
  for (const std::size_t key : order) {
    std::size_t point = first_point(key_hashes[key]);
    while (load[points_[point].member] >= capacity) {
      if (next[point] == point) {
        next[point] = (point + 1) % points_.size();
      }
      const std::size_t following = next[point];
      next[point] = next[following];  // halves the paths
      point = following;
    }
    member_of[key] = points_[point].member;
    ++load[points_[point].member];
  }
  return member_of;
}

}  // namespace serried::schedule

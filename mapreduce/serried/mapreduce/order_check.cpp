#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/order_check.hpp>

namespace serried::mapreduce {
namespace {

// The comparisons of each of some items with each.
class Answers {
 public:
  Answers(std::vector<std::size_t> items, const std::function<bool(std::size_t, std::size_t)>& less,
          const std::function<std::string(std::size_t)>& name)
      : items_(std::move(items)), less_(less), name_(name) {
    for (const std::size_t i : items_) {
      for (const std::size_t j : items_) {
        answers_.push_back(static_cast<char>(less(i, j)));
      }
    }
  }

  void check() const {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      for (std::size_t j = 0; j < items_.size(); ++j) {
        check_pair(i, j);
      }
    }
    for (std::size_t i = 0; i < items_.size(); ++i) {
      for (std::size_t j = 0; j < items_.size(); ++j) {
        for (std::size_t k = 0; k < items_.size(); ++k) {
          check_triple(i, j, k);
        }
      }
    }
  }

 private:
  [[nodiscard]] bool is_before(std::size_t i, std::size_t j) const {
    return answers_[i * items_.size() + j] != 0;
  }
  [[nodiscard]] bool are_equal(std::size_t i, std::size_t j) const {
    return !is_before(i, j) && !is_before(j, i);
  }
  [[nodiscard]] std::string name(std::size_t i) const { return name_(items_[i]); }

  void check_pair(std::size_t i, std::size_t j) const {
    if (less_(items_[i], items_[j]) != is_before(i, j)) {
      throw wrong(fmt::format("says something else when it is asked again whether {} comes before {}",
                              name(i), name(j)),
                  "it must depend on the two records alone");
    }
    if (!is_before(i, j) || !is_before(j, i)) {
      return;
    }
    if (i == j) {
      throw wrong(fmt::format("says that {} comes before itself", name(i)), "it must be as < is, not as <=");
    }
    throw wrong(fmt::format("says that {} and {} come each before the other", name(i), name(j)),
                "it must be as < is, not as <=");
  }

  void check_triple(std::size_t i, std::size_t j, std::size_t k) const {
    if (is_before(i, j) && is_before(j, k) && !is_before(i, k)) {
      throw wrong(fmt::format("puts {} before {} and that before {}, but not the first before the last",
                              name(i), name(j), name(k)),
                  "it must be transitive");
    }
    if (are_equal(i, j) && are_equal(j, k) && !are_equal(i, k)) {
      throw wrong(fmt::format("takes {} as equal to {} and that to {}, but not the first to the last",
                              name(i), name(j), name(k)),
                  "what is equal to the same must be equal; a NaN is equal to nothing and to everything");
    }
  }

  static Error wrong(const std::string& problem, std::string hint) {
    return Error("the order is no strict weak order: it " + problem).hint(std::move(hint));
  }

  std::vector<std::size_t> items_;
  const std::function<bool(std::size_t, std::size_t)>& less_;
  const std::function<std::string(std::size_t)>& name_;
  std::vector<char> answers_;
};

}  // namespace

void check_order(std::size_t n, const std::function<bool(std::size_t, std::size_t)>& less,
                 const std::function<std::string(std::size_t)>& name) {
  constexpr std::size_t n_together = 24;
  constexpr std::size_t most_groups = 8;
  const std::size_t n_groups = std::min(most_groups, (n + n_together - 1) / n_together);
  const std::size_t n_items = std::min(n, n_groups * n_together);
  for (std::size_t group = 0; group < n_groups; ++group) {
    std::vector<std::size_t> items;
    for (std::size_t i = group; i < n_items; i += n_groups) {
      items.push_back(i * n / n_items);  // evenly spaced; those of a group are far from each other
    }
    Answers(std::move(items), less, name).check();
  }
}

}  // namespace serried::mapreduce

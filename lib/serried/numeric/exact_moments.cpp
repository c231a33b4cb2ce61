#include <algorithm>
#include <cmath>
#include <limits>

#include <serried/numeric/exact_moments.hpp>
#include <serried/numeric/quotient.hpp>

namespace serried::numeric {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

// What the last bit of a product stands for; a sum's own, squared.
constexpr int product_exponent = -2148;

// The finite numbers of a sum as one whole number, in units of its last bit, and whether there were others.
template <class Sum>
BigInt integer_of(const Sum& sum) {
  const auto words = sum.words();
  return to_big_int(std::span(words).first(words.size() - 3));
}
template <class Sum>
bool is_finite(const Sum& sum) {
  const auto words = sum.words();
  return std::ranges::all_of(std::span(words).last(3), [](std::int64_t n) { return n == 0; });
}

// n · Σxy - Σx · Σy: n(n - 1) times the covariance, and times 2^2148.
BigInt co_deviation(std::uint64_t n, const ExactDot& xy, const ExactSum& x, const ExactSum& y) {
  return n * integer_of(xy) - integer_of(x) * integer_of(y);
}
BigInt deviation(const ExactMoments& moments) {
  return co_deviation(moments.count(), moments.sum_of_squares(), moments.sum(), moments.sum());
}

bool has_variance(const ExactMoments& moments) {
  return moments.count() >= 2 && is_finite(moments.sum_of_squares());
}

// Copies one part's words to, or takes them from, the front of `at`, which then begins behind them.
template <class Part>
void put_words(const Part& part, std::span<std::int64_t>& at) {
  std::ranges::copy(part.words(), at.begin());
  at = at.subspan(Part::n_words);
}
template <class Part>
Part take_words(std::span<const std::int64_t>& at) {
  const auto mine = at.first<Part::n_words>();
  at = at.subspan(Part::n_words);
  return Part::from_words(mine);
}

}  // namespace

void ExactMoments::add(double x) noexcept {
  ++count_;
  sum_.add(x);
  squares_.add(x, x);
}

void ExactMoments::add(std::span<const double> values) noexcept {
  count_ += values.size();
  sum_.add(values);
  squares_.add(values, values);
}

void ExactMoments::merge(const ExactMoments& other) noexcept {
  count_ += other.count_;
  sum_.merge(other.sum_);
  squares_.merge(other.squares_);
}

double ExactMoments::mean() const {
  if (count_ == 0) {
    return none;
  }
  return is_finite(sum_) ? rounded_quotient(integer_of(sum_), count_, product_exponent / 2) : sum_.value();
}

double ExactMoments::variance() const {
  if (!has_variance(*this)) {
    return none;
  }
  return rounded_quotient(deviation(*this), BigInt(count_) * (count_ - 1), product_exponent);
}

double ExactMoments::standard_error() const {
  if (!has_variance(*this)) {
    return none;
  }
  return rounded_root(deviation(*this), BigInt(count_) * count_ * (count_ - 1), product_exponent / 2);
}

void ExactMoments::normalize() noexcept {
  sum_.normalize();
  squares_.normalize();
}

ExactMoments::Words ExactMoments::words() const noexcept {
  Words words{};
  words[0] = static_cast<std::int64_t>(count_ & 0xffffffff);
  words[1] = static_cast<std::int64_t>(count_ >> 32);
  auto at = std::span<std::int64_t>(words).subspan(2);
  put_words(sum_, at);
  put_words(squares_, at);
  return words;
}

ExactMoments ExactMoments::from_words(std::span<const std::int64_t, n_words> words) noexcept {
  ExactMoments moments;
  moments.count_ = static_cast<std::uint64_t>(words[0]) + (static_cast<std::uint64_t>(words[1]) << 32);
  std::span<const std::int64_t> at = words.subspan<2>();
  moments.sum_ = take_words<ExactSum>(at);
  moments.squares_ = take_words<ExactDot>(at);
  return moments;
}

void ExactCovariance::add(double x, double y) noexcept {
  x_.add(x);
  y_.add(y);
  products_.add(x, y);
}

void ExactCovariance::add(std::span<const double> x, std::span<const double> y) {
  products_.add(x, y);
  x_.add(x);
  y_.add(y);
}

void ExactCovariance::merge(const ExactCovariance& other) noexcept {
  x_.merge(other.x_);
  y_.merge(other.y_);
  products_.merge(other.products_);
}

double covariance_of_sums(std::uint64_t n, const ExactDot& xy, const ExactSum& x, const ExactSum& y) {
  if (n < 2 || !is_finite(xy) || !is_finite(x) || !is_finite(y)) {
    return none;
  }
  return rounded_quotient(co_deviation(n, xy, x, y), BigInt(n) * (n - 1), product_exponent);
}

double ExactCovariance::covariance() const {
  if (!has_variance(x_) || !has_variance(y_)) {
    return none;
  }
  return covariance_of_sums(count(), products_, x_.sum(), y_.sum());
}

double ExactCovariance::correlation() const {
  if (!has_variance(x_) || !has_variance(y_)) {
    return none;
  }
  const BigInt xx_yy = deviation(x_) * deviation(y_);
  if (xx_yy <= 0) {
    return none;
  }
  const BigInt xy = co_deviation(count(), products_, x_.sum(), y_.sum());
  return std::copysign(rounded_root(xy * xy, xx_yy, 0), xy < 0 ? -1.0 : 1.0);
}

double ExactCovariance::slope() const {
  if (!has_variance(x_) || !has_variance(y_)) {
    return none;
  }
  const BigInt xx = deviation(x_);
  return xx <= 0 ? none : rounded_quotient(co_deviation(count(), products_, x_.sum(), y_.sum()), xx, 0);
}

void ExactCovariance::normalize() noexcept {
  x_.normalize();
  y_.normalize();
  products_.normalize();
}

ExactCovariance::Words ExactCovariance::words() const noexcept {
  Words words{};
  std::span<std::int64_t> at(words);
  put_words(x_, at);
  put_words(y_, at);
  put_words(products_, at);
  return words;
}

ExactCovariance ExactCovariance::from_words(std::span<const std::int64_t, n_words> words) noexcept {
  ExactCovariance covariance;
  std::span<const std::int64_t> at(words);
  covariance.x_ = take_words<ExactMoments>(at);
  covariance.y_ = take_words<ExactMoments>(at);
  covariance.products_ = take_words<ExactDot>(at);
  return covariance;
}

}  // namespace serried::numeric

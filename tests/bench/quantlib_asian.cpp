// The arithmetic Asian call of plain_asian.cpp, priced by QuantLib's Monte Carlo engine, on one thread.
//
//   quantlib_asian PATHS
//
// PseudoRandom (MT19937 and the inverse normal distribution), 252 fixings, no control variate, and no Brownian bridge
// (QuantLib's default), as the others have none. Prints the price, its standard error, the seconds that NPV() took, and paths a second.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include <ql/exercise.hpp>
#include <ql/instruments/asianoption.hpp>
#include <ql/instruments/payoffs.hpp>
#include <ql/pricingengines/asian/mc_discr_arith_av_price.hpp>
#include <ql/processes/blackscholesprocess.hpp>
#include <ql/quotes/simplequote.hpp>
#include <ql/settings.hpp>
#include <ql/termstructures/volatility/equityfx/blackconstantvol.hpp>
#include <ql/termstructures/yield/flatforward.hpp>
#include <ql/time/calendars/nullcalendar.hpp>
#include <ql/time/daycounters/actual365fixed.hpp>

namespace {

namespace ql = QuantLib;

constexpr int n_steps = 252;
// Fixings are on days that follow each other, 252 of a year of 365: with such a year's rate and volatility, what happens from one
// to the next is what happens in 1 / 252 of a year at 0.05 and 0.2.
constexpr double days = 365.0 / n_steps;

ql::ext::shared_ptr<ql::BlackScholesMertonProcess> make_process(const ql::Date& today) {
  const ql::Actual365Fixed day_counter;
  const auto flat = [&](double rate) {
    return ql::Handle<ql::YieldTermStructure>(
        ql::ext::make_shared<ql::FlatForward>(today, rate, day_counter));
  };
  return ql::ext::make_shared<ql::BlackScholesMertonProcess>(
      ql::Handle<ql::Quote>(ql::ext::make_shared<ql::SimpleQuote>(100.0)), flat(0.0), flat(0.05 * days),
      ql::Handle<ql::BlackVolTermStructure>(ql::ext::make_shared<ql::BlackConstantVol>(
          today, ql::NullCalendar(), 0.2 * std::sqrt(days), day_counter)));
}

void price(ql::Size n_paths) {
  const ql::Date today(1, ql::January, 2024);
  ql::Settings::instance().evaluationDate() = today;
  std::vector<ql::Date> fixings;
  for (int t = 1; t <= n_steps; ++t) {
    fixings.push_back(today + t);
  }
  const auto payoff = ql::ext::make_shared<ql::PlainVanillaPayoff>(ql::Option::Call, 100.0);
  const auto exercise = ql::ext::make_shared<ql::EuropeanExercise>(fixings.back());
  ql::DiscreteAveragingAsianOption option(ql::Average::Arithmetic, 0.0, 0, fixings, payoff, exercise);
  option.setPricingEngine(ql::MakeMCDiscreteArithmeticAPEngine<ql::PseudoRandom>(make_process(today))
                              .withSamples(n_paths)
                              .withBrownianBridge(false)
                              .withSeed(1));
  const auto start = std::chrono::steady_clock::now();
  const double value = option.NPV();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("price %.10f\nstandard_error %.6e\nseconds %.6f\npaths_per_second %.1f\n", value,
              option.errorEstimate(), seconds, static_cast<double>(n_paths) / seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const long long n_paths = argc == 2 ? std::atoll(argv[1]) : 0;
  if (n_paths < 2) {
    std::fputs("usage: quantlib_asian PATHS\n", stderr);
    return 2;
  }
  try {
    price(static_cast<ql::Size>(n_paths));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quantlib_asian: %s\n", error.what());
    return 1;
  }
  return 0;
}

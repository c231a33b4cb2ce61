#include <cmath>
#include <map>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo/program.hpp>
#include <serried/mpi/run_main.hpp>
#include <serried/random/sobol.hpp>

#include "option.hpp"

namespace {

namespace montecarlo = serried::montecarlo;
using serried::option::Contract;
using serried::option::Method;
using serried::option::Payoff;

const std::map<std::string, Payoff> payoffs = {{"european-call", Payoff::european_call},
                                               {"european-put", Payoff::european_put},
                                               {"asian-geometric", Payoff::asian_geometric},
                                               {"asian-arithmetic", Payoff::asian_arithmetic}};
const std::map<std::string, Method> methods = {{"plain", Method::plain},
                                               {"antithetic", Method::antithetic},
                                               {"control", Method::control},
                                               {"sobol", Method::sobol}};

void check(const Contract& contract, Method method) {
  const auto is_within = [](const char* option, double x, double low, double high) {
    if (!(x >= low && x <= high)) {
      throw serried::usage_error(fmt::format("{} {}: it must be from {} to {}", option, x, low, high));
    }
  };
  is_within("--spot", contract.spot, 1e-100, 1e100);
  is_within("--strike", contract.strike, 1e-100, 1e100);
  is_within("--volatility", contract.volatility, 0, 10);
  is_within("--rate", contract.rate, -1, 1);
  is_within("--maturity", contract.maturity, 1e-9, 100);
  // Beyond, the mean of the share itself is made by paths that a million trials hardly meet, and errors know nothing of them.
  const double deviation = contract.volatility * std::sqrt(contract.maturity);
  if (deviation > 2) {
    throw serried::usage_error(
        fmt::format("--volatility {} over --maturity {}: the logarithm's standard deviation is {:.3g}",
                    contract.volatility, contract.maturity, deviation))
        .hint("beyond 2 the price hangs on paths that are too rare to be met");
  }
  const auto most = method == Method::sobol ? serried::random::Sobol::max_dimensions : std::size_t{1} << 20;
  if (contract.steps < 1 || contract.steps > most) {
    throw serried::usage_error(fmt::format("--steps {}: 1 to {} with this method", contract.steps, most));
  }
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("option", argc, argv, [&](serried::Environment& mpi) {
    montecarlo::Program program(mpi.world(),
                                "Prices an option on a share that follows a geometric Brownian motion.",
                                "serried-option", {.trials = 1'048'576, .seed = 1});
    std::string payoff = "asian-arithmetic";
    std::string method = "control";
    Contract contract;
    CLI::App& app = program.app();
    app.add_option("--payoff", payoff, montecarlo::names_of(payoffs) + " (default: " + payoff + ")")
        ->option_text("P");
    app.add_option("--method", method, montecarlo::names_of(methods) + " (default: " + method + ")")
        ->option_text("M");
    app.add_option("--spot", contract.spot, "Price of the share now (100)")->option_text("S");
    app.add_option("--strike", contract.strike, "What the holder pays (100)")->option_text("K");
    app.add_option("--rate", contract.rate, "Of interest, a year, continuously compounded (0.05)")
        ->option_text("R");
    app.add_option("--volatility", contract.volatility, "A year (0.2)")->option_text("V");
    app.add_option("--maturity", contract.maturity, "In years (1)")->option_text("T");
    app.add_option("--steps", contract.steps, "Times of the mean of an Asian option (252)")
        ->check(serried::job::whole_number)
        ->option_text("N");
    if (!program.parse(argc, argv)) {
      return;
    }
    contract.payoff = montecarlo::named(payoffs, "--payoff", payoff);
    const Method by = montecarlo::named(methods, "--method", method);
    check(contract, by);
    program.options().configuration = fmt::format(
        "payoff={}\nmethod={}\nspot={}\nstrike={}\nrate={}\nvolatility={}\nmaturity={}\nsteps={}\n", payoff,
        method, contract.spot, contract.strike, contract.rate, contract.volatility, contract.maturity,
        contract.steps);
    const auto price = serried::option::run(mpi.world(), program.options(), contract, by);
    program.write({{payoff, price.estimate.means[0]}}, price.estimate);
  });
}

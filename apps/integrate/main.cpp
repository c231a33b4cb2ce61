#include <cmath>
#include <cstddef>
#include <map>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo/program.hpp>
#include <serried/mpi/run_main.hpp>

#include "integrate.hpp"

namespace {

using serried::integrate::Family;
using serried::integrate::Method;

const std::map<std::string, Family> families = {
    {"oscillatory", Family::oscillatory}, {"product-peak", Family::product_peak},
    {"corner-peak", Family::corner_peak}, {"gaussian", Family::gaussian},
    {"continuous", Family::continuous},   {"discontinuous", Family::discontinuous}};
const std::map<std::string, Method> methods = {{"plain", Method::plain}, {"sobol", Method::sobol}};

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("integrate", argc, argv, [&](serried::Environment& mpi) {
    using serried::montecarlo::named;
    using serried::montecarlo::names_of;
    serried::montecarlo::Program program(
        mpi.world(), "Integrates one of Genz's functions over the unit cube, and says what it should be.",
        "serried-integrate", {.trials = 1'048'576, .seed = 1});
    std::string family = "gaussian";
    std::string method = "sobol";
    std::size_t dimensions = 5;
    double difficulty = 5;
    CLI::App& app = program.app();
    app.add_option("--family", family, names_of(families) + " (default: " + family + ")")->option_text("F");
    app.add_option("--method", method, names_of(methods) + " (default: " + method + ")")->option_text("M");
    app.add_option("--dimensions", dimensions, "Of the cube, 1 to 20 (5)")
        ->check(serried::job::whole_number)
        ->option_text("D");
    app.add_option("--difficulty", difficulty,
                   "Sum of the a_i, which are random, as the u_i are, by the seed (5)")
        ->option_text("H");
    if (!program.parse(argc, argv)) {
      return;
    }
    const Family of = named(families, "--family", family);
    const Method by = named(methods, "--method", method);
    if (dimensions < 1 || dimensions > serried::integrate::max_dimensions) {
      throw serried::usage_error(fmt::format("--dimensions {}: 1 to 20", dimensions));
    }
    if (!(difficulty >= 1e-3 && difficulty <= 1000)) {
      throw serried::usage_error(fmt::format("--difficulty {}: it must be from 0.001 to 1000", difficulty));
    }
    program.options().configuration = fmt::format("family={}\nmethod={}\ndimensions={}\ndifficulty={}\n",
                                                  family, method, dimensions, difficulty);
    const serried::integrate::Integrand integrand(of, dimensions, difficulty, program.options().seed);
    const auto found = serried::integrate::run(mpi.world(), program.options(), integrand, by);
    program.write({{family, found.means[0]}, {"exact", {integrand.integral(), 0}}}, found);
  });
}

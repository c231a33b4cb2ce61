/// Monte Carlo: estimates with error bars, the same bits from any number of ranks and threads.
#pragma once

#include <serried/montecarlo/antithetic.hpp>
#include <serried/montecarlo/batch.hpp>
#include <serried/montecarlo/chains.hpp>
#include <serried/montecarlo/control_variate.hpp>
#include <serried/montecarlo/estimate.hpp>
#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/mesh.hpp>
#include <serried/montecarlo/observation.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/quantiles.hpp>
#include <serried/montecarlo/quasi.hpp>
#include <serried/montecarlo/stratified.hpp>
#include <serried/montecarlo/tally.hpp>

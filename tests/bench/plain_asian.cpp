// The price of an arithmetic Asian call as a good engineer writes it in an afternoon: a std::mt19937_64 for each OpenMP thread,
// std::normal_distribution and std::exp for each of 252 steps, an MPI_Reduce. It is what serried-option is measured against, so
// it stays plain: other ranks or threads, another price.
//
//   [mpirun -n R] plain_asian PATHS [--control]
//
// --control: with the call on the geometric mean as the control variate (A. Kemna and A. Vorst, 1990). Spot and strike 100, a
// rate of 0.05, a volatility of 0.2, a year: serried-option's. Prints the price, its standard error, and the seconds that the
// slowest rank took, without the start of MPI.

#include <mpi.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

namespace {

constexpr int n_steps = 252;
constexpr double spot = 100;
constexpr double strike = 100;
constexpr double rate = 0.05;           // a year
constexpr double volatility = 0.2;      // a year
constexpr double step = 1.0 / n_steps;  // years

double normal_probability(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// What the call on the geometric mean is worth.
double geometric_price() {
  const double mean = std::log(spot) + (rate - volatility * volatility / 2) * step * (n_steps + 1) / 2;
  const double variance =
      volatility * volatility * step * (n_steps + 1) * (2 * n_steps + 1) / (6.0 * n_steps);
  const double deviation = std::sqrt(variance);
  const double d = (mean - std::log(strike)) / deviation;
  return std::exp(-rate) *
         (std::exp(mean + variance / 2) * normal_probability(d + deviation) - strike * normal_probability(d));
}

// Of the payoffs x and the controls c.
enum Sum { sum_x, sum_xx, sum_c, sum_cc, sum_xc, n_sums };

}  // namespace

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  int rank = 0;
  int n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const bool is_controlled = argc == 3 && std::strcmp(argv[2], "--control") == 0;
  const long long n_paths = argc == 2 || is_controlled ? std::atoll(argv[1]) : 0;
  if (n_paths < 2) {
    if (rank == 0) {
      std::fputs("usage: plain_asian PATHS [--control]\n", stderr);
    }
    MPI_Finalize();
    return 2;
  }

  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  const long long n_here = n_paths / n_ranks + (rank < n_paths % n_ranks ? 1 : 0);
  const double log_spot = std::log(spot);
  const double drift = (rate - volatility * volatility / 2) * step;
  const double deviation = volatility * std::sqrt(step);
  const double discount = std::exp(-rate);
  double sums[n_sums] = {};
#pragma omp parallel reduction(+ : sums[:n_sums])
  {
    std::seed_seq seed{rank, omp_get_thread_num()};
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
#pragma omp for
    for (long long i = 0; i < n_here; ++i) {
      double log_price = log_spot;
      double of_logs = 0;
      double of_prices = 0;
      for (int t = 0; t < n_steps; ++t) {
        log_price += drift + deviation * normal(random);
        of_logs += log_price;
        of_prices += std::exp(log_price);
      }
      const double x = discount * std::max(of_prices / n_steps - strike, 0.0);
      sums[sum_x] += x;
      sums[sum_xx] += x * x;
      if (is_controlled) {
        const double c = discount * std::max(std::exp(of_logs / n_steps) - strike, 0.0);
        sums[sum_c] += c;
        sums[sum_cc] += c * c;
        sums[sum_xc] += x * c;
      }
    }
  }
  double all[n_sums] = {};
  MPI_Reduce(sums, all, n_sums, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
  if (rank == 0) {
    const auto n = static_cast<double>(n_paths);
    double price = all[sum_x] / n;
    double variance = all[sum_xx] / n - price * price;
    if (is_controlled) {
      const double mean = all[sum_c] / n;
      const double covariance = all[sum_xc] / n - price * mean;
      const double coefficient = covariance / (all[sum_cc] / n - mean * mean);
      price -= coefficient * (mean - geometric_price());
      variance -= coefficient * covariance;
    }
    std::printf("price %.10f\nstandard_error %.6e\nseconds %.6f\n", price, std::sqrt(variance / (n - 1)),
                MPI_Wtime() - start);
  }
  MPI_Finalize();
  return 0;
}

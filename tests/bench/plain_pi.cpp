// Pi by random points as a good engineer writes it in an afternoon: a std::mt19937_64 for each OpenMP thread, hits counted, an
// MPI_Reduce. It is what serried-pi is measured against, so it stays plain: other ranks or threads, another pi.
//
//   [mpirun -n R] plain_pi POINTS
//
// Prints pi and the seconds that the slowest rank took, without the start of MPI.

#include <mpi.h>
#include <omp.h>

#include <cstdio>
#include <cstdlib>
#include <random>

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  int rank = 0;
  int n_ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const long long n_points = argc == 2 ? std::atoll(argv[1]) : 0;
  if (n_points < 1) {
    if (rank == 0) {
      std::fputs("usage: plain_pi POINTS\n", stderr);
    }
    MPI_Finalize();
    return 2;
  }

  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  const long long n_here = n_points / n_ranks + (rank < n_points % n_ranks ? 1 : 0);
  long long hits = 0;
#pragma omp parallel reduction(+ : hits)
  {
    std::seed_seq seed{rank, omp_get_thread_num()};
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
#pragma omp for
    for (long long i = 0; i < n_here; ++i) {
      const double x = uniform(random);
      const double y = uniform(random);
      hits += x * x + y * y < 1 ? 1 : 0;
    }
  }
  long long all_hits = 0;
  MPI_Reduce(&hits, &all_hits, 1, MPI_LONG_LONG, MPI_SUM, 0, MPI_COMM_WORLD);
  if (rank == 0) {
    std::printf("pi %.10f\nseconds %.6f\n", 4 * static_cast<double>(all_hits) / static_cast<double>(n_points),
                MPI_Wtime() - start);
  }
  MPI_Finalize();
  return 0;
}

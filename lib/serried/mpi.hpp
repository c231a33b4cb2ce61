/// MPI as C++: the environment, communicators, typed messages and collectives. Whatever calls MPI throws a serried::Error
/// with MPI's error class, rank and host if MPI fails.
///
/// serialize.hpp and async_serialize.hpp (objects of any kind, by cereal) and eigen.hpp (matrices) are not among them: each
/// takes longer to compile than all of these, so whoever needs them includes them.
#pragma once

#include <serried/mpi/activity.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/allreduce_exact.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/environment.hpp>
#include <serried/mpi/exscan.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/mpi/node_exchange.hpp>
#include <serried/mpi/node_map.hpp>
#include <serried/mpi/notices.hpp>
#include <serried/mpi/open_mpi_defaults.hpp>
#include <serried/mpi/parcels.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/reduce.hpp>
#include <serried/mpi/reduction.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/run_main.hpp>
#include <serried/mpi/scan.hpp>
#include <serried/mpi/scatter.hpp>
#include <serried/mpi/status_board.hpp>
#include <serried/mpi/threads.hpp>
#include <serried/mpi/waiting.hpp>
#include <serried/mpi/watchdog.hpp>

/// MapReduce over MPI: count, combine and sort what is in files, on all cores of all nodes, with the same
/// bits from any number of them. Includes what `main` needs: Environment and run_main.
#pragma once

#include <serried/mapreduce/fixed_records.hpp>
#include <serried/mapreduce/located_text.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/pipeline.hpp>
#include <serried/mapreduce/record_sort.hpp>
#include <serried/mapreduce/sequences.hpp>
#include <serried/mapreduce/sources.hpp>
#include <serried/mapreduce/text.hpp>
#include <serried/mpi/environment.hpp>
#include <serried/mpi/run_main.hpp>

/// All of serried::job.
#pragma once

#include <serried/job/command_line.hpp>
#include <serried/job/report_file.hpp>
#include <serried/job/run.hpp>
#include <serried/job/stop_signals.hpp>
#include <serried/job/work.hpp>

/// The exit codes that every Serried program shares.
///
/// A batch script tells "try again with the checkpoint" from "broken" by the code alone, so no program
/// invents codes of its own.
#pragma once

namespace serried {

enum class ExitCode : int {
  done = 0,
  failed = 1,
  usage = 2,              ///< the command line makes no sense; nothing was done
  some_tasks_failed = 3,  ///< the job is done, but without the tasks that it reported
  resumable = 75,         ///< stopped early with a checkpoint: start again with --resume (EX_TEMPFAIL)
};

}  // namespace serried

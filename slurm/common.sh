# Sourced by the .sbatch files in this folder. All of it can be set from outside:
#   SERRIED_BIN    folder of the serried-* programs (build/release/bin of the folder that sbatch was called in)
#   SERRIED_SRUN   how ranks are started (srun --mpi=pmix)
# shellcheck shell=bash

SERRIED_BIN=${SERRIED_BIN:-${SLURM_SUBMIT_DIR:-$PWD}/build/release/bin}
read -r -a srun_command <<<"${SERRIED_SRUN:-srun --mpi=pmix}"
threads=${SLURM_CPUS_PER_TASK:-1}
# Newer Slurm does not hand --cpus-per-task on from sbatch to srun.
export SRUN_CPUS_PER_TASK=$threads

fail() {
  echo "${SLURM_JOB_NAME:-$0}: $*" >&2
  exit 1
}

# begin PROGRAM RESULT: the first lines of a job's output say what ran and where.
begin() {
  [[ -x $SERRIED_BIN/$1 ]] || fail "no program $SERRIED_BIN/$1: build it, or set SERRIED_BIN"
  echo "job      ${SLURM_JOB_ID:-none}, started $(date --iso-8601=seconds)"
  echo "nodes    ${SLURM_JOB_NUM_NODES:-1}: ${SLURM_JOB_NODELIST:-$(hostname)}"
  echo "ranks    ${SLURM_NTASKS:-1} of $threads threads each"
  echo "program  $("$SERRIED_BIN/$1" --version)"
  echo "launch   ${srun_command[*]}"
  # Beside the result, so that one clock, the file server's, dates both.
  [[ -d $(dirname "$2") ]] || fail "no folder $(dirname "$2") for the result"
  started=$(mktemp "$(dirname "$2")/.started.XXXXXX")
  trap 'rm -f "$started"' EXIT
}

# check_result RESULT: an exit code of 0 is not enough, for launchers were seen to return 0 after a failure. The
# programs give a result its final name only when it is complete; here it is seen that it is this job's.
check_result() {
  [[ -e $1 ]] || fail "no result in $1"
  [[ $1 -nt $started ]] || fail "$1 is older than this job"
  echo "result   $1, $(stat -c %s "$1") bytes, sha256 $(sha256sum <"$1" | cut -d ' ' -f 1)"
}

# run_app APP ARGUMENT... RESULT: a job that is serried-APP with these arguments, which writes RESULT.
run_app() {
  local app=$1 result=${*: -1}
  if [[ $# -lt 3 ]]; then
    echo "usage: sbatch slurm/$app.sbatch [OPTION...] INPUT... OUTPUT" >&2
    exit 2
  fi
  begin "serried-$app" "$result"
  # 3: the result is complete but for records that --on-error skipped.
  local code=0
  "${srun_command[@]}" "$SERRIED_BIN/serried-$app" "${@:2:$#-2}" --threads "$threads" --quiet -o "$result" || code=$?
  if [[ $code == 0 || $code == 3 ]]; then check_result "$result"; fi
  exit "$code"
}

# Sourced by .ci/run, ./run long and ./run clean-root: runs stages one after another, each under a
# time limit, and says how long each took. The first stage that fails ends the run.
#
# The caller sets stage_logs (a folder: a log per stage, and what was said in `report`), may set
# stage_budget (seconds that all stages should take together: more is said) and stage_end (seconds
# after which the stage that runs is cut off) and may define stage_summary STATUS,
# which is called at the end whether all went well or not; if it fails, so does the run.
# shellcheck shell=sh disable=SC2154
stage_start=$(date +%s)
stage_pid=''
rm -rf "$stage_logs"
mkdir -p "$stage_logs"

stage_say() {
    printf '%s\n' "$1" | tee -a "$stage_logs/report"
}

stage_summary() { :; }

# A signal ends the stage that runs, with all it started, and then us.
stage_abort() {
    if [ -n "$stage_pid" ]; then
        kill "$stage_pid" 2>/dev/null || true
        wait "$stage_pid" 2>/dev/null || true
    fi
    exit "$1"
}
trap 'stage_abort 130' INT
trap 'stage_abort 143' TERM

# stage_done STATUS: the total, the caller's summary, exit.
stage_done() {
    stage_rc=$1
    stage_total=$(($(date +%s) - stage_start))
    stage_say "== total: $stage_total s"
    if [ "$stage_total" -gt "${stage_budget:-$stage_total}" ]; then
        stage_say "== OVER THE BUDGET of $stage_budget s: make it shorter, unless the machine was busy"
    fi
    stage_summary "$stage_rc" || [ "$stage_rc" -ne 0 ] || stage_rc=1
    exit "$stage_rc"
}

# stage NAME LIMIT_SECONDS COMMAND...
stage() {
    stage_name=$1
    stage_limit=$2
    shift 2
    stage_log=$stage_logs/$stage_name.log
    stage_from=$(date +%s)
    stage_rc=0
    if [ -n "${stage_end:-}" ]; then
        stage_left=$((stage_end - (stage_from - stage_start)))
        [ "$stage_left" -gt 1 ] || stage_left=1
        [ "$stage_limit" -le "$stage_left" ] || stage_limit=$stage_left
    fi
    # In the background, so that a signal to us is acted on at once; a shell lets what it puts there
    # ignore SIGINT, which env undoes.
    env --default-signal=INT,QUIT timeout --kill-after=10 "$stage_limit" "$@" \
        >"$stage_log" 2>&1 </dev/null &
    stage_pid=$!
    wait "$stage_pid" || stage_rc=$?
    stage_pid=''
    stage_took=$(($(date +%s) - stage_from))
    case $stage_rc in
    0)
        stage_say "== $stage_name: ok ($stage_took s)"
        return 0
        ;;
    124 | 137) stage_verdict="over its limit of $stage_limit s" ;;
    *) stage_verdict="$stage_took s, exit $stage_rc" ;;
    esac
    tail -n 80 "$stage_log"
    stage_say "== $stage_name: FAILED ($stage_verdict)"
    stage_done 1
}

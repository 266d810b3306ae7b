#!/bin/sh
# ./run long: what does not fit into .ci/run. Its result, with date and commit, replaces tests/LONG.
set -eu
cd "$(dirname "$0")/../.."
stage_logs=build/long
# shellcheck source=tests/support/stage.sh
. tests/support/stage.sh

commit=$(git rev-parse --short=12 HEAD)
[ -z "$(git status --porcelain -- . ':!tests/LONG')" ] || commit="$commit, with changes"

# shellcheck disable=SC2317 # stage_done calls it
stage_summary() {
    {
        if [ "$1" -eq 0 ]; then echo "result: ok"; else echo "result: FAILED"; fi
        echo "date: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
        echo "commit: $commit"
        cat "$stage_logs/report"
    } >tests/LONG
}

# optional NAME LIMIT ARGUMENT...: the stage ./run NAME, if its room has been built.
optional() {
    name=$1
    limit=$2
    shift 2
    if [ -x "tests/$name/run.sh" ]; then
        stage "$name" "$limit" ./run "$name" "$@"
    else
        stage_say "== $name: not there yet"
    fi
}

# durable NAME LIMIT TEST ARGUMENT...: a system test of the release build, with more rounds.
durable() {
    name=$1
    limit=$2
    program=tests/system/$3.py
    shift 3
    stage "$name" "$limit" env CI=true /usr/bin/python3 -B "$program" "$PWD/build/bin" \
        "$PWD/build/tests" "$@"
    stage_say "   $(grep -E '^(rounds|cuts|append|opening|changing)' "$stage_logs/$name.log")"
}

stage durable-build 1800 ./run test release -R '^system/test_sync_order$'
durable kill9 3600 test_kill9 200
durable power-cut 3600 test_power_cut 50
durable faults 7200 test_fault_injection 0
for model in epoch_change governance restore split_view witness_race; do
    stage "model-$model" 3600 tests/support/run_model.sh "specs/model/$model.pml" long
done
stage asan 7200 ./run test asan -E '^system/test_(sync_order|power_cut|fault_injection)$'
stage tsan 3600 ./run test tsan
stage fuzz 14400 ./run fuzz 600
stage coverage-tests 1800 ./run test coverage
stage coverage 600 gcovr --root . --filter '(crypto|ledger|net|node|cli)/' --print-summary \
    build/coverage
grep -E '^(lines|branches):' "$stage_logs/coverage.log" | while IFS= read -r line; do
    stage_say "   $line"
done
optional bench 7200 full
optional interop 3600
optional sim 7200
stage clean-root 5400 ./run clean-root
stage_done 0

#!/bin/sh
# Runs one fuzz target of build/fuzz for some seconds:   run_fuzz.sh NAME SECONDS
# It starts from tests/fuzz/corpus/NAME and from what earlier runs kept in build/fuzz/corpus/NAME.
# An input that breaks it is left in build/fuzz/found/; once understood it belongs in the corpus.
set -eu
cd "$(dirname "$0")/../.."
name=$1
seconds=$2
seeds=tests/fuzz/corpus/$name
kept=build/fuzz/corpus/$name
log=build/fuzz/$name.log
[ -d "$seeds" ] || {
    echo "fuzz $name: FAILED: $seeds is missing"
    exit 1
}
mkdir -p "$kept" build/fuzz/found
status=0
"build/fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name-" "$kept" "$seeds" \
    >"$log" 2>&1 </dev/null || status=$?
if [ $status -ne 0 ]; then
    tail -n 40 "$log"
    echo "fuzz $name: FAILED (exit $status), see build/fuzz/found/"
    exit 1
fi
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
coverage=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
echo "fuzz $name: ok (${runs:-?} runs, ${coverage:-?} edges)"

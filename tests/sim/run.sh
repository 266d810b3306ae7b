#!/bin/sh
# Simulate cities: run.sh BUILD [N | --seed SEED] [-v]. The seeds of N (100) cities follow from the
# commit, so every commit tries others; those of SEEDS come first.
set -eu
build=$1
shift
case "${1:-}" in
--*) exec "$build/tests/lh_sim" "$@" ;;
esac
count=${1:-100}
[ $# -eq 0 ] || shift
from=$(git rev-parse --short=12 HEAD 2>/dev/null || echo 1)
echo "sim: seeds of commit $from"
exec "$build/tests/lh_sim" "$count" --from "0x$from" --kept tests/sim/SEEDS --jobs "$(nproc)" "$@"

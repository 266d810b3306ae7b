#!/bin/sh
# Checks a model of specs/model/ by exhaustion:   run_model.sh FILE.pml [run|long]
# Its comment says which runs hold and which do not: "run ok ARGUMENT..." and "run fails ARGUMENT...";
# "long ok" and "long fails" are larger ones.
# Prints each run with its states; a run that is not as said, or was cut short, is exit status 1.
set -eu
model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
size=${2:-run}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
bad=0
count=0
sed -n 's/^ \*   '"$size"' \(ok\|fails\) *\(\(-D[A-Za-z0-9_=]* *\)*\).*$/\1 \2/p' "$model" >runs
while read -r want arguments; do
    count=$((count + 1))
    # shellcheck disable=SC2086 # arguments are words
    spin $arguments -a "$model" >spin.log 2>&1 || {
        cat spin.log
        exit 1
    }
    ${CC:-cc} -O1 -DSAFETY -DNOREDUCE -DVECTORSZ=2048 -w -o pan pan.c
    ./pan -E -m1000000 >pan.log 2>&1 || true
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)
    errors=$(sed -n 's/.*errors: \([0-9]*\)$/\1/p' pan.log)
    if grep -q 'max search depth too small\|out of memory' pan.log; then
        got=unfinished
    elif [ "$errors" = 0 ]; then
        got=ok
    elif grep -q 'assertion violated' pan.log; then
        got=fails
    else
        got=broken
    fi
    echo "$(basename "$model") $want $arguments: $got (${states:-no} states)"
    [ "$got" = "$want" ] || bad=1
    rm -f pan pan.* ./*.trail
done <runs
[ "$count" -gt 1 ] || {
    echo "$model: fewer than two runs named"
    exit 1
}
exit $bad

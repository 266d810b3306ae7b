#!/bin/sh
# Gate: clang-tidy finds nothing in our code.   tidy.sh BUILD-DIR [JOBS]
# The build directory must be built: generated headers are read, though never judged.
set -eu
cd "$(dirname "$0")/../../.."
root=$(pwd -P)
build=${1:?usage: tidy.sh BUILD-DIR [JOBS]}
jobs=${2:-$(nproc)}
log=$build/tidy.log
esc=$(printf '\033')
err_c='crypto/base/err\.c$' # defines what tidy_model.h is about, so it goes without it
rc=0

# tidy FILES-REGEX [ARGUMENT...]
tidy() {
    files=$1
    shift
    # Named in full: the script's own interpreter line takes whatever python3 comes first in PATH.
    /usr/bin/python3 /usr/bin/run-clang-tidy -quiet -p "$build" -j "$jobs" \
        -clang-tidy-binary /usr/bin/clang-tidy "$@" "^$root/$files" >>"$log" 2>>"$log.err" || rc=$?
}

: >"$log"
: >"$log.err"
tidy "(?!$err_c)(crypto|ledger|net|node|cli)/" \
    -extra-arg=-include -extra-arg="$root/tests/support/gates/tidy_model.h"
tidy "$err_c"
sed -i "s/$esc\\[[0-9;]*m//g" "$log" # it colours even what is no terminal
checked=$(grep -c '^/usr/bin/clang-tidy ' "$log" || true)
if [ "$rc" -ne 0 ] || [ "$checked" -lt 2 ]; then
    grep -vE '^/usr/bin/clang-tidy |^$' "$log" || tail -n 20 "$log.err"
    echo "clang-tidy failed ($checked files)"
    exit 1
fi
echo "$checked files"

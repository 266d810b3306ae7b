#!/bin/sh
# ./run bench [full] [OPTION...]: measure, print, and keep the table in tests/bench/RESULTS.md.
# First argument: the build directory. `full` is 10^7 entries and takes an hour or more.
set -eu

build=$1
shift
size=--quick
if [ "${1:-}" = full ]; then
    size=--full
    shift
fi
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
results=$here/RESULTS.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Ticks of all processors so far: those at work, and all.
ticks() {
    awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i; print all - $5 - $6, all }' /proc/stat
}

# The load average would still count the build that has just ended.
before=$(ticks)
sleep 10
busy=$(echo "$before $(ticks)" |
    awk -v cores="$(nproc)" '{ printf "%.2f", cores * ($3 - $1) / ($4 - $2) }')

commit=$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo 'not committed yet')
changes=$(git -C "$here" status --porcelain -- :/ ':(top,exclude)tests/bench/RESULTS.md' 2>/dev/null | head -n 1)
[ -z "$changes" ] || commit="$commit, with changes"

"$build/bin/liuhen-bench" all $size --markdown "$work/table" "$@" >"$work/text"
cat "$work/text"

cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
memory=$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)
cat >"$work/results" <<END
# How fast

Written by \`./run bench\`; do not edit. What each floor is and how figures are taken: README.md.

| | |
| --- | --- |
| machine | $cpu, $(nproc) cores, $memory |
| system | $(uname -sr), $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release) |
| libraries | OpenSSL $(pkg-config --modversion libcrypto), RocksDB $(pkg-config --modversion rocksdb), libevent $(pkg-config --modversion libevent) |
| commit | $commit |
| date | $(date -u +%Y-%m-%d) |
| command | \`liuhen-bench all $size\` |
| busy before | $busy cores (above 0.2 others were at work: the figures are lower bounds) |

END
cat "$work/table" >>"$work/results"
mv "$work/results" "$results"
echo "written to tests/bench/RESULTS.md; aims missed: $(grep -c '| MISSED |' "$results" || true)" \
    "(tests/bench/README.md says why)"

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

load=$(cut -d ' ' -f 1 /proc/loadavg)
"$build/bin/liuhen-bench" all $size --markdown "$work/table" "$@" | tee "$work/text"

commit=$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo 'not committed yet')
[ -z "$(git -C "$here" status --porcelain 2>/dev/null | head -n 1)" ] || commit="$commit, with changes"
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
| load before | $load (above 1.5 others were at work: the figures are lower bounds) |

END
cat "$work/table" >>"$work/results"
mv "$work/results" "$results"
echo "written to tests/bench/RESULTS.md"

#!/bin/sh
# Checks a node against other people's tools: a small Go program around golang.org/x/mod/sumdb
# (note, tlog), which has nothing of ours, judges all that a node serves.
#
#   run.sh BUILD_DIR [LEAVES]     70000 leaves, unless said otherwise
#
# Exit code 77: Go or the package is not installed (a failure if CI=true). Where LIUHEN_GO_CACHE
# names a folder, what Go compiled is kept there for the next time.
set -eu

build=$(cd "${1:?usage: run.sh BUILD_DIR [LEAVES]}" && pwd)
leaves=${2:-70000}
here=$(cd "$(dirname "$0")" && pwd)

missing() {
    echo "interop: $1 (packages: golang-go golang-golang-x-mod-dev)" >&2
    [ "${CI:-}" = true ] || exit 77
    exit 1
}

go=
for one in /usr/bin/go /usr/lib/go-1.19/bin/go; do
    [ -n "$go" ] || [ ! -x "$one" ] || go=$one
done
[ -n "$go" ] || missing "there is no Go"
[ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] || missing "golang.org/x/mod is not there"

# shellcheck source=tests/interop/node.sh
. "$here/node.sh"

build_referee() {
    cache=${LIUHEN_GO_CACHE:-$work/go-cache}
    # Debian's sources only: no modules, no network, no C compiler.
    (cd "$here/referee" && env -u GOROOT GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' \
        GOENV=off GOCACHE="$cache" CGO_ENABLED=0 "$go" build -o "$work/referee" ./*.go)
}

# referee MODE: prints its own lines, and one more if it did not come to its end.
referee() {
    status=0
    "$work/referee" "$1" "$work/gaj/liuhend.sock" "$work/gaj/trust.policy" "$work/last" "$2" ||
        status=$?
    [ "$status" -le 1 ] || echo "FAILED  the referee comes to an end: exit code $status"
}

build_referee
found_ledger

referee watch "$work/stop" >"$work/watched" &
other_pids=$!
claim "the ledger takes about $leaves leaves" /usr/bin/python3 -B "$here/load.py" \
    "$work/gaj/liuhend.sock" "$staff" "$leaves" "$work/answers"
: >"$work/stop"
wait "$other_pids" || true
other_pids=
tee -a "$work/claims" <"$work/watched"
claim "the node stops when told to" stop_node
start_node
referee judge "$work/answers" | tee -a "$work/claims"

passed=$(grep -c '^ok ' "$work/claims" || true)
failed=$(grep -c '^FAILED ' "$work/claims" || true)
echo "interop: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

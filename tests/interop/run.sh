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

work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-interop.XXXXXX")
node_pid=
watch_pid=
PATH=$build/bin:$PATH
# Nothing of the person who runs this is read or written.
export PATH HOME="$work/home" XDG_STATE_HOME="$work/state" LIUHEN_DATA="$work/gaj" NO_COLOR=1
unset LIUHEN_NODE LIUHEN_TRUST LC_ALL LC_MESSAGES
export LANG=C.UTF-8

cleanup() {
    status=$?
    trap - EXIT
    for pid in $watch_pid $node_pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    if [ "$status" -ne 0 ] && [ -f "$work/liuhend.log" ]; then
        tail -n 20 "$work/liuhend.log" >&2 || true
    fi
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/home" "$work/state"

build_referee() {
    cache=${LIUHEN_GO_CACHE:-$work/go-cache}
    # Debian's sources only: no modules, no network, no C compiler.
    (cd "$here/referee" && env -u GOROOT GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' \
        GOENV=off GOCACHE="$cache" CGO_ENABLED=0 "$go" build -o "$work/referee" ./*.go)
}

start_node() {
    liuhend --config "$work/gaj/liuhend.conf" >>"$work/liuhend.log" 2>&1 &
    node_pid=$!
    tries=0
    until liuhen status >"$work/out" 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { echo "interop: the node did not start" >&2 && exit 1; }
        kill -0 "$node_pid" 2>/dev/null || { echo "interop: the node ended" >&2 && exit 1; }
        sleep 0.1
    done
}

say() { echo "$*" | tee -a "$work/claims"; }

# claim NAME COMMAND...: one line, as the referee prints them. The last line said is the detail.
claim() {
    name=$1
    shift
    status=0
    "$@" >"$work/out" 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        say "ok      $name ($(tail -n 1 "$work/out"))"
    else
        say "FAILED  $name: exit code $status, $(tail -n 1 "$work/out")"
    fi
}

# referee MODE: prints its own lines, and one more if it did not come to its end.
referee() {
    status=0
    "$work/referee" "$1" "$work/gaj/liuhend.sock" "$work/gaj/trust.policy" "$work/last" "$2" ||
        status=$?
    [ "$status" -le 1 ] || echo "FAILED  the referee comes to an end: exit code $status"
}

# Both officers sign every act named; then the node takes them in.
by_two_officers() {
    liuhen cosign "$@" --key "$work/zhang.pem" -q >/dev/null
    liuhen cosign "$@" --key "$work/li.pem" -q >/dev/null
    liuhen submit "$@" >/dev/null
}

found_ledger() {
    for who in zhang li staff; do
        liuhen keygen -o "$work/$who.pem" -q >/dev/null
    done
    liuhen init --network jinhua --dept gaj --name 市公安局 --data "$work/gaj" \
        --guard "$work/guard" --officer zhang="$work/zhang.pub" --officer li="$work/li.pub" \
        -q >/dev/null
    echo "heartbeat.idle = 0" >>"$work/gaj/liuhend.conf" # the head stands still while it is judged
    start_node
    by_two_officers "$work/gaj/generation-1.lh"
    staff=$(liuhen staff enrol --key "$work/staff.pub" --roles counter --post window-1 \
        --from yesterday -o "$work/staff.lh" -q)
    by_two_officers "$work/staff.lh"
}

stop_node() {
    kill -TERM "$node_pid"
    wait "$node_pid"
    node_pid=
    echo "exit code 0"
}

build_referee
found_ledger

referee watch "$work/stop" >"$work/watched" &
watch_pid=$!
claim "the ledger takes about $leaves leaves" /usr/bin/python3 -B "$here/load.py" \
    "$work/gaj/liuhend.sock" "$staff" "$leaves" "$work/answers"
: >"$work/stop"
wait "$watch_pid" || true
watch_pid=
tee -a "$work/claims" <"$work/watched"
claim "the node stops when told to" stop_node
start_node
referee judge "$work/answers" | tee -a "$work/claims"

passed=$(grep -c '^ok ' "$work/claims" || true)
failed=$(grep -c '^FAILED ' "$work/claims" || true)
echo "interop: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

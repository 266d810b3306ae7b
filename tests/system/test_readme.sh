#!/bin/sh
# What the README says by hand, pasted as it stands there.
#
#   test_readme.sh BUILD_DIR
set -eu

build=$(cd "${1:?usage: test_readme.sh BUILD_DIR}" && pwd)
readme=$(cd "$(dirname "$0")/../.." && pwd)/README.md
work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-readme.XXXXXX")
export TMPDIR="$work" HOME="$work/home" XDG_STATE_HOME="$work/state" NO_COLOR=1 LANG=C.UTF-8
unset LIUHEN_NODE LIUHEN_TRUST LIUHEN_DATA LC_ALL LC_MESSAGES

cleanup() {
    status=$?
    trap - EXIT
    # A block that broke off leaves its node running.
    [ ! -s "$work/pid" ] || kill "$(cat "$work/pid")" 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    cat "$work/out" "$work/err" >&2
    echo "FAILED: $1" >&2
    exit 1
}
says() {
    grep -q -e "$2" "$work/$1" || fail "no \"$2\" on $1"
}

# "where it was built" is a folder with build/ in it.
ln -s "$build" "$work/build"
awk '/^```/ { inside = !inside; if (inside) block = ""; else if (block ~ /liuhen keygen/) printf "%s", block; next }
     inside { block = block $0 "\n" }' "$readme" >"$work/block"
[ -s "$work/block" ] || fail "the README has no block by hand"
sed "/^liuhend .*&\$/a echo \$! >$work/pid" "$work/block" >"$work/script"
grep -q 'echo \$! >' "$work/script" || fail "the node is not started in a line of its own"

# A shell at which somebody sits goes on after a failure; here none is forgiven.
(cd "$work" && timeout 60 sh -eu script >out 2>err) || fail "the block of the README ends with $?"
[ "$(grep -c '	recorded	gaj/1/' "$work/out")" -eq 3 ] || fail "not all was recorded"
says out 'QUERY.*marriage'
says err 'rows proven: 1'
if grep -q 'not checked' "$work/err"; then
    fail "signatures were not checked"
fi
tries=0
while kill -0 "$(cat "$work/pid")" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || fail "the node did not end"
    sleep 0.1
done

echo "readme: ok"

#!/bin/sh
# Shows Liuhen with one department, from nothing to a caught forgery, in under two minutes. All of it
# happens in one temporary folder over one Unix socket; nothing is installed and nothing stays.
#
#   demo.sh BUILD_DIR          LIUHEN_DEMO_KEEP=1 leaves the folder and says where it is
set -eu

build=$(cd "${1:?usage: demo.sh BUILD_DIR}" && pwd)
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
PATH=$build/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-demo.XXXXXX")
node_pid=
# Nothing of the person who runs this is read or written.
export PATH HOME="$work/home" XDG_STATE_HOME="$work/state" LIUHEN_DATA="$work/gaj" NO_COLOR=1
unset LIUHEN_NODE LIUHEN_TRUST LC_ALL LC_MESSAGES
export LANG=C.UTF-8

cleanup() {
    status=$?
    trap - EXIT
    if [ -n "$node_pid" ]; then
        kill "$node_pid" 2>/dev/null || true
        wait "$node_pid" 2>/dev/null || true
    fi
    if [ "$status" -ne 0 ]; then
        [ ! -f "$work/liuhend.log" ] || tail -n 20 "$work/liuhend.log" >&2
        echo "demo: FAILED (exit $status)" >&2
    fi
    [ -n "${LIUHEN_DEMO_KEEP:-}" ] || rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$work"

say() { printf '\n== %s\n' "$1"; }
tell() { printf '   %s\n' "$*"; }
show() { sed 's/^/   | /'; }
fail() {
    echo "demo: $*" >&2
    exit 1
}

# expect CODE WHAT COMMAND...: run it, keep its output in $work/out, insist on its exit code.
expect() {
    wanted=$1
    what=$2
    shift 2
    got=0
    "$@" >"$work/out" 2>&1 || got=$?
    [ "$got" -eq "$wanted" ] || {
        cat "$work/out" >&2
        fail "$what: exit $got, expected $wanted"
    }
}

# Both officers sign every act named; then the node takes them in.
by_two_officers() {
    liuhen cosign "$@" --key "$work/zhang/officer.pem" -q >/dev/null
    liuhen cosign "$@" --key "$work/li/officer.pem" -q >/dev/null
    liuhen submit "$@" >"$work/out"
    ! grep -qv 'recorded' "$work/out" || fail "an act was not recorded: $(cat "$work/out")"
}

say "A department founds its ledger (市公安局, network jinhua)"
mkdir -p "$work/zhang" "$work/li" "$work/home" "$work/state"
liuhen keygen -o "$work/zhang/officer.pem" -q >/dev/null
liuhen keygen -o "$work/li/officer.pem" -q >/dev/null
liuhen init --network jinhua --dept gaj --name 市公安局 --data "$work/gaj" --guard "$work/guard" \
    --officer zhang="$work/zhang/officer.pub" --officer li="$work/li/officer.pub" -q |
    sed "s|$work/||" | show
liuhend --config "$work/gaj/liuhend.conf" >"$work/liuhend.log" 2>&1 &
node_pid=$!
tries=0
until liuhen status >"$work/out" 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || fail "the node did not start"
    kill -0 "$node_pid" 2>/dev/null || fail "the node ended"
    sleep 0.1
done
by_two_officers "$work/gaj/generation-1.lh"
tell "Two officers (负责人) opened the ledger; one alone could not have:"
liuhen status | show

say "People and catalogue (人员登记, 事项目录): officers' acts, both signatures each"
staff=
for who in 0 1 2 3 4; do
    liuhen keygen -o "$work/staff-$who.pem" -q >/dev/null
    one=$(liuhen staff enrol --key "$work/staff-$who.pub" --roles counter --post "window-$who" \
        --from yesterday -o "$work/staff-$who.lh" -q)
    staff="$staff $one"
done
by_two_officers "$work"/staff-?.lh
liuhen act "$source_dir/specs/catalogue/seed.json" -o "$work/catalogue" -q
by_two_officers "$work"/catalogue/*.lh
tell "5 staff members (pseudonyms; names stay in the department) and" \
    "$(find "$work/catalogue" -name '*.lh' | wc -l) catalogue items, for example:"
liuhen trail --type CATALOG -n 1 -q --json | sed -n 's/.*"title": "\(.*\)".*/\1/p' | show

say "A day at the counters (窗口): every entry signed by the person who did it"
mkdir "$work/day"
# shellcheck disable=SC2086 # one argument for each staff member
python3 "$source_dir/tests/system/seed_day.py" "$work/day" "$(date +%s)" $staff >"$work/facts"
# shellcheck disable=SC1091 # made just now
. "$work/facts"
: >"$work/recorded"
for file in "$work"/day/*.ndjson; do
    who=${file##*-}
    liuhen record --key "$work/staff-${who%.ndjson}.pem" "$file" >>"$work/recorded"
done
# shellcheck disable=SC2154 # the facts of the day are read above
[ "$(grep -c recorded "$work/recorded")" -eq "$DAY_COUNT" ] || fail "not all of the day was recorded"
tell "$DAY_COUNT entries recorded: 立案, 查询, 采用, 告知, 承诺, 核查, 办结. None was refused."

say "Who looked at what? A trail by staff (按人员), every row proven"
# shellcheck disable=SC2086,SC2154 # the words of $staff are wanted one by one
set -- $staff
expect 0 "trail by staff" liuhen trail --staff "$2" --type QUERY -n 6 --table
show <"$work/out"
grep -q 'rows proven: 6' "$work/out" || fail "the trail says nothing of its proof"
tell "The last one has no case (办件): it is on record all the same, and a rule can find it."

say "A trail by case (按办件), in Chinese"
# shellcheck disable=SC2154
expect 0 "trail by case" liuhen trail --case "$STORY_CASE" --lang zh --table
show <"$work/out"
grep -q '行均有证明' "$work/out" || fail "the trail by case says nothing of its proof"

say "One entry (条目) and its receipt (回执)"
# shellcheck disable=SC2154
entry=$(liuhen export -f ndjson -o - -q | sed -n "s/.*\"entry\":\"\([^\"]*\)\".*\"id\":\"$LONE_QUERY\".*/\1/p")
[ -n "$entry" ] || fail "the lone query is not in the ledger"
expect 0 "show" liuhen show "$entry"
show <"$work/out"
liuhen receipt get "$entry" -o receipt.tlog-proof -q
tell "The receipt is a file of $(wc -c <receipt.tlog-proof) bytes. Checked without the node, with the department's policy only:"
expect 0 "receipt" liuhen-verify --trust gaj/trust.policy receipt.tlog-proof
grep -q '^RESULT: VERIFIED' "$work/out" || fail "the receipt was not verified"
show <"$work/out"

say "An auditor replays the whole ledger (重放) from an archive"
liuhen export --format archive -o gaj.lhar -q
expect 0 "archive" liuhen-verify --trust gaj/trust.policy gaj.lhar
grep -q '^RESULT: VERIFIED' "$work/out" || fail "the archive was not verified"
show <"$work/out"

if LC_ALL=C grep -qa 'DEMO[0-9]' gaj.lhar; then
    fail "a person's id stands in the archive"
fi
tell "Whom the queries were about is not in it: the ledger holds salted digests, the ids stay apart."

say "Somebody changes one letter in a copy of it"
cp gaj.lhar forged.lhar
at=$(LC_ALL=C grep -abo "$LONE_QUERY" forged.lhar | head -n 1 | cut -d: -f1)
printf 'n' | dd of=forged.lhar bs=1 seek="$at" conv=notrunc 2>/dev/null
tell "$LONE_QUERY became n${LONE_QUERY#?} in entry $entry, byte $at:"
expect 10 "forged archive" liuhen-verify --trust gaj/trust.policy forged.lhar
grep -q '^RESULT: VERIFICATION FAILED' "$work/out" || fail "the forgery was not caught"
grep -q "$entry\([^0-9]\|\$\)" "$work/out" || fail "the forged entry $entry was not named"
show <"$work/out"

say "Done"
if [ -n "${LIUHEN_DEMO_KEEP:-}" ]; then
    echo "Everything is in $work; demo: ok"
else
    echo "Everything was in $work, which is removed now; demo: ok"
fi

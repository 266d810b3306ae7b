#!/bin/sh
# Operating a node: counts, the doctor, backups and what comes of them.
#
#   test_operate.sh BUILD_DIR
set -eu

build=$(cd "${1:?usage: test_operate.sh BUILD_DIR}" && pwd)
PATH=$build/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-operate.XXXXXX")
node_pid=
export PATH HOME="$work/home" XDG_STATE_HOME="$work/state" NO_COLOR=1 LANG=C.UTF-8
unset LIUHEN_NODE LIUHEN_TRUST LIUHEN_DATA LC_ALL LC_MESSAGES

stop_node() {
    [ -z "$node_pid" ] || {
        kill "$node_pid" 2>/dev/null || true
        wait "$node_pid" 2>/dev/null || true
    }
    node_pid=
}
cleanup() {
    status=$?
    trap - EXIT
    stop_node
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

claim_now=
claim() { claim_now=$1; }
fail() {
    cat "$work/out" "$work/err" >&2 2>/dev/null || true
    echo "FAILED: $claim_now: $*" >&2
    exit 1
}
expect() {
    wanted=$1
    shift
    got=0
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -eq "$wanted" ] || fail "exit $got, expected $wanted: $*"
}
says() { grep -qF -e "$2" "$work/$1" || fail "no \"$2\" on $1"; }
start_node() {
    liuhend --config "$1/liuhend.conf" >>"$work/liuhend.log" 2>&1 &
    node_pid=$!
    tries=0
    until liuhen status --data "$1" >"$work/out" 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || fail "the node did not start"
        sleep 0.1
    done
}

mkdir -p "$work/home" "$work/state"
cd "$work"
for officer in a b; do
    liuhen keygen -o $officer.pem -q >/dev/null
done
liuhen init --network jinhua --dept gaj --name 市公安局 --data node --guard guard --officer a.pub --officer b.pub -q >/dev/null

claim "the doctor says that no node is there, and what to do"
expect 1 liuhen doctor --data node
says out 'liuhend --config'
expect 2 liuhen doctor

start_node node
for officer in a b; do
    liuhen cosign node/generation-1.lh --key $officer.pem --data node -q >/dev/null
done
liuhen submit node/generation-1.lh --data node >/dev/null
for n in 1 2 3 4 5; do
    printf '{"type":"QUERY","source":"desk","id":"q-%s","event_time":"%s","unit":"%s","staff":"00000000000000a%s","channel":"PLATFORM","item":"marriage","catalogue_version":1,"exchange":"%032x","counterparty":"mzj","purpose":"school","legal_basis":"zj","subjects":[{"role":"principal","type":"passport","id":"E1234567%s"}],"detail":{"requested_mask":1}}\n' \
        "$n" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$([ "$n" -lt 4 ] && echo hall || echo desk)" "$((n % 2))" "$n" "$n"
done >events.ndjson
liuhen record events.ndjson --data node >recorded
[ "$(grep -c recorded recorded)" -eq 5 ] || fail "$(cat recorded)"

claim "stats count what is asked for"
expect 0 liuhen stats --by unit --type QUERY --data node
says out 'hall	3	60.0%'
says out 'desk	2	40.0%'
expect 0 liuhen stats --by staff --staff 00000000000000a1 --data node --json
says out '"key": "00000000000000a1"'
says out '"count": 3'
expect 0 liuhen stats --by type --data node
says out 'GENERATION	1'
expect 0 liuhen stats --by day -S yesterday --data node
says out "$(TZ=UTC-8 date +%Y-%m-%d)	6	100.0%"
expect 0 liuhen stats --by item -S 2001-01-01 -U 2001-01-02 --data node
expect 2 liuhen stats --by hour --data node
expect 2 liuhen stats --data node

claim "the doctor finds a healthy node healthy, and open files"
expect 0 liuhen doctor --data node
says out 'disk sync: median'
says out 'free space'
expect 0 liuhen doctor --data node --json
says out '"name": "guard"'
chmod 644 node/keys/index.key
expect 1 liuhen doctor --data node
says out 'keys/index.key mode 0644'
chmod 600 node/keys/index.key
[ "$(id -u)" -ne 0 ] || {
    chown 65534 node/keys/index.key
    expect 1 liuhen doctor --data node
    says out 'keys/index.key owner 65534, of the data directory 0'
    chown 0 node/keys/index.key
}
chmod 777 guard
expect 1 liuhen doctor --data node
says out 'its directory mode 0777'
says out 'chmod 600'
chmod 700 guard
chmod 644 guard/*
expect 1 liuhen doctor --data node
says out 'guard mode 0644'
chmod 600 guard/*
cp node/liuhend.conf kept.conf
echo 'no.such = setting' >>node/liuhend.conf
expect 1 liuhen doctor --data node --lang zh
says err 'no.such'
cp kept.conf node/liuhend.conf

claim "a backup of a running node is whole, private and replays"
expect 0 liuhen backup create --data node -o copy
[ "$(stat -c %a copy)" = 700 ] || fail "others may read it"
[ ! -e copy/keys ] || fail "private keys are in it"
(cd copy && sha256sum -c --quiet MANIFEST) || fail "sha256sum reads it otherwise"
if grep -qa E1234567 copy/ledger.lhar; then
    fail "a person stands in the archive"
fi
expect 0 liuhen backup verify copy
says out 'RESULT: VERIFIED'
says err 'own policy'
expect 0 liuhen backup verify copy --trust node/trust.policy
expect 1 liuhen backup create --data node -o copy
expect 2 liuhen backup create --data node
expect 0 liuhen backup create --data node -o keyed --with-keys
[ "$(stat -c %a keyed/keys/seal-1.pem)" = 600 ] || fail "others may read the seal"

claim "backups are listed by their manifests, and what is no whole one says so"
mkdir -p shelf/other
cp -r copy shelf/2026-01
cp -r keyed shelf/2026-02
expect 0 liuhen backup list shelf
[ "$(cut -f1,7 out)" = "$(printf 'shelf/2026-01\tnot checked\nshelf/2026-02\tnot checked')" ] || fail "not these two"
[ "$(cut -f6 out | tr '\n' ' ')" = 'no yes ' ] || fail "which has keys"
[ "$(sed -n 1p out | cut -f4)" = "$(sed -n 's/^# size //p' copy/MANIFEST)" ] || fail "leaves"
[ "$(sed -n 1p out | cut -f5)" = "$(cd copy && find . -type f ! -name MANIFEST -exec cat {} + | wc -c)" ] || fail "bytes"
says err 'not checked'
expect 0 liuhen backup list shelf/2026-01
says out 'shelf/2026-01'
cp -r copy shelf/cut && rm shelf/cut/MANIFEST
cp -r copy shelf/lost && rm shelf/lost/store.lhs
cp -r copy shelf/torn && echo x >>shelf/torn/MANIFEST
expect 8 liuhen backup list shelf
[ "$(sed 1,2d out | cut -f1,7)" = "$(printf 'shelf/cut\tcut off\nshelf/lost\tdamaged\nshelf/torn\tdamaged')" ] || fail "not these three"
expect 8 liuhen backup list shelf --json --lang zh
says out '"state": "cut off"'
says out '"with_keys": true'
expect 0 liuhen backup list shelf/other
expect 5 liuhen backup list nowhere
rm -r shelf

claim "a backup that was changed is not whole"
cp -r copy forged
at=$(LC_ALL=C grep -abo 'q-3' forged/ledger.lhar | head -n 1 | cut -d: -f1)
printf 'q-9' | dd of=forged/ledger.lhar bs=1 seek="$at" conv=notrunc 2>/dev/null
expect 10 liuhen backup verify forged
says err 'ledger.lhar is not the file'
sed -i "s/^[0-9a-f]*  ledger.lhar/$(sha256sum <forged/ledger.lhar | cut -c1-64)  ledger.lhar/" forged/MANIFEST
expect 10 liuhen backup verify forged
cp copy/ledger.lhar forged/ && cp copy/MANIFEST forged/
sed -i 's/^# size .*/# size 3/' forged/MANIFEST
expect 10 liuhen backup verify forged
says err 'does not end at the head'
rm forged/MANIFEST
expect 5 liuhen backup verify forged
printf '# liuhen-backup 1\n%064d  ../../etc/passwd\n' 0 >forged/MANIFEST
expect 2 liuhen backup verify forged

claim "what is recorded afterwards is not in it"
sed 's/"q-/"r-/' events.ndjson | liuhen record - --data node >/dev/null
stop_node

claim "a restored node is whole, says that it is restored, and seals nothing"
expect 2 liuhen restore keyed --data back
expect 0 liuhen restore keyed --data back --guard back-guard
[ -f back/RESTORED ] || fail "no marker"
expect 1 liuhen restore keyed --data back --guard back-guard
says err 'is there already'
start_node back
says out 'suspect'
says out 'restored from a copy'
expect 10 liuhen stats --by type --data back
says err 'cut off'
XDG_STATE_HOME=$work/newcomer # who has not seen what was recorded afterwards
expect 0 liuhen stats --by type --data back
says out 'QUERY	5'
expect 1 liuhen doctor --data back
expect 0 liuhen record events.ndjson --data back # what it has, it has under seal
says err suspect
says out 'duplicate	gaj/1/'
sed 's/"q-/"s-/' events.ndjson >later.ndjson
expect 0 liuhen record later.ndjson --data back
says out 'journaled	gaj/1 journal 1'
expect 0 liuhen status --data back
says out 'out  two officers sign'
stop_node

claim "a store that was changed in the backup is found when it is judged again"
cp -r keyed bent
at=$(LC_ALL=C grep -abo 'q-3' bent/store.lhs | head -n 1 | cut -d: -f1)
printf 'q-9' | dd of=bent/store.lhs bs=1 seek="$at" conv=notrunc 2>/dev/null
sed -i "s/^[0-9a-f]*  store.lhs/$(sha256sum <bent/store.lhs | cut -c1-64)  store.lhs/" bent/MANIFEST
got=0
liuhen restore bent --data bent-back --guard bent-guard >out 2>err || got=$?
[ "$got" -eq 10 ] || fail "exit $got for a changed store"

claim "nothing of it starts, and a good backup may be restored in its place"
[ ! -e bent-back/store ] || fail "a store was left"
expect 4 liuhend --config bent-back/liuhend.conf
expect 0 liuhen restore keyed --data bent-back --guard bent-guard
[ ! -e bent-back/RESTORING ] || fail "the marker was left"

echo "operate: ok"

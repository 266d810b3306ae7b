#!/bin/sh
# Operating a node: counts, the doctor, backups and what comes of them.
#
#   test_operate.sh BUILD_DIR
set -eu

build=$(cd "${1:?usage: test_operate.sh BUILD_DIR}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
corpus=$here/../fuzz/corpus
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
    case $status in
    0 | 77) ;;
    *)
        tail -n 20 "$work"/liuhend.log >&2 2>/dev/null || true
        echo "FAILED: exit $status in: ${claim_now:-its beginning}" >&2
        ;;
    esac
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
        [ "$tries" -lt 600 ] || fail "the node did not start"
        sleep 0.1
    done
}

# root_of ARCHIVE: where its first ledger ends
root_of() { liuhen-verify --json "$1" | jq -r '.files[0].ledgers[0].root'; }

mkdir -p "$work/home" "$work/state"
cd "$work"
# What is counted by day has to be of one day (UTC+8): just before its end the next one is waited for.
left=$((86400 - ($(date +%s) + 28800) % 86400))
[ "$left" -gt 60 ] || sleep "$left"
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
expect 0 liuhen stats --by day -S yesterday --type '!ACCESS' --data node
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

claim "tokens are made from a person's number that stands in no argument"
printf '11010519491231002x \n' >person.txt
expect 0 liuhen tokens --data node --subject-file person.txt -S 2026-11-01 -U 2026-12-31 -o one.tokens
says out '  (2 months from 202611 on)'
says err 'not logged: '
[ "$(stat -c %a one.tokens)" = 600 ] || fail "others may read the tokens"
digest=$(sed -n 's/^token_digest \([0-9a-f]*\) .*/\1/p' out)
expect 0 liuhen tokens --data node --subject-stdin -S 2026-11-30 -U 2026-12-02 -o two.tokens --json <person.txt
says out "\"token_digest\": \"$digest\""
cmp one.tokens two.tokens || fail "the same person and months have other tokens"
expect 1 liuhen tokens --data node --subject-stdin -S 2026-11-30 -U 2026-12-02 -o two.tokens <person.txt
printf '11010519491231002Y' >wrong.txt
expect 2 liuhen tokens --data node --subject-file wrong.txt -S 2026-11-01 -U 2026-12-31 -o three.tokens
if grep -q 1101051949 out err one.tokens two.tokens; then
    fail "the number is repeated"
fi
[ ! -e three.tokens ] || fail "there are tokens of nobody"
expect 2 liuhen tokens --data node -S 2026-11-01 -U 2026-12-31 -o three.tokens
expect 2 liuhen tokens --data node --subject-stdin --subject-file person.txt -S 2026-11-01 -U 2026-12-31 -o three.tokens
expect 2 liuhen tokens --data node --subject-file person.txt -S 2027-01-01 -U 2026-11-01 -o three.tokens

claim "a backup of a running node is whole, private and replays"
expect 0 liuhen backup create --data node -o copy
says err 'not logged: '
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
says out 'journaled	gaj/1 journal '
expect 0 liuhen status --data back
says out 'out  two officers sign'

claim "who signs the end of a restore reads in words what it declares"
size=$(sed -n 's/^# size //p' keyed/MANIFEST)
expect 0 liuhen restore finish --data back
cp back/generation-2.lh unsigned.lh
expect 0 liuhen cosign back/generation-2.lh --key a.pem --data back
says out "generation 2 begins, UNSAFE_RESTORE, after a restore: it goes on from jinhua/gaj/1 after $size leaves"
says out 'nothing is known to be lost'
says out 'vouches that this is all; the label UNSAFE_RESTORE stays for good'
grep -qx "with root  *$(root_of keyed/ledger.lhar)" out || fail "the root that it goes on from"
grep -qx "of leaves  *$size" out || fail "the size that it goes on from"
rm back/generation-2.lh
expect 0 liuhen restore finish --lost 12-14 --data back
expect 0 liuhen cosign back/generation-2.lh --key a.pem --data back --lang zh
says out '第 12 至 14 叶曾经封印, 现已缺失'
says out 'UNSAFE_RESTORE 标注永久保留'
expect 0 liuhen show gaj/1/0 --data back
says out 'generation 1 begins, the first of its ledger: it continues nothing'
! grep -q UNSAFE out || fail "the first generation is no restore"
cp unsigned.lh back/generation-2.lh
for officer in a b; do
    expect 0 liuhen cosign back/generation-2.lh --key $officer.pem --data back -q
done
expect 0 liuhen submit back/generation-2.lh --data back
says err 'has begun'
expect 0 liuhen show gaj/2/0 --data back
says out 'goes on from jinhua/gaj/1'
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

# archive_of DATA OUT: with its private parts, which a node gives to auditors alone, from its store
archive_of() {
    rm -rf of-store
    liuhen export --data "$1" -o "$2.bare" --force >/dev/null 2>&1
    liuhen backup create --data "$1" -o of-store >/dev/null 2>&1
    python3 -B "$here/keep_private.py" "$2.bare" of-store/store.lhs "$2"
}

claim "an archive alone makes a data directory again"
liuhen init --network jinhua --dept gaj --name 另一个 --data other --guard other-guard --officer a.pub --officer b.pub -q >/dev/null
start_node node
liuhen trail --type QUERY --data node --json 2>/dev/null | jq 'del(.access)' >trail.before
[ "$(jq -s 'length' trail.before)" -gt 0 ] || fail "no trail"
liuhen show gaj/1/2 --data node --json | jq -S 'del(.proof)' >show.before
archive_of node whole.lhar
stop_node
zstd -q whole.lhar -o whole.lhar.zst
expect 2 liuhen restore --data re --guard re-guard
says err '--archive FILE'
expect 2 liuhen restore keyed --archive whole.lhar --data re --guard re-guard
expect 2 liuhen restore --archive - --data re --guard re-guard
expect 3 liuhen restore --archive nowhere.lhar --data re --guard re-guard
expect 10 liuhen restore --archive whole.lhar --data re --guard re-guard --trust other/genesis.lhg
{
    sed '/^quorum/d' node/trust.policy
    sed -n '/^witness/p' "$corpus/trust/policy" | head -n 1
    echo "quorum $(sed -n 's/^witness \([^ ]*\) .*/\1/p' "$corpus/trust/policy" | head -n 1)"
} >quorum.policy
expect 11 liuhen restore --archive whole.lhar --data re --guard re-guard --trust quorum.policy
says err 'too few witnesses have cosigned jinhua/gaj/1: a quorum up to size 0'
[ ! -e re ] || fail "a refusal left something"
expect 0 liuhen restore --archive whole.lhar.zst --data re --guard re-guard --trust node/genesis.lhg
says out 'restored and judged again: jinhua/gaj/1'
says err 'vouched for by --trust'
says err 'private parts: all of them, 10'
says err "the node's private keys"
if [ ! -f re/RESTORED ] || [ -e re/RESTORING ]; then fail "the markers"; fi
expect 1 liuhen restore --archive whole.lhar --data re --guard re-guard
says err 'is there already'
cmp re/genesis.lhg node/genesis.lhg || fail "another genesis"

claim "its node wants its keys, and then is the same ledger, suspect"
expect 3 liuhend --config re/liuhend.conf
cp node/keys/* re/keys/
start_node re
says out suspect
liuhen trail --type QUERY --data re --json 2>/dev/null | jq 'del(.access)' >trail.after
cmp trail.before trail.after || fail "another trail"
liuhen show gaj/1/2 --data re --json | jq -S 'del(.proof)' >show.after
cmp show.before show.after || fail "another entry"
archive_of re again.lhar
cmp whole.lhar again.lhar || fail "another archive"
expect 0 liuhen record events.ndjson --data re
says out 'duplicate	gaj/1/'
[ "$(grep -c duplicate out)" -eq 5 ] || fail "an event was taken twice"
sed 's/"q-/"t-/' events.ndjson >later.ndjson
expect 0 liuhen record later.ndjson --data re
says out 'journaled	gaj/1 journal 2' # the first is the reading above

claim "and goes on when two officers have signed"
expect 0 liuhen restore finish --data re
for officer in a b; do
    expect 0 liuhen cosign re/generation-2.lh --key $officer.pem --data re -q
done
expect 0 liuhen submit re/generation-2.lh --data re
expect 0 liuhen verify --all --data re
says out 'RESULT: VERIFIED'
archive_of re two.lhar
stop_node

claim "an archive of two generations does it too, and lacks what it lacks"
expect 0 liuhen restore --archive two.lhar --data re2 --guard re2-guard
says err 'only the archive says so'
expect 0 liuhen restore --archive whole.lhar.bare --data re3 --guard re3-guard
says err 'private parts: 0; the archive does not say that these are all'

claim "an archive that was changed makes nothing, and what was cut off is made anew"
cp whole.lhar bent.lhar
at=$(LC_ALL=C grep -abo 'q-3' bent.lhar | head -n 1 | cut -d: -f1)
printf 'q-9' | dd of=bent.lhar bs=1 seek="$at" conv=notrunc 2>/dev/null
expect 10 liuhen restore --archive bent.lhar --data re4 --guard re4-guard
says err 'breaks B'
head -c 3000 whole.lhar >cut.lhar
expect 11 liuhen restore --archive cut.lhar --data re4 --guard re4-guard
[ ! -e re4 ] || fail "a refusal left something"
# A traced process cannot look for leaks.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
syncs=0 # until none is left to die at
while :; do
    syncs=$((syncs + 1))
    got=0
    strace -f -qq -o /dev/null -e trace=fsync,fdatasync -e "inject=fsync,fdatasync:signal=KILL:when=$syncs" \
        liuhen restore --archive whole.lhar --data re4 --guard re4-guard >out 2>err || got=$?
    [ "$got" -ne 0 ] || break
    [ "$got" -eq 137 ] || fail "exit $got at sync $syncs"
    [ -e re4/RESTORING ] || [ ! -e re4/store ] || break # it died behind the end
    [ ! -e re4/liuhend.conf ] || expect 4 liuhend --config re4/liuhend.conf
done
[ "$syncs" -gt 9 ] || fail "it never died between two blocks: $syncs syncs"
[ ! -e re4/RESTORING ] || fail "the marker was left"
expect 0 liuhen backup create --data re4 -o re4-copy

echo "operate: ok"

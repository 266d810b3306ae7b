#!/bin/sh
# Founding a city at the command line: departments enrol, one genesis, a node each.
#
#   test_network.sh BUILD_DIR
set -eu

build=$(cd "${1:?usage: test_network.sh BUILD_DIR}" && pwd)
PATH=$build/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-network.XXXXXX")
pids=
export PATH HOME="$work/home" XDG_STATE_HOME="$work/state" NO_COLOR=1 LANG=C.UTF-8
unset LIUHEN_NODE LIUHEN_TRUST LIUHEN_DATA LC_ALL LC_MESSAGES

cleanup() {
    status=$?
    trap - EXIT
    case $status in
    0 | 77) ;;
    *)
        tail -n 20 "$work"/*.log >&2 2>/dev/null || true
        echo "FAILED: exit $status in: ${claim_now:-its beginning}" >&2
        ;;
    esac
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

claims=0
claim() {
    claims=$((claims + 1))
    claim_now=$1
}
fail() {
    cat "$work/out" "$work/err" >&2 2>/dev/null || true
    echo "FAILED: $claim_now: $*" >&2
    exit 1
}
# expect CODE COMMAND...: stdout in $work/out, stderr in $work/err.
expect() {
    wanted=$1
    shift
    got=0
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -eq "$wanted" ] || fail "exit $got, expected $wanted: $*"
}
says() { grep -q -e "$2" "$work/$1" || fail "no \"$2\" on $1"; }
is() { [ "$1" = "$2" ] || fail "\"$1\" instead of \"$2\""; }
absent() { [ ! -e "$1" ] || fail "$1 was made"; }
snapshot() { find "$@" -type f -exec cksum {} + | sort; }

# flip FILE OFFSET OUT: the same file with the lowest bit of one byte changed.
flip() {
    cp "$1" "$3"
    byte=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
    if [ $((byte % 2)) -eq 0 ]; then byte=$((byte + 1)); else byte=$((byte - 1)); fi
    # shellcheck disable=SC2059 # the octal escape is the format
    printf "$(printf '\\%03o' "$byte")" | dd of="$3" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

mkdir -p "$work/home" "$work/state"
cd "$work"
for dept in gaj mzj rsj; do
    for who in a b; do
        liuhen keygen -o "$dept-$who.pem" -q >/dev/null
    done
done
enrol() {
    liuhen network enrol --dept "$1" --name "市 $1" --group "$2" --data "$1" \
        --officer head="$1-a.pub" --officer "$1-b.pub"
}

claim "a department enrols once: keys, a file of public keys, and a fingerprint that stays the same"
expect 0 enrol gaj zhengfa
says out 'created'
says err 'by telephone'
aloud=$(sed -n 's/^read aloud *//p' out)
echo "$aloud" | grep -qE '^([0-9]{5}\.){7}[0-9]{5}$' || fail "not eight numbers: $aloud"
# The numbers, computed by others' tools.
{
    printf 'liuhen/enrolment/v1\0'
    cat gaj/enrolment.lhe
} | openssl dgst -sha256 -binary >digest
is "$(sed -n 's/^fingerprint *//p' out)" "$(od -An -v -tx1 digest | tr -d ' \n')"
is "$aloud" "$(od -An -v -tu2 --endian=big -w2 -N16 digest | xargs printf '%05d.' | sed 's/\.$//')"
is "$(stat -c %a gaj/keys/witness.pem)" 600
absent gaj/genesis.lhg
absent gaj/store
absent gaj/keys/seal-1.pem
snapshot gaj >before
expect 0 enrol gaj zhengfa
says out "$aloud"
snapshot gaj >after
cmp before after
expect 0 liuhen network enrol --dept gaj --name '市 gaj' --group zhengfa --data gaj --officer head=gaj-a.pub \
    --officer gaj-b.pub --lang zh
says out "口头核对  $aloud"
expect 0 liuhen network enrol --dept gaj --name '市 gaj' --group zhengfa --data gaj --officer head=gaj-a.pub \
    --officer gaj-b.pub --json
is "$(jq -r .schema <out) $(jq -r .department <out) $(jq -r .read_aloud <out)" "liuhen.enrolment/1 gaj $aloud"

claim "other words in the same folder, or wrong words, change nothing"
expect 1 liuhen network enrol --dept rsj --name x --data gaj --officer rsj-a.pub --officer rsj-b.pub
says err 'nothing was changed'
snapshot gaj >after
cmp before after
expect 2 liuhen network enrol --dept rsj --name x --data rsj --officer rsj-a.pub
expect 2 liuhen network enrol --dept RSJ --name x --data rsj --officer rsj-a.pub --officer rsj-b.pub
expect 2 liuhen network enrol --dept rsj --name x --data rsj --officer rsj-a.pub --officer rsj-a.pub
expect 2 liuhen network enrol --dept rsj --name x --officer rsj-a.pub --officer rsj-b.pub
says err 'data is needed'
absent rsj

claim "three enrolments found a city, each compared with what its department reads aloud"
expect 0 enrol mzj minzheng
expect 0 enrol rsj renshe
for dept in gaj mzj rsj; do
    expect 0 liuhen network enrol --dept $dept --name "市 $dept" --data $dept --json -q \
        --group "$(case $dept in gaj) echo zhengfa ;; mzj) echo minzheng ;; *) echo renshe ;; esac)" \
        --officer head=$dept-a.pub --officer $dept-b.pub
    jq -r .read_aloud <out >$dept.aloud
done
city() { liuhen network init --network jinhua "$@"; }
expect 0 city -o city.lhg rsj/enrolment.lhe gaj/enrolment.lhe mzj/enrolment.lhe \
    --expect "$(cat gaj.aloud)" --expect "$(cat mzj.aloud)" --expect "$(cat rsj.aloud)"
says err 'reads as it was expected'
says err 'no bad witness is tolerated'
says out 'n 2 of each ledger, of whom f 0 may be bad; k 2 cosignatures'
says out 'q 1 promises let a restored ledger go on; Q 2 members'
says out "^gaj	市 gaj	zhengfa	[mr][zs]j [mr][zs]j	$(cat gaj.aloud)\$"
is "$(cut -f 1 out | tail -n 3 | xargs)" 'gaj mzj rsj'
cp out founded
{
    printf 'liuhen/genesis/v1\0'
    cat city.lhg
} | openssl dgst -sha256 -r | cut -d ' ' -f 1 >city.id
is "$(sed -n 's/^network id *//p' out)" "$(cat city.id)"
expect 0 liuhen network show city.lhg
cmp out founded
sed -n 's/^read aloud *//p' out >city.aloud

claim "show says the same as JSON, and refuses a file of another network than the one read aloud"
expect 0 liuhen network show city.lhg --json --expect "$(cat city.aloud)"
is "$(jq -r '.schema, .network, .network_id, .read_aloud, .suite' <out | xargs)" \
    "liuhen.network/1 jinhua $(cat city.id) $(cat city.aloud) W"
is "$(jq -c .quorum <out)" '{"n":2,"f":0,"k":2,"q":1,"Q":2}'
is "$(jq -c '[.members[] | [.department, (.witnesses | sort), .diverse]]' <out)" \
    '[["gaj",["mzj","rsj"],true],["mzj",["gaj","rsj"],true],["rsj",["gaj","mzj"],true]]'
is "$(jq -r '.members[0].read_aloud' <out)" "$(cat gaj.aloud)"
expect 10 liuhen network show city.lhg --expect "$(cat gaj.aloud)"
says err 'not what was expected'
expect 2 liuhen network show city.lhg --expect 12345
expect 5 liuhen network show nowhere.lhg
expect 2 liuhen network show gaj/enrolment.lhe
expect 0 liuhen network show city.lhg --lang zh
says out '口头核对'

claim "witnesses that too few groups are left for are called not diverse"
expect 0 liuhen network show city.lhg
is "$(grep -c 'not diverse' err)" 0
liuhen keygen -o mzy-a.pem -q >/dev/null
liuhen keygen -o mzy-b.pem -q >/dev/null
expect 0 liuhen network enrol --dept mzy --name mzy --group minzheng --data mzy --officer mzy-a.pub --officer mzy-b.pub
expect 0 city -o few.lhg gaj/enrolment.lhe mzj/enrolment.lhe mzy/enrolment.lhe
says err 'witnesses of gaj are not diverse'
is "$(grep -c 'not diverse' err)" 1

claim "an enrolment that was altered on its way is refused, whichever byte it was"
size=$(stat -c %s mzj/enrolment.lhe)
at=0
while [ "$at" -lt "$size" ]; do
    flip mzj/enrolment.lhe "$at" altered.lhe
    got=0
    city -o altered.lhg gaj/enrolment.lhe altered.lhe --expect "$(cat gaj.aloud)" --expect "$(cat mzj.aloud)" \
        >out 2>err || got=$?
    [ "$got" -eq 10 ] || [ "$got" -eq 2 ] || fail "byte $at: exit $got"
    [ "$got" -eq 2 ] || says err 'altered.lhe reads'
    at=$((at + 7))
done
absent altered.lhg
expect 0 city -o pair.lhg gaj/enrolment.lhe mzj/enrolment.lhe --expect "$(cat gaj.aloud)" --expect "$(cat mzj.aloud)"

claim "an enrolment that somebody else made in the department's name is refused by its fingerprint"
expect 0 liuhen network enrol --dept mzj --name '市 mzj' --group minzheng --data forger \
    --officer head=mzj-a.pub --officer mzj-b.pub
expect 10 city -o forged.lhg gaj/enrolment.lhe forger/enrolment.lhe --expect "$(cat gaj.aloud)" \
    --expect "$(cat mzj.aloud)"
says err 'forger/enrolment.lhe reads'
expect 2 city -o forged.lhg gaj/enrolment.lhe mzj/enrolment.lhe --expect "$(cat gaj.aloud)"
says err '1 times for 2 enrolments'
absent forged.lhg
expect 0 city -o forged.lhg gaj/enrolment.lhe forger/enrolment.lhe
says err 'not compared'

claim "no department, key or file stands twice, and a genesis file is not overwritten"
expect 1 city -o twice.lhg gaj/enrolment.lhe mzj/enrolment.lhe forger/enrolment.lhe
says err 'mzj/enrolment.lhe and forger/enrolment.lhe both enrol mzj: two ledgers would be jinhua/mzj/1'
expect 1 city -o twice.lhg gaj/enrolment.lhe gaj/enrolment.lhe
expect 0 liuhen network enrol --dept zrj --name zrj --data zrj --officer gaj-a.pub --officer rsj-b.pub
expect 2 city -o twice.lhg gaj/enrolment.lhe zrj/enrolment.lhe
says err 'gaj and zrj share a key'
expect 2 city -o twice.lhg gaj/enrolment.lhe
expect 2 city -o twice.lhg --suite G gaj/enrolment.lhe mzj/enrolment.lhe
expect 5 city -o twice.lhg gaj/enrolment.lhe nowhere.lhe
absent twice.lhg
cksum city.lhg >before
expect 1 city -o city.lhg gaj/enrolment.lhe mzj/enrolment.lhe
cksum city.lhg >after
cmp before after

claim "in suite G too"
for dept in gaj mzj; do
    liuhen keygen --alg sm2 -o "g-$dept-a.pem" -q >/dev/null
    liuhen keygen --alg sm2 -o "g-$dept-b.pem" -q >/dev/null
    expect 0 liuhen network enrol --suite G --dept $dept --name $dept --data "g-$dept" --officer "g-$dept-a.pub" \
        --officer "g-$dept-b.pub"
done
expect 0 city --suite G -o g.lhg g-gaj/enrolment.lhe g-mzj/enrolment.lhe
says out 'suite G'
is "$(sed -n 's/^network id *//p' out)" "$({
    printf 'liuhen/genesis/v1\0'
    cat g.lhg
} | openssl dgst -sm3 -r | cut -d ' ' -f 1)"

claim "a founder's node is made only in its own folder, from a genesis that holds its own enrolment"
start() {
    dept=$1
    shift
    liuhen init --dept "$dept" --data "$dept" --guard "$dept-guard" "$@"
}
snapshot gaj mzj rsj >before
expect 1 liuhen init --genesis city.lhg --dept gaj --data mzj --guard gaj-guard
says err 'mzj is the folder of mzj, not of gaj'
expect 5 liuhen init --genesis city.lhg --dept gaj --data elsewhere --guard gaj-guard
says err 'elsewhere/enrolment.lhe is not there: liuhen network enrol makes it'
expect 1 start rsj --genesis pair.lhg
says err 'rsj is no founder of network jinhua'
expect 10 start mzj --genesis forged.lhg
says err 'an enrolment of mzj that was not made here'
expect 10 start mzj --genesis city.lhg --expect "$(cat gaj.aloud)"
says err 'not what was expected'
expect 2 start mzj --genesis g.lhg
expect 2 start mzj --genesis city.lhg --name 民政局
says err 'name does not go with --genesis'
expect 2 start mzj --network jinhua --name 民政局 --expect "$(cat city.aloud)"
says err 'expect goes with --genesis only'
mv mzj/keys/witness.pem witness.pem
cp gaj/keys/witness.pem mzj/keys/witness.pem
expect 1 start mzj --genesis city.lhg
says err 'mzj/keys/witness.pem is not the key'
rm mzj/keys/witness.pem
expect 5 start mzj --genesis city.lhg
mv witness.pem mzj/keys/witness.pem
snapshot gaj mzj rsj >after
cmp before after
absent elsewhere
absent gaj-guard
absent mzj-guard
for dept in gaj mzj rsj; do
    expect 0 start "$dept" --genesis city.lhg --expect "$(cat city.aloud)"
    says out "network  jinhua  $(cat city.id)"
    cmp "$dept/genesis.lhg" city.lhg
done
snapshot mzj mzj-guard >before
expect 0 start mzj --genesis city.lhg
says out 'nothing was changed'
expect 1 start mzj --genesis pair.lhg
says err 'genesis.lhg was made with other words'
expect 1 start mzj --network jinhua --name '市 mzj' --group minzheng --officer head=mzj-a.pub --officer mzj-b.pub
says err 'founds a city of 3 members'
expect 0 start mzj --genesis city.lhg --json
is "$(jq -r '.schema, .network_id, .department, .made' <out | xargs)" "liuhen.init/1 $(cat city.id) mzj 0"
snapshot mzj mzj-guard >after
cmp before after

claim "three nodes of one city record and prove under one network id"
for dept in gaj mzj rsj; do
    liuhend --config $dept/liuhend.conf >$dept.log 2>&1 &
    pids="$pids $!"
done
for dept in gaj mzj rsj; do
    tries=0
    until liuhen status --data $dept >out 2>err; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || fail "the node of $dept did not start: $(cat $dept.log)"
        sleep 0.1
    done
    is "$(liuhen status --data $dept --json | jq -r .network_id)" "$(cat city.id)"
    liuhen keygen -o $dept-staff.pem -q >/dev/null
    expect 0 liuhen staff enrol --data $dept --key $dept-staff.pub --roles counter --from yesterday -o $dept-staff.lh
    for officer in a b; do
        expect 0 liuhen cosign $dept/generation-1.lh $dept-staff.lh --key $dept-$officer.pem --data $dept
    done
    expect 0 liuhen submit $dept/generation-1.lh $dept-staff.lh --data $dept
    printf '{"source":"desk","id":"e-1","type":"QUERY","event_time":"%s","channel":"PLATFORM","item":"marriage",
        "catalogue_version":1,"exchange":"%s","counterparty":"zrj","purpose":"newborn","legal_basis":"zfg-2019",
        "detail":{"requested_mask":3}}' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(openssl rand -hex 16)" >event.json
    expect 0 liuhen record event.json --data $dept --key $dept-staff.pem
    says out "$dept/1/"
    expect 0 liuhen receipt get $dept/1/4 --data $dept -o $dept.tlog-proof
    expect 0 liuhen export --data $dept -f archive -o $dept.lhar
done

claim "every archive holds under the city's genesis file and no other network's, every receipt under its policy"
for dept in gaj mzj rsj; do
    expect 0 liuhen-verify --trust city.lhg $dept.lhar
    says out '^RESULT: VERIFIED'
    says out "$dept/1"
    expect 0 liuhen-verify --trust $dept/trust.policy $dept.tlog-proof
    expect 10 liuhen-verify --trust pair.lhg $dept.lhar
    says out 'T01'
done
expect 0 liuhen-verify --trust city.lhg gaj.lhar mzj.lhar rsj.lhar
flip mzj.lhar $(($(stat -c %s mzj.lhar) / 2)) bad.lhar
got=0
liuhen-verify --trust city.lhg bad.lhar >out 2>err || got=$?
[ "$got" -ne 0 ] || fail "a flipped bit verifies"

claim "an officer of one department signs nothing of another"
expect 0 liuhen staff leave --data mzj --staff "$(liuhen staff list --data mzj --json 2>err | jq -r '[.items[] | select(.kind == "staff")][0].staff')" \
    -o leave.lh
expect 4 liuhen cosign leave.lh --key gaj-a.pem --data mzj
expect 0 liuhen cosign leave.lh --key mzj-a.pem --data mzj

echo "$claims claims: ok"

#!/bin/sh
# The command line against a real node: exit codes, what is kept, what is refused, what is proven.
#
#   test_cli.sh BUILD_DIR
set -eu

build=$(cd "${1:?usage: test_cli.sh BUILD_DIR}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
PATH=$build/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-cli.XXXXXX")
node_pid=
liar_pid=
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
    [ -z "$liar_pid" ] || kill "$liar_pid" 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_node() {
    liuhend --config "$1/liuhend.conf" >>"$work/liuhend.log" 2>&1 &
    node_pid=$!
    tries=0
    until liuhen status --data "$1" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || {
            cat "$work/liuhend.log" >&2
            echo "the node did not start" >&2
            exit 1
        }
        sleep 0.1
    done
}

claims=0
claim() {
    claims=$((claims + 1))
    claim_now=$1
}

# expect CODE COMMAND...: stdout in $work/out, stderr in $work/err.
expect() {
    wanted=$1
    shift
    got=0
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -eq "$wanted" ] || {
        cat "$work/out" "$work/err" >&2
        echo "FAILED: $claim_now: exit $got, expected $wanted: $*" >&2
        exit 1
    }
}
says() {
    grep -q -e "$2" "$work/$1" || {
        cat "$work/out" "$work/err" >&2
        echo "FAILED: $claim_now: no \"$2\" on $1" >&2
        exit 1
    }
}
is() {
    [ "$1" = "$2" ] || {
        echo "FAILED: $claim_now: $1 instead of $2" >&2
        exit 1
    }
}
lacks() {
    if grep -q -e "$2" "$work/$1"; then
        echo "FAILED: $claim_now: \"$2\" on $1" >&2
        exit 1
    fi
}

mkdir -p "$work/home" "$work/state"
cd "$work"

claim "keygen makes a private file and refuses to overwrite it"
expect 0 liuhen keygen -o a.pem
is "$(stat -c %a a.pem)" 600
grep -q '^p256:' a.pub
expect 1 liuhen keygen -o a.pem
says err 'never overwritten'
expect 0 liuhen keygen --alg ed25519 -o b.pem --lang zh
says out '指纹'
expect 2 liuhen keygen --alg rsa -o c.pem
expect 2 liuhen keygen

claim "keygen --tls makes a key with a certificate, and renews only the certificate"
expect 0 liuhen keygen --tls --name desk-1 --days 30 -o t.pem
is "$(stat -c %a t.pem)" 600
says out "sha256//$(openssl x509 -in t.crt -noout -pubkey | openssl pkey -pubin -outform der |
    openssl dgst -sha256 -binary | base64)"
is "$(openssl x509 -in t.crt -noout -subject)" 'subject=CN = desk-1'
openssl x509 -in t.crt -noout -checkend $((29 * 86400)) >/dev/null
is "$(openssl x509 -in t.crt -noout -checkend $((31 * 86400)))" 'Certificate will expire'
cp t.pem t.pem.before
cp t.crt t.crt.before
expect 1 liuhen keygen --tls -o t.pem
cmp t.crt t.crt.before
expect 0 liuhen keygen --tls --renew -o t.pem
cmp t.pem t.pem.before
is "$(cmp -s t.crt t.crt.before || echo new)" new
expect 5 liuhen keygen --tls --renew -o never.pem
expect 2 liuhen keygen --tls --alg sm2 -o c.pem
expect 2 liuhen keygen --tls --days 0 -o c.pem
expect 2 liuhen keygen --days 10 -o c.pem
says err '--days goes with --tls only'
is "$(ls c.pem c.crt 2>/dev/null || true)" ''

claim "init founds a node once and changes nothing after that"
found() { liuhen init --network jinhua --dept gaj --name 市公安局 --data "$1" --guard "$1-guard" --officer a.pub --officer b.pub; }
expect 0 found node
says out 'created'
find node node-guard -type f -exec cksum {} + | sort >before
expect 0 found node
says out 'nothing was changed'
find node node-guard -type f -exec cksum {} + | sort >after
cmp before after
is "$(stat -c %a node)" 700
is "$(stat -c %a node/keys/seal-1.pem)" 600
expect 1 liuhen init --network jinhua --dept mzj --name 市民政局 --data node --guard node-guard --officer a.pub --officer b.pub
expect 2 liuhen init --network jinhua --dept gaj --name x --data other --guard other-guard --officer a.pub

claim "a guard within the data directory is refused before anything is made"
ln -s node link
for inside in fresh/guard fresh fresh/../fresh/./x "$work/fresh/a/b"; do
    expect 2 liuhen init --network jinhua --dept gaj --name x --data fresh --guard "$inside" --officer a.pub --officer b.pub
    says err 'within --data'
done
expect 2 liuhen init --network jinhua --dept gaj --name x --data node --guard link/keys/g --officer a.pub --officer b.pub
expect 2 liuhen init --network jinhua --dept gaj --name x --data fresh/ --guard ./fresh/g --officer a.pub --officer b.pub --lang zh
says err '标记会一同回滚'
[ ! -e fresh ]
[ ! -e node/keys/g ]
expect 0 liuhen init --network jinhua --dept gaj --name x --data fresh --guard fresh-guard --officer a.pub --officer b.pub
rm -rf fresh fresh-guard link

claim "without a node the exit code is 3, without a name for it 2"
expect 3 liuhen status --data node
says err 'liuhend running'
expect 2 liuhen status
says err 'LIUHEN_NODE'

start_node node
LIUHEN_DATA=$work/node
export LIUHEN_DATA

claim "an act needs two officers"
cp node/generation-1.lh one.lh
expect 0 liuhen cosign one.lh --key a.pem
says out 'GENERATION'
lacks err 'not checked'
expect 4 liuhen submit one.lh
expect 1 liuhen cosign one.lh --key a.pem
cp one.lh half.lh
expect 0 liuhen cosign one.lh --key b.pem
says out 'officer .*: the signature verifies'
says err '2 of 2'
expect 0 liuhen submit one.lh
says out 'recorded'

claim "nobody signs below a false signature, and only an officer signs"
liuhen keygen -o other.pem -q >/dev/null
cp half.lh false.lh
last=$(tail -c 1 false.lh | od -An -tu1)
# shellcheck disable=SC2059 # the octal escape is the format
printf "$(printf '\\%03o' $((last ^ 1)))" | dd of=false.lh bs=1 seek=$(($(wc -c <false.lh) - 1)) conv=notrunc 2>/dev/null
cp false.lh false.before
expect 10 liuhen cosign false.lh --key b.pem
says err 'VERIFICATION FAILED'
is "$(wc -c <out)" 0
cmp false.lh false.before
cp half.lh half.before
expect 4 liuhen cosign half.lh --key other.pem
says err 'no officer of gaj'
cmp half.lh half.before
(
    unset LIUHEN_DATA
    expect 0 liuhen cosign false.lh --key b.pem
    says err 'not checked'
    says out 'not checked'
    lacks out 'verifies'
    expect 0 liuhen cosign half.lh --key other.pem
    says err 'not checked'
    expect 0 liuhen cosign half.lh --key b.pem --lang zh
    says err '未核对'
    lacks err '3 of 2'
    says err '3 '
)
expect 10 liuhen cosign half.lh --key a.pem
says err 'no officer'

claim "staff are enrolled and listed"
liuhen keygen -o s.pem -q >/dev/null
expect 0 liuhen staff enrol --key s.pub --roles counter,approver --from yesterday -o s.lh
staff=$(cat out)
expect 1 liuhen staff enrol --key s.pub --roles counter -o s.lh
expect 2 liuhen staff enrol --key s.pub --roles king -o t.lh
liuhen cosign s.lh --key a.pem -q >/dev/null
liuhen cosign s.lh --key b.pem -q >/dev/null
expect 0 liuhen submit s.lh
expect 0 liuhen staff list -q
says out "$staff"
says err 'not proven'
expect 0 liuhen staff list --json --lang zh
says out '"proven": false'
says err '未证明'

event() {
    printf '{"type":"QUERY","source":"test","id":"%s","event_time":"%s","unit":"窗口","channel":"PLATFORM","item":"marriage","catalogue_version":1,"exchange":"%032x","counterparty":"mzj","purpose":"%s","legal_basis":"zj-public-data-2022","detail":{"requested_mask":1}}\n' \
        "$1" "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" "$2" "$3"
}

claim "record signs, saves the receipt, and knows a duplicate"
event e-1 1 school >e1.json
expect 0 liuhen record --key s.pem e1.json -o receipts
says out 'recorded	gaj/1/'
is "$(find receipts -name 'receipt-gaj-1-*.tlog-proof' | wc -l)" 1
entry=$(cut -f3 out)
expect 0 liuhen record --key s.pem e1.json
says out 'duplicate'

claim "whom a signed event is about never reaches the ledger in the clear"
event e-5 5 about | sed 's/}$/,"subjects":[{"type":"resident","id":"11010519491231002X"}],"case_number":"JH-2026-77"}/' >about.json
expect 0 liuhen record --key s.pem about.json
says out 'recorded'
expect 0 liuhen trail --purpose about --json
says out 'subject_digest'
expect 0 liuhen export -o about.lhar
if grep -qa -e 11010519491231002X -e JH-2026-77 about.lhar out; then
    echo "FAILED: $claim_now" >&2
    exit 1
fi
sed 's/11010519491231002X/110105194912310021/; s/"e-5"/"e-6"/' about.json >wrong.json
expect 6 liuhen record --key s.pem wrong.json
lacks out 1101051949

claim "some rejected is 8, all rejected is 6, another content is 1"
{ event e-2 2 school; event e-3 3 'not a code!'; } >mixed.ndjson
expect 8 liuhen record --key s.pem mixed.ndjson
says out 'rejected'
sed -n 2p mixed.ndjson >bad.json
expect 6 liuhen record --key s.pem bad.json
event e-1 1 other >conflict.json
expect 1 liuhen record --key s.pem conflict.json
says out 'event.conflict'

expect 1 liuhen record --key s.pem conflict.json --lang zh
says out 'event.conflict (已登记, 但内容不同)'
expect 5 liuhen show gaj/1/99999999 --lang zh
says err 'request.not_found (没有该对象): '
expect 5 liuhen show gaj/1/99999999
lacks err '没有该对象'

claim "status says why only while the ledger is suspect"
expect 0 liuhen status
lacks out '^why'
expect 0 liuhen status --json
says out '"why": "'

claim "a dry run hands nothing in"
event e-9 9 school >dry.json
expect 0 liuhen record -n --key s.pem dry.json
says out 'valid'
expect 6 liuhen record -n dry.json
says out 'staff: required'
expect 0 liuhen trail --purpose school --json
lacks out 'e-9'
sed 's/"窗口"/"窗口 11010519491231002X"/' dry.json >number.json
expect 6 liuhen record -n --key s.pem number.json
says out 'unit: holds a resident'
lacks out 110105
expect 6 liuhen record --key s.pem number.json

claim "a session's key signs until the session ends"
expect 0 liuhen session open --key s.pem -o session.pem --hours 2 --terminal t-1
says out 'recorded'
event e-7 7 session >e7.json
expect 0 liuhen record --key session.pem e7.json
says out 'recorded'
expect 0 liuhen trail --purpose session --json
says out '"session":'
expect 2 liuhen session end --key s.pem
expect 0 liuhen session end --key session.pem
event e-8 8 session >e8.json
expect 4 liuhen record --key session.pem e8.json
expect 2 liuhen session open --key s.pem -o session2.pem --hours 9

claim "a session that the node refuses leaves no key behind"
liuhen keygen -o stranger.pem -q >/dev/null
expect 4 liuhen session open --key stranger.pem -o refused.pem
expect 6 liuhen session open --key s.pem -o refused.pem --terminal 'not a code!'
is "$(find . -name 'refused.p*' | wc -l)" 0
expect 1 liuhen session open --key s.pem -o session.pem
says err 'never written over'
is "$(find . -name session.pem | wc -l)" 1

claim "a foreign key is refused with 4"
liuhen keygen -o foreign.pem -q >/dev/null
expect 4 liuhen record --key foreign.pem dry.json

claim "a resident's number never stands in arguments"
expect 2 liuhen trail --item 11010519491231002X
lacks err 110105

claim "a trail is proven and its filters combine"
expect 0 liuhen trail --staff "$staff" --type QUERY --purpose school
says err 'rows proven: 2'
is "$(wc -l <out)" 2
expect 0 liuhen trail --item marriage --item none -n 1 -r --lang zh
says err '1 行均有证明'
expect 0 liuhen trail --since tomorrow
says err 'rows proven: 0'
expect 0 liuhen trail --no-verify -q
says err 'NOT VERIFIED'
expect 2 liuhen trail --since 11/24/2026

claim "a value behind ! is left out, of any filter, and counts are of what is left"
# every reading adds an ACCESS of its own: they are left out here
liuhen trail --type '!ACCESS' --columns entry,type,purpose -q >all
total=$(wc -l <all)
queries=$(awk -F '\t' '$2 == "QUERY"' all | wc -l)
[ "$queries" -gt 2 ]
[ "$total" -gt "$queries" ]
expect 0 liuhen trail --type '!query' --type '!ACCESS'
is "$(wc -l <out)" $((total - queries))
lacks out 'QUERY'
says err "rows proven: $((total - queries)) "
expect 0 liuhen trail --type '!QUERY' --type '!STAFF' --type '!ACCESS' --columns type
is "$(wc -l <out)" "$(awk -F '\t' '$2 != "QUERY" && $2 != "STAFF"' all | wc -l)"
expect 0 liuhen trail --type QUERY --purpose '!school' --columns purpose
is "$(wc -l <out)" "$(awk -F '\t' '$2 == "QUERY" && $3 != "school"' all | wc -l)"
lacks out school
expect 0 liuhen trail --staff "!$staff" --columns staff
lacks out "$staff"
[ "$(wc -l <out)" -gt 0 ] # those that are by nobody stay
expect 0 liuhen trail --type QUERY --type '!QUERY'
is "$(wc -l <out)" 0
expect 0 liuhen stats --by type --type '!QUERY'
lacks out 'QUERY'
expect 0 liuhen export -f ndjson -o not.ndjson --type '!QUERY' --type '!ACCESS'
is "$(wc -l <not.ndjson)" $((total - queries))
for wrong in '!' '!NOTHING' ''; do
    expect 2 liuhen trail --type "$wrong"
    says err '^liuhen: --type: '
done
expect 2 liuhen trail --staff '!xyz'

claim "the newest few of what is left, and a cursor that goes on behind them"
liuhen trail --type '!QUERY' --type '!ACCESS' --columns entry -r -q >left
expect 0 liuhen trail --type '!QUERY' --type '!ACCESS' --columns entry -n 2
is "$(tac out)" "$(head -n 2 left)"
expect 0 liuhen trail --type '!QUERY' --type '!ACCESS' --columns entry -r -n 2
is "$(cat out)" "$(head -n 2 left)"
after=$(sed -n 's/^more: --after //p' err)
expect 0 liuhen trail --type '!QUERY' --type '!ACCESS' --columns entry -r --after "$after"
is "$(cat out)" "$(sed 1,2d left)"

claim "columns are chosen, added and dropped in tables, CSV and NDJSON"
expect 0 liuhen trail --type QUERY --columns item,unit,entry -n 1
is "$(cut -f1,2 out)" "$(printf 'marriage\t窗口')"
expect 0 liuhen trail --type QUERY --columns -case,-outcome,+unit -n 1
is "$(awk -F '\t' '{ print NF, $NF }' out)" '7 窗口'
expect 0 liuhen trail --type QUERY --columns +legal_basis --table --lang zh
says out '依据'
expect 0 liuhen trail --type QUERY --columns recorded_at,event_time --table
says out 'RECORDED (+08:00)'
expect 0 liuhen export -f csv --columns entry,item -o two.csv --type QUERY --purpose school
is "$(head -n 1 two.csv | tr -d '\r')" 'entry,item'
is "$(sed -n 2p two.csv | tr -d '\r' | sed 's/[0-9]*,/N,/')" 'gaj/1/N,marriage'
expect 0 liuhen export -f csv --columns -entry,-unit -o most.csv
is "$(head -n 1 most.csv | tr -d '\r')" 'type,event_time,recorded_at,staff,system,item,case,exchange,counterparty,purpose,legal_basis,outcome,result_count'
expect 0 liuhen export -f ndjson --columns item,case,result_count -o two.ndjson --type QUERY --purpose school
is "$(sort -u two.ndjson)" '{"item":"marriage","result_count":0}'
expect 2 liuhen trail --columns item,nonsense
says err 'no column "nonsense"; there are entry, type'
expect 2 liuhen trail --columns item,+unit
expect 2 liuhen trail --columns ''
expect 2 liuhen export -f csv -o none.csv --columns -type,-nothing
expect 2 liuhen trail --columns item --json
expect 2 liuhen export -o x.lhar --columns item
says err 'columns: an archive is the whole'
[ ! -e none.csv ]

claim "an interval without a moment is refused, and the clock that is meant can be named"
for verb in trail "stats --by type" "export -f ndjson -o empty.ndjson"; do
    # shellcheck disable=SC2086 # words
    expect 2 liuhen $verb -S now -U yesterday
    says err 'since must be earlier than --until'
done
[ ! -e empty.ndjson ]
expect 2 liuhen trail -S 2026-11-24T00:00:00Z -U 2026-11-24T00:00:00Z --lang zh
says err '没有任何时刻'
expect 0 liuhen trail -S today -U today # all of it
expect 2 liuhen trail --clock wall
says err '--clock: event or recorded'
expect 2 liuhen trail --by recorded
expect 0 liuhen trail --type QUERY --purpose school -S -1h --clock recorded
says err 'rows proven: 2'
expect 0 liuhen stats --by type --clock recorded -U -1d
is "$(wc -l <out)" 0

claim "one entry is shown, a missing one is 5"
expect 0 liuhen show "$entry" --proof
says out 'e-1'
says err 'proven'
expect 0 liuhen show "$entry" --json
says out '"verified": "full"'
expect 5 liuhen show gaj/1/999999
expect 2 liuhen show gaj-1-0

claim "checkpoints extend one another"
expect 0 liuhen checkpoint show --size 2 -o old.txt
expect 0 liuhen checkpoint show -o new.txt
expect 0 liuhen checkpoint diff old.txt new.txt
says out 'consistent'
expect 5 liuhen checkpoint show --size 3

claim "receipts, archives and the whole ledger verify"
expect 0 liuhen receipt get "$entry" -o r.tlog-proof
expect 0 liuhen receipt verify r.tlog-proof
says out '^RESULT: VERIFIED'
says out '^network .* OK pinned'
expect 0 liuhen verify --all
says out '^RESULT: VERIFIED'
says out '^network .* by its seal'
lacks out 'not pinned'
expect 0 liuhen export -o gaj.lhar
expect 0 liuhen verify gaj.lhar
expect 0 liuhen export -f csv -o gaj.csv
expect 0 liuhen export -f ndjson -o gaj.ndjson --type QUERY --purpose school
is "$(wc -l <gaj.ndjson)" 2

claim "an export replaces no file unasked, and an archive takes no filters"
cksum gaj.* >exported
expect 1 liuhen export -o gaj.lhar
says err '--force'
expect 1 liuhen export -f csv -o gaj.csv
expect 1 liuhen export -f ndjson -o gaj.ndjson
cksum gaj.* | cmp - exported
expect 0 liuhen export -f csv -o gaj.csv --force
expect 2 liuhen export -f archive -o some.lhar --type QUERY
says err 'whole ledger'
expect 2 liuhen export -o some.lhar --since yesterday
expect 2 liuhen export -f ndjson -o some.ndjson --bom
is "$(find . -name 'some.*' | wc -l)" 0

claim "a line that is no JSON is named by its place and never quoted"
printf '{"type":"QUERY","id":"%s\n' 330799199001010014 >broken.json
expect 2 liuhen record broken.json
says err 'line 1, column'
lacks err 330799199001010014
lacks err QUERY

claim "what is written to a pipe leaves the pipe in its place"
mkfifo pipe
timeout 20 cat pipe >piped.lhar &
expect 0 timeout 20 liuhen export -o pipe
wait "$!"
is "$(test -p pipe && echo pipe)" pipe
expect 0 liuhen verify piped.lhar

claim "a receipt that was changed fails with 10, one under no known seal cannot be told: 11"
sed 's/^index .*/index 0/' r.tlog-proof >forged.tlog-proof
expect 10 liuhen receipt verify forged.tlog-proof
says out '^RESULT: VERIFICATION FAILED'
(unset LIUHEN_DATA && expect 11 liuhen receipt verify r.tlog-proof && says out '^RESULT: UNDECIDABLE')

claim "the first use pins the network, and the pin is used offline"
(
    unset LIUHEN_DATA
    expect 0 liuhen trail -n 1 --node "unix:$work/node/liuhend.sock"
    says err 'first use'
    expect 0 liuhen trail -n 1 --node "unix:$work/node/liuhend.sock"
    says err 'pinned here'
    expect 0 liuhen receipt verify r.tlog-proof
    says out '^RESULT: VERIFIED'
)

claim "what is remembered and damaged is named with its place: 2, and nothing is believed or lost"
(
    unset LIUHEN_DATA
    policy=$(find state -name '*.policy')
    cp "$policy" kept.policy
    echo 'log nonsense' >"$policy"
    expect 2 liuhen trail -n 1 --node "unix:$work/node/liuhend.sock"
    says err "$policy.*is damaged.*move it away"
    expect 2 liuhen show "$entry" --node "unix:$work/node/liuhend.sock"
    cp kept.policy "$policy"
    head=$(find state -name '*.checkpoint')
    cp "$head" kept.checkpoint
    echo 'x' >>"$head"
    expect 2 liuhen record e1.json --key s.pem --node "unix:$work/node/liuhend.sock"
    says err "$head.*is damaged.*move it away"
    cp kept.checkpoint "$head"
    expect 0 liuhen trail -n 1 --node "unix:$work/node/liuhend.sock"
)

claim "a seal of another key is a failure: 10; a policy that names none cannot tell: 11"
found second >/dev/null 2>&1
expect 10 liuhen trail --trust second/trust.policy
says err 'VERIFICATION FAILED'
echo 'quorum none' >empty.policy
expect 11 liuhen trail --trust empty.policy

claim "a node that lies about a trail is found out, whatever the lie"
start_liar() {
    python3 -B "$here/liar.py" "$work/liar.sock" "$work/node/liuhend.sock" "$1" &
    liar_pid=$!
    tries=0
    until [ -S "$work/liar.sock" ] || [ "$tries" -ge 600 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    claim_now="a node that lies is found out: $1"
}
stop_liar() {
    kill "$liar_pid"
    wait "$liar_pid" 2>/dev/null || true
    liar_pid=
    rm -f "$work/liar.sock"
}
lie() {
    start_liar "$2"
    expect "$1" liuhen trail --type QUERY --node "unix:$work/liar.sock"
    stop_liar
}
lie 0 truth
lie 3 garble
for one in swap_leaves drop_proofs shorten_proof turn_round rename_entry loop change_root \
    change_size unasked; do
    lie 10 "$one"
    says err 'VERIFICATION FAILED'
done

claim "a node that lies about what was handed in is found out, and nothing of it is kept"
n=100
hand_in() { # three new events
    n=$((n + 3))
    for at in 0 1 2; do
        event "lie-$((n + at))" $((n + at)) lies
    done >lies.ndjson
    rm -rf lies
    expect "$1" liuhen record lies.ndjson --key s.pem --node "unix:$work/liar.sock" -o lies
}
start_liar truth
hand_in 0
is "$(find lies -type f | wc -l)" 3
sed "s/}\$/,\"staff\":\"$staff\",\"subjects\":[{\"type\":\"resident\",\"id\":\"11010519491231002X\"}],\"case_number\":\"JH-9\"}/; s/\"lie-/\"plain-/" lies.ndjson >plain.ndjson
expect 0 liuhen record plain.ndjson --node "unix:$work/liar.sock"
expect 0 liuhen record plain.ndjson --node "unix:$work/liar.sock" --json
says out '"status":"duplicate"'
import_in() { # the same three under ids of their own, as of before the ledger
    sed 's/"plain-/"import-/' plain.ndjson >import.ndjson
    rm -rf imported
    expect "$1" liuhen import ndjson import.ndjson --node "unix:$work/liar.sock" -o imported
}
import_in 0
is "$(find imported -name '*.tlog-proof' | wc -l)" 3
expect 0 liuhen receipt verify --trust node/trust.policy imported/*
stop_liar
for one in no_answer one_short one_over other_order renumber other_status no_results no_receipt \
    made_up old_receipt other_ledger forged_receipt; do
    start_liar "$one"
    hand_in 10
    says err 'VERIFICATION FAILED'
    is "$(wc -c <out)" 0
    is "$(find lies -type f | wc -l)" 0
    sed "s/}\$/,\"staff\":\"$staff\"}/; s/\"lie-/\"plain-/" lies.ndjson >plain.ndjson
    expect 10 liuhen record plain.ndjson --node "unix:$work/liar.sock"
    is "$(wc -c <out)" 0
    import_in 10
    says err 'VERIFICATION FAILED'
    is "$(find imported -type f | wc -l)" 0
    case $one in one_short | other_order | renumber) ;; *)
        expect 10 liuhen submit s.lh --node "unix:$work/liar.sock"
        is "$(wc -c <out)" 0
        ;;
    esac
    stop_liar
done
claim_now="what the node really recorded is a duplicate afterwards"
expect 0 liuhen record lies.ndjson --key s.pem -o lies
is "$(grep -c duplicate out)" 3
is "$(find lies -type f | wc -l)" 3

claim "what is no status and no list of keys is not shown as one"
for one in nothing nulls other_kinds half_a_key; do
    start_liar "$one"
    [ "$one" = half_a_key ] || {
        expect 1 liuhen status --node "unix:$work/liar.sock"
        says err 'no status'
        is "$(wc -c <out)" 0
        expect 1 liuhen status --json --node "unix:$work/liar.sock"
        is "$(wc -c <out)" 0
        expect 1 liuhen doctor --node "unix:$work/liar.sock"
        says out 'no status'
    }
    expect 1 liuhen staff list --node "unix:$work/liar.sock"
    expect 1 liuhen staff list --json --node "unix:$work/liar.sock"
    is "$(wc -c <out)" 0
    stop_liar
done

claim "an archive that stands still, drips or never ends is given up, and nothing of it stays"
for one in silent_archive dripping_archive endless_archive; do
    start_liar "$one"
    wanted=3
    [ "$one" != endless_archive ] || wanted=6
    expect "$wanted" timeout 20 liuhen export -o given-up.lhar --timeout 1 --node "unix:$work/liar.sock"
    expect "$wanted" timeout 20 liuhen verify --all --timeout 1 --node "unix:$work/liar.sock"
    is "$(find . -name 'given-up*' | wc -l)" 0
    stop_liar
done

claim "a node that lost its newest entries is found out"
stop_node
cp -R node node.old
cp -R node-guard node-guard.old
start_node node
event e-20 20 school >e20.json
expect 0 liuhen record --key s.pem e20.json
expect 0 liuhen trail -n 1
stop_node
rm -rf node node-guard
mv node.old node
mv node-guard.old node-guard
start_node node
expect 10 liuhen trail -n 1
says err 'cut off'

claim "a node with two histories is found out by every verb, before anything is handed in: 12"
XDG_STATE_HOME=$work/state.fork # what was seen before the fork
expect 0 liuhen trail -n 1
stop_node
cp -R node node.other
cp -R node-guard node-guard.other
start_node node
event e-30 30 school >e30.json
event e-31 31 school >e31.json
expect 0 liuhen record --key s.pem e30.json
stop_node
mv node node.one
mv node-guard node-guard.one
mv node.other node
mv node-guard.other node-guard
start_node node
expect 0 env XDG_STATE_HOME="$work/state.newcomer" liuhen record --key s.pem e31.json
expect 12 liuhen trail -n 1
says err 'TWO HISTORIES'
expect 12 liuhen show "$entry"
expect 12 liuhen receipt get "$entry" -o forked.tlog-proof
expect 12 liuhen record --key s.pem e8.json
expect 12 liuhen submit s.lh
expect 12 liuhen export -f ndjson -o forked.ndjson
expect 12 liuhen stats --by type
expect 12 liuhen verify --all

claim "another network at the same address is found out"
XDG_STATE_HOME=$work/state
stop_node
mv node node.first
mv second node
sed "s|$work/second/|$work/node/|; s|^data = .*|data = $work/node|" node/liuhend.conf >conf
cp conf node/liuhend.conf
start_node node
liuhen cosign node/generation-1.lh --key a.pem -q >/dev/null
liuhen cosign node/generation-1.lh --key b.pem -q >/dev/null
liuhen submit node/generation-1.lh >/dev/null
(
    unset LIUHEN_DATA
    expect 10 liuhen trail --node "unix:$work/node/liuhend.sock"
    says err 'first used'
)

claim "every verb has help in both languages"
for verb in $(liuhen --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | sort -u); do
    case $verb in
    network) set -- network enrol ;;
    staff) set -- staff enrol ;;
    session) set -- session open ;;
    receipt) set -- receipt get ;;
    checkpoint) set -- checkpoint show ;;
    witness) set -- witness submit ;;
    import) set -- import csv ;;
    backup) set -- backup create ;;
    *) set -- "$verb" ;;
    esac
    expect 0 liuhen "$@" --help
    says out 'Exit codes'
    expect 0 liuhen "$@" --help --lang zh
    says out '退出码'
done
expect 0 liuhen help trail --lang zh
says out '^用法: liuhen trail \[选项\]'
expect 0 liuhen show --help --lang zh
says out '^用法: liuhen show \[选项\] 条目$'
expect 0 liuhen show --help
says out '^usage: liuhen show \[OPTIONS\] ENTRY$'
expect 0 liuhen help --lang zh
says out '^用法: '
expect 2 liuhen show --lang zh
says err '需要 条目'
expect 0 liuhen help staff
is "$(wc -l <out)" 4
says out '^  staff enrol '
expect 0 liuhen help staff role
expect 2 liuhen help stuff
expect 2 liuhen
expect 2 liuhen trial
says err 'trail'
expect 0 liuhen completion bash
bash -n out

echo "$claims claims hold"

#!/bin/sh
# Importing: small tables, right and wrong; a year of a real permit office, twice; events as JSON lines.
#
#   test_import.sh BUILD_DIR small|real|ndjson
#
# "real" exits 77 where the table is not: it lies beside the checkout, in ../shared/data.
set -eu

build=$(cd "${1:?usage: test_import.sh BUILD_DIR small|real|ndjson}" && pwd)
part=${2:?usage: test_import.sh BUILD_DIR small|real|ndjson}
here=$(cd "$(dirname "$0")" && pwd)
table=$here/../../../shared/data/coselog-wabo-receipt.csv.gz
map=$here/../../cli/examples/coselog.map
PATH=$build/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-import.XXXXXX")
node_pid=
export PATH HOME="$work/home" XDG_STATE_HOME="$work/state" LIUHEN_DATA="$work/node" NO_COLOR=1 LANG=C.UTF-8
unset LIUHEN_NODE LIUHEN_TRUST LC_ALL LC_MESSAGES

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
    [ -z "$node_pid" ] || {
        kill "$node_pid" 2>/dev/null || true
        wait "$node_pid" 2>/dev/null || true
    }
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
# expect CODE COMMAND...: stdout in $work/out, stderr in $work/err.
expect() {
    wanted=$1
    shift
    got=0
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -eq "$wanted" ] || fail "exit $got, expected $wanted: $*"
}
says() { grep -qF -e "$2" "$work/$1" || fail "no \"$2\" on $1"; }
entries() { liuhen status --json | sed -n 's/.*"size": *\([0-9]*\).*/\1/p' | head -n 1; }
import() { liuhen import csv "$@"; }

# ---- helpers for small tables ----

write_map() {
    cat >"$1" <<'END'
name = desk
pseudonyms = plain
zone = +01:00
time_format = %d.%m.%Y %H:%M

[case]
type = CASE
source = desk
id = case-{@case}
time = {when}
channel = COUNTER
detail.theme = permit
number detail.kind = 1
list detail.participants = gaj

[row]
type = STEP
source = desk
id = {id}
time = {when}
unit = {unit|none}
staff = {unit}{who}
channel = COUNTER
case = {case}
step = {@step}
detail.name = {what}
number detail.state = {state|2}

[codes detail.state]
open = 1
2 = 2
END
}

# bad CODE WORDS FILE...: the same words on stderr, nothing recorded.
bad() {
    wanted_code=$1
    wanted_words=$2
    shift 2
    expect "$wanted_code" import "$@"
    says err "$wanted_words"
}

# map_says WORDS SED-SCRIPT
map_says() {
    sed "$2" desk.map >e.map
    bad 2 "$1" u.csv --map e.map
}

# ---- a node ----

[ "$part" != real ] || [ -f "$table" ] || {
    echo "the real table is not here: skipped"
    exit 77
}
mkdir -p "$work/home" "$work/state"
cd "$work"
for officer in a b; do
    liuhen keygen -o $officer.pem -q >/dev/null
done
liuhen init --network jinhua --dept gaj --name 市公安局 --data node --guard guard --officer a.pub --officer b.pub -q >/dev/null
liuhend --config node/liuhend.conf >liuhend.log 2>&1 &
node_pid=$!
tries=0
until liuhen status >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || fail "the node did not start"
    sleep 0.1
done
for officer in a b; do
    liuhen cosign node/generation-1.lh --key $officer.pem -q >/dev/null
done
liuhen submit node/generation-1.lh >/dev/null

small_tables() {
    write_map desk.map
    before=$(entries)

    claim "a table in any shape of RFC 4180 makes the same events"
    printf 'id,when,unit,who,case,what,state\r\n2,24.11.2011 10:00,hall,ann,c1,"second, later",\r\n1,24.11.2011 09:00,,bob,c1,"first ""one""\r\nof two lines",open' >t.csv
    printf '\357\273\277"id","when","unit","who","case","what","state"\n"2","24.11.2011 10:00","hall","ann","c1","second, later",""\n\n"1","24.11.2011 09:00","","bob","c1","first ""one""\r\nof two lines","open"\n' >u.csv
    sed 's/\r//' u.csv | gzip >v.csv.gz
    expect 8 import t.csv --map desk.map
    says t.csv.rejects.ndjson '"line":3,"pointer":"/detail/name"' # no line ends in an entry
    sed -i 's/\r$//' t.csv
    python3 - <<'END'
for name in ("t.csv", "u.csv"):
    text = open(name, newline="").read()
    open(name, "w", newline="").write(text.replace("\r\nof", " of").replace("\nof", " of"))
END
    expect 0 import t.csv --map desk.map
    says out '1 recorded, 2 recorded before, 0 rejected'
    [ ! -e t.csv.rejects.ndjson ] || fail "the rejects of the first run are still there"
    expect 0 import u.csv --map desk.map --json
    says out '"duplicate": 3'
    gzip -k u.csv
    expect 0 import u.csv.gz --map desk.map --dry-run
    says out '2 rows, 1 cases, 2 staff members: 3 events'
    expect 0 import - --map desk.map --lang zh <u.csv
    says out '登记 0'
    [ "$(entries)" -gt "$before" ] || fail "nothing was recorded"

    claim "receipts are kept on request, of what was recorded before too"
    expect 0 import u.csv --map desk.map -o receipts
    says out '0 recorded, 3 recorded before'
    [ "$(find receipts -name 'receipt-gaj-1-*.tlog-proof' | wc -l)" = 3 ] || fail "not three receipts"
    expect 0 liuhen-verify --trust node/trust.policy receipts/*
    sed 's/^\("*\)\([12]\)/\15\2/; s/c1/c5/' u.csv >w.csv
    expect 0 import w.csv --map desk.map --output receipts --json
    says out '"recorded": 3'
    [ "$(find receipts -type f | wc -l)" = 6 ] || fail "not six receipts"
    expect 0 liuhen-verify --trust node/trust.policy receipts/*
    expect 0 import w.csv --map desk.map --dry-run -o none
    [ ! -e none ] || fail "a dry run made a directory"

    claim "what was imported says so and has its time, unit and state"
    expect 0 liuhen trail --json --type STEP
    says out '"2011-11-24T08:00:00.000Z"'
    says out '"unit": "none"'
    says out '"imported"'
    says out '"state": 1'
    expect 0 liuhen trail --type STEP --json -n 1

    claim "a plain pseudonym is never made of a resident's number; a salted one may be"
    printf 'id,when,unit,who,case,what,state\n8,24.11.2011 10:00,hall,11010519491231002X,c8,x,\n9,24.11.2011 10:00,hall,ann,110105194912,31002X,\n' >p.csv
    expect 8 import p.csv --map desk.map
    says p.csv.rejects.ndjson '"line":2,"pointer":"/staff"'
    [ "$(grep -c . p.csv.rejects.ndjson)" = 1 ] || fail "more was rejected"
    ! grep -q 1101051949 p.csv.rejects.ndjson out err || fail "the number is shown"
    sed 's/plain/salted/; s/^name = .*/name = people/; s/source = desk/source = people/' desk.map >people.map
    (umask 077 && head -c 32 /dev/urandom >people.salt)
    expect 0 import p.csv --map people.map --salt-file people.salt

    claim "a salted map wants a private file of 32 bytes, and numbers people by it"
    sed 's/plain/salted/; s/^name = .*/name = salted/; s/source = desk/source = salted/' desk.map >salted.map
    expect 2 import u.csv --map salted.map
    says err '--salt-file'
    (umask 077 && head -c 32 /dev/urandom >salt && head -c 31 salt >short && head -c 32 /dev/urandom >other)
    expect 2 import u.csv --map salted.map --salt-file short
    expect 2 import u.csv --map desk.map --salt-file salt
    expect 0 import u.csv --map salted.map --salt-file salt
    says out '3 recorded'
    expect 0 import u.csv --map salted.map --salt-file salt
    says out '3 recorded before'
    expect 8 import u.csv --map salted.map --salt-file other
    says u.csv.rejects.ndjson 'event.conflict'
    rm u.csv.rejects.ndjson

    # ---- what is wrong with them ----

    size=$(entries)
    header='id,when,unit,who,case,what,state'
    claim "a table that is broken records nothing and names the line"
    printf '' >e.csv
    bad 2 'e.csv:1: empty' e.csv --map desk.map
    printf 'id,when,,who\n' >e.csv
    bad 2 'e.csv:1: a column without a name' e.csv --map desk.map
    printf 'id,when,id\n' >e.csv
    bad 2 'e.csv:1: two columns of one name' e.csv --map desk.map
    printf 'id,when\n' >e.csv
    bad 2 'desk.map:21: no column "unit"' e.csv --map desk.map
    printf '%s\n1,24.11.2011 09:00,u,w,c,x,\n2,24.11.2011 09:00,u,"w,c,x,\n' "$header" >e.csv
    bad 2 'e.csv:3: a quoted field that begins here does not end' e.csv --map desk.map
    printf '%s\n1,24.11.2011 09:00,u,w"w,c,x,\n' "$header" >e.csv
    bad 2 'e.csv:2: a quote inside a field' e.csv --map desk.map
    printf '%s\n1,24.11.2011 09:00,u,"w"w,c,x,\n' "$header" >e.csv
    bad 2 'e.csv:2: text behind a closing quote' e.csv --map desk.map
    printf '%s\n1,24.11.2011 09:00,u\r,w,c,x,\n' "$header" >e.csv
    bad 2 'e.csv:2: a carriage return without a line feed' e.csv --map desk.map
    printf '%s\n1,24.11.2011 09:00,\000,w,c,x,\n' "$header" >e.csv
    bad 2 'e.csv:2: a NUL byte' e.csv --map desk.map
    printf '%s\n1,24.11.2011 09:00,\377,w,c,x,\n' "$header" >e.csv
    bad 2 'e.csv:2: not UTF-8' e.csv --map desk.map
    { printf '%s\n' "$header" && head -c 1100000 /dev/zero | tr '\0' x; } >e.csv
    bad 2 'a record of more than 1 MiB' e.csv --map desk.map
    gzip -c u.csv | head -c 60 >e.csv.gz
    bad 3 'e.csv.gz: damaged gzip' e.csv.gz --map desk.map
    bad 5 'absent.csv' absent.csv --map desk.map

    claim "a map that is broken is named with its line"
    map_says 'e.map:1: "nome" is no setting' 's/^name =/nome =/'
    map_says 'the setting "name" is missing' '/^name =/d'
    map_says 'e.map:1: name: want' 's/^name =.*/name = a b/'
    map_says 'e.map:2: pseudonyms: want salted or plain' 's/= plain/= none/'
    map_says 'e.map:3: zone: want' 's/+01:00/CET/'
    map_says 'e.map:4: time_format: only' 's/%M/%p/'
    map_says 'e.map:4: time_format: want iso' 's/^time_format.*/time_format = %H:%M/'
    map_says 'e.map:6: [kase]: want' 's/\[case\]/[kase]/'
    map_says 'e.map:16: [row] is there already' 's/\[case\]/[row]/'
    map_says 'e.map:7: "tipe" is no member' 's/^type = CASE/tipe = CASE/'
    map_says 'e.map:6: [case] lacks "type"' 's/^type = CASE//'
    map_says 'e.map:18: "type" is there already' 's/^source = desk/type = x/;0,/type = x/s//source = desk/'
    map_says 'e.map:19: a brace is not closed' 's/{id}/{id/'
    map_says 'e.map:19: {@line}: want a column' 's/{id}/{@line}/'
    map_says 'e.map:26: {@step} stands only in "step"' 's/{what}/{@step}/'
    map_says 'e.map:25: [row] lacks "case"' '/^case =/d;s/^step =/\n&/'
    map_says 'e.map:29: no member "detail.stage" uses' 's/codes detail.state/codes detail.stage/'
    map_says 'e.map:28: want "name = value"' '28s/.*/hello/'
    map_says 'e.map:31: this text has a code already' 's/^2 = 2/open = 2/'
    bad 5 'absent.map' u.csv --map absent.map
    bad 2 -- '--map' u.csv
    bad 2 -- '--progress' u.csv --map desk.map --progress loud
    [ "$(entries)" = "$size" ] || fail "something was recorded"

    claim "a bad record is rejected with its line, the others are recorded"
    {
        echo "$header"
        echo '10,24.11.2011 11:00,hall,ann,c9,fine,'
        echo '11,24.11.2011 11:00,hall,ann,c9,fine,,more'
        echo '12,31.02.2011 11:00,hall,ann,c9,no such day,'
        echo '13,2011-11-24,hall,ann,c9,another form,'
        echo '14,24.11.2011 11:00,hall,ann,c9,no code,shut'
        echo ',24.11.2011 11:00,hall,ann,c9,no id,'
        echo '16,24.11.2011 11:00,hall,ann,c9,,'
        echo '17,24.11.2011 11:00,hall,ann,c9,330106199003071236 is a number of a person,'
        echo '18,24.11.2099 11:00,hall,ann,c9,not yet,'
    } >bad.csv
    expect 8 import bad.csv --map desk.map --dry-run
    says out '7 rejected; nothing was handed in'
    rm bad.csv.rejects.ndjson
    expect 8 import bad.csv --map desk.map
    says err '8 rejected: see bad.csv.rejects.ndjson'
    says err 'bad.csv:6: /detail/state: no code'
    says err 'bad.csv:3: 8 fields instead of 7'
    for line in '"line":3,"pointer":"","reason":"8 fields instead of 7"' \
        '"line":4,"pointer":"/event_time","reason":"no such time' \
        '"line":5,"pointer":"/event_time","reason":"not a time of the form' \
        '"line":6,"pointer":"/detail/state","reason":"no code' \
        '"line":7,"pointer":"/id"' '"line":8,"pointer":"/detail/name"' \
        '"line":9,' '"line":10,'; do
        says bad.csv.rejects.ndjson "$line"
    done
    ! grep -q 19900307 bad.csv.rejects.ndjson out err || fail "a person's number is repeated"
}

real_table() {
    claim "a run that is cut off is repeated"
    ln "$table" real.csv.gz 2>/dev/null || cp "$table" real.csv.gz
    size=$(entries)
    liuhen import csv real.csv.gz --map "$map" --progress json >out 2>err &
    import_pid=$!
    until grep -q '"done"' err 2>/dev/null || ! kill -0 $import_pid 2>/dev/null; do
        sleep 0.02
    done
    kill -TERM $import_pid 2>/dev/null || true
    got=0
    wait $import_pid || got=$?
    [ "$got" -eq 143 ] || [ "$got" -eq 0 ] || fail "exit $got"
    echo "cut off with exit $got: $(grep -o '[0-9]* recorded,' out) $(tail -n 1 err)"

    claim "8,577 rows become 10,011 entries, counted as an independent script does"
    expect 0 import real.csv.gz --map "$map" --json
    says out '"rows": 8577'
    says out '"cases": 1434'
    says out '"rejected": 0'
    [ "$(entries)" -ge $((size + 10011)) ] || fail "$(entries) entries after $size"
    expect 0 liuhen export -f ndjson -o real.ndjson
    python3 -B "$here/count_csv.py" "$table" real.ndjson "$(liuhen status | sed -n 's/^network *//p')" >counts ||
        fail "the counts differ"
    cat counts

    claim "every entry verifies"
    liuhen export -o real.lhar -q
    expect 0 liuhen-verify --trust node/trust.policy real.lhar
    says out 'RESULT: VERIFIED'

    claim "a second import records nothing"
    size=$(entries)
    expect 0 import real.csv.gz --map "$map"
    says out '0 recorded, 10011 recorded before, 0 rejected'
    grep -o '[0-9.]* s$' out
    [ "$(entries)" = "$size" ] || fail "the ledger grew"
}

# ---- one JSON object a line ----

# How many QUERY are in the ledger, proven.
queries() { liuhen stats --by type --type QUERY 2>/dev/null | cut -f2; }
import_lines() { liuhen import ndjson "$@"; }

# event ID TIME: a line
event() {
    printf '{"type":"QUERY","source":"old","id":"%s","event_time":"%s","unit":"hall","staff":"00112233445566aa","channel":"PLATFORM","item":"marriage","catalogue_version":1,"exchange":"%032x","counterparty":"mzj","purpose":"school","legal_basis":"zj-public-data-2022","detail":{"requested_mask":1}}\n' \
        "$1" "$2" "$(printf '%s' "$1" | cksum | cut -d' ' -f1)"
}

# pack_zstd FILE: to FILE.zst
pack_zstd() {
    python3 -B - "$1" <<'END'
import ctypes, sys
zstd = ctypes.CDLL("libzstd.so.1")
zstd.ZSTD_compress.restype = zstd.ZSTD_compressBound.restype = ctypes.c_size_t
zstd.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
zstd.ZSTD_compress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
data = open(sys.argv[1], "rb").read()
room = zstd.ZSTD_compressBound(len(data))
out = ctypes.create_string_buffer(room)
size = zstd.ZSTD_compress(out, room, data, len(data), 3)
open(sys.argv[1] + ".zst", "wb").write(out.raw[:size])
END
}

json_lines() {
    claim "events are recorded as they are, by their time, as of before the ledger"
    { event n-2 2019-03-02T09:00:00+08:00 && echo && event n-1 2019-03-01T09:00:00+08:00; } >n.ndjson
    size=$(entries)
    expect 0 import_lines n.ndjson --dry-run
    says out '2 rows, 0 cases, 1 staff members: 2 events'
    [ "$(entries)" = "$size" ] || fail "a dry run recorded something"
    expect 0 import_lines n.ndjson
    says out '2 recorded, 0 recorded before, 0 rejected'
    expect 0 liuhen export -f ndjson -o n.out --type QUERY
    [ "$(sed 's/.*"id": *"\([^"]*\)".*/\1/' n.out | tr '\n' ' ')" = 'n-1 n-2 ' ] || fail "not by their time"
    [ "$(grep -c '"imported"' n.out)" -eq 2 ] || fail "not all are said to be imported"
    says n.out '"department":"gaj"'

    claim "the same lines again, in any packing, are no second entries"
    size=$(entries)
    expect 0 import_lines n.ndjson
    says out '0 recorded, 2 recorded before, 0 rejected'
    gzip -k n.ndjson
    pack_zstd n.ndjson
    expect 0 import_lines n.ndjson.gz --json
    says out '"duplicate": 2'
    expect 0 import_lines n.ndjson.zst
    says out '2 recorded before'
    expect 0 import_lines - <n.ndjson.zst
    says out '2 recorded before'
    [ "$(entries)" = "$size" ] || fail "the ledger grew"

    claim "a packed file that was cut records nothing"
    event n-9 2019-03-01T09:00:00Z >cut.ndjson
    pack_zstd cut.ndjson
    head -c 60 cut.ndjson.zst >cut.zst
    expect 3 import_lines n.ndjson cut.zst
    says err 'cut.zst: damaged zstd: the compressed stream ends early'
    gzip -c cut.ndjson | head -c 60 >cut.gz
    expect 3 import_lines cut.gz
    says err 'cut.gz: damaged gzip'
    [ "$(entries)" = "$size" ] || fail "the ledger grew"
    expect 0 import_lines cut.ndjson.zst
    says out '1 recorded'

    claim "a bad line is named with file, line and pointer; the others are recorded"
    {
        event b-1 2019-03-01T09:00:00Z
        echo '{"type":"QUERY","id":'
        echo '["no object"]'
        event b-4 'last tuesday'
        event '' 2019-03-01T09:00:00Z
        event b-6 2019-03-01T09:00:00Z | sed 's/"requested_mask":1/"requested_mask":"all"/'
        event b-7 2019-03-01T09:00:00Z | sed 's/"item"/"thing"/'
        echo '{"ready":"AAAA"}'
        event b-9 2019-03-01T09:00:00Z | sed 's/"hall"/"hall 11010519491231002X"/'
        event b-10 2019-03-01T09:00:00Z | sed 's/^{/{"department":"mzj",/'
        event b-11 2019-03-01T09:00:00Z | sed 's/^{/{"id":"b-11",/'
    } >bad.ndjson
    expect 8 import_lines bad.ndjson --dry-run
    says out 'nothing was handed in'
    [ "$(queries)" = 3 ] || fail "a dry run recorded something"
    expect 8 import_lines bad.ndjson
    says out '1 recorded, 0 recorded before, 10 rejected'
    says err '10 rejected: see bad.ndjson.rejects.ndjson'
    for place in 'bad.ndjson:2: not JSON, from column ' 'bad.ndjson:3: not a JSON object' \
        'bad.ndjson:4: /event_time: needed' 'bad.ndjson:5: /id: needed' \
        'bad.ndjson:6: /detail/requested_mask: ' 'bad.ndjson:7: /' 'bad.ndjson:8: /ready: signed already' \
        'bad.ndjson:9: /unit: ' 'bad.ndjson:10: /department: ' 'bad.ndjson:11: not JSON'; do
        says err "$place"
    done
    says bad.ndjson.rejects.ndjson '"line":6,"pointer":"/detail/requested_mask"'
    ! grep -q -e 110105 -e tuesday bad.ndjson.rejects.ndjson out err || fail "a value is repeated"
    expect 8 import_lines bad.ndjson -q
    ! grep -q 'bad.ndjson:2' err || fail "-q is not quiet"

    claim "under a map the members of a line are the columns"
    write_map desk.map
    sed -i 's/{id}/{key}/; s/{what}/{step.what}/; s/{state|2}/{step.state|2}/' desk.map
    {
        echo '{"key":2,"when":"24.11.2011 10:00","unit":"hall","who":"ann","case":"c1","step":{"what":"later","state":null}}'
        echo '{"key":1,"when":"24.11.2011 09:00","who":"bob","case":"c1","step":{"what":"first","state":"open"},"more":[1]}'
        echo '{"key":3,"when":"24.11.2011 09:00","who":["bob"],"case":"c1","step":{"what":"third"}}'
    } >m.ndjson
    expect 8 import_lines m.ndjson --map desk.map
    says out '3 rows, 1 cases, 2 staff members: 3 events'
    says err 'm.ndjson:3: /who: a list or an object'
    printf 'id,when,unit,who,case,what,state\n2,24.11.2011 10:00,hall,ann,c1,later,\n1,24.11.2011 09:00,,bob,c1,first,open\n' >m.csv
    write_map table.map
    expect 0 import m.csv --map table.map
    says out '0 recorded, 3 recorded before, 0 rejected' # the same events as of a table
    sed -i 's/{unit|none}/{office|none}/' desk.map
    expect 2 import_lines m.ndjson --map desk.map
    says err 'desk.map:21: no column "office"'
    expect 2 import_lines n.ndjson --salt-file n.ndjson
    says err 'only with --map'
    expect 5 import_lines absent.ndjson
    says err 'absent.ndjson'

    claim "a run that is cut off is repeated, and nothing is lost or doubled"
    got=0
    tries=0
    until [ "$got" -eq 143 ]; do # on a busy machine it may end before we see that it began
        tries=$((tries + 1))
        [ "$tries" -le 10 ] || fail "exit $got: it was not cut off"
        size=$(queries)
        cut_off "m$tries"
    done
    says err 'run the same command again'
    half=$(queries)
    if [ "$half" -le "$size" ] || [ "$half" -ge $((size + 4000)) ]; then
        fail "$half queries: not cut in the middle"
    fi
    expect 0 import_lines many.ndjson
    says out "$((size + 4000 - half)) recorded, $((half - size)) recorded before, 0 rejected"
    [ "$(queries)" = $((size + 4000)) ] || fail "$(queries) queries after $size"
    expect 0 liuhen export -o n.lhar -q
    expect 0 liuhen-verify --trust node/trust.policy n.lhar
}

# cut_off PREFIX: import 4,000 events and end it once something is done; its exit code is in $got.
cut_off() {
    for id in $(seq 4000); do
        printf '{"type":"QUERY","source":"many","id":"%s-%d","event_time":"2018-01-01T00:%02d:%02dZ","channel":"MACHINE","item":"marriage","catalogue_version":1,"exchange":"%032x","counterparty":"mzj","purpose":"school","legal_basis":"zj-public-data-2022","detail":{"requested_mask":1}}\n' \
            "$1" "$id" $((id / 60 % 60)) $((id % 60)) "$id"
    done >many.ndjson
    liuhen import ndjson many.ndjson --progress json >out 2>err &
    import_pid=$!
    until grep -q '"done"' err 2>/dev/null || ! kill -0 $import_pid 2>/dev/null; do
        sleep 0.01
    done
    kill -TERM $import_pid 2>/dev/null || true
    got=0
    wait $import_pid || got=$?
}

case $part in
small) small_tables ;;
real) real_table ;;
ndjson) json_lines ;;
*) fail "$part: small, real or ndjson" ;;
esac
echo "import $part: ok"

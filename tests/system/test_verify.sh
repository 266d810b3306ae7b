#!/bin/sh
# liuhen-verify on files: what it prints, its exit codes, and that no damage ever ends in 0.
#   test_verify.sh LIUHEN-VERIFY MAKE-ARCHIVE
# LH_LONG=1 flips every byte instead of a sample.
set -u

verify=$1
make_archive=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failures=0

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# expect CODE TEXT ARGS...: run, compare the exit code, find TEXT in what it prints (either stream)
expect() {
    want=$1
    text=$2
    shift 2
    "$verify" "$@" >"$work/out" 2>&1
    got=$?
    if [ "$got" -ne "$want" ]; then
        fail "liuhen-verify $*: exit $got, not $want"
        cat "$work/out"
    elif ! grep -q -F -e "$text" "$work/out"; then
        fail "liuhen-verify $*: does not print: $text"
        cat "$work/out"
    fi
}

# flip FILE OFFSET OUT: the same file with one bit of one byte changed
flip() {
    cp "$1" "$3"
    byte=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
    if [ $((byte % 2)) -eq 0 ]; then byte=$((byte + 1)); else byte=$((byte - 1)); fi
    # shellcheck disable=SC2059 # the octal escape is the format
    printf "$(printf '\\%03o' "$byte")" | dd of="$3" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

for suite in W G; do
    mkdir "$work/$suite"
    "$make_archive" --suite "$suite" "$work/$suite" || exit 1
done
mkdir "$work/small"
"$make_archive" --seed 9 --entries 3 --staff 1 --block 2 "$work/small" || exit 1
w=$work/W
network=$(sed -n 's/^network   \([0-9a-f]\{64\}\) .*/\1/p' <<TEXT
$("$verify" "$w/city.lhar")
TEXT
)

# what holds
for suite in W G; do
    d=$work/$suite
    expect 0 "RESULT: VERIFIED" "$d/city.lhar"
    expect 0 "not pinned" "$d/city.lhar"
    expect 0 "OK pinned" --trust "$d/genesis.lh" "$d/city.lhar"
    expect 0 "RESULT: VERIFIED" --trust "$d/policy" "$d/city.lhar"
    expect 0 "RESULT: VERIFIED" --jobs 1 "$d/city.lhar"
    expect 0 "RESULT: VERIFIED" --jobs 7 "$d/city.lhar"
    expect 0 "signatures not checked" --no-signatures "$d/city.lhar"
    expect 0 "seal      OK" --trust "$d/policy" "$d/receipt.tlog-proof"
    expect 0 "seal      OK" --trust "$d/policy" "$d/checkpoint"
    # an archive of the trusted network vouches for the seals of what is named behind it
    expect 0 "RESULT: VERIFIED" --trust "$d/genesis.lh" "$d/city.lhar" "$d/receipt.tlog-proof" \
        "$d/checkpoint"
    zstd -q "$d/city.lhar"
    expect 0 "RESULT: VERIFIED" "$d/city.lhar.zst"
done
expect 0 "RESULT: VERIFIED" --network "$network" "$w/city.lhar"
expect 0 "RESULT: VERIFIED" -q "$w/city.lhar"
expect 0 "liuhen-verify " --version
expect 0 "usage: liuhen-verify" --help
"$verify" - <"$w/city.lhar" >/dev/null || fail "standard input"

# what cannot be told
expect 11 "RESULT: UNDECIDABLE" "$w/receipt.tlog-proof"
expect 11 "inclusion OK" "$w/receipt.tlog-proof"
expect 11 "RESULT: UNDECIDABLE" --trust "$w/genesis.lh" "$w/receipt.tlog-proof"
expect 11 "RESULT: UNDECIDABLE" "$w/checkpoint"
head -c 2000 "$w/city.lhar" >"$work/cut.lhar"
expect 11 "A02" "$work/cut.lhar"
head -c 2000 "$w/city.lhar.zst" >"$work/cut.lhar.zst"
expect 11 "RESULT: UNDECIDABLE" "$work/cut.lhar.zst"
head -c -1 "$w/city.lhar" >"$work/cut1.lhar"
expect 11 "A02" "$work/cut1.lhar"

# what is wrong
other=$(echo "$network" | tr '0-9a-f' '1-9a-f0')
expect 10 "RESULT: VERIFICATION FAILED" --network "$other" "$w/city.lhar"
expect 10 "T01" --trust "$work/G/genesis.lh" "$w/city.lhar"
expect 10 "RESULT: VERIFICATION FAILED" --trust "$work/small/genesis.lh" "$w/receipt.tlog-proof"
expect 10 "T02" --trust "$work/small/policy" "$w/city.lhar"
printf x | cat "$w/city.lhar" - >"$work/long.lhar"
expect 10 "A01" "$work/long.lhar"
head -c 300 "$w/receipt.tlog-proof" >"$work/cut.proof"
expect 10 "RESULT: VERIFICATION FAILED" --trust "$w/policy" "$work/cut.proof"
expect 10 "RESULT: VERIFICATION FAILED" "$w/city.lhar" "$work/cut.lhar" "$work/long.lhar"

# a changed entry is named: a byte in the middle of each leaf that is an entry, for all of them
while read -r offset length kind index; do
    [ "$kind" = 3 ] || continue
    flip "$w/city.lhar" $((offset + length / 3)) "$work/flipped.lhar"
    "$verify" "$work/flipped.lhar" >"$work/out" 2>&1
    rc=$?
    [ $rc -eq 10 ] || fail "leaf $index changed: exit $rc"
    grep -q "^failed    gaj/1/$index  " "$work/out" ||
        fail "leaf $index changed: $(grep '^failed' "$work/out" | head -1)"
done <"$w/offsets"

# no flipped byte anywhere is ever verified
step=7
[ "${LH_LONG:-0}" = 1 ] && step=1
for name in city.lhar receipt.tlog-proof checkpoint; do
    file=$work/small/$name
    size=$(wc -c <"$file")
    at=0
    while [ "$at" -lt "$size" ]; do
        flip "$file" "$at" "$work/flipped"
        "$verify" --trust "$work/small/policy" "$work/flipped" >/dev/null 2>&1
        rc=$?
        case $rc in
        1 | 10 | 11) ;;
        *) fail "$name, byte $at flipped: exit $rc" ;;
        esac
        at=$((at + step))
    done
done

# the same whatever the number of threads
flip "$w/city.lhar" 6000 "$work/flipped.lhar"
"$verify" --json --jobs 1 "$work/flipped.lhar" >"$work/one.json"
for jobs in 2 3 16; do
    "$verify" --json --jobs "$jobs" "$work/flipped.lhar" >"$work/more.json"
    cmp -s "$work/one.json" "$work/more.json" || fail "--jobs $jobs gives another report"
done

# JSON
"$verify" --json --report "$work/report.json" "$work/flipped.lhar" "$w/city.lhar" \
    "$w/receipt.tlog-proof" "$work/none" >"$work/out.json"
rc=$?
cmp -s "$work/out.json" "$work/report.json" || fail "--report differs from --json"
jq -e --argjson rc "$rc" '.schema == "liuhen.verify/1" and .exit == $rc and .result == "failed"
    and (.files | length) == 4 and .files[0].findings[0].answer == "failed"
    and .files[1].result == "verified" and .files[2].result == "undecidable"
    and .files[3].result == "unreadable"' "$work/out.json" >/dev/null || fail "JSON report"

# what cannot be read or asked
printf '' >"$work/empty"
printf 'hello\n' >"$work/hello"
expect 3 "is empty" /dev/null
expect 3 "is empty" "$work/empty"
expect 3 "is a directory" "$work"
expect 3 "No such file" "$work/none"
expect 1 "is no archive, receipt or checkpoint" "$work/hello"
expect 2 "no file is named"
expect 2 "--help" --frob "$w/city.lhar"
expect 2 "--jobs" --jobs 0 "$w/city.lhar"
expect 2 "64 hex digits" --network abc "$w/city.lhar"
expect 2 "two different networks" --network "$other" --network "$network" "$w/city.lhar"
expect 2 "line 1" --trust "$work/hello" "$w/city.lhar"
expect 3 "No such file" --trust "$work/none" "$w/city.lhar"
printf 'log %s\nquorum any2\n' "$(sed -n 's/^log //p' "$w/policy")" >"$work/quorum"
expect 2 "line 2" --trust "$work/quorum" "$w/city.lhar"
if [ -e /dev/full ]; then
    "$verify" "$w/city.lhar" >/dev/full 2>/dev/null
    [ $? -eq 3 ] || fail "a report that could not be written"
    expect 3 "cannot write" --report /dev/full "$w/city.lhar"
fi

[ "$failures" -eq 0 ] || exit 1
echo "all as expected"

#!/bin/sh
# liuhen-verify on files: what it prints, its exit codes, and that no damage ever ends in 0.
#   test_verify.sh LIUHEN-VERIFY MAKE-ARCHIVE EVIDENCE-FILES
# LH_LONG=1 flips every byte instead of a sample.
set -u

verify=$1
make_archive=$2
evidence=$3
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

# a ledger that contradicts itself, proven by one file; but only where the network is trusted
for name in two_roots_w two_roots_g two_histories_w two_histories_g; do
    file=$evidence/$name
    sed -n 's/^genesis //p' "$file" | base64 -d >"$work/$name.genesis"
    expect 12 "RESULT: EQUIVOCATION PROVEN" --trust "$work/$name.genesis" "$file"
    expect 12 "exclude each other" --trust "$work/$name.genesis" "$file"
    expect 11 "nobody vouches for" "$file"
    expect 10 "another network" --trust "$w/genesis.lh" "$file"
    # one bit of the last line, a signature: now it proves nothing
    flip "$file" $(($(wc -c <"$file") - 20)) "$work/flipped"
    expect 10 "RESULT: VERIFICATION FAILED" --trust "$work/$name.genesis" "$work/flipped"
done
genesis=$work/two_roots_w.genesis
expect 12 "EQUIVOCATION" --trust "$genesis" "$evidence/two_roots_w" "$work/long.lhar"
expect 11 "another version" "$evidence/newer"
expect 10 "RESULT: VERIFICATION FAILED" --trust "$genesis" "$evidence/no_second"
"$verify" --json --trust "$genesis" "$evidence/two_histories_w" >"$work/out.json"
jq -e '.result == "equivocation" and .exit == 12 and .files[0].kind == "evidence"
    and .files[0].network.pinned and (.files[0].heads | length) == 2
    and .files[0].heads[0].origin == .files[0].heads[1].origin
    and .files[0].heads[0].size < .files[0].heads[1].size' "$work/out.json" >/dev/null ||
    fail "JSON report of evidence"

# a ledger that breaks a rule, likewise
for name in broken_b09_height_w broken_b09_height_g broken_b11_pre_root_w; do
    file=$evidence/$name
    rule=$(sed -n 's/^rule //p' "$file")
    sed -n 's/^genesis //p' "$file" | base64 -d >"$work/$name.genesis"
    expect 12 "RESULT: BROKEN RULE PROVEN" --trust "$work/$name.genesis" "$file"
    expect 12 "the ledger jinhua/gaj/1 breaks $rule " --trust "$work/$name.genesis" "$file"
    expect 11 "nobody vouches for" "$file"
    expect 10 "another network" --trust "$w/genesis.lh" "$file"
    flip "$file" $(($(wc -c <"$file") - 20)) "$work/flipped"
    expect 10 "RESULT: VERIFICATION FAILED" --trust "$work/$name.genesis" "$work/flipped"
done
genesis=$work/broken_b09_height_w.genesis
expect 10 "breaks B09, not B10" --trust "$genesis" "$evidence/broken_other_rule"
expect 11 "a rule that is not known" "$evidence/broken_rule_unknown"
"$verify" --json --trust "$genesis" "$evidence/broken_b09_height_w" >"$work/out.json"
jq -e '.result == "broken_rule" and .exit == 12 and .files[0].network.pinned
    and (.files[0].heads | length) == 1 and .files[0].broken.rule == "B09"
    and .files[0].broken.index == .files[0].heads[0].size - 1' "$work/out.json" >/dev/null ||
    fail "JSON report of evidence of a broken rule"

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

# --resume: what was verified before is not checked again, and nothing else is spared
state=$work/state
count() { jq -r ".files[0].$1" "$work/out.json"; }
"$verify" --json "$w/city.lhar" >"$work/out.json"
all=$(count signatures_checked)
[ "$(count signatures_taken)" = 0 ] || fail "signatures were taken without a state"
expect 0 "all was checked now" --resume "$state" "$w/half.lhar"
grep -qx 'liuhen/verified@v1' "$state" || fail "no state was written"
cp "$state" "$work/state.half"

# the archive grew: it is gone on from where the state ends, and the state moves on
"$verify" --json --resume "$state" "$w/city.lhar" >"$work/out.json" || fail "the grown archive"
[ "$(count signatures_taken)" -gt 0 ] || fail "nothing was taken from the state"
[ $(($(count signatures_taken) + $(count signatures_checked))) -eq "$all" ] ||
    fail "signatures taken and checked are not all of them"
jq -e '.files[0].ledgers[0] | .taken_size > 0 and .taken_size < .size' "$work/out.json" \
    >/dev/null || fail "the report does not say up to where"
grep -q " $(jq -r '.files[0].ledgers[0] | "\(.size) \(.root)"' "$work/out.json")\$" "$state" ||
    fail "the state did not move on"
cp "$state" "$work/state.whole"
expect 0 "RESULT: VERIFIED (resumed)" --resume "$state" --trust "$w/genesis.lh" "$w/city.lhar"
expect 0 "up to size" --resume "$state" "$w/city.lhar"
cmp -s "$state" "$work/state.whole" || fail "the state of the same archive changed"

# what does not go on from the state is said, and leaves the state as it was
expect 11 "T03" --resume "$state" "$w/half.lhar"
expect 11 "of another network" --resume "$state" "$work/G/city.lhar"
expect 10 "RESULT: VERIFICATION FAILED" --resume "$state" "$work/flipped.lhar"
cmp -s "$state" "$work/state.whole" || fail "an archive that was not verified moved the state"
sed '/^sum /d; /^ledger /s/.$//' "$work/state.half" | sed '/^ledger /s/$/0/' >"$work/state.other"
if cmp -s "$work/state.other" - <<TEXT; then
$(sed '/^sum /d' "$work/state.half")
TEXT
    sed -i '/^ledger /s/0$/1/' "$work/state.other"
fi
echo "sum $(sha256sum <"$work/state.other" | cut -d ' ' -f 1)" >>"$work/state.other"
expect 10 "T03" --resume "$work/state.other" "$w/city.lhar"

# a state that was damaged, or is none
flip "$state" 30 "$work/state.flipped"
expect 2 "changed or damaged" --resume "$work/state.flipped" "$w/city.lhar"
head -n 2 "$state" >"$work/state.cut"
expect 2 "its end is missing" --resume "$work/state.cut" "$w/city.lhar"
expect 2 "is no state of --resume" --resume "$w/policy" "$w/city.lhar"
expect 2 "no-signatures" --resume "$state" --no-signatures "$w/city.lhar"
expect 2 "given twice" --resume "$state" --resume "$state" "$w/city.lhar"
expect 3 "is a directory" --resume "$work" "$w/city.lhar"
expect 3 "cannot write it" --resume "$work/none/state" "$w/city.lhar"

# JSON
"$verify" --json --report "$work/report.json" "$work/flipped.lhar" "$w/city.lhar" \
    "$w/receipt.tlog-proof" "$work/none" >"$work/out.json"
rc=$?
cmp -s "$work/out.json" "$work/report.json" || fail "--report differs from --json"
jq -e --argjson rc "$rc" '.schema == "liuhen.verify/1" and .exit == $rc and .result == "failed"
    and (.files | length) == 4 and .files[0].findings[0].answer == "failed"
    and .files[1].result == "verified" and .files[2].result == "undecidable"
    and .files[3].result == "unreadable"' "$work/out.json" >/dev/null || fail "JSON report"

# a quorum of witnesses: the published checkpoints of five records
trust=$(dirname "$evidence")/trust
records=$trust/policy_of_c2sp
expect 0 "witnesses OK  1 of 1 cosigned" --trust "$records" "$trust/checkpoint_size_5_witnessed"
expect 11 "witnesses UNK   0 of 1 cosigned" --trust "$records" "$trust/checkpoint_size_5"
expect 11 "too few witnesses have cosigned it" --trust "$records" "$trust/checkpoint_size_5"
sed 's/^quorum.*/quorum none/' "$records" >"$work/no-quorum"
expect 0 "seal      OK" --trust "$work/no-quorum" "$trust/checkpoint_size_5"
{ cat "$trust/checkpoint_size_5_fork"; tail -n 1 "$trust/checkpoint_size_5_witnessed"; } >"$work/moved"
expect 10 "cosignature does not verify" --trust "$records" "$work/moved"
expect 0 '"quorum":"ok","cosigners":1' --json --trust "$records" "$trust/checkpoint_size_5_witnessed"
{ grep -v quorum "$w/policy"; grep -v '^log' "$records"; } >"$work/of-city"
expect 11 "too few witnesses" --trust "$work/of-city" "$w/receipt.tlog-proof"
expect 11 "too few witnesses have cosigned jinhua/gaj/1" --trust "$work/of-city" "$w/city.lhar"
# what no level reaches still vouches for the seals of what is named behind it
expect 11 "is witnessed up to size 0 of" --trust "$w/genesis.lh" --level witnessed "$w/city.lhar"
expect 11 "seal      OK" --trust "$w/genesis.lh" --level witnessed "$w/city.lhar" "$w/receipt.tlog-proof"
expect 11 "its level cannot be told" --level witnessed "$w/city.lhar"
{ cat "$w/receipt.tlog-proof"; tail -n 1 "$trust/checkpoint_size_5_witnessed"; } >"$work/moved.proof"
expect 10 "cosignature does not verify" --trust "$work/of-city" "$work/moved.proof"
expect 0 "seal      OK" --trust "$w/policy" "$work/moved.proof"
expect 2 "two policies ask for a quorum" --trust "$records" --trust "$records" "$work/moved"

# what cannot be read or asked
printf '' >"$work/empty"
printf 'hello\n' >"$work/hello"
expect 3 "is empty" /dev/null
expect 3 "is empty" "$work/empty"
expect 3 "is a directory" "$work"
expect 3 "No such file" "$work/none"
expect 1 "is no archive, receipt, checkpoint, evidence or promises" "$work/hello"
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

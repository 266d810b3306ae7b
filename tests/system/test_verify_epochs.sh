#!/bin/sh
# liuhen-verify on receipts and archives of a ledger that went through two epochs, the second of
# which rotates its witnesses' keys: by whose cosignatures each head is judged.
#   test_verify_epochs.sh LIUHEN-VERIFY MAKE-EPOCHS
set -u

verify=$1
make_epochs=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failures=0

# expect CODE TEXT ARGS...: run, compare the exit code, find TEXT in what it prints
expect() {
    want=$1
    text=$2
    shift 2
    "$verify" "$@" >"$work/out" 2>&1
    got=$?
    if [ "$got" -ne "$want" ] || ! grep -q -F -e "$text" "$work/out"; then
        echo "FAIL: liuhen-verify $*: exit $got, wanted $want and: $text"
        cat "$work/out"
        failures=$((failures + 1))
    fi
}

for suite in W G; do
    d=$work/$suite
    mkdir "$d"
    "$make_epochs" --suite "$suite" "$d" || exit 1
    # The archive vouches for the seal; what is not its epochs' concern is the same in every line.
    "$verify" --trust "$d/genesis.lh" --epochs "$d/epoch-1.lhp" --epochs "$d/epoch-2.lhp" \
        "$d/city.lhar" >"$work/out" || exit 1
    "$verify" --json --trust "$d/genesis.lh" --epochs "$d/epoch-1.lhp" --epochs "$d/epoch-2.lhp" \
        "$d/city.lhar" "$d/new.tlog-proof" >"$work/json" || exit 1
    epoch=$(jq -r '.files[1].epoch' "$work/json")

    both() {
        code=$1
        text=$2
        shift 2
        expect "$code" "$text" --trust "$d/genesis.lh" --epochs "$d/epoch-1.lhp" \
            --epochs "$d/epoch-2.lhp" "$@"
    }
    first() {
        code=$1
        text=$2
        shift 2
        expect "$code" "$text" --trust "$d/genesis.lh" --trust "$d/policy" --epochs "$d/epoch-1.lhp" "$@"
    }
    none() {
        code=$1
        text=$2
        shift 2
        expect "$code" "$text" --trust "$d/genesis.lh" --trust "$d/policy" "$@"
    }

    # receipts, each by the witnesses of its epoch
    both 0 "level     final" "$d/city.lhar" "$d/old.tlog-proof"
    both 0 "level     witnessed" "$d/city.lhar" "$d/both.tlog-proof"
    both 0 "of the epoch before 4 of 5 cosigned, 4 are needed" "$d/city.lhar" "$d/both.tlog-proof"
    both 0 "level     final" "$d/city.lhar" "$d/new.tlog-proof"
    both 0 "of epoch $epoch" "$d/city.lhar" "$d/new.tlog-proof"
    both 0 "level     sealed" "$d/city.lhar" "$d/short.tlog-proof"
    both 0 "of the epoch before 3 of 5 cosigned, 4 are needed" "$d/city.lhar" "$d/short.tlog-proof"
    both 0 "level     sealed" "$d/city.lhar" "$d/wrong.tlog-proof"
    both 11 "its level is below witnessed" --level witnessed "$d/city.lhar" "$d/short.tlog-proof"
    both 0 "RESULT: VERIFIED" --level witnessed "$d/city.lhar" "$d/both.tlog-proof" "$d/new.tlog-proof"
    both 10 "the block header that it shows is not the one of its head" "$d/swapped.tlog-proof"

    # an epoch that nobody gave: its hash is said, and how to give it
    none 0 "level     cannot tell  the epoch $epoch is not known: give what was certified with --epochs" \
        "$d/new.tlog-proof"
    none 11 "its level cannot be told: the epoch $epoch" --level witnessed "$d/new.tlog-proof"
    first 0 "level     cannot tell  the epoch $epoch" "$d/new.tlog-proof"
    first 0 "level     final" "$d/old.tlog-proof"
    first 11 "its level cannot be told" --level witnessed "$d/both.tlog-proof"
    expect 0 "level     cannot tell  the epochs that were given do not follow the genesis file" \
        --trust "$d/genesis.lh" --trust "$d/policy" --epochs "$d/epoch-2.lhp" "$d/old.tlog-proof"
    expect 0 "level     cannot tell  the epoch $epoch" --trust "$d/genesis.lh" --trust "$d/policy" \
        --epochs "$d/epoch-1.lhp" --epochs "$d/other.lhp" "$d/new.tlog-proof"

    # a checkpoint alone does not show its epoch
    none 0 "level     sealed  nobody else is in this network" "$d/head"
    both 0 "level     cannot tell  a checkpoint alone does not show its epoch" "$d/city.lhar" "$d/head"

    # archives: the last head, the transition head, and neither
    both 0 "RESULT: VERIFIED" --level final "$d/city.lhar"
    both 11 "is witnessed up to size 0 of" --level witnessed "$d/short.lhar"
    both 0 "RESULT: VERIFIED" "$d/short.lhar"
    first 11 "T04" --level witnessed "$d/city.lhar"
done

[ "$failures" -eq 0 ] && echo "test_verify_epochs: all as expected"

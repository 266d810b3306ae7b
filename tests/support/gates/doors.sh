#!/bin/sh
# Gate: each foreign library stays behind its door, and folders look one way only:
# base <- crypto <- ledger <- net <- node, and cli -> net, ledger, never node.
set -eu
cd "$(dirname "$0")/../../.."
files=$(tests/support/gates/files.sh 'crypto/*.[ch]' 'ledger/*.[ch]' 'net/*.[ch]' 'node/*.[ch]' \
    'cli/*.[ch]')
# Every #include as "file:line:header", the header with its <> or "".
includes=$(printf '%s\n' "$files" | tr '\n' '\0' |
    xargs -0 grep -nHE '^[[:space:]]*#[[:space:]]*include' |
    sed -E 's/^([^:]+:[0-9]+:)[[:space:]]*#[[:space:]]*include[[:space:]]*/\1/')
bad=0

# only HEADER ALLOWED: files that include HEADER match ALLOWED (both extended regexes).
only() {
    out=$(printf '%s\n' "$includes" | grep -E "^[^:]+:[0-9]+:[<\"]$1" | grep -vE "^($2):" || true)
    if [ -n "$out" ]; then
        printf '%s\n' "$out" | sed 's|$|   <- not through its door|'
        bad=1
    fi
}

# never FOLDER HEADER: files in FOLDER do not include HEADER.
never() {
    out=$(printf '%s\n' "$includes" | grep -E "^$1[^:]*:[0-9]+:[<\"]($2)" || true)
    if [ -n "$out" ]; then
        printf '%s\n' "$out" | sed "s|\$|   <- $1 may not look there|"
        bad=1
    fi
}

only 'openssl/' 'crypto/[^:]*|net/tls[^:]*'
only 'rocksdb/' 'ledger/store_rocksdb\.c'
never crypto/ 'jansson\.h|event2/|curl/|zstd\.h'
only 'jansson\.h' '(net|node|cli)/.*|ledger/(event|subject_json)\.[ch]' # lh_event: a target of its own, not the core
never ledger/ 'event2/|curl/'
never crypto/base/ 'crypto/[^/"]+"|openssl/'
never crypto/ '(ledger|net|node|cli)/'
never ledger/ '(net|node|cli)/'
never net/ '(node|cli)/'
never node/ 'cli/'
never cli/ 'node/'
echo "$(printf '%s\n' "$includes" | wc -l) includes"
exit $bad

#!/bin/sh
# Gate: a hand-written C file of more than 800 lines is two modules.
set -eu
cd "$(dirname "$0")/../../.."
limit=800
files=$(tests/support/gates/files.sh '*.c' '*.h')
bad=0
longest=0
for file in $files; do
    lines=$(wc -l <"$file")
    [ "$lines" -le "$longest" ] || longest=$lines
    if [ "$lines" -gt $limit ]; then
        echo "$file: $lines lines, the limit is $limit"
        bad=1
    fi
done
echo "the longest has $longest lines"
exit $bad

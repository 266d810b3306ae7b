#!/bin/sh
# Gate: functions that cannot be used safely, or that hide an error, are not used in our code.
set -eu
cd "$(dirname "$0")/../../.."
banned='strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|strncpy|alloca|system'
files=$(tests/support/gates/files.sh 'crypto/*.[ch]' 'ledger/*.[ch]' 'net/*.[ch]' 'node/*.[ch]' \
    'cli/*.[ch]')
# Lines that are only a comment may name what we do not use.
found=$(printf '%s\n' "$files" | tr '\n' '\0' |
    xargs -0 grep -nHE "(^|[^A-Za-z0-9_])($banned)[[:space:]]*\(" |
    grep -vE '^[^:]+:[0-9]+:[[:space:]]*(/\*|\*|//)' || true)
if [ -n "$found" ]; then
    printf '%s\n' "$found" | sed 's/^/banned function: /'
    exit 1
fi
echo "$(printf '%s\n' "$files" | wc -l) files"

#!/bin/sh
# Gate: C files are formatted as .clang-format says.   format.sh [--fix]
set -eu
cd "$(dirname "$0")/../../.."
case ${1:-} in
'') set -- --dry-run --Werror --ferror-limit=1 ;;
--fix) set -- -i ;;
*)
    echo "usage: format.sh [--fix]" >&2
    exit 2
    ;;
esac
files=$(tests/support/gates/files.sh '*.c' '*.h')
printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 /usr/bin/clang-format --style=file "$@"
echo "$(printf '%s\n' "$files" | wc -l) files"

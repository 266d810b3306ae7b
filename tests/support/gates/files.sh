#!/bin/sh
# Prints, one a line, the files of the tree that a gate looks at: those git tracks and those it
# would track (new, not ignored). Outside a git checkout: everything but build/ and dot folders.
# No file at all is a failure: a gate that looked at nothing has proven nothing.
#
#   files.sh [GLOB...]        a glob of git's, such as '*.c' or 'ledger/*'
set -eu
cd "$(dirname "$0")/../../.."

found_by_find() {
    find . -path ./build -prune -o -path './.?*' -prune -o -type f -print | sed 's|^\./||' |
        while IFS= read -r file; do
            [ $# -gt 0 ] || printf '%s\n' "$file"
            for glob in "$@"; do
                # shellcheck disable=SC2254 # the glob is meant to match
                case $file in $glob)
                    printf '%s\n' "$file"
                    break
                    ;;
                esac
            done
        done
}

if [ -e .git ]; then
    # safe.directory: a checkout that another user made is only read here.
    list=$(git -c safe.directory='*' -c core.quotePath=off ls-files -co --exclude-standard \
        --deduplicate -- "$@")
else
    list=$(found_by_find "$@")
fi
# Deleted but not yet committed: git still lists it.
list=$(printf '%s\n' "$list" | LC_ALL=C sort | while IFS= read -r file; do
    [ ! -f "$file" ] || printf '%s\n' "$file"
done)
[ -n "$list" ] || {
    echo "no files match: $*" >&2
    exit 1
}
printf '%s\n' "$list"

#!/bin/sh
# Gate: nothing in the tree names the machine it was written on. What to look for is taken from the
# machine at hand: the folder above the checkout and the home folder, unless they are places that
# every machine has. LIUHEN_PRIVATE_WORDS may add words, parted by spaces.
set -eu
cd "$(dirname "$0")/../../.."
files=$(tests/support/gates/files.sh)
words=''
for dir in "$(dirname "$(pwd -P)")" "${HOME:-/}"; do
    case $dir in
    / | /root | /home | /tmp | /var | /var/tmp | /usr | /usr/src | /usr/local | /opt | /srv | /mnt | \
        /src | /run | /etc | /data | /build) ;;
    *) words="$words $dir/" ;;
    esac
done
bad=0
count=0
for word in $words ${LIUHEN_PRIVATE_WORDS:-}; do
    count=$((count + 1))
    found=$(printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 grep -nIHiF -e "$word" || true)
    if [ -n "$found" ]; then
        printf '%s\n' "$found" | cut -c1-200
        bad=1
    fi
done
echo "$count words looked for in $(printf '%s\n' "$files" | wc -l) files"
exit $bad

#!/bin/sh
# Completion in the shells themselves: each takes the script, and offers every verb and every option
# that the help names, and nothing that it does not.
#
#   test_completion.sh BUILD_DIR
set -eu

build=$(cd "${1:?usage: test_completion.sh BUILD_DIR}" && pwd)
PATH=$build/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-completion.XXXXXX")
export PATH HOME="$work" XDG_CONFIG_HOME="$work/config" XDG_DATA_HOME="$work/data" LANG=C.UTF-8
unset LC_ALL LC_MESSAGES
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

liuhen --help | sed -n '/^  [a-z]/s/^  \(.\{18\}\).*/\1/p' | sed 's/ *$//' >verbs
[ "$(wc -l <verbs)" -ge 30 ] || fail "the help lists too few verbs"

# What a shell offers where the last word of a command line is typed: one name a line.
# shellcheck disable=SC2016 # it is the other shell that fills in
offers() {
    case $1 in
    bash)
        bash --norc -c 'source ./liuhen.bash
            read -ra COMP_WORDS <<<"$1"
            [ "${1% }" = "$1" ] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            compopt() { :; } # there is no line that is being edited
            _liuhen
            printf "%s\n" "${COMPREPLY[@]}"' bash "$2"
        ;;
    zsh)
        # What zsh makes menus of prints what it was handed.
        zsh -f -c '_describe() { print -l -- "${(@)${(P)argv[-1]}%%:*}" }
            _arguments() { print -l -- "$@" | sed -n "s/^[*]\(--\{0,1\}[a-zA-Z-]*\).*/\1/p" | sed "s/-$//" }
            compdef() { : }
            source ./liuhen.zsh
            words=(${(z)1}) CURRENT=$#words
            [[ $1 != *" " ]] || { words+=("") CURRENT=$((CURRENT + 1)) }
            _liuhen' zsh "$2"
        ;;
    fish)
        fish --no-config -c 'source ./liuhen.fish; complete -C $argv[1]' "$2" | cut -f1
        ;;
    esac | sed 's/=$//' | LC_ALL=C sort -u
}

# has SHELL LINE NAME...
has() {
    shell=$1
    line=$2
    shift 2
    offers "$shell" "$line" >offered
    [ ! -s offered ] || grep -q '^[a-z-]' offered || fail "$shell: \"$line\": $(cat offered)"
    for name in "$@"; do
        grep -qx -e "$name" offered || fail "$shell: \"$line\" does not offer $name"
    done
}

for shell in bash zsh fish; do
    for lang in en zh; do
        liuhen completion $shell --lang $lang >liuhen.$shell
        command -v $shell >/dev/null || {
            [ "${CI:-}" != true ] || fail "$shell is not installed"
            echo "$shell is not installed: its script is not tried"
            continue 2
        }
        "$shell" -n liuhen.$shell || fail "$shell does not take its script ($lang)"
    done
    # shellcheck disable=SC2046 # words
    has "$shell" "liuhen " $(sed 's/ .*//' verbs)
    sed 's/ .*//' verbs >named
    if grep -vxF -f named offered >extra; then
        fail "$shell: no verb: $(cat extra)"
    fi
    count=0
    while read -r first second; do
        [ -z "$second" ] || has "$shell" "liuhen $first " "$second"
        [ -z "$second" ] || ! grep -qx -e trail offered || fail "$shell: $first is followed by a verb"
        # shellcheck disable=SC2046,SC2086 # words
        set -- $(liuhen "$first" ${second:+"$second"} --help |
            sed -n 's/^  \(-.,\|   \) \(--[a-z-]*\).*/\2/p')
        [ $# -ge 12 ] || fail "the help of $first $second names too few options"
        has "$shell" "liuhen $first${second:+ $second} --" "$@"
        printf '%s\n' "$@" >named
        if grep -e '^--' offered | grep -vxF -f named >extra; then
            fail "$shell: $first $second has no option $(cat extra)"
        fi
        count=$((count + $#))
    done <verbs
    echo "$shell: $(wc -l <verbs) verbs, $count options"
done
if liuhen completion tcsh >out 2>err || [ $? -ne 2 ] || ! grep -q 'zsh' err; then
    fail "another shell is not refused"
fi
echo "completion: ok"

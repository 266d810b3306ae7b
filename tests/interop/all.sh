#!/bin/sh
# ./run interop: all that judges us and is not ours. What became of it, with date, commit and the
# versions of what judged, replaces tests/INTEROP.
#
#   all.sh BUILD_DIR [LEAVES]     70000 leaves, unless said otherwise
set -eu
cd "$(dirname "$0")/../.."
build=${1:?usage: all.sh BUILD_DIR [LEAVES]}
leaves=${2:-70000}
said=$build/interop
mkdir -p "$said"

commit=$(git rev-parse --short=12 HEAD)
[ -z "$(git status --porcelain -- . ':!tests/INTEROP')" ] || commit="$commit, with changes"

# judge NAME: its output goes to people and to a file; its exit code is kept.
judge() {
    { tests/interop/"$1".sh "$build" "$leaves" 2>&1 && echo 0 >"$said/code" || echo $? >"$said/code"; } |
        tee "$said/$1.said"
    code=$(cat "$said/code")
}

judge run
referee=$code
judge outsiders
outsiders=$code
[ "$outsiders" -ne 77 ] || echo "interop: programs that are not ours were not run"

{
    if [ "$referee" -ne 0 ]; then
        echo "result: FAILED"
    elif [ "$outsiders" -eq 77 ]; then
        echo "result: ok, without the programs that come as Go modules"
    elif [ "$outsiders" -ne 0 ]; then
        echo "result: FAILED"
    else
        echo "result: ok"
    fi
    echo "date: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "commit: $commit"
    grep -hE '^(ok|FAILED|go|torchwood|tessera|witness|transparency-dev/witness|interop:|outsiders:) ' "$said/run.said" \
        "$said/outsiders.said" | sed 's|/[^ ]*/liuhen-interop\.[A-Za-z0-9]*/||g' # files of the moment
} >tests/INTEROP
[ "$referee" -eq 0 ] && { [ "$outsiders" -eq 0 ] || [ "$outsiders" -eq 77 ]; }

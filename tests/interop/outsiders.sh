#!/bin/sh
# Checks a node against programs that are not ours, which come as Go modules (outsiders/go.mod names
# their versions): a witness cosigns our heads, two verifiers read our tile tree whole, and our witness
# is asked by two others' clients. All on loopback but for the fetching of modules.
#
#   outsiders.sh BUILD_DIR [LEAVES]     2000 leaves, unless said otherwise
#
# Exit code 77: there is no Go that is new enough, or the modules cannot be had. With
# LIUHEN_OFFLINE=1 none are fetched: they are used where they were fetched before.
set -eu

build=$(cd "${1:?usage: outsiders.sh BUILD_DIR [LEAVES]}" && pwd)
leaves=${2:-2000}
here=$(cd "$(dirname "$0")" && pwd)
made=$build/interop # programs that were built

# The cases that torchwood's own witness is tested with, in its own source.
torchwood=filippo.io/torchwood
omniwitness=github.com/transparency-dev/witness/cmd/omniwitness

missing() {
    echo "outsiders: $1" >&2
    exit 77
}

# A Go from 1.21 on takes a newer one from the module proxy where go.mod wants that.
find_go() {
    for go in "$(command -v go || true)" /usr/local/go/bin/go /usr/lib/go-1.*/bin/go; do
        [ -x "$go" ] || continue
        version=$(GOTOOLCHAIN=local "$go" env GOVERSION 2>/dev/null || true)
        minor=${version#go1.}
        case ${minor%%.*} in
        '' | *[!0-9]*) continue ;;
        esac
        [ "${minor%%.*}" -lt 21 ] || return 0
    done
    return 1
}

# In the caches of Go itself: what was fetched and compiled serves the next run, of any clone.
build_programs() {
    (
        cd "$here/outsiders"
        # No local settings, no C compiler, and not a byte that go.sum does not know.
        export GOTOOLCHAIN=auto GOFLAGS=-mod=readonly GOENV=off GOWORK=off CGO_ENABLED=0
        [ "${LIUHEN_OFFLINE:-0}" != 1 ] || export GOPROXY=off
        # What cannot be had is told apart from what does not build.
        timeout 900 "$go" list -deps . "$omniwitness" >"$made/packages" || exit 77
        timeout 900 "$go" build -o "$made/outsiders" . &&
            timeout 900 "$go" build -o "$made/omniwitness" "$omniwitness" &&
            "$go" list -m -f '{{.Dir}}' "$torchwood" >"$made/torchwood"
    )
}

mkdir -p "$made"
find_go || missing "there is no Go from 1.21 on (Debian 12 has 1.19)"
status=0
build_programs >"$made/log" 2>&1 || status=$?
[ "$status" -eq 0 ] || tail -n 5 "$made/log" >&2
[ "$status" -ne 77 ] || missing "the modules cannot be had"
[ "$status" -eq 0 ] || exit 1
list=$(cat "$made/torchwood")/cmd/litewitness/testdata/litewitness.txt
GOTOOLCHAIN=local "$go" version
grep -oE '(torchwood|tessera|transparency-dev/witness) v[^ ]*' "$here/outsiders/go.mod"

# shellcheck source=tests/interop/node.sh
. "$here/node.sh"
socket=$work/gaj/liuhend.sock
outsiders=$made/outsiders

start_omniwitness() {
    "$made/omniwitness" --private_key_path "$work/omni.key" --db_file "$work/omni.db" \
        --additional_logs "$work/logs.yaml" --listen "127.0.0.1:$port" --metrics_listen '' \
        >>"$work/omni.log" 2>&1 &
    other_pids=$!
    tries=0
    until curl -s -o "$work/out" "http://127.0.0.1:$port/"; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { echo "outsiders: the witness did not start" >&2 && exit 1; }
        kill -0 "$other_pids" 2>/dev/null || { tail -n 5 "$work/omni.log" >&2 && exit 1; }
        sleep 0.1
    done
}

stop_omniwitness() {
    { kill "$other_pids" && wait "$other_pids"; } 2>/dev/null || true
    other_pids=
}

# Who trusts this ledger, and counts on that witness.
write_policies() {
    seal=$(sed -n 's/^log //p' "$work/gaj/trust.policy")
    vkey=$(cat "$work/omni.vkey")
    printf 'log %s\nwitness omni %s http://127.0.0.1:%s/\nquorum omni\n' "$seal" "$vkey" "$port" \
        >"$work/omni.policy"
    {
        printf 'Logs:\n  - Origin: %s\n' "${seal%%+*}"
        printf '    URL: http://127.0.0.1:1/\n    PublicKey: %s\n' "$seal"
    } >"$work/logs.yaml"
}

# The node keeps lines of that witness, and is itself one of the logs that `prepare` made.
configure_node() {
    liuhen keygen --alg ed25519 -o "$work/cosigner.pem" -q >/dev/null
    {
        echo "witness.key = $work/cosigner.pem"
        echo "witness.logs = $work/logs"
        echo "witness.policy = $work/omni.policy"
    } >>"$work/gaj/liuhend.conf"
}

# head_is CODE: what liuhen-verify ends with, of the newest head under the policy with a quorum.
head_is() {
    curl -s --unix-socket "$socket" -o "$work/head" http://node/v1/checkpoint
    ended=0
    liuhen-verify --trust "$work/omni.policy" "$work/head" || ended=$?
    [ "$ended" -eq "$1" ]
}

submit() { liuhen witness submit --policy "$work/omni.policy"; }

load() {
    /usr/bin/python3 -B "$here/load.py" "$socket" "$staff" "$leaves" "$work/answers"
}

# One more block: another member of the staff.
grow() {
    liuhen keygen -o "$work/second.pem" -q
    liuhen staff enrol --key "$work/second.pub" --roles counter --post window-2 --from yesterday \
        -o "$work/second.lh" -q
    by_two_officers "$work/second.lh"
}

# starts_not LOGS WORDS: liuhend does not start with these logs to witness, and says why.
starts_not() {
    sed "s|^witness.logs = .*|witness.logs = $1|" "$work/gaj/liuhend.conf" >"$work/other.conf"
    ! timeout 60 liuhend --data "$work/gaj" --config "$work/other.conf" 2>"$work/said" &&
        grep -o "$2" "$work/said"
}

found_ledger
"$outsiders" prepare "$work" "jinhua/gaj/2"
port=$(cd "$here/../system" &&
    /usr/bin/python3 -B -c 'import citylib; print(citylib.free_ports(1)[0])')
write_policies
configure_node
claim "the node stops when told to" stop_node
claim "a log of the witness's own network is refused at the start" \
    starts_not "$work/collision" "is of our own network"
start_node
start_omniwitness

claim "the ledger takes about $leaves leaves" load
claim "a head that nobody cosigned has no quorum (control)" head_is 11
claim "omniwitness cosigns our newest head" submit
claim "and with its line the head has its quorum" head_is 0
claim "the ledger grows" grow
claim "the new head has no quorum yet (control)" head_is 11
stop_omniwitness
start_omniwitness
claim "omniwitness, started again, cosigns the head that grew" submit
claim "and that one has its quorum too" head_is 0

"$outsiders" tree "$socket" "$work/gaj/trust.policy" 2>"$work/tree.log" |
    tee -a "$work/claims"
ours=$(curl -s --unix-socket "$socket" http://node/v1/status | jq -r .witness.vkey)
"$outsiders" cases "$work" "$socket" "$ours" "$list" | tee -a "$work/claims"
{ kill -KILL "$node_pid" && wait "$node_pid"; } 2>/dev/null || true
start_node
"$outsiders" again "$work" "$socket" "$ours" | tee -a "$work/claims"
"$outsiders" tessera "$work" "$socket" "$ours" 2>"$work/tessera.log" | tee -a "$work/claims"

passed=$(grep -c '^ok ' "$work/claims" || true)
failed=$(grep -c '^FAILED ' "$work/claims" || true)
echo "outsiders: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -eq 23 ]

# A node of a department that is alone, for those who judge it from outside. Sourced, with `build`
# set: makes a work folder, $work, and takes it away at the end with every process of $node_pid and
# $other_pids. Nothing of the person who runs this is read or written.
# shellcheck shell=sh

# shellcheck disable=SC2154 # who sources this sets build
work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-interop.XXXXXX")
node_pid=
other_pids=
PATH=$build/bin:$PATH
export PATH HOME="$work/home" XDG_STATE_HOME="$work/state" LIUHEN_DATA="$work/gaj" NO_COLOR=1
unset LIUHEN_NODE LIUHEN_TRUST LC_ALL LC_MESSAGES
export LANG=C.UTF-8

cleanup() {
    status=$?
    trap - EXIT
    for pid in $other_pids $node_pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    if [ "$status" -ne 0 ] && [ -f "$work/liuhend.log" ]; then
        tail -n 20 "$work/liuhend.log" >&2 || true
    fi
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/home" "$work/state"

start_node() {
    liuhend --config "$work/gaj/liuhend.conf" >>"$work/liuhend.log" 2>&1 &
    node_pid=$!
    tries=0
    until liuhen status >"$work/out" 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { echo "interop: the node did not start" >&2 && exit 1; }
        kill -0 "$node_pid" 2>/dev/null || { echo "interop: the node ended" >&2 && exit 1; }
        sleep 0.1
    done
}

say() { echo "$*" | tee -a "$work/claims"; }

# claim NAME COMMAND...: one line, as the referee prints them. The last line said is the detail.
claim() {
    name=$1
    shift
    status=0
    "$@" >"$work/out" 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        say "ok      $name ($(tail -n 1 "$work/out"))"
    else
        say "FAILED  $name: exit code $status, $(tail -n 1 "$work/out")"
    fi
}

# Both officers sign every act named; then the node takes them in.
by_two_officers() {
    liuhen cosign "$@" --key "$work/zhang.pem" -q >/dev/null
    liuhen cosign "$@" --key "$work/li.pem" -q >/dev/null
    liuhen submit "$@" >/dev/null
}

found_ledger() {
    for who in zhang li staff; do
        liuhen keygen -o "$work/$who.pem" -q >/dev/null
    done
    liuhen init --network jinhua --dept gaj --name 市公安局 --data "$work/gaj" \
        --guard "$work/guard" --officer zhang="$work/zhang.pub" --officer li="$work/li.pub" \
        -q >/dev/null
    echo "heartbeat.idle = 0" >>"$work/gaj/liuhend.conf" # the head stands still while it is judged
    start_node
    by_two_officers "$work/gaj/generation-1.lh"
    # shellcheck disable=SC2034 # for who sources this
    staff=$(liuhen staff enrol --key "$work/staff.pub" --roles counter --post window-1 \
        --from yesterday -o "$work/staff.lh" -q)
    by_two_officers "$work/staff.lh"
}

stop_node() {
    kill -TERM "$node_pid"
    wait "$node_pid"
    node_pid=
    echo "exit code 0"
}

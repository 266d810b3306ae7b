#!/bin/sh
# Installed into an empty root and run from there: programs, man pages, completions, the service.
#
#   test_install.sh BUILD_DIR CMAKE
set -eu

build=$(cd "${1:?usage: test_install.sh BUILD_DIR CMAKE}" && pwd)
cmake=${2:?usage: test_install.sh BUILD_DIR CMAKE}
work=$(mktemp -d "${TMPDIR:-/tmp}/liuhen-install.XXXXXX")
root=$work/root
node_pid=
export HOME="$work/home" XDG_STATE_HOME="$work/state" NO_COLOR=1 LANG=C.UTF-8
unset LIUHEN_NODE LIUHEN_TRUST LIUHEN_DATA LC_ALL LC_MESSAGES

cleanup() {
    status=$?
    trap - EXIT
    [ -z "$node_pid" ] || {
        kill "$node_pid" 2>/dev/null || true
        wait "$node_pid" 2>/dev/null || true
    }
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    [ ! -e "$work/out" ] || cat "$work/out" "$work/err" >&2
    echo "FAILED: $*" >&2
    exit 1
}
# quietly COMMAND...: what it says is kept for fail.
quietly() { "$@" >"$work/out" 2>"$work/err"; }
# has TOOL: where it is missing its part is left out, and under CI=true that is a failure.
has() {
    command -v "$1" >/dev/null && return 0
    [ "${CI:-}" != true ] || fail "$1 is not installed"
    echo "$1 is not installed: its part is left out"
    return 1
}

mkdir -p "$work/home" "$work/state"
cd "$work"
quietly env DESTDIR="$root" "$cmake" --install "$build" --prefix /usr || fail "cannot install"

# ---- what is there, and nothing else ----
cat >wanted <<'END'
bin/liuhen
bin/liuhen-bench
bin/liuhen-verify
bin/liuhend
lib/systemd/system/liuhend.service
lib/sysusers.d/liuhend.conf
lib/tmpfiles.d/liuhend.conf
share/bash-completion/completions/liuhen
share/doc/liuhen/CHANGELOG.md
share/doc/liuhen/README.md
share/fish/vendor_completions.d/liuhen.fish
share/liuhen/catalogue/seed.json
share/liuhen/demo/citylib.py
share/liuhen/demo/demo.py
share/liuhen/demo/demo_acts.py
share/liuhen/demo/demo_city.py
share/liuhen/demo/demo_story.py
share/liuhen/demo/demo_words.py
share/liuhen/demo/nodelib.py
share/liuhen/examples/coselog.map
share/man/man1/liuhen-verify.1
share/man/man1/liuhen.1
share/man/man5/liuhen-map.5
share/man/man5/liuhend.conf.5
share/man/man8/liuhend.8
share/zsh/vendor-completions/_liuhen
END
(cd "$root/usr" && find . -type f ! -path './share/doc/liuhen/specs/*' | sed 's/^..//' | LC_ALL=C sort) >found
if ! has lowdown; then
    sed -i '/^share\/man/d' wanted
fi
diff wanted found >out 2>err || fail "other files are installed"
[ -s "$root/usr/share/doc/liuhen/specs/ledger.md" ] || fail "the specifications are not installed"
if grep -rqIF -e "$build" -e "$root" "$root"; then
    fail "an installed text names the place it was built or installed in"
fi

# ---- the programs find each other, and nothing of the build ----
PATH=$root/usr/bin:/usr/bin:/bin
[ "$(command -v liuhen)" = "$root/usr/bin/liuhen" ] || fail "another liuhen is in front"
for who in zhang li wang; do
    quietly liuhen keygen -o $who.pem || fail keygen
done
quietly liuhen init --network jinhua --dept gaj --name 市公安局 --data node --guard guard \
    --officer zhang.pub --officer li.pub || fail init
export LIUHEN_DATA="$work/node"
liuhend --config node/liuhend.conf >liuhend.log 2>&1 &
node_pid=$!
tries=0
until liuhen status >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || fail "the node did not start: $(cat liuhend.log)"
    sleep 0.1
done
[ "$(readlink "/proc/$node_pid/exe")" = "$root/usr/bin/liuhend" ] || fail "another liuhend runs"
quietly liuhen act "$root/usr/share/liuhen/catalogue/seed.json" -o catalogue || fail "the catalogue makes no acts"
for act in node/generation-1.lh catalogue/*.lh; do
    quietly liuhen cosign "$act" --key zhang.pem || fail "cosign $act"
    quietly liuhen cosign "$act" --key li.pem || fail "cosign $act"
    quietly liuhen submit "$act" || fail "submit $act"
done
quietly liuhen doctor || fail "the doctor is not content"
quietly liuhen verify --all || fail "the ledger does not verify"
grep -q '^RESULT: VERIFIED' out || fail "liuhen does not find liuhen-verify"
kill "$node_pid"
wait "$node_pid" || fail "the node ended with $?"
node_pid=

# ---- completions ----
liuhen completion bash | cmp - "$root/usr/share/bash-completion/completions/liuhen"
liuhen completion zsh | cmp - "$root/usr/share/zsh/vendor-completions/_liuhen"
liuhen completion fish | cmp - "$root/usr/share/fish/vendor_completions.d/liuhen.fish"

# ---- man pages ----
if has man && has lowdown; then
    for page in "$root"/usr/share/man/man*/*; do
        name=$(basename "$page")
        quietly env MANWIDTH=100 man --warnings --nj --nh -E UTF-8 -l "$page" || fail "man does not take $name"
        [ ! -s err ] || fail "man has warnings about $name"
        grep -q "^ *${name%.*} - ." out || fail "$name: NAME is not as whatis wants it"
        grep -q '^SEE ALSO' out || fail "$name: not all of it is there"
        ! grep -q '[–—]' out || fail "$name: hyphens of options became dashes"
    done
    MANPATH=$root/usr/share/man man --nj --nh 1 liuhen 2>err | col -b >out
    for verb in 'staff enrol' 'import ndjson' trail completion; do
        grep -q "^ *$verb\$" out || fail "liuhen(1) has no heading $verb"
    done
fi

# ---- the service ----
unit=$root/usr/lib/systemd/system/liuhend.service
grep -q '^ExecStart=/usr/bin/liuhend --config /var/lib/liuhend/liuhend.conf$' "$unit" || fail "ExecStart"
if has systemd-analyze; then
    mkdir units
    sed "s|^ExecStart=/usr/bin|ExecStart=$root/usr/bin|" "$unit" >units/liuhend.service
    quietly systemd-analyze verify --man=no units/liuhend.service || fail "the unit is not well-formed"
    [ ! -s err ] || fail "systemd has something against the unit"
    sed 's/^ProtectSystem=.*/ProtectSistem=yes/' units/liuhend.service >units/typo.service # the control
    quietly systemd-analyze verify --man=no units/typo.service || true
    grep -q ProtectSistem err || fail "systemd-analyze would not see a mistake"
    exposed() { systemd-analyze security --offline=true --threshold="$1" "$2" >out 2>err; }
    exposed 15 "$unit" || fail "the service is exposed more than 1.5"
    grep -v '^SystemCallFilter\|^CapabilityBoundingSet' "$unit" >units/open.service
    ! exposed 15 units/open.service || fail "the measure of exposure says nothing"
    mkdir -p sys/etc
    quietly systemd-sysusers --root="$work/sys" "$root/usr/lib/sysusers.d/liuhend.conf" || fail "sysusers"
    grep -q '^liuhend:' sys/etc/passwd || fail "no user was made"
    if [ "$(id -u)" -eq 0 ]; then
        quietly systemd-tmpfiles --root="$work/sys" --create "$root/usr/lib/tmpfiles.d/liuhend.conf" || fail "tmpfiles"
        for place in liuhend liuhend-guard; do
            [ "$(stat -c %a "sys/var/lib/$place")" = 700 ] || fail "mode of $place"
        done
    fi
fi

# ---- the demonstration, by the installed programs ----
quietly env -u LIUHEN_DATA liuhen demo up --dir demo || fail "no city comes up: $(cat err)"
quietly env -u LIUHEN_DATA liuhen demo story --dir demo || fail "no story: $(cat err)"
quietly env -u LIUHEN_DATA liuhen demo down --clean --dir demo || fail "the city does not end: $(cat err)"
[ ! -e demo ] || fail "the city's folder stays"
status=0
"$build/bin/liuhen" demo up --dir demo >out 2>err || status=$?
if [ "$status" -ne 5 ] || ! grep -q 'run demo' err; then
    fail "of a source tree: $status $(cat err)"
fi

# ---- another prefix ----
quietly env DESTDIR="$work/local" "$cmake" --install "$build" --prefix /usr/local || fail "cannot install"
grep -q '^ExecStart=/usr/local/bin/liuhend ' "$work/local/usr/local/lib/systemd/system/liuhend.service" || fail "prefix"
[ -s "$work/local/usr/local/share/zsh/site-functions/_liuhen" ] || fail "zsh of /usr/local"
echo "install: ok"

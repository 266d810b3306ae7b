#!/bin/sh
# ./run clean-root: the last commit, cloned into a bare Debian 12 made by debootstrap, must install
# what it needs, run its demonstration and pass its tests. Needs root.
#
# The bare root is kept as a tarball in the cache folder; it holds nothing of this machine. Where
# packages come from (sources, proxy, name resolution) is the host's business and is copied in
# afterwards, so that this works wherever apt works.
set -eu
cd "$(dirname "$0")/../.."
root=$(pwd -P)
suite=bookworm
arch=$(dpkg --print-architecture)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/liuhen
tarball=$cache/$suite-$arch.tar
[ "$(id -u)" -eq 0 ] || {
    echo "clean-root: needs root" >&2
    exit 1
}

work=$(mktemp -d "${TMPDIR:-/var/tmp}/liuhen-root.XXXXXX")
stage_logs=$root/build/clean-root
# shellcheck source=tests/support/stage.sh
. tests/support/stage.sh

# Mounts are private to run_in_root.sh; should one be seen here all the same, nothing is deleted.
# shellcheck disable=SC2317 # the trap calls it
cleanup() {
    if [ "${KEEP:-}" = 1 ] || grep -qF " $work/" /proc/self/mounts; then
        echo "clean-root: left in place: $work"
    else
        rm -rf --one-file-system "$work"
    fi
}
trap cleanup EXIT

# The host's sources for this suite as lines "URI SUITE COMPONENT".
host_sources() {
    # shellcheck disable=SC2016 # apt fills these in
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite=$suite '$2 ~ "^" suite "(-updates|-security)?$"' | sort -u
}

host_proxy() {
    proxy=''
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    [ "$proxy" = DIRECT ] || printf '%s' "$proxy"
}

make_tarball() {
    mkdir -p "$cache"
    mirror=$(host_sources | awk -v suite=$suite '$2 == suite && $3 == "main" { print $1; exit }')
    proxy=$(host_proxy)
    [ -z "$proxy" ] || export http_proxy="$proxy"
    # No mirror of the host's: debootstrap takes its own.
    # shellcheck disable=SC2086 # no word at all if empty
    debootstrap --variant=minbase $suite "$work/bare" $mirror
    rm -rf "$work/bare/var/cache/apt/archives/"*.deb "$work/bare/etc/resolv.conf"
    tar -C "$work/bare" -cf "$tarball.part" .
    mv "$tarball.part" "$tarball"
    rm -rf --one-file-system "$work/bare"
}

unpack() {
    mkdir "$work/root"
    tar -C "$work/root" -xpf "$tarball"
    rm -f "$work/root/etc/resolv.conf"
    cp -L /etc/resolv.conf /etc/hosts "$work/root/etc/"
    if [ -n "$(host_sources)" ]; then
        host_sources | sed 's/^/deb /' >"$work/root/etc/apt/sources.list"
    fi
    apt-config dump | grep -E '^Acquire::(http|https|Check-|Max-|AllowInsecure|ForceIP)' \
        >"$work/root/etc/apt/apt.conf.d/99host" || true
    for auth in /etc/apt/auth.conf /etc/apt/auth.conf.d/*.conf; do
        [ ! -f "$auth" ] || cp --parents -p "$auth" "$work/root/"
    done
    if grep -q 'https:' "$work/root/etc/apt/sources.list"; then
        mkdir -p "$work/root/etc/ssl/certs"
        cp -L /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/"
    fi
}

# The checkout may be another user's; git is told that reading it is meant.
clone() {
    mkdir -p "$work/root/src"
    printf '[safe]\n\tdirectory = *\n' >"$work/gitconfig"
    export GIT_CONFIG_GLOBAL="$work/gitconfig"
    git clone --quiet --no-hardlinks "$root" "$work/root/src/liuhen"
    echo "commit $(git -C "$work/root/src/liuhen" rev-parse --short HEAD)"
    [ -z "$(git status --porcelain)" ] || echo "what is not committed is not tried"
    if [ -d "$root/../shared" ]; then
        cp -RL "$root/../shared" "$work/root/src/shared"
    fi
}

in_root=$root/tests/support/run_in_root.sh
if [ ! -f "$tarball" ]; then
    echo "making $tarball"
    make_tarball >"$stage_logs/debootstrap.log" 2>&1 || {
        tail -n 40 "$stage_logs/debootstrap.log"
        echo "clean-root: debootstrap failed" >&2
        exit 1
    }
fi
unpack
clone
stage root-demo 1800 "$in_root" "$work/root" /src/liuhen ./run demo
stage root-check 2400 "$in_root" "$work/root" /src/liuhen ./run check
stage_done 0

#!/bin/sh
# Runs a command inside another root, in a folder of it:   run_in_root.sh ROOT FOLDER COMMAND...
#
# The mounts live in a mount namespace of their own and every process in a process namespace of its
# own: when the command ends, however it ends, the kernel takes away both. Nothing of the host is
# ever mounted where the host could see it, so deleting ROOT can delete nothing else.
set -eu
if [ "${1:-}" != --inside ]; then
    exec unshare --mount --propagation private --pid --fork --kill-child \
        sh "$0" --inside "$@"
fi
new_root=$2
folder=$3
shift 3
mount --bind "$new_root" "$new_root" # a root that is no mount point allows no mount namespace inside
mount -t proc proc "$new_root/proc"
mount --rbind /sys "$new_root/sys"
mount --rbind /dev "$new_root/dev"
# shellcheck disable=SC2016 # the inner shell's own words
exec chroot "$new_root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LC_ALL=C.UTF-8 CI="${CI:-true}" ${LIUHEN_JOBS:+"LIUHEN_JOBS=$LIUHEN_JOBS"} \
    ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
    ${no_proxy:+"no_proxy=$no_proxy"} \
    /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$folder" "$@"

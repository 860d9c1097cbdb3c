# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
# shellcheck shell=bash
#
# Bare systems in folders, made by debootstrap, for scripts/package and the scripts/try-*. Sourced after lib.sh.
#
# The script has namespaces of its own: mounts, processes, host name. The rest of the machine does not see them. They go away when
# the script ends, however it ends.

# shellcheck disable=SC2154 # top, main_suite: lib.sh
chroots=${MINITWIT_CHROOTS:-$top/.build/chroots}
suite=$main_suite
mirror=
components=main

# chroot_option OPTION VALUE...: sets an option that several of these scripts have. Only scripts that set $packages have --packages.
chroot_option() {
    case $1 in
    --mirror | --suite | --components) ;;
    --packages) [ -n "${packages:-}" ] || fail "unknown option: $1" "See ${0##*/} --help." ;;
    *) fail "unknown option: $1" "See ${0##*/} --help." ;;
    esac
    [ $# -ge 2 ] || fail "$1 wants a value" "See ${0##*/} --help."
    printf -v "${1#--}" %s "$2"
}

# chroot_begin ARGUMENT...: starts the script again as the first process in namespaces of its own, unless it already is.
chroot_begin() {
    [ "${MINITWIT_IN_NAMESPACE:-}" != "$PPID.$$" ] || return 0
    [ "$(id -u)" -eq 0 ] || fail "only root can make and enter a system in a folder" "Run it with sudo."
    command -v debootstrap >/dev/null ||
        fail "debootstrap is not installed" "scripts/install-packages check installs it."
    unshare --mount --pid --ipc --uts --net --fork true 2>/dev/null ||
        fail "this machine does not allow new namespaces (unshare)" \
            "In a container: give it the capability CAP_SYS_ADMIN, or use a virtual machine."
    # There the script is process 1, and has no parent.
    MINITWIT_IN_NAMESPACE=0.1 exec unshare --mount --pid --ipc --uts --fork --kill-child "$0" "$@"
}

# Prints the sources of the suite's packages, in the form of debian_sources.
chroot_sources() {
    if [ -n "$mirror" ]; then
        printf '%s %s %s\n' "$mirror" "$suite" "$components" "$mirror" "$suite-updates" "$components"
    else
        debian_sources "$suite"
    fi
}

# chroot_configure FOLDER: its apt, as this machine's.
chroot_configure() {
    chroot_sources | sed 's/^/deb /' >"$1/etc/apt/sources.list"
    # Proxies and what else it takes to reach them.
    apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-|ForceIPv)' >"$1/etc/apt/apt.conf.d/00host" || true
    # "apt" would remove what it has fetched, "apt-get" would not.
    cat >>"$1/etc/apt/apt.conf.d/00host" <<'CONFIGURATION'
APT::Get::Assume-Yes "true";
Dpkg::Use-Pty "0";
Binary::apt::APT::Keep-Downloaded-Packages "true";
CONFIGURATION
    # It is thrown away if the machine fails.
    printf 'force-unsafe-io\n' >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"
    cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
    # 101 is how policy-rc.d says that an action is not allowed: here no package starts a service.
    printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
    chmod 755 "$1/usr/sbin/policy-rc.d"
}

# A bare system, kept for the next time.
chroot_base() {
    local base=$chroots/$suite first script=
    mkdir -p "$chroots/archives-$suite/partial"
    [ ! -d "$base" ] || return 0
    first=$(chroot_sources | awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }')
    [ -n "$first" ] || fail "this machine's apt knows no source of Debian's $suite" \
        "If this machine is a Debian, run apt-get update first. Else name a mirror: --mirror URL."
    say "Making a bare $suite in $base"
    rm -rf "$base.part"
    # A release of Ubuntu that this debootstrap is too old for is made as those before it.
    [ -e "/usr/share/debootstrap/scripts/$suite" ] || script=gutsy
    debootstrap --variant=minbase "$suite" "$base.part" "$first" ${script:+"$script"} >"$chroots/debootstrap.log" 2>&1 || {
        show_log "$chroots/debootstrap.log"
        fail "debootstrap failed" "Its whole output: $chroots/debootstrap.log" \
            "For another distribution than this machine's, its keys have to be here: the package ubuntu-keyring or" \
            "debian-archive-keyring."
    }
    mv "$base.part" "$base"
}

# chroot_make NAME: a fresh system, as $root. Another one that uses the folder must be over.
chroot_make() {
    mkdir -p "$chroots"
    # What is started in the system does not inherit the lock.
    exec 9>"$chroots/lock"
    flock -n 9 || fail "another script is busy in $chroots" "Wait until it is done, or set MINITWIT_CHROOTS to another folder."
    chroot_base
    root=$chroots/$1-$suite
    rm -rf "$root"
    cp -a "$chroots/$suite" "$root"
    chroot_configure "$root"
    # A program can make its mounts private only if the root is a mount point (unshare --mount --propagation private).
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    # Pseudo-terminals, for tests that type at a prompt.
    mkdir -p "$root/dev/pts"
    mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
    ln -sf pts/ptmx "$root/dev/ptmx"
    # Packages are fetched once.
    mount --bind "$chroots/archives-$suite" "$root/var/cache/apt/archives"
}

# Packs what belongs to the clone, or to a release: what a build leaves there stays out.
pack_sources() {
    local file
    if [ -e "$top/.git" ] && command -v git >/dev/null; then
        # The clone may belong to another account.
        git -c safe.directory="$top" -C "$top" ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                # One that was removed is still in the index.
                [ ! -e "$top/$file" ] || printf '%s\0' "$file"
            done | tar -C "$top" --no-recursion --null -T - -cf -
    else
        tar -C "$top" -cf - --exclude=./.build --exclude=./.minitwit --exclude='*.o' --exclude='*.lo' --exclude='*.la' \
            --exclude=.libs --exclude=.deps --exclude=__pycache__ .
    fi
}

# in_chroot COMMAND...
in_chroot() {
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        chroot "$root" "$@" </dev/null 9>&-
}

# chroot_apt ARGUMENT...: what apt-get says is of interest only if it fails.
chroot_apt() {
    local log=$chroots/apt.log
    in_chroot apt-get -q "$@" >"$log" 2>&1 || {
        show_log "$log" 30
        fail "apt-get $* failed" "Its whole output: $log"
    }
}

# Runs the script with --offline, for $root, and with no network but a loopback interface of its own, on which every port is free.
chroot_offline() {
    # shellcheck disable=SC2016 # for the inner shell
    root=$root unshare --net bash -c 'ip link set lo up && exec "$0" --offline' "$0"
}

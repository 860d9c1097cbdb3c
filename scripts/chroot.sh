# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
# shellcheck shell=bash
#
# Bare systems in folders, made by debootstrap, for scripts/package and scripts/try-*. Source it after lib.sh.
#
# The script runs in its own namespaces of mounts, processes and host name. The rest of the machine does not see them.
# The kernel removes them when the script ends, also when it is killed.

# shellcheck disable=SC2154 # top, main_suite: lib.sh
chroots=${MINITWIT_CHROOTS:-$top/.build/chroots}
suite=$main_suite
mirror=
components=main

# chroot_option OPTION VALUE...: sets an option that several of these scripts share. Only scripts that set $packages
# accept --packages.
chroot_option() {
    case $1 in
    --mirror | --suite | --components) ;;
    --packages) [ -n "${packages:-}" ] || fail "unknown option: $1" "See ${0##*/} --help." ;;
    *) fail "unknown option: $1" "See ${0##*/} --help." ;;
    esac
    [ $# -ge 2 ] || fail "$1 needs a value" "See ${0##*/} --help."
    printf -v "${1#--}" %s "$2"
}

# chroot_begin ARGUMENT...: starts the script again as process 1 of new namespaces, unless it already runs there.
chroot_begin() {
    [ "${MINITWIT_IN_NAMESPACE:-}" != "$PPID.$$" ] || return 0
    [ "$(id -u)" -eq 0 ] || fail "only root can make and enter a bare system" "Run it with sudo."
    command -v debootstrap >/dev/null ||
        fail "debootstrap is not installed" "Run: scripts/install-packages systems"
    unshare --mount --pid --ipc --uts --net --fork true 2>/dev/null ||
        fail "this machine does not allow new namespaces (unshare)" \
            "In a container, add the capability CAP_SYS_ADMIN, or use a virtual machine."
    # 0.1: the script is process 1 there, and sees no parent.
    MINITWIT_IN_NAMESPACE=0.1 exec unshare --mount --pid --ipc --uts --fork --kill-child "$0" "$@"
}

# Prints the package sources of the suite, in the form of debian_sources.
chroot_sources() {
    if [ -n "$mirror" ]; then
        printf '%s %s %s\n' "$mirror" "$suite" "$components" "$mirror" "$suite-updates" "$components"
    else
        debian_sources "$suite"
    fi
}

# chroot_configure FOLDER: sets up apt there like this machine's.
chroot_configure() {
    chroot_sources | sed 's/^/deb /' >"$1/etc/apt/sources.list"
    # Proxies and other settings for reaching the sources.
    apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-|ForceIPv)' >"$1/etc/apt/apt.conf.d/00host" || true
    # "apt", unlike "apt-get", would delete the downloaded packages.
    cat >>"$1/etc/apt/apt.conf.d/00host" <<'CONFIGURATION'
APT::Get::Assume-Yes "true";
Dpkg::Use-Pty "0";
Binary::apt::APT::Keep-Downloaded-Packages "true";
CONFIGURATION
    # The system need not survive a crash of the machine.
    printf 'force-unsafe-io\n' >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"
    cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
    # Exit code 101 of policy-rc.d forbids an action. So no package starts a service here.
    printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
    chmod 755 "$1/usr/sbin/policy-rc.d"
}

# Makes a bare system, unless there is one from an earlier run.
chroot_base() {
    local base=$chroots/$suite first script=
    mkdir -p "$chroots/archives-$suite/partial"
    [ ! -d "$base" ] || return 0
    first=$(chroot_sources | awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }')
    [ -n "$first" ] || fail "apt on this machine has no source of Debian's $suite" \
        "On Debian, run apt-get update first. Otherwise name a mirror: --mirror URL."
    say "Making a bare $suite in $base"
    rm -rf "$base.part"
    # This debootstrap may be too old to have a script for a new release of Ubuntu. The script of earlier releases
    # works.
    [ -e "/usr/share/debootstrap/scripts/$suite" ] || script=gutsy
    debootstrap --variant=minbase "$suite" "$base.part" "$first" ${script:+"$script"} \
        >"$chroots/debootstrap.log" 2>&1 || {
        show_log "$chroots/debootstrap.log"
        fail "debootstrap failed" "The whole output: $chroots/debootstrap.log" \
            "For another distribution than this machine's, install its keys: ubuntu-keyring or debian-archive-keyring."
    }
    mv "$base.part" "$base"
}

# chroot_make NAME: makes a fresh system, and sets $root to its folder. Only one script at a time may use $chroots.
chroot_make() {
    mkdir -p "$chroots"
    # in_chroot closes descriptor 9, so that no program in the system keeps the lock.
    exec 9>"$chroots/lock"
    flock -n 9 ||
        fail "another script is using $chroots" "Wait until it ends, or set MINITWIT_CHROOTS to another folder."
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
    # Tests that type at a prompt need pseudo-terminals.
    mkdir -p "$root/dev/pts"
    mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
    ln -sf pts/ptmx "$root/dev/ptmx"
    # All systems share the downloaded packages.
    mount --bind "$chroots/archives-$suite" "$root/var/cache/apt/archives"
}

# Packs the sources of the clone, or of a release, without files that a build made.
pack_sources() {
    local file
    if [ -e "$top/.git" ] && command -v git >/dev/null; then
        # The clone may belong to another account.
        git -c safe.directory="$top" -C "$top" ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                # The index still lists a file that was deleted.
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
        DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} \
        ${https_proxy:+https_proxy="$https_proxy"} chroot "$root" "$@" </dev/null 9>&-
}

# chroot_apt ARGUMENT...: runs apt-get, and shows its output only if it fails.
chroot_apt() {
    local log=$chroots/apt.log
    in_chroot apt-get -q "$@" >"$log" 2>&1 || {
        show_log "$log" 30
        fail "apt-get $* failed" "The whole output: $log"
    }
}

# Runs the script with --offline for $root, in a network namespace with only a loopback interface. All ports are free
# there.
chroot_offline() {
    # shellcheck disable=SC2016 # for the inner shell
    root=$root unshare --net bash -c 'ip link set lo up && exec "$0" --offline' "$0"
}

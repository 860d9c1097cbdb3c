# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
# shellcheck shell=bash
#
# Functions that ./run, ./check and the other scripts share. They source this file.

# The folder of the clone.
# shellcheck disable=SC2034 # for those that source this
top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

# The two releases of Debian that the project supports: the main one, and the other one.
# shellcheck disable=SC2034
main_suite=trixie other_suite=bookworm

# The code name of this machine's Debian, or nothing on another system.
system_suite() {
    # shellcheck source=/dev/null
    (. /etc/os-release && [ "$ID" = debian ] && printf '%s\n' "${VERSION_CODENAME:-}") || true
}

# debian_sources SUITE: prints the package sources of a release, one per line: URI SUITE COMPONENT. They are the Debian
# sources of this machine's apt, with SUITE in place of this machine's release, because a mirror has all releases.
# Prints nothing if this is not Debian, or if apt has no lists of packages yet.
debian_sources() {
    local own
    own=$(system_suite)
    # shellcheck disable=SC2016 # apt-get's own variables
    [ -z "$own" ] ||
        apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F '|' -v own="$own" -v suite="$1" '
            $1 == "Debian" && ($2 == own || $2 == own "-updates" || $2 == own "-security") {
                print $4, suite substr($2, length(own) + 1), $3 }' | sort -u -k 2,2 -k 3,3 -k 1,1
}

say() {
    printf '%s\n' "$@"
}

# fail MESSAGE [HINT]...: prints the message and the hints, each on its own line, and ends the script.
fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
    exit 1
}

# show_log FILE [LINES]: prints the last lines of a log, indented, to standard error.
show_log() {
    [ ! -s "$1" ] || tail -n "${2:-15}" -- "$1" | sed 's/^/  | /' >&2
}

# trust_clone FILE: writes a git configuration that accepts a clone of another account. Use it with GIT_CONFIG_GLOBAL,
# which also reaches the second process of "git clone". The option -c does not.
trust_clone() {
    local quoted=${top//[\\\"]/\\&}
    printf '[safe]\n\tdirectory = "%s"\n\tdirectory = "%s/.git"\n' "$quoted" "$quoted" >"$1"
}

# Closes every descriptor above standard error, so that no program started from here keeps the caller's files open.
close_inherited_descriptors() {
    local path number
    for path in "/proc/$$/fd"/*; do
        number=${path##*/}
        # bash reads the script through 255 and closes it at an exec.
        if [ "$number" -gt 2 ] && [ "$number" -ne 255 ]; then
            eval "exec $number>&-"
        fi
    done
}

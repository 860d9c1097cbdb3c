# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
# shellcheck shell=bash
#
# Functions with which ./check runs its steps, keeps their output, and counts the tests that passed. Source it after
# lib.sh, with $logs set.

# shellcheck disable=SC2154,SC2034 # variables that only the sourcing script sets or reads
passed=0
failed=0
beside=      # the log of the step that runs beside others
beside_pid=
only=()
met=()
repeated=()
left_out=()
left_out_heading="LEFT OUT, so not tested:"

# Whether to run a step: it is named with --only, or there is no --only.
is_wanted() {
    local number
    [ ${#only[@]} -gt 0 ] || return 0
    for number in "${!only[@]}"; do
        if [ "${only[number]}" = "$1" ]; then
            met[number]=1
            return 0
        fi
    done
    return 1
}

# begin HEADING COMMAND...: starts a step in the background. It must use no more than one core, because the steps up to
# its "finish" run at the same time on the other core. Only one step can run in the background.
begin() {
    is_wanted "$1" || return 0
    beside=$(log_of "$1")
    # With job control, the step has its own process group, and end_beside can end all its processes.
    set -m
    run_step "$beside" "${@:2}" &
    beside_pid=$!
    set +m
}

# finish HEADING COUNT: waits for the step that begin started, and prints its result.
finish() {
    [ -n "$beside_pid" ] || return 0
    wait "$beside_pid"
    beside_pid=
    printf '== %s (in parallel with the steps above)\n' "$1"
    tell_step "$1" "$2" "$beside"
}

# Ctrl-C does not reach the step in the background.
end_beside() {
    [ -z "$beside_pid" ] || kill -- "-$beside_pid" 2>/dev/null
}

# step HEADING COUNT COMMAND...: runs a step, and keeps its output in its own log. COUNT is "one" if the step counts as
# one test. Otherwise it names the function count_COUNT that reads the log: check, guards, fuzz, pytest, system or
# totals.
step() {
    local log
    is_wanted "$1" || return 0
    log=$(log_of "$1")
    printf '== %s\n' "$1"
    run_step "$log" "${@:3}"
    tell_step "$1" "$2" "$log"
}

# leave_out HEADING REASON: replaces a step that cannot run here. end_steps prints the reason again.
leave_out() {
    is_wanted "$1" || return 0
    say "== $1" "   LEFT OUT: $2"
    left_out+=("$1: $2")
}

# log_of HEADING
log_of() {
    printf '%s/check-%s.log\n' "$logs" "${1//[^a-zA-Z0-9]/-}"
}

# run_step LOG COMMAND...: runs a command, and writes its exit code and its seconds to LOG.end.
run_step() {
    local log=$1 status=0 started=$SECONDS
    shift
    rm -f "$log.end"
    "$@" >"$log" 2>&1 </dev/null 6>&- || status=$?
    printf '%s %s\n' "$status" "$((SECONDS - started))" >"$log.end"
}

# tell_step HEADING COUNT LOG: adds the result of a step to the totals, and prints it.
tell_step() {
    local heading=$1 count=$2 log=$3 status=1 seconds='?' good bad line
    # A killed step leaves no such file.
    [ ! -e "$log.end" ] || read -r status seconds <"$log.end"
    if [ "$count" = one ]; then
        good=$((status == 0))
        bad=$((status != 0))
    else
        read -r good bad < <("count_$count" "$log")
        # The step ended early, or found no test to run.
        if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
            bad=1
        fi
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$bad" -ne 0 ]; then
        show_log "$log" 40
        printf '   FAILED: %s passed, %s failed; the whole output: %s\n' "$good" "$bad" "$log"
    else
        printf '   %s passed, %s s\n' "$good" "$seconds"
    fi
    # Lines about tests that were skipped or could not decide, with the reason.
    case $count in
    pytest | system | totals)
        grep -E '^ *SKIPPED|UserWarning: ' "$log" | sed 's/^ */   /'
        while IFS= read -r line; do
            say "   FAILED ONCE: $line"
            repeated+=("$heading: $line")
        done < <(sed -nE 's/^(RERUN|   FAILED ONCE:) //p' "$log" | sort -u)
        ;;
    esac
    [ "$count" = totals ] || return 0
    while IFS= read -r line; do
        say "   LEFT OUT there: $line"
        left_out+=("$heading: $line")
    done < <(sed -n "/^$left_out_heading/,/^\$/p" "$log" | sed -n 's/^  //p')
}

# "100%: Checks: 12, Failures: 0, Errors: 0"
count_check() {
    awk -F'[:, ]+' '/^[0-9]+%: Checks: / { good += $3 - $5 - $7; bad += $5 + $7 } END { print good + 0, bad + 0 }' "$1"
}

# "guards: 8 passed, 0 failed"
count_guards() {
    awk '/^guards: [0-9]+ passed, / { good = $2; bad = $4 } END { print good + 0, bad + 0 }' "$1"
}

# "fuzz: 20 passed, 0 failed"
count_fuzz() {
    awk '/^fuzz: [0-9]+ passed, / { good = $2; bad = $4 } END { print good + 0, bad + 0 }' "$1"
}

# The last line: "2 failed, 120 passed, 1 error in 12.34s". A test that was expected to fail but passed is a failure.
count_pytest() {
    tail -n 1 "$1" | awk '{
        for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) good += $(i - 1)
            if ($i ~ /^(failed|error|errors|xpassed)/) bad += $(i - 1)
        }
    } END { print good + 0, bad + 0 }'
}

# The log of scripts/try-run --tests: the unit tests, and each run of pytest.
count_system() {
    awk -F'[:, ]+' '/^[0-9]+%: Checks: / { good += $3 - $5 - $7; bad += $5 + $7 }
        /^[0-9]+ [a-z]+.* in [0-9.]+s/ {
            for (i = 2; i <= NF; i++) {
                if ($i == "passed") good += $(i - 1)
                if ($i ~ /^(failed|error|errors|xpassed)$/) bad += $(i - 1)
            }
        } END { print good + 0, bad + 0 }' "$1"
}

# The last line of another ./check: "4809 passed, 40 failed"
count_totals() {
    awk -F'[, ]+' '/^[0-9]+ passed, [0-9]+ failed$/ { good = $1; bad = $3 } END { print good + 0, bad + 0 }' "$1"
}

# Prints unknown steps of --only, the steps that were left out, the tests that were repeated, and the totals. Returns 0
# if nothing failed.
end_steps() {
    local number
    # Without this, the old name of a renamed step would look like success.
    for number in "${!only[@]}"; do
        [ -z "${met[number]:-}" ] || continue
        say "There is no step \"${only[number]}\" in this run. Some steps need --long."
        failed=$((failed + 1))
    done
    if [ ${#left_out[@]} -gt 0 ]; then
        say "" "$left_out_heading"
        printf '  %s\n' "${left_out[@]}"
    fi
    if [ ${#repeated[@]} -gt 0 ]; then
        say "" "FAILED ONCE, and were repeated:"
        printf '  %s\n' "${repeated[@]}"
    fi
    printf '\n%s passed, %s failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ]
}

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
# shellcheck shell=bash
#
# How ./check runs its steps, keeps what they said, and counts what passed. Sourced after lib.sh, with $logs set.

# shellcheck disable=SC2154,SC2034 # what comes from whoever sources this, and what is for it
passed=0
failed=0
beside=      # the log of the step that runs beside others
beside_pid=
only=()
met=()
left_out=()
left_out_heading="LEFT OUT, so nothing is known of:"

# Whether a step was asked for: all are, unless some were.
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

# begin HEADING COMMAND...: begins a step that keeps one core busy at most; what comes until its "finish" runs beside it, on the
# other. Only one can be under way.
begin() {
    is_wanted "$1" || return 0
    beside=$(log_of "$1")
    # In a process group of its own, which can be ended as a whole.
    set -m
    run_step "$beside" "${@:2}" &
    beside_pid=$!
    set +m
}

# finish HEADING COUNT: waits for what was begun, and tells how it went.
finish() {
    [ -n "$beside_pid" ] || return 0
    wait "$beside_pid"
    beside_pid=
    printf '== %s (beside the steps above)\n' "$1"
    tell_step "$1" "$2" "$beside"
}

# What runs beside other steps hears nothing of Ctrl-C.
end_beside() {
    [ -z "$beside_pid" ] || kill -- "-$beside_pid" 2>/dev/null
}

# step HEADING COUNT COMMAND...: runs a step, its output going to a log of its own. COUNT tells what it adds to the
# totals: one (the step is a test), or how to read the log: check, guards, pytest.
step() {
    local log
    is_wanted "$1" || return 0
    log=$(log_of "$1")
    printf '== %s\n' "$1"
    run_step "$log" "${@:3}"
    tell_step "$1" "$2" "$log"
}

# leave_out HEADING WHY: in the place of a step that cannot run here. It is said again at the end.
leave_out() {
    is_wanted "$1" || return 0
    say "== $1" "   LEFT OUT: $2"
    left_out+=("$1: $2")
}

# log_of HEADING
log_of() {
    printf '%s/check-%s.log\n' "$logs" "${1//[^a-zA-Z0-9]/-}"
}

# run_step LOG COMMAND...: LOG.end tells its exit code and how many seconds it took.
run_step() {
    local log=$1 status=0 started=$SECONDS
    shift
    rm -f "$log.end"
    "$@" >"$log" 2>&1 </dev/null 6>&- || status=$?
    printf '%s %s\n' "$status" "$((SECONDS - started))" >"$log.end"
}

# tell_step HEADING COUNT LOG: adds what a step found to the totals, and says it.
tell_step() {
    local heading=$1 count=$2 log=$3 status=1 seconds='?' good bad line
    # There is none of a step that was killed.
    [ ! -e "$log.end" ] || read -r status seconds <"$log.end"
    if [ "$count" = one ]; then
        good=$((status == 0))
        bad=$((status != 0))
    else
        read -r good bad < <("count_$count" "$log")
        # It ended before it could count, or it found nothing to run.
        if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
            bad=1
        fi
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$bad" -ne 0 ]; then
        show_log "$log" 40
        printf '   FAILED: %s passed, %s failed; all that was said: %s\n' "$good" "$bad" "$log"
    else
        printf '   %s passed, %s s\n' "$good" "$seconds"
    fi
    # pytest lists what it left out, and what it could not find out, and why; so does another ./check.
    case $count in
    pytest | system | totals) grep -E '^ *SKIPPED|UserWarning: ' "$log" | sed 's/^ */   /' ;;
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

# The last line: "2 failed, 120 passed, 1 error in 12.34s". A test that was meant to fail and passed is a failure.
count_pytest() {
    tail -n 1 "$1" | awk '{
        for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) good += $(i - 1)
            if ($i ~ /^(failed|error|errors|xpassed)/) bad += $(i - 1)
        }
    } END { print good + 0, bad + 0 }'
}

# The unit tests, and each run of pytest.
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

# Ends with 0 when all went well. Names the steps that there are not, and those that were left out.
end_steps() {
    local number
    # A step that was renamed must not pass for one that passed.
    for number in "${!only[@]}"; do
        [ -z "${met[number]:-}" ] || continue
        say "There is no step \"${only[number]}\" here. Some steps are of --long alone."
        failed=$((failed + 1))
    done
    if [ ${#left_out[@]} -gt 0 ]; then
        say "" "$left_out_heading"
        printf '  %s\n' "${left_out[@]}"
    fi
    printf '\n%s passed, %s failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ]
}

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""./check itself: its steps run stub commands (scripts/steps.sh), and its parts stub steps."""

import re
import shutil
import textwrap

import pytest

from support import installation, programs

# As ./check sources it. Arguments: the clone, the folder of the logs.
STEPS = """
set -uo pipefail
. "$1/scripts/lib.sh"
logs=$2
. "$1/scripts/steps.sh"
{steps}
end_steps
"""

# Between the functions of ./check and its last line: each part only prints one line.
STUBS = """
for part in "${parts[@]}"; do
    declare -F "part_$part" >/dev/null || fail "part_$part is not there"
    eval "part_$part() { step 'step of $part' one true; }"
done
"""
LAST_LINE = 'main "$@"; exit\n'
PART = re.compile(r"^==== (\w+)$", re.MULTILINE)
STEP = re.compile(r"^== step of (\w+)$", re.MULTILINE)


@pytest.fixture
def run_steps(tmp_path):
    """Runs steps in bash. Returns the exit code of end_steps, and the lines that were printed."""

    def run(steps):
        code, said = programs.run("bash", "-c", STEPS.format(steps=textwrap.dedent(steps)), "steps", installation.SOURCE, tmp_path)
        return code, said.splitlines()

    return run


def print_log(text):
    """A command that prints this."""
    return f"printf '%s\\n' '{text}'"


def test_steps_pass(run_steps):
    code, lines = run_steps('step "first" one true\nstep "second" one true')
    assert (code, lines[-1]) == (0, "2 passed, 0 failed")
    assert [line for line in lines if line.startswith("==")] == ["== first", "== second"]


def test_a_step_fails(run_steps):
    """Its output is shown, and the next step runs."""
    code, lines = run_steps("""
        step "bad" one bash -c 'echo the reason; exit 3'
        step "good" one true
    """)
    assert (code, lines[-1]) == (1, "1 passed, 1 failed")
    assert "  | the reason" in lines and "== good" in lines


@pytest.mark.parametrize("count", ["check", "guards", "fuzz", "pytest", "system", "totals"])
def test_a_step_counts_nothing(run_steps, count):
    code, lines = run_steps(f'step "nothing" {count} echo "no tests ran in 0.01s"')
    assert (code, lines[-1]) == (1, "0 passed, 1 failed")


def test_a_step_ends_badly_after_it_counted(run_steps):
    code, lines = run_steps("""step "late" pytest bash -c 'echo "2 passed in 0.10s"; exit 1'""")
    assert (code, lines[-1]) == (1, "2 passed, 1 failed")


def test_a_command_is_killed(run_steps):
    code, lines = run_steps("""step "killed" pytest bash -c 'echo "2 passed in 0.10s"; kill -KILL $$'""")
    assert (code, lines[-1]) == (1, "2 passed, 1 failed")


def test_a_step_is_killed(run_steps):
    """With all of its processes. The result of an earlier run does not count."""
    code, lines = run_steps("""
        log=$(log_of "killed")
        echo "0 1" >"$log.end"
        begin "killed" bash -c 'echo "2 passed in 0.10s"; exec sleep 600'
        until [ -s "$log" ]; do sleep 0.01; done
        kill -KILL -- "-$beside_pid"
        finish "killed" one
    """)
    assert (code, lines[-1]) == (1, "0 passed, 1 failed")


def test_a_step_in_the_background(run_steps):
    code, lines = run_steps("""
        begin "beside" bash -c 'echo "100%: Checks: 12, Failures: 2, Errors: 1"'
        step "meanwhile" one true
        finish "beside" check
    """)
    assert (code, lines[-1]) == (1, "10 passed, 3 failed")
    assert lines.index("== meanwhile") < lines.index("== beside (beside the steps above)")


def test_a_step_is_left_out(run_steps):
    """The last lines say so, however much was printed after it. It is no failure."""
    code, lines = run_steps("""
        leave_out "image" "there is no engine."
        for number in {1..50}; do step "step $number" one true; done
    """)
    assert code == 0
    assert lines[-3:] == ["  image: there is no engine.", "", "50 passed, 0 failed"]


def test_a_check_within_leaves_steps_out(run_steps, tmp_path):
    """The last lines of the outer one repeat each step and each reason."""
    inner = tmp_path / "inner"
    inner.write_text(STEPS.format(steps='leave_out "image" "no engine."\nleave_out "browser" "no Chromium."\nstep "unit" one true'))
    code, lines = run_steps(f"""
        mkdir "$2/within"
        step "all of it" totals bash "{inner}" "$1" "$2/within"
        step "more" one true
    """)
    assert (code, lines[-1]) == (0, "2 passed, 0 failed")
    assert lines[-4:-2] == ["  all of it: image: no engine.", "  all of it: browser: no Chromium."]


def test_totals_of_another_check(run_steps):
    log = "12 passed in 1.00s\n   7 passed, 1 s\n\n4809 passed, 40 failed"
    code, lines = run_steps(f'step "inner" totals {print_log(log)}')
    assert (code, lines[-1]) == (1, "4809 passed, 40 failed")


def test_totals_of_a_bare_system(run_steps):
    """The unit tests, and each run of pytest."""
    log = "\n".join(
        [
            "100%: Checks: 12, Failures: 1, Errors: 1",
            "20 passed, 5 skipped, 1 warning in 12.34s",
            "1 failed, 7 passed, 1 xpassed, 2 errors in 61.00s (0:01:01)",
        ]
    )
    code, lines = run_steps(f'step "bare" system {print_log(log)}')
    assert (code, lines[-1]) == (1, "37 passed, 6 failed")


def test_a_step_that_there_is_not(run_steps):
    code, lines = run_steps("""
        only=("unit tests" "old name")
        step "unit tests" one true
        step "guards" one false
    """)
    assert (code, lines[-1]) == (1, "1 passed, 1 failed")
    assert "== guards" not in lines
    assert [line for line in lines if "There is no step" in line and '"old name"' in line]


@pytest.fixture
def check(tmp_path):
    """Runs a ./check whose parts are stubs, in a clone that has nothing else."""
    text = (installation.SOURCE / "check").read_text(encoding="utf-8")
    assert text.endswith(LAST_LINE)
    scripts = tmp_path / "clone" / "scripts"
    scripts.mkdir(parents=True)
    for name in ("lib.sh", "steps.sh"):
        shutil.copy(installation.SOURCE / "scripts" / name, scripts)
    for name in ("install-packages", "revision"):
        (scripts / name).write_text("#!/bin/sh\n")
        (scripts / name).chmod(0o755)
    program = tmp_path / "clone" / "check"
    program.write_text(text.removesuffix(LAST_LINE) + STUBS + LAST_LINE)
    return lambda *arguments: programs.run("bash", program, *arguments)


def parts_of_help(check):
    """In the order in which --help lists them."""
    code, said = check("--help")
    assert code == 0
    listed = said.partition("--part NAME   ")[2].partition("\n  --only")[0]
    return re.findall(r"^ {18}(\w+) +\S", listed, re.MULTILINE)


def test_long_runs_all_parts(check):
    parts = parts_of_help(check)
    assert parts[0] == "everyday" and len(parts) > 5
    code, said = check("--long")
    assert code == 0, said
    assert PART.findall(said) == STEP.findall(said) == parts
    assert said.endswith(f"\n{len(parts)} passed, 0 failed\n")


def test_without_long_one_part_runs(check):
    code, said = check()
    assert (code, STEP.findall(said)) == (0, ["everyday"]), said


def test_some_parts_run(check):
    code, said = check("--long", "--part", "faults", "--part", "cache")
    assert (code, PART.findall(said), STEP.findall(said)) == (0, ["faults", "cache"], ["faults", "cache"])


def test_a_part_that_there_is_not(check):
    parts = parts_of_help(check)
    code, said = check("--long", "--part", "fault")
    assert code == 1 and STEP.findall(said) == []
    assert "there is no part" in said and " ".join(parts) in said


def test_a_part_without_long(check):
    code, said = check("--part", "faults")
    assert code == 1 and STEP.findall(said) == []
    assert "./check --long --part faults" in said


def test_a_step_of_one_part(check):
    code, said = check("--long", "--only", "step of cache")
    assert (code, STEP.findall(said)) == (0, ["cache"]), said

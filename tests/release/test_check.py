# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""./check counts each failure. In these tests, its steps run stub commands (scripts/steps.sh), and its parts run stub
steps."""

import re
import shutil
import textwrap

import pytest

from support import installation, programs

# ./check sources the library in this way. Arguments: the clone, the folder of the logs.
STEPS = """
set -uo pipefail
. "$1/scripts/lib.sh"
logs=$2
. "$1/scripts/steps.sh"
{steps}
end_steps
"""

# Stands between the functions of ./check and its last line. Each part runs one step.
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
    """Runs steps in bash. Returns the exit code of end_steps and the lines of the output."""

    def run(steps):
        code, output = programs.run("bash", "-c", STEPS.format(steps=textwrap.dedent(steps)), "steps", installation.SOURCE, tmp_path)
        return code, output.splitlines()

    return run


def print_log(text):
    """A command that prints the text."""
    return f"printf '%s\\n' '{text}'"


def test_a_step_fails(run_steps):
    """Its output is shown, and the next step runs."""
    code, lines = run_steps("""
        step "bad" one bash -c 'echo the reason; exit 3'
        step "good" one true
    """)
    assert (code, lines[-1]) == (1, "1 passed, 1 failed")
    assert "  | the reason" in lines and "== good" in lines


@pytest.mark.parametrize("count", ["check", "guards", "fuzz", "pytest", "system", "totals"])
def test_a_step_without_tests_fails(run_steps, count):
    code, lines = run_steps(f'step "nothing" {count} echo "no tests ran in 0.01s"')
    assert (code, lines[-1]) == (1, "0 passed, 1 failed")


def test_a_step_fails_after_its_tests(run_steps):
    code, lines = run_steps("""step "late" pytest bash -c 'echo "2 passed in 0.10s"; exit 1'""")
    assert (code, lines[-1]) == (1, "2 passed, 1 failed")


def test_a_step_is_killed(run_steps):
    """It fails, even if an earlier run of it succeeded."""
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
    assert lines.index("== meanwhile") < lines.index("== beside (in parallel with the steps above)")


def test_a_check_within_a_check(run_steps, tmp_path):
    """The last lines repeat each step that was left out, and the reason. A step that is left out is not a failure."""
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
    """They are the sum of the unit tests and each run of pytest."""
    log = "\n".join(
        [
            "100%: Checks: 12, Failures: 1, Errors: 1",
            "20 passed, 5 skipped, 1 warning in 12.34s",
            "1 failed, 7 passed, 1 xpassed, 2 errors in 61.00s (0:01:01)",
        ]
    )
    code, lines = run_steps(f'step "bare" system {print_log(log)}')
    assert (code, lines[-1]) == (1, "37 passed, 6 failed")


@pytest.mark.parametrize("count", ["pytest", "system"])
def test_a_repeated_test(run_steps, count):
    """The last lines name it."""
    log = "RERUN integration/test_follow.py::test_names\n2 passed, 1 rerun in 0.10s"
    code, lines = run_steps(f'step "suite" {count} {print_log(log)}')
    assert (code, lines[-1]) == (0, "2 passed, 0 failed")
    assert lines[-4:-2] == ["FAILED ONCE, and were repeated:", "  suite: integration/test_follow.py::test_names"]


def test_a_repeated_test_fails_again(run_steps):
    log = "RERUN integration/test_follow.py::test_names\n1 failed, 1 passed, 1 rerun in 0.10s"
    code, lines = run_steps(f'step "suite" pytest {print_log(log)}')
    assert (code, lines[-1]) == (1, "1 passed, 1 failed")


def test_an_unknown_step_is_a_failure(run_steps):
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
    """Runs a ./check with stubs as parts, in a clone that has nothing else."""
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
    """The parts in the order of --help."""
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


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        ((), ["everyday"]),
        (("--long", "--part", "faults", "--part", "cache"), ["faults", "cache"]),
        (("--long", "--only", "step of cache"), ["cache"]),
    ],
)
def test_the_named_parts_run(check, arguments, steps):
    code, said = check(*arguments)
    assert (code, STEP.findall(said)) == (0, steps), said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("--long", "--part", "fault"), "there is no part"), (("--part", "faults"), "./check --long --part faults")],
)
def test_wrong_parts_are_refused(check, arguments, message):
    code, said = check(*arguments)
    assert code == 1 and message in said and STEP.findall(said) == []

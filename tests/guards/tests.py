#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""No test is forgotten: every unit test is compiled, declared and run. Every pytest file has tests that pytest finds,
and their names differ. The scripts set exactly the environment variables that the tests read."""

import ast
import pathlib
import re

import guard

problems = []
names = guard.sources()

# ---- unit tests ------------------------------------------------------------------------------------------------------

makefile = guard.makefile()
suites = guard.read("tests/unit/suites.h")
unit = [pathlib.Path(name).stem for name in names if re.fullmatch(r"tests/unit/test_\w+\.c", name)]
if not unit:
    problems.append("tests/unit: no test_*.c found")
for stem in unit:
    if f"tests/unit/{stem}.c" not in makefile:
        problems.append(f"tests/unit/sources.am: tests/unit/{stem}.c is not compiled")
    if not re.search(rf"\bSUITE\({stem.removeprefix('test_')}\)", suites):
        problems.append(f"tests/unit/suites.h: {stem} is not in the list")
    text = guard.read(f"tests/unit/{stem}.c")
    for case in re.findall(r"START_TEST\((\w+)\)", text):
        if not re.search(rf"tcase_add_\w+\([^;]*\b{case}\b", text):
            problems.append(f"tests/unit/{stem}.c: no test case contains {case}")

# ---- pytest ----------------------------------------------------------------------------------------------------------

# Files without tests.
HELPERS = {"conftest.py", "__init__.py"}


def tests_of(body, where):
    """The names of the test functions of a module or class. They must differ: Python keeps only the last one."""
    found = []
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            found += tests_of(node.body, f"{where}, {node.name}")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
            if node.name in found:
                problems.append(f"{where}: {node.name} is defined twice, and the first one never runs")
            found.append(node.name)
    return found


FOLDERS = ("browser", "containers", "database", "faults", "hostile", "integration", "observability", "release")

pytest_files = [name for name in names if re.fullmatch(rf"tests/({'|'.join(FOLDERS)})/[^/]+\.py", name)]
for name in pytest_files:
    file = pathlib.Path(name).name
    if file in HELPERS:
        continue
    tests = tests_of(ast.parse(guard.read(name), name).body, name)
    if not file.startswith("test_"):
        problems.append(f"{name}: pytest collects only test_*.py; move helpers to tests/support/")
    elif not tests:
        problems.append(f"{name}: it has no test")
for folder in FOLDERS:
    if not any(name.startswith(f"tests/{folder}/test_") for name in pytest_files):
        problems.append(f"tests/{folder}: no test_*.py found")
check = guard.read("check")
ran = set(re.findall(r"^ *(?:step|begin) .*run_pytest .*?(\w+)$", check, re.M))
if re.search(r"^ *step .*run_pytest .*\"\$\{folders\[@\]\}\"$", check, re.M):
    ran.update(word for words in re.findall(r"folders\+?=\(([^)]*)\)", check) for word in words.split())
for folder in sorted({name.split("/")[1] for name in names if re.fullmatch(r"tests/[^/]+/test_\w+\.py", name)}):
    if folder not in ran:
        problems.append(f"check: no step runs tests/{folder}")

# ---- environment variables -------------------------------------------------------------------------------------------

# If a script and a test used different names, tests would be skipped unnoticed.
told = set(re.findall(r"\b(MINITWIT_[A-Z_]+)=", guard.read("check") + guard.read("tests/run")))
asked = set()
for name in names:
    if name.startswith("tests/") and name.endswith(".py"):
        asked |= set(re.findall(r"""environ(?:\.get\(|\[)"(MINITWIT\w*)\"""", guard.read(name)))
# The build reads this one.
told -= {"MINITWIT_REVISION"}
for name in sorted(told - asked):
    problems.append(f"check, tests/run: they set {name}, which no test reads")
for name in sorted(asked - set(re.findall(r"\bMINITWIT_\w+", guard.read("check")))):
    problems.append(f"check: it neither sets nor unsets {name}, which a test reads")

# ---- guards ----------------------------------------------------------------------------------------------------------

for name in names:
    if re.fullmatch(r"tests/guards/[^/]+", name) and not name.endswith(("/run", "/guard.py")):
        if not guard.os.access(guard.SOURCE / name, guard.os.X_OK):
            problems.append(f"{name}: it is not executable, so tests/guards/run skips it")

guard.report(problems, "register the test, or remove it")

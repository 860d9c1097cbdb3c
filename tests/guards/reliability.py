#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""docs/reliability.md has a row for each test of tests/faults, and every row has a command that runs a test."""

import ast
import re

import guard

PAGE = "docs/reliability.md"
COMMAND = re.compile(r"`tests/run (?:--mpm \w+ |--[a-z]+ )*'?([\w/.]+)(?:::(\w+)(?:\[[^`\]]*\])?)?'?`")
FUZZING = "`tests/fuzz/run "

problems = []
names = guard.sources()


def tests_of(name):
    tree = ast.parse(guard.read(name), name)
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")}


named = set()
for line in guard.read(PAGE).splitlines():
    if re.match(r"\|(?!-| fault \|| attack \|)", line) and FUZZING not in line and not COMMAND.search(line):
        problems.append(f"{PAGE}: this row has no command: {line}")
    named |= set(COMMAND.findall(line))
for path, test in sorted(named):
    name = f"tests/{path}"
    if name not in names and not any(other.startswith(f"{name.rstrip('/')}/") for other in names):
        problems.append(f"{PAGE}: {name} does not exist")
    elif test and test not in tests_of(name):
        problems.append(f"{PAGE}: {name} has no {test}")

faults = [name for name in names if re.fullmatch(r"tests/faults/test_\w+\.py", name)]
if not faults:
    problems.append("tests/faults: no test_*.py found")
for name in faults:
    path = name.removeprefix("tests/")
    problems += [f"{PAGE}: no row for {path}::{test}" for test in sorted(tests_of(name)) if (path, test) not in named]

guard.report(problems, "add the row that the test prints, or correct the command")

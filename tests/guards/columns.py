#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Prose and comments end at the column that .editorconfig states. Tables, commands, configuration and lines without a
blank cannot be wrapped, so they may be longer."""

import ast
import re

import guard

LIMIT = int(re.search(r"^max_line_length = (\d+)$", guard.read(".editorconfig"), re.MULTILINE)[1])
COMMENT = re.compile(r"\s*(#|/?\*|--)\s")
# A migration that was released never changes, so its comments stay as they are.
CODE = re.compile(r"\.(py|c|h|lua|am|conf|load|ya?ml|service|timer|css)$|^(check|run)$|^(scripts|deploy|docker|tests)/")


def docstring_lines(text):
    """The numbers of the lines of all docstrings."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            found.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return found


def long_lines(name):
    """The numbers of the lines of prose that are too long."""
    lines = guard.read(name).splitlines()
    docstrings = docstring_lines("\n".join(lines)) if name.endswith(".py") else ()
    fenced = False
    for number, line in enumerate(lines, 1):
        if name.endswith(".md") and line.lstrip().startswith("```"):
            fenced = not fenced
        if len(line) <= LIMIT or " " not in line.strip(" #*-/"):
            continue
        if name.endswith(".md"):
            prose = not fenced and not line.lstrip().startswith("|") and not line.startswith("    ")
        elif re.search(r"\.\d$", name):
            prose = not line.startswith(".")
        else:
            prose = name == "CHANGES" or number in docstrings or COMMENT.match(line)
        if prose:
            yield number


problems = []
files = [
    name
    for name in guard.sources()
    if name.endswith(".md") or name == "CHANGES" or name.startswith("docs/man/")
    or CODE.search(name) and not re.search(r"\.(json|lock|ico|png|svg|html|tmpl|alloy)$|/corpus/", name)
]  # fmt: skip
for name in files:
    problems += [f"{name}:{number}: longer than {LIMIT} columns" for number in long_lines(name)]
if len(files) < 100:
    problems.append("this guard does not find the files")

guard.report(problems, "wrap the line")

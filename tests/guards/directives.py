#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""docs/directives.md has a section for each directive of the module and for no other, and states the values that get no
warning. All pages and configurations name only existing directives."""

import re

import guard

CODE = "mod_minitwit/directives.c"
PAGE = "docs/directives.md"

code = guard.read(CODE)
page = guard.read(PAGE)
problems = []

# A row of the table begins with a macro and the directive's name.
in_code = re.findall(r'^ +[A-Z]\w*\(\s*"(Minitwit\w+)"', code, re.MULTILINE)
in_page = re.findall(r"^### `?(Minitwit\w+)`?$", page, re.MULTILINE)
if len(in_code) < 2:
    problems.append(f"{CODE}: this guard does not find the rows of mt_directives")
for name in sorted(set(re.findall(r'"(Minitwit[A-Z]\w+)"', code)) - set(in_code)):
    problems.append(f"{CODE}: tests/guards/directives.py does not recognize the row of {name}")
for name in sorted(set(in_code) - set(in_page)):
    problems.append(f"{PAGE}: {name} has no heading")
for name in sorted(set(in_page) - set(in_code)):
    problems.append(f"{PAGE}: {name} is not a directive of the module")
for names, where in ((in_code, CODE), (in_page, PAGE)):
    problems += [f"{where}: {name} occurs twice" for name in sorted({n for n in names if names.count(n) > 1})]

# Each section has rows for syntax, default and context.
for section in re.split(r"^#+ ", page, flags=re.MULTILINE):
    name = section.split("\n")[0].strip("`")
    if name in in_code:
        for row in (f"| Syntax | `{name} ", "| Default |", "| Context |"):
            if row not in section:
                problems.append(f"{PAGE}: {name} lacks the row that begins with {row}")

# Each number has its usual values in the table.
numbers = re.findall(r'NUMBER\("(\w+)",[^"]*?RANGE\([^()]*\),\s*RANGE\(([^()]*)\)', code)
if {name for name, _ in numbers} < set(re.findall(r' NUMBER\("(\w+)"', code)):
    problems.append(f"{CODE}: this guard does not find the usual values of every number")
for name, usual in numbers:
    least, most = (eval(end, {}) for end in usual.split(","))  # products of numbers  # noqa: S307
    if not re.search(rf"^\| `{name}` \| {least} to {most}( \w+)? \|$", page, re.MULTILINE):
        problems.append(f"{PAGE}: the table of unusual values lacks: {name}, {least} to {most}")

# Alerts also begin with "Minitwit".
shipped = re.compile(r"(README\.md|run|(conf|debian|deploy|docker|docs|scripts)/.*)(?<!\.png)")
texts = {source: guard.read(source) for source in guard.sources() if shipped.fullmatch(source)}
rules = "".join(text for source, text in texts.items() if source.startswith("docker/prometheus/rules/"))
known = {*in_code, *re.findall(r"alert: (Minitwit\w+)", rules)}
for source, text in texts.items():
    for name in sorted(set(re.findall(r"\bMinitwit[A-Z]\w+", text)) - known):
        problems.append(f"{source}: {name} is neither a directive nor an alert")

guard.report(problems, f"give each row of {CODE} a section in {PAGE}, and correct the names")

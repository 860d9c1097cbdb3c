#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every directive of the module is documented, nothing else is, every one is merged into virtual hosts, and no page or
configuration names one that there is not."""

import re

import guard

CODE = "mod_minitwit/directives.c"
PAGE = "docs/directives.md"


def braces(text, beginning):
    """What stands between the braces that follow the pattern."""
    found = re.search(beginning + r"[^;]*?=\s*\{(.*?)\};", text, re.DOTALL)
    return found.group(1) if found else ""


code = guard.read(CODE)
page = guard.read(PAGE)
problems = []

table = braces(code, r"command_rec mt_directives\[\]")
in_code = re.findall(r'(?:AP_INIT_\w+|NUMBER)\(\s*"(Minitwit\w+)"', table)
in_page = re.findall(r"^### `?(Minitwit\w+)`?$", page, re.MULTILINE)
if len(in_code) < 2:
    problems.append(f"{CODE}: the table mt_directives was not found")
for name in sorted(set(re.findall(r"Minitwit[A-Z]\w+", table)) - set(in_code)):
    problems.append(f"{CODE}: {name} is written in a form that tests/guards/directives.py cannot read")
for name in sorted(set(in_code) - set(in_page)):
    problems.append(f"{PAGE}: {name} has no heading of its own")
for name in sorted(set(in_page) - set(in_code)):
    problems.append(f"{PAGE}: {name} is no directive of the module")
for names, where in ((in_code, CODE), (in_page, PAGE)):
    problems += [f"{where}: {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]

# Each heading is followed by syntax, default and context, before the next one.
for section in re.split(r"^#+ ", page, flags=re.MULTILINE):
    name = section.split("\n")[0].strip("`")
    if name in in_code:
        for row in (f"| Syntax | `{name} ", "| Default |", "| Context |"):
            if row not in section:
                problems.append(f"{PAGE}: {name} lacks the row that begins with {row}")

# A directive is merged when its field is in the list that the merge goes through.
merged_numbers = re.findall(r"&(\w+)", braces(code, r"const numbers\[\]"))
merged_fields = re.findall(r"OFFSET\((\w+)\)", braces(code, r"\btexts\[\]") + braces(code, r"\bflags\[\]"))
for name, number in re.findall(r'NUMBER\(\s*"(\w+)",\s*(\w+)', table):
    if number not in merged_numbers:
        problems.append(f"{CODE}: {name} is not merged: {number} is not in numbers[]")
for name, field in re.findall(r'AP_INIT_\w+\(\s*"(\w+)",\s*\w+,\s*\(void \*\)OFFSET\((\w+)\)', table):
    if field not in merged_fields:
        problems.append(f"{CODE}: {name} is not merged: {field} is neither in texts[] nor in flags[]")
for name, number in re.findall(r'AP_INIT_\w+\(\s*"(\w+)",\s*\w+,\s*\(void \*\)&(\w+)', table):
    if number not in merged_numbers:
        problems.append(f"{CODE}: {name} is not merged: {number} is not in numbers[]")

# The alerts are named alike.
shipped = re.compile(r"(README\.md|run|(conf|debian|deploy|docker|docs|scripts)/.*)(?<!\.png)")
texts = {source: guard.read(source) for source in guard.sources() if shipped.fullmatch(source)}
rules = "".join(text for source, text in texts.items() if source.startswith("docker/prometheus/rules/"))
known = {*in_code, *re.findall(r"alert: (Minitwit\w+)", rules)}
for source, text in texts.items():
    for name in sorted(set(re.findall(r"\bMinitwit[A-Z]\w+", text)) - known):
        problems.append(f"{source}: {name} is neither a directive nor an alert")

guard.report(problems, f"let {CODE} (table and merge lists) and {PAGE} (a section each) say the same")

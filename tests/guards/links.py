#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What the pages point to is there: files, headings, and the tests that docs/security.md names."""

import pathlib
import re

import guard

LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]+))?\)")
TESTS = "docs/security.md"

problems = []
names = guard.sources()
pages = {name: guard.read(name) for name in names if name.endswith(".md")}
known = set(names) | {parent.as_posix() for name in names for parent in pathlib.PurePosixPath(name).parents}


def anchors(text):
    """Those that a page's headings have: lower case, blanks as hyphens, no other signs."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


for page, text in pages.items():
    # What stands in code is no link.
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    for target, anchor in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path = pathlib.PurePosixPath(page).parent / target if target else pathlib.PurePosixPath(page)
        path = pathlib.PurePosixPath(guard.os.path.normpath(path)).as_posix()
        if path not in known:
            problems.append(f"{page}: {target} is not there")
        elif anchor and path in pages and anchor not in anchors(pages[path]):
            problems.append(f"{page}: {path} has no heading for #{anchor}")

named = set(re.findall(r"`((?:browser|faults|guards|hostile|integration|unit)/[\w.]+)`", pages[TESTS]))
if not named:
    problems.append(f"{TESTS}: names no test")
problems += [f"{TESTS}: tests/{name} is not there" for name in sorted(named) if f"tests/{name}" not in known]

guard.report(problems, "mend the link, or the name of the test")

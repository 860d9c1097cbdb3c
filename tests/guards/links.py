#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The links of all pages lead to existing files and headings. docs/security.md names only existing tests."""

import pathlib
import re

import guard

LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]+))?\)")
IMAGE = re.compile(r'<img src="([^"]+)"')
TESTS = "docs/security.md"

problems = []
names = guard.sources()
pages = {name: guard.read(name) for name in names if name.endswith(".md")}
known = set(names) | {parent.as_posix() for name in names for parent in pathlib.PurePosixPath(name).parents}


def anchors(text):
    """The anchors of a page's headings: lower case, hyphens for blanks, no other signs."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


for page, text in pages.items():
    # Code contains no links.
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    for target, anchor in LINK.findall(text) + [(image, "") for image in IMAGE.findall(text)]:
        if re.match(r"[a-z]+:", target):
            continue
        path = pathlib.PurePosixPath(page).parent / target if target else pathlib.PurePosixPath(page)
        path = pathlib.PurePosixPath(guard.os.path.normpath(path)).as_posix()
        if path not in known:
            problems.append(f"{page}: {target} does not exist")
        elif anchor and path in pages and anchor not in anchors(pages[path]):
            problems.append(f"{page}: {path} has no heading for #{anchor}")

named = set(re.findall(r"`((?:browser|faults|guards|hostile|integration|unit)/[\w.]+)`", pages[TESTS]))
if not named:
    problems.append(f"{TESTS}: names no test")
problems += [f"{TESTS}: tests/{name} does not exist" for name in sorted(named) if f"tests/{name}" not in known]

guard.report(problems, "correct the link or the name of the test")

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The table of routes: each row can be reached, and no page takes a name from a user."""

import re

import guard

ROUTES = "mod_minitwit/routes.c"
ARGUMENTS_MAX = 2  # mod_minitwit/core/route.h

rows = re.findall(r'\{ (\w+), [A-Z_ |]+, "/([^"]*)", \w+ \}', guard.read(ROUTES))
problems = []


def hides(path, later):
    """True if the path, which comes first in the table, matches each path that the later one matches."""
    segments, others = path.split("/"), later.split("/")
    matches = [segment == other or segment.startswith("<") for segment, other in zip(segments, others, strict=False)]
    # A user has no pages below "-".
    skips = any(segment.startswith("<") and other == "-" for segment, other in zip(segments[:-1], others, strict=False))
    return len(segments) == len(others) and all(matches) and not skips


if not rows or not any(path.startswith("<") for _, path in rows):
    problems.append(f"{ROUTES}: this guard cannot read the table")
for i, (handler, path) in enumerate(rows):
    if path.count("<") > ARGUMENTS_MAX:
        problems.append(f"{ROUTES}: /{path} has more than {ARGUMENTS_MAX} segments in angle brackets")
    for other, earlier in rows[:i]:
        if other == handler and earlier != path and hides(earlier, path):
            problems.append(f"{ROUTES}: /{earlier} hides /{path}, so put /{path} before it")

NAMES = "mod_minitwit/core/reserved.c"
# A user may have any other name.
RESERVED = {"-", "add_message", "favicon.ico", "login", "logout", "public", "register", "robots.txt", "static"}

paths = [path for handler, path in rows if handler == "WEB"]
segments = {segment for path in paths if (segment := path.split("/")[0]) and not segment.startswith("<")}
names = set(re.findall(r'"([^"]+)"', guard.read(NAMES).partition("mt_reserved_names")[2]))
problems += [f"{ROUTES}: /{name} may be the page of a user" for name in sorted(segments - RESERVED)]
problems += [f"{NAMES}: it lacks {name}" for name in sorted(RESERVED - names)]
problems += [f"{NAMES}: {name} may be the name of a user" for name in sorted(names - RESERVED)]
guard.report(problems, f"correct the rows of {ROUTES}; put a new fixed path below /-/, and the page of a user below theirs")

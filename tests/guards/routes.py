#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The first segment of each fixed path of the site is a reserved name. A user with such a name would have no page."""

import re

import guard

ROUTES = "mod_minitwit/routes.c"
NAMES = "mod_minitwit/core/reserved.c"

paths = re.findall(r'\{ WEB, [^"]*"/([^"]*)"', guard.read(ROUTES))
segments = {segment for path in paths if (segment := path.split("/")[0]) and not segment.startswith("<")}
names = set(re.findall(r'"([^"]+)"', guard.read(NAMES).partition("mt_reserved_names")[2]))

problems = []
if not segments or len(segments) == len(paths):
    problems.append(f"{ROUTES}: this guard cannot read the table")
problems += [f"{NAMES}: it lacks {name}, a path of {ROUTES}" for name in sorted(segments - names)]
problems += [f"{NAMES}: {name} is not a path of {ROUTES}" for name in sorted(names - segments)]
guard.report(problems, f"list the first segment of each fixed path in {NAMES}")

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The first segment of each of the site's fixed paths is a reserved name: a user of that name would have no page."""

import re

import guard

ROUTES = "mod_minitwit/routes.c"
NAMES = "mod_minitwit/core/reserved.c"

paths = re.findall(r'\{ WEB, [^"]*"/([^"]*)"', guard.read(ROUTES))
segments = {segment for path in paths if (segment := path.split("/")[0]) and not segment.startswith("<")}
names = set(re.findall(r'"([^"]+)"', guard.read(NAMES).partition("mt_reserved_names")[2]))

problems = []
if not segments or len(segments) == len(paths):
    problems.append(f"{ROUTES}: its table is written in a form that this guard cannot read")
problems += [f"{NAMES}: it lacks {name}, a path of {ROUTES}" for name in sorted(segments - names)]
problems += [f"{NAMES}: {name} is no path of {ROUTES}" for name in sorted(names - segments)]
guard.report(problems, f"write the first segment of each fixed path into {NAMES}")

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A public name contains the name of its file: mt_<layer>_<file>_... in web, api, ops and ctl, and mt_<file>_... in the
other layers. Files of one family, such as accounts.c and accounts_read.c, may share their first words."""

import re

import guard

WITH_LAYER = {"web", "api", "ops", "ctl"}


def fits(symbol, layer, file):
    prefix = f"mt_{layer}_" if layer in WITH_LAYER else "mt_"
    words = file.split("_")
    families = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    if any(f"{symbol}_".startswith(f"{prefix}{family}_") for family in families):
        return True
    # A file with the name of its layer may use the prefix of the layer alone.
    return file == layer and symbol.startswith(prefix)


problems, seen = [], 0
for unit, file in guard.objects():
    folder, _, name = unit.rpartition("/")
    layer = folder.split("/")[0]
    for symbol in re.findall(r"^[0-9a-f]+ [TDRB] (\w+)$", guard.program_output("nm", file), re.MULTILINE):
        seen += 1
        if symbol not in ("main", "minitwit_module") and not fits(symbol, layer, name):
            problems.append(f"{unit}.c: {symbol}")
if seen < 100:
    problems.append(f"{guard.BUILD}: this guard finds only {seen} public names")
guard.report(problems, 'rename it: see "Rules" in CONTRIBUTING.md')

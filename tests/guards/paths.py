#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""No file of the project names a path of one machine, or a path outside of the clone."""

import posixpath
import re

import guard

# Folders of a user or of a build machine. Paths of the system and of packages (/usr, /etc, /run ...) are allowed.
MACHINE = re.compile(r"(?<![\w.$}/<>-])/(?:home|root|Users|mnt|work|workspace|builds|srv)/[\w.*-]")
UPWARDS = re.compile(r"(?<![\w./])(?:\./)?((?:\.\./)+[A-Za-z_][\w.-]*)")
TEXT = re.compile(r"\.(c|h|py|sh|md|sql|html|css|conf|load|am|ac|yml|yaml|json|ini|txt|[1-8])$")

problems = []
for name in guard.sources():
    if "." in name.split("/")[-1] and not TEXT.search(name):
        continue
    try:
        text = guard.read(name)
    except UnicodeDecodeError:
        continue
    for number, line in enumerate(text.splitlines(), 1):
        for found in MACHINE.finditer(line):
            problems.append(f"{name}:{number}: {line[found.start():].split()[0]} is a path of one machine")
        for found in UPWARDS.finditer(line):
            if posixpath.normpath(posixpath.join(posixpath.dirname(name), found.group(1))).startswith(".."):
                problems.append(f"{name}:{number}: {found.group(1)} is outside of the project")

guard.report(problems, "use paths relative to the clone, and describe other files without a path")

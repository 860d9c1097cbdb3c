#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""MT_SCHEMA_VERSION is the number of the newest migration, and the numbers have no gap."""

import re

import guard

problems = []
migrations = [name for name in guard.sources() if re.fullmatch(r"sql/\d.*", name)]
numbers = []
for name in migrations:
    found = re.fullmatch(r"sql/(\d{3})-[a-z0-9-]+\.sql", name)
    if found:
        numbers.append(int(found.group(1)))
    else:
        problems.append(f"{name}: a migration must be called NNN-name.sql, with small letters, digits and hyphens")
if numbers != list(range(1, len(numbers) + 1)) or not numbers:
    problems.append(f"sql/: the numbers of the migrations are {numbers}, not 1, 2, 3 and so on")

wanted = re.search(r"^#define MT_SCHEMA_VERSION (\d+)$", guard.read("mod_minitwit/store/schema.h"), re.MULTILINE)
if not wanted:
    problems.append("mod_minitwit/store/schema.h: MT_SCHEMA_VERSION not found")
elif numbers and int(wanted.group(1)) != max(numbers):
    problems.append(f"MT_SCHEMA_VERSION is {wanted.group(1)}, but the newest migration is {max(numbers)}")

installed = guard.makefile()
problems += [f"Makefile.am: it does not install {name}" for name in migrations if name not in installed]

remedy = "number the migrations without a gap, install them, and set MT_SCHEMA_VERSION to the last number"
guard.report(problems, remedy)

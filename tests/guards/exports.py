#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The module exports only its module record, because another name could collide with a name of another module."""

import re

import guard

module = guard.built("mod_minitwit/.libs/mod_minitwit.so")
exported = re.findall(r"^[0-9a-f]+ \w (\S+)$", guard.program_output("nm", "-D", "--defined-only", module), re.MULTILINE)
problems = [f"exported: {name}" for name in sorted(exported) if name != "minitwit_module"]
if "minitwit_module" not in exported:
    problems.append("minitwit_module is not exported")
guard.report(problems, "check -export-symbols-regex in Makefile.am")

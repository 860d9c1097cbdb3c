#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The module shows httpd its module record and nothing else: any other name could collide with another module's."""

import re

import guard

module = guard.built("mod_minitwit/.libs/mod_minitwit.so")
exported = re.findall(r"^[0-9a-f]+ \w (\S+)$", guard.program_output("nm", "-D", "--defined-only", module), re.MULTILINE)
problems = [f"exported: {name}" for name in sorted(exported) if name != "minitwit_module"]
if "minitwit_module" not in exported:
    problems.append("minitwit_module is not exported")
guard.report(problems, "look at -export-symbols-regex in Makefile.am")

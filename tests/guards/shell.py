#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every shell script of the project passes shellcheck."""

import shutil
import subprocess

import guard

problems = []
scripts = []
for name in guard.sources():
    with open(guard.SOURCE / name, "rb") as file:
        first = file.readline(100)
    if name.endswith(".sh") or (first.startswith(b"#!") and first.split()[-1].endswith(b"sh")):
        scripts.append(name)

if shutil.which("shellcheck") is None:
    problems.append("shellcheck is not installed (Debian: shellcheck)")
elif not {"run", "check"} <= set(scripts):
    problems.append("this guard does not find the scripts run and check")
else:
    checked = subprocess.run(
        ["shellcheck", "-x", "-f", "gcc", *scripts], cwd=guard.SOURCE, stdout=subprocess.PIPE, text=True, check=False
    )
    problems += checked.stdout.splitlines()
    if checked.returncode and not problems:
        problems.append(f"shellcheck ended with {checked.returncode}")

guard.report(problems, "correct the script; if shellcheck is wrong, disable the rule on that line and give the reason")

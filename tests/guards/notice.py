#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""NOTICE lists what module and minitwitctl are linked with, and nothing else as linked; and a release can have the version."""

import importlib.machinery
import importlib.util
import subprocess

import guard

guard.built("minitwitctl")
script = str(guard.SOURCE / "scripts" / "sbom")
loader = importlib.machinery.SourceFileLoader("sbom", script)
sbom = importlib.util.module_from_spec(importlib.util.spec_from_loader("sbom", loader))
loader.exec_module(sbom)

problems = []
rows = sbom.notice()
linked = set()
for program, name in sbom.PROGRAMS.items():
    # The run-time libraries of a compiler's options are not ours.
    libraries = {sbom.stem(library) for library in sbom.needed(guard.built(name))} - {"libasan", "libubsan", "libgcov", "ld-linux-x86-64"}
    linked |= libraries
    for library in sorted(libraries - {row for row, (use, _) in rows.items() if use != "used"}):
        problems.append(f"NOTICE: {library}, with which {program} is linked, is not listed")
for library, (use, _) in rows.items():
    if use == "linked" and library not in linked:
        problems.append(f"NOTICE: {library} is listed as linked, and is not")

release = subprocess.run([guard.SOURCE / "scripts" / "release", "--check"], stderr=subprocess.PIPE, text=True, check=False)
if release.returncode:
    problems.append(release.stderr.strip())

guard.report(problems, "list in NOTICE what is linked, with its licence; let all files name the same version")

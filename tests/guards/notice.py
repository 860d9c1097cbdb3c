#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""NOTICE lists exactly the libraries that the module and minitwitctl link. All files have the same version."""

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
    # The run-time libraries of the compiler do not count.
    libraries = {sbom.stem(library) for library in sbom.needed(guard.built(name))}
    libraries -= {"libasan", "libubsan", "libgcov", "ld-linux-x86-64"}
    linked |= libraries
    for library in sorted(libraries - {row for row, (use, _) in rows.items() if use != "used"}):
        problems.append(f"NOTICE: it does not list {library}, which {program} links")
for library, (use, _) in rows.items():
    if use == "linked" and library not in linked:
        problems.append(f"NOTICE: it lists {library} as linked, but no program links it")

release = subprocess.run(
    [guard.SOURCE / "scripts" / "release", "--check"], stderr=subprocess.PIPE, text=True, check=False
)  # fmt: skip
if release.returncode:
    problems.append(release.stderr.strip())

guard.report(problems, "list the linked libraries in NOTICE, with their licences, and make all versions the same")

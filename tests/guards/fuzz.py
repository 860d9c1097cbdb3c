#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every header of core has a fuzz target, which is compiled and run. Every target has a corpus. Corpora are small."""

import re

import guard

# cachetable stores any bytes unchanged, and the callers of file check its content. The targets of the files that write
# into a buffer also test it. exemplar keeps only ids that identifier accepts. revision, reserved and password_speed
# have no input. The targets of password test its parts, and the target of template tests the parts of template.
EXEMPT = {"buffer", "cachetable", "exemplar", "file", "reserved", "revision"}
EXEMPT |= {f"password_{part}" for part in ("argon2", "argon2id", "digest", "parse", "speed", "stored")}
EXEMPT |= {"template_compile", "template_context", "template_source", "template_tag"}
SIZE_MAX = 300 * 1024  # bytes, of all corpora

problems = []
names = guard.sources()
makefile = guard.makefile()
table = re.findall(r"^ +TARGET\((\w+)\)", guard.read("tests/fuzz/targets.h"), re.MULTILINE)
stems = [found[1] for name in names if (found := re.fullmatch(r"mod_minitwit/core/(\w+)\.h", name))]
headers = {stem for stem in stems if not stem.endswith("_internal")} - EXEMPT
targets = {found[1] for name in names if (found := re.fullmatch(r"tests/fuzz/fuzz_(\w+)\.c", name))}
corpora = [name for name in names if name.startswith("tests/fuzz/corpus/")]

if not headers or not targets:
    problems.append("this guard finds no header of core, or no target")
problems += [f"mod_minitwit/core/{stem}.h: there is no tests/fuzz/fuzz_{stem}.c" for stem in sorted(headers - targets)]
problems += [f"tests/fuzz/fuzz_{stem}.c: core has no {stem}.h" for stem in sorted(targets - headers)]
for stem in sorted(targets):
    if f"tests/fuzz/fuzz_{stem}.c" not in makefile:
        problems.append(f"tests/fuzz/sources.am: tests/fuzz/fuzz_{stem}.c is not compiled")
    if stem not in table:
        problems.append(f"tests/fuzz/targets.h: {stem} is not in the list")
    if not any(name.startswith(f"tests/fuzz/corpus/{stem}/") for name in corpora):
        problems.append(f"tests/fuzz/corpus/{stem}: no corpus")
for name in corpora:
    if name.split("/")[3] not in targets:
        problems.append(f"{name}: there is no target for this corpus")
size = sum((guard.SOURCE / name).stat().st_size for name in corpora)
if size > SIZE_MAX:
    problems.append(f"tests/fuzz/corpus: the files have {size} bytes, more than {SIZE_MAX}")

guard.report(problems, "add the target, or reduce the corpus with tests/fuzz/run --merge")

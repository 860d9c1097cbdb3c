#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every header of core has a fuzz target that is compiled and run, and that has a corpus of moderate size."""

import re

import guard

# A table takes keys and values as they are, and the reader of a file checks its content. The targets of all files that write
# into a buffer try it, too. The revision and the reserved names have no input.
# The target of password tries its two parts, and that of template the parts of template.
EXEMPT = {"buffer", "cachetable", "file", "password_argon2id", "password_parse", "reserved", "revision"}
EXEMPT |= {"template_compile", "template_source", "template_tag"}
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
    problems.append("no header of core, or no target, was found")
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
        problems.append(f"{name}: of no target")
size = sum((guard.SOURCE / name).stat().st_size for name in corpora)
if size > SIZE_MAX:
    problems.append(f"tests/fuzz/corpus: {size} bytes in all, more than {SIZE_MAX}")

guard.report(problems, "write the target, or keep the corpus small with tests/fuzz/run --merge")

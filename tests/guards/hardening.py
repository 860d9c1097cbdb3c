#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The module and minitwitctl have the hardening that configure selects: no writable code, no executable data, addresses
bound at the start, stack protection. Builds with sanitizers are exempt. configure leaves the flags out there, because
the sanitizers check the same things more strictly."""

import platform
import re

import guard

makefile = guard.built("Makefile").read_text(encoding="utf-8")


def variable(name):
    return re.search(rf"^{name} =(.*)$", makefile, re.MULTILINE)[1].split()


if variable("SANITIZER_CFLAGS"):
    guard.report([], "")

IS_X86 = platform.machine() in ("x86_64", "i686")
FLAGS = {"-fstack-protector-strong", "-fstack-clash-protection"} | ({"-fcf-protection"} if IS_X86 else set())
FILES = {"mod_minitwit/.libs/mod_minitwit.so": False, "minitwitctl": True}


def readelf(option, file):
    return guard.program_output("readelf", "-W", option, file)


def check_file(name, is_program):
    """Yields the problems that the file's headers and symbols show."""
    file = guard.built(name)
    dynamic, segments, symbols = readelf("-d", file), readelf("-l", file), readelf("--dyn-syms", file)
    flags = " ".join(re.findall(r"\(FLAGS(?:_1)?\)(.*)", dynamic)).split()
    stack = re.search(r"GNU_STACK\s+(?:0x\w+\s+){5}(\w+)", segments)
    loads = re.findall(r"^\s*LOAD\s+(?:0x\w+\s+){5}([RWE ]+?)\s+0x", segments, re.MULTILINE)
    if "BIND_NOW" not in flags and "NOW" not in flags:
        yield "addresses of functions are bound lazily, so they stay writable (-z now)"
    if "GNU_RELRO" not in segments:
        yield "tables of addresses stay writable (-z relro)"
    if not stack or "E" in stack[1]:
        yield "the stack is executable (-z noexecstack)"
    if not loads or any("W" in load and "E" in load for load in loads):
        yield "a segment is writable and executable"
    if "TEXTREL" in dynamic:
        yield "the loader changes code (TEXTREL)"
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        yield "it searches for libraries in its own folders (RPATH)"
    if "__stack_chk_fail" not in symbols:
        yield "no function protects its stack (-fstack-protector-strong)"
    if "_FORTIFY_SOURCE" in makefile and not re.search(r" __\w+_chk@", symbols):
        yield "no function of the C library is fortified (-D_FORTIFY_SOURCE)"
    if is_program and "PIE" not in flags:
        yield "it is always loaded at the same address (-pie)"


def check_objects():
    """On x86, each object states whether the processor can check its indirect jumps. The linked file does not show it,
    because an object of the C library may lack the statement."""
    for layer in ("core", "store", "http", "web", "api", "ops", "module"):
        archive = guard.built(f"mod_minitwit/.libs/lib{layer}.a")
        for part in readelf("-n", archive).split("\nFile: ")[1:]:
            if not re.search(r"x86 feature: IBT, SHSTK", part):
                yield f"{part.splitlines()[0]}: built without -fcf-protection"


problems = [f"configure left out {flag}" for flag in sorted(FLAGS - set(variable("HARDENING_CFLAGS")))]
problems += [f"{name}: {problem}" for name, is_program in FILES.items() for problem in check_file(name, is_program)]
if IS_X86:
    problems += check_objects()
guard.report(problems, "see configure's messages about the flags, or build again: make clean all")

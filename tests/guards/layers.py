#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A file includes and calls only its own layer and the layers below it. No two files depend on each other, neither
directly nor through others."""

import collections
import re

import guard

# The layers that each folder of mod_minitwit/ may use besides itself. "module" means the files outside of the folders.
BELOW = {
    "core": set(),
    "store": {"core"},
    "admin": {"core", "store"},
    "ctl": {"core", "store", "admin"},
    "http": {"core", "store"},
    "web": {"core", "store", "http"},
    "api": {"core", "store", "http"},
    "ops": {"core", "store", "http"},
    "module": {"core", "store", "http", "web", "api", "ops"},
}
WITHOUT_HTTPD = {"core", "store", "admin", "ctl"}
WITHOUT_LIBPQ = {"core", "web", "api"}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def unit_of(file):
    """A unit is a file below mod_minitwit/ without its ending, such as "store/users", with its internal header."""
    return file.rpartition(".")[0].removesuffix("_internal")


def layer_of(unit):
    return unit.split("/")[0] if "/" in unit else "module"


def may_use(layer, other):
    return other == layer or other in BELOW[layer]


def httpd_headers():
    folder = guard.program_output("apxs", "-q", "INCLUDEDIR").strip()
    names = {path.name for path in guard.pathlib.Path(folder).glob("*.h")}
    return {name for name in names if not name.startswith(("apr", "apu"))}


def includes(problems):
    """The units that each unit includes."""
    of_httpd = httpd_headers()
    if "httpd.h" not in of_httpd:
        problems.append("httpd.h is not in the folder that apxs prints, so this guard cannot check the includes")
    used = collections.defaultdict(set)
    for name in guard.sources():
        if not re.fullmatch(r"mod_minitwit/.*\.[ch]", name):
            continue
        unit = unit_of(name.removeprefix("mod_minitwit/"))
        layer = layer_of(unit)
        if layer not in BELOW:
            problems.append(f"{name}: tests/guards/layers.py has no layer mod_minitwit/{layer}/")
            continue
        for header in INCLUDE.findall(guard.read(name)):
            if (guard.SOURCE / "mod_minitwit" / header).is_file():
                used[unit].add(unit_of(header))
                if not may_use(layer, layer_of(header)):
                    problems.append(f"{name}: {layer} may not include {header}")
            if header in of_httpd and layer in WITHOUT_HTTPD:
                problems.append(f"{name}: {layer} may not include httpd's {header}")
            if header.startswith(("libpq", "postgres", "pg_config")) and layer in WITHOUT_LIBPQ:
                problems.append(f"{name}: {layer} may not include libpq's {header}")
    return used


def calls(problems):
    """The units whose symbols each unit uses."""
    home, wanted = {}, collections.defaultdict(set)
    for unit, file in guard.objects():
        for line in guard.program_output("nm", file).splitlines():
            kind, symbol = line.split()[-2:]
            if kind == "U":
                wanted[unit].add(symbol)
            elif kind.isupper():
                home[symbol] = unit
    # httpd's macros for logs and configurations refer to the module record.
    del home["minitwit_module"]
    layers = {layer_of(unit) for unit in wanted}
    missing = sorted(set(BELOW) - layers)
    problems += [f"{guard.BUILD}: the build has no object of the layer {layer}" for layer in missing]
    used = collections.defaultdict(set)
    for unit, symbols in sorted(wanted.items()):
        layer = layer_of(unit)
        for symbol in sorted(symbols):
            if symbol in home:
                used[unit].add(home[symbol])
                if not may_use(layer, layer_of(home[symbol])):
                    problems.append(f"{unit}: {layer} uses {symbol} of {home[symbol]}")
            elif symbol.startswith("ap_") and layer in WITHOUT_HTTPD:
                problems.append(f"{unit}: {layer} uses httpd's {symbol}")
            elif symbol.startswith("PQ") and layer in WITHOUT_LIBPQ:
                problems.append(f"{unit}: {layer} uses libpq's {symbol}")
    return used


def check_cycles(kind, used, problems):
    def reachable(unit):
        reached, waiting = set(), [unit]
        while waiting:
            new = used.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        return reached

    reached = {unit: reachable(unit) for unit in used}
    cycles = {tuple(sorted(other for other in reached[unit] if unit in reached.get(other, ()))) for unit in used}
    problems += [f"a cycle of {kind}: {', '.join(cycle)}" for cycle in sorted(cycles) if len(cycle) > 1]


def check_module(problems):
    """The module must not contain the operator's statements."""
    admin = {symbol for unit, file in guard.objects() if layer_of(unit) == "admin" for symbol in defined(file)}
    module = guard.built("mod_minitwit/.libs/mod_minitwit.so")
    # libtool makes all symbols local, except the module record.
    inside = set(re.findall(r"^[0-9a-f]+ [TtDdRr] (mt_\w+)$", guard.program_output("nm", module), re.MULTILINE))
    problems += [f"{module.name}: it contains {symbol} of the layer admin" for symbol in sorted(admin & inside)]
    if "mt_pipeline_run" not in inside:
        problems.append(f"{module}: it has no mt_pipeline_run. It may be stripped, so this guard cannot check it")


def defined(file):
    return set(re.findall(r"^[0-9a-f]+ [TDR] (mt_\w+)$", guard.program_output("nm", file), re.MULTILINE))


found = []
check_cycles("includes", includes(found), found)
check_cycles("calls", calls(found), found)
check_module(found)
guard.report(found, "move the code to a layer that may use the other one, or pass the data as an argument")

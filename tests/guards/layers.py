#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The layers stay layers: a file includes only what its own layer and those below it offer, and nothing that a compiled
layer calls comes from above."""

import re

import guard

# What each folder of mod_minitwit/ may include of the others.
LAYERS = {
    "core": {"core"},
    "store": {"core", "store"},
    "http": {"core", "store", "http"},
    "web": {"core", "store", "http", "web"},
    "api": {"core", "store", "http", "api"},
    "ops": {"core", "store", "http", "ops"},
    "admin": {"core", "store", "admin"},
    "ctl": {"core", "store", "admin", "ctl"},
}
WITHOUT_HTTPD = {"core", "store", "admin", "ctl"}
WITHOUT_LIBPQ = {"core", "web", "api"}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def httpd_headers():
    folder = guard.program_output("apxs", "-q", "INCLUDEDIR").strip()
    names = {path.name for path in guard.pathlib.Path(folder).glob("*.h")}
    return {name for name in names if not name.startswith(("apr", "apu"))}


def check_includes(problems):
    of_httpd = httpd_headers()
    if "httpd.h" not in of_httpd:
        problems.append("httpd.h is not in the folder that apxs names, so nothing can be checked")
    for name in guard.sources():
        parts = name.split("/")
        if parts[0] != "mod_minitwit" or len(parts) < 3 or not name.endswith((".c", ".h")):
            continue
        layer = parts[1]
        if layer not in LAYERS:
            problems.append(f"{name}: mod_minitwit/{layer}/ is no layer that tests/guards/layers.py knows")
            continue
        for header in INCLUDE.findall(guard.read(name)):
            folder = header.split("/")[0] if "/" in header else ""
            if folder in LAYERS and folder not in LAYERS[layer]:
                problems.append(f"{name}: {layer} may not include {header}")
            if header in of_httpd and layer in WITHOUT_HTTPD:
                problems.append(f"{name}: {layer} may not include httpd's {header}")
            if header.startswith(("libpq", "postgres", "pg_config")) and layer in WITHOUT_LIBPQ:
                problems.append(f"{name}: {layer} may not include libpq's {header}")


def check_calls(problems):
    """A linker leaves out what nobody calls, so the layers' archives are looked at whole."""
    for layer, foreign in (("core", r"ap_\w+|PQ\w+"), ("store", r"ap_\w+"), ("admin", r"ap_\w+")):
        archive = guard.built(f"mod_minitwit/.libs/lib{layer}.a")
        symbols = re.findall(r"^\s*U (\S+)$", guard.program_output("nm", "-u", archive), re.MULTILINE)
        if not symbols:
            problems.append(f"{archive}: no undefined symbols at all, so it cannot be the {layer} layer")
        problems += [
            f"{archive.name}: {layer} calls {symbol}" for symbol in sorted(set(symbols)) if re.fullmatch(foreign, symbol)
        ]


found = []
check_includes(found)
check_calls(found)
guard.report(found, "move the code to the layer that may use it, or hand over what it needs as an argument")

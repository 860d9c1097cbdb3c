#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Each message that a request can cause goes through http/log.h, which limits its lines."""

import re

import guard

LOG = "mod_minitwit/http/log.c"
# These log only while httpd starts, reloads or stops, when a child begins, or in a watchdog.
SERVER = (
    "mod_minitwit/directives.c",
    "mod_minitwit/mod_minitwit.c",
    "mod_minitwit/siteurl.c",
    "mod_minitwit/http/cache.c",
    "mod_minitwit/http/children.c",
    "mod_minitwit/http/dbd.c",
    "mod_minitwit/http/hashing.c",
    "mod_minitwit/http/secretfile.c",
    "mod_minitwit/ops/indexer.c",
    "mod_minitwit/ops/watch.c",
)
REQUEST = r"\b(ap_log_[rcp]error(_?|data))\s*\("
ANY = r"\b(ap_log_\w*error\w*|ap_log_data|ap_log_rdata|syslog|perror|fprintf\s*\(\s*stderr|fputs\s*\([^;]*stderr)\b"

problems = []
for name in guard.sources():
    if not re.fullmatch(r"mod_minitwit/((http|web|api|ops)/.*|[^/]*)\.[ch]", name) or name == LOG:
        continue
    code = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), guard.read(name), flags=re.DOTALL)
    for number, line in enumerate(code.splitlines(), 1):
        found = re.search(REQUEST if name in SERVER else ANY, line)
        if found:
            problems.append(f"{name}:{number}: {found[1]}")
for name in SERVER:
    if "ap_log_error" not in guard.read(name):
        problems.append(f"{name}: logs nothing, so this guard must not list it")

guard.report(problems, "call mt_log_request, or add a file that logs nothing about requests to SERVER in this guard")

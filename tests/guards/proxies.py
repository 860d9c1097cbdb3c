#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Each example of a proxy passes on Host as the browser sends it, and the client's address."""

import re

import guard

problems = []
for name in guard.sources():
    if not re.match(r"(docs|conf|docker|deploy)/", name) or name.endswith((".png", ".svg")):
        continue
    text = guard.read(name)
    for value in re.findall(r"proxy_set_header +Host +([^;)\s]+)", text):
        if value != "$http_host":
            problems.append(f"{name}: nginx sets Host to {value}: the port is lost, or the name is that of the back end")
    for block in re.findall(r"^```\w*\n(.+?)^```", text, re.DOTALL | re.MULTILINE):
        if re.search(r"^\s*ProxyPass\s", block, re.MULTILINE) and "ProxyPreserveHost On" not in block:
            problems.append(f"{name}: an example with ProxyPass lacks ProxyPreserveHost On")
        if re.search(r"\bproxy_pass\s", block) and not re.search(r"proxy_set_header +X-Forwarded-For", block):
            problems.append(f"{name}: an example with proxy_pass lacks X-Forwarded-For")
        if re.search(r"\bproxy_pass\s", block) and not re.search(r"proxy_set_header +Host", block):
            problems.append(f"{name}: an example with proxy_pass does not set Host")
        if re.search(r"^\s+mode http$", block, re.MULTILINE) and "option forwardfor" not in block:
            problems.append(f"{name}: an example of HAProxy lacks option forwardfor")

guard.report(problems, "let the example pass on Host unchanged, and let it set X-Forwarded-For")

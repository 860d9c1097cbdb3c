# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The parts of the running sites that belong to the API, by port, host and path. They come from the configurations of
the tests' httpds, so that a client can recognize an answer of the API by the address of its request."""

import re
from dataclasses import dataclass, field

_SECTION = re.compile(r"<(/?)(\w+)\s*(.*?)>$")
_HANDLER = re.compile(r"SetHandler\s+\"?([\w-]+)", re.IGNORECASE)
# With these, the address of a request does not show which handler answers.
_UNCLEAR = re.compile(r"(?i)(RewriteRule|ProxyPass|<If |<ElseIf |<Else>)")


@dataclass
class Host:
    """A virtual host."""

    names: list = field(default_factory=list)
    handlers: dict = field(default_factory=dict)  # path of a <Location> without its last slash -> handler
    dates: str | None = None
    is_clear: bool = True

    def handler_at(self, path):
        """(mount, handler) of the longest mount that holds this path, or None."""
        found = [mount for mount in self.handlers if path == mount or path.startswith(mount + "/")]
        mount = max(found, key=len, default=None)
        return None if mount is None else (mount, self.handlers[mount])


_sites = {}  # port -> [Host], the first of which also serves unknown names


def read(text):
    """The hosts of a configuration: {port: [Host]}."""
    server, hosts, stack = Host(), {}, []
    host = server
    for line in map(str.strip, text.splitlines()):
        section = _SECTION.match(line)
        host.is_clear &= not _UNCLEAR.match(line)
        if section and section[1]:
            name, _ = stack.pop() if stack else ("", "")
            host = server if name == "virtualhost" else host
        elif section:
            stack.append((section[2].lower(), section[3].strip('"')))
            if stack[-1][0] == "virtualhost":
                host = Host()
                hosts.setdefault(int(section[3].rpartition(":")[2]), []).append(host)
        elif found := _HANDLER.match(line):
            is_fixed = stack and stack[-1][0] == "location"
            host.handlers[stack[-1][1].rstrip("/") if is_fixed else ""] = found[1]
            host.is_clear &= bool(is_fixed)
        elif found := re.match(r"(?i)Server(?:Name|Alias)\s+(.*)", line):
            host.names += found[1].lower().split()
        elif found := re.match(r"(?i)MinitwitApiDates\s+(\w+)", line):
            host.dates = found[1].lower()
    for host in (host for each in hosts.values() for host in each):
        host.handlers = server.handlers | host.handlers
        host.dates = host.dates or server.dates or "epoch"
        host.is_clear &= server.is_clear
    return hosts


def add(text):
    """Replaces the hosts of all ports of this configuration."""
    _sites.update(read(text))


def remove(text):
    """Forgets all ports of this configuration, because other programs may get them once this httpd has ended."""
    for port in read(text):
        _sites.pop(port, None)


def find(port, name, path):
    """(mount, dates) of the API at this address; None if another handler answers, or if the configuration does not show
    which. name: the host in the request; path: the decoded path."""
    hosts = _sites.get(port, [])
    name = name.partition(":")[0].lower()
    host = next((host for host in hosts if name in host.names), hosts[0] if hosts else None)
    found = host.handler_at(path) if host and host.is_clear else None
    return (found[0], host.dates) if found and found[1] == "minitwit-api" else None

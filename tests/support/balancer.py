# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""HAProxy in front of several nodes, with the configuration of docs/upgrade.md."""

import csv
import re
import shutil
import socket

from support import installation
from support.client import Browser, Simulator
from support.programs import Program

NAMES = ("one", "two")
_SERVICES = ("site", "api")
_LINE = re.compile(r"    server (\w+) 10\.0\.0\.\d+:(5000|5001)\n")


class Balancer(Program):
    """Has the attributes of a single Httpd for clients: web_port, api_port, simulator() and so on."""

    def __init__(self, folder, nodes):
        """nodes: an Httpd for each of NAMES."""
        self.web_port, self.api_port, health = installation.free_ports(3)
        self.api_url = f"http://127.0.0.1:{self.api_port}"
        self.credentials = nodes[0].credentials
        self._socket = folder / "admin.sock"
        program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        super().__init__(folder, [program, "-db", "-f", folder / "haproxy.cfg"], f"http://127.0.0.1:{health}/")
        (folder / "haproxy.cfg").write_text(self._text(nodes, health))

    def browser(self):
        return Browser(f"http://127.0.0.1:{self.web_port}")

    def simulator(self):
        return Simulator(self.api_url)

    def drain(self, name):
        """Returns when this node serves no client any more."""
        self._set(name, "drain")
        installation.wait_until(lambda: self._clients(name) == 0, f"node {name} to be without clients")

    def admit(self, name):
        self._set(name, "ready")
        installation.wait_until(lambda: self._states(name) == {"UP"}, f"node {name} to be up")

    def _set(self, name, state):
        for service in _SERVICES:
            assert self._command(f"set server {service}/{name} state {state}").strip() == ""

    def _rows(self, name):
        rows = csv.DictReader(self._command("show stat").removeprefix("# ").splitlines())
        return [row for row in rows if row["svname"] == name and row["pxname"] in _SERVICES]

    def _clients(self, name):
        return sum(int(row["scur"]) for row in self._rows(name))

    def _states(self, name):
        return {row["status"] for row in self._rows(name)}

    def _command(self, command):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(installation.PATIENCE)
            admin.connect(str(self._socket))
            admin.sendall(command.encode() + b"\n")
            said = b""
            while part := admin.recv(65536):
                said += part
        return said.decode()

    def _text(self, nodes, health):
        guide = (installation.SOURCE / "docs" / "upgrade.md").read_text(encoding="utf-8")
        text = re.search(r"```haproxy\n(.+?)```", guide, re.DOTALL).group(1)
        by_name = dict(zip(NAMES, nodes, strict=True))

        def place(line):
            node = by_name[line[1]]
            port = node.web_port if line[2] == "5000" else node.api_port
            return f"    server {line[1]} 127.0.0.1:{port} port {node.ops_port}\n"

        text, count = _LINE.subn(place, text)
        assert count == 2 * len(nodes)
        for old, new in (
            # A node on a busy machine must not seem to be down.
            ("    timeout connect 1s\n", f"    timeout connect 1s\n    timeout check {installation.PATIENCE}s\n"),
            ("/run/haproxy/admin.sock", str(self._socket)),
            ("bind :5000", f"bind 127.0.0.1:{self.web_port}"),
            ("bind :5001", f"bind 127.0.0.1:{self.api_port}"),
        ):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return f"{text}\nfrontend health\n    bind 127.0.0.1:{health}\n    monitor-uri /\n"

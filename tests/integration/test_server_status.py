# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The section about MiniTwit on the page of mod_status."""

import re

from support import installation, metrics
from support.client import Client
from support.mounts import mount


def test_every_host_shows_the_section(make_httpd):
    """A host may come before or after the hosts of the site in the configuration."""
    ports = installation.free_ports(2)
    status = mount("/server-status", "server-status", "  Require all granted\n")
    before, after = [
        f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\n{status}</VirtualHost>\n" for port in ports
    ]
    make_httpd(ops=metrics.OPS, directives=before, extra=after)
    for port in ports:
        assert "<h2>MiniTwit</h2>" in Client(f"http://127.0.0.1:{port}").get("/server-status").text


def test_the_section_counts_requests_by_route(watched):
    watched.browser().get("/public")
    watched.browser().get("/nobody")
    page = watched.operator().get("/server-status").text
    assert "<h2>MiniTwit</h2>" in page
    assert "<td>minitwit-web</td><td>GET</td><td>/&lt;username&gt;</td>" in page
    assert "<username>" not in page
    lines = watched.operator().get("/server-status?auto").text.splitlines()
    assert "MinitwitRequests minitwit-web GET /public: 1" in lines
    assert "MinitwitRequests minitwit-web GET /<username>: 1" in lines
    for key in ("DatabaseConnectionsBusy", "DatabaseConnectionsMax", "PasswordHashesInFlight", "RequestsInFlight"):
        assert any(re.fullmatch(rf"Minitwit{key}: \d+", line) for line in lines), key


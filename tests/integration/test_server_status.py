# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The section on MiniTwit in mod_status' page."""

import re

import pytest

from support import installation, metrics
from support.client import Client


@pytest.mark.parametrize("place", ["directives", "extra"])
def test_server_status_wherever_its_host_stands(make_httpd, place):
    port = installation.free_port()
    host = (
        f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\n"
        '<Location "/server-status">\nSetHandler server-status\nRequire all granted\n</Location>\n</VirtualHost>\n'
    )
    make_httpd(ops=metrics.OPS, **{place: host})
    assert "<h2>MiniTwit</h2>" in Client(f"http://127.0.0.1:{port}").get("/server-status").text


def test_server_status_has_a_section(watched):
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


def test_a_stock_server_status_is_left_alone(make_httpd):
    """Of a module that is loaded and mounted nowhere, nothing is to be seen."""
    status = '<Location "/server-status">\nSetHandler server-status\nRequire all granted\n</Location>\n'
    httpd = make_httpd(web="", api="", ops=status)
    assert "MiniTwit" not in httpd.operator().get("/server-status").text

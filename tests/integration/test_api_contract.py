# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The comparison of the API's answers with docs/openapi.yaml finds each kind of difference. All other tests use it."""

import json
import re
import subprocess

from support import contract, installation, mounted
from support.client import raw_request
from support.mounts import mount

SAFE = [("X-Request-Id", "x"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
JSON = [*SAFE, ("Content-Type", "application/json")]
MESSAGE = {"content": "hello", "pub_date": 1575201600, "user": "alice"}


def _find(httpd, method, path, status, headers, body):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    contract.check(httpd.api_port, method, path, "localhost", status, headers, body)
    return contract.take_violations()


def test_differences_are_found(httpd, database):
    for problem, *answer in (
        ("the status 418 is not described", "GET", "/latest", 418, JSON, {}),
        ("the status 204 is not described", "GET", "/msgs/alice", 204, SAFE, b""),
        ("the status 200 is not described", "GET", "/nothing", 200, JSON, {}),
        ("the status 200 is not described", "PUT", "/msgs", 200, JSON, []),
        ("the header x-extra is not described", "GET", "/latest", 200, [*JSON, ("X-Extra", "1")], {"latest": 1}),
        ("the header allow is missing", "POST", "/msgs", 405, JSON, {"status": 405, "error_msg": "x"}),
        ("the header x-request-id is missing", "GET", "/latest", 200, JSON[1:], {"latest": 1}),
        ("the header cache-control: ", "GET", "/latest", 200, [*JSON, ("Cache-Control", "public")], {"latest": 1}),
        ("the header retry-after: ", "GET", "/msgs", 503, [*JSON, ("Retry-After", "3")], {"status": 503, "error_msg": "x"}),
        ("the content type text/plain", "GET", "/latest", 200, [*SAFE, ("Content-Type", "text/plain")], {"latest": 1}),
        ("there is a body", "POST", "/msgs/alice?latest=1", 204, SAFE, b"x"),
        ("the body is not JSON", "GET", "/latest", 200, JSON, b'{"latest": 1'),
        ("latest: '1' is not of type", "GET", "/latest", 200, JSON, {"latest": "1"}),
        ("more", "GET", "/latest", 200, JSON, {"latest": 1, "more": 2}),
        ("'user' is a required property", "GET", "/msgs", 200, JSON, [{"content": "x", "pub_date": 1}]),
        ("0/pub_date: ", "GET", "/msgs", 200, JSON, [MESSAGE | {"pub_date": "2019-12-01 12:00:00"}]),
        ("pub_date", "GET", "/msgs", 200, JSON, [MESSAGE] * 500 + [MESSAGE | {"pub_date": 1.5}] + [MESSAGE] * 500),
        ("the page of httpd", "GET", "/latest", 400, [("Content-Type", "text/html")], b"<title>404 Not Found</title>"),
    ):
        found = _find(httpd, *answer)
        assert len(found) == 1 and problem in found[0], (problem, found)


def test_described_answers(httpd, database):
    for answer in (
        ("GET", "/latest", 200, JSON, {"latest": 1}),
        ("HEAD", "/msgs?no=1", 200, JSON, b""),
        ("GET", "/msgs/Roger%20Histand", 200, JSON, [MESSAGE]),
        ("POST", "/fllws/a%2Fb", 204, SAFE, b""),
        ("GET", "/nothing", 404, JSON, {"status": 404, "error_msg": "x"}),
        ("GET", "/msgs", 400, [("Content-Type", "text/html; charset=iso-8859-1")], b"<title>400 Bad Request</title>"),
    ):
        assert _find(httpd, *answer) == []


def test_answers_of_the_api_are_recognized(make_httpd, database):
    """The clients compare the answers of the API, below a prefix and on a host of its own, but of no other handler."""
    httpd = make_httpd(start=False)
    httpd.directives = "Header always set X-Extra 1\n"
    httpd.web = mount("/", "minitwit-web") + mount("/api", "minitwit-api") + mount("/api/x", "minitwit-health")
    httpd.api = "ServerName api.example\n" + mount("/", "minitwit-api", "  Header always set X-Extra 2\n")
    httpd.start()
    for port, path, is_found in (
        (httpd.web_port, "/api/latest", True),
        (httpd.web_port, "//api/./latest?x=1", True),
        (httpd.web_port, "/api/%6catest", True),
        (httpd.web_port, "/api", True),
        (httpd.web_port, "/apilatest", False),
        (httpd.web_port, "/public", False),
        (httpd.web_port, "/api/x/livez", False),
        (httpd.api_port, "/latest", True),
        (httpd.ops_port, "/livez", False),
    ):
        raw_request(port, f"GET {path} HTTP/1.1")
        found = contract.take_violations()
        assert [line for line in found if "the header x-extra is not described" in line] == found
        assert bool(found) == is_found, (path, found)


def test_hosts_of_a_configuration():
    """An address counts only if the configuration states its handler without a condition. The form of dates comes from
    the host, or else from the server."""
    hosts = mounted.read(
        "MinitwitApiDates text\n<VirtualHost 127.0.0.1:1>\n</VirtualHost>\n"
        + '<VirtualHost 127.0.0.1:2>\n<Location "/x/">\n<If "true">\nSetHandler none\n</If>\n</Location>\n'
        + "MinitwitApiDates Epoch\n</VirtualHost>\n<VirtualHost 127.0.0.1:3>\n"
        + mount("/a", "minitwit-api")
        + "</VirtualHost>\n"
    )
    assert {port: host.dates for port, (host,) in hosts.items()} == {1: "text", 2: "epoch", 3: "text"}
    assert {port: host.is_clear for port, (host,) in hosts.items()} == {1: True, 2: False, 3: True}
    assert [hosts[port][0].handler_at("/a/b") for port in (1, 3)] == [None, ("/a", "minitwit-api")]


def test_the_ports_of_an_httpd_that_has_ended(make_httpd, database):
    """Another program may get these ports."""
    httpd = make_httpd()
    assert mounted.find(httpd.api_port, "localhost", "/latest")
    httpd.stop()
    assert mounted.find(httpd.api_port, "localhost", "/latest") is None


def test_the_commands_of_the_page(httpd, people):
    """The commands of docs/api.md register, post, read, follow and read latest."""
    people("Mette")
    page = (installation.SOURCE / "docs" / "api.md").read_text(encoding="utf-8")
    block = page.partition("## Try it")[2].split("```")[1]
    commands = re.findall(r"^\$ (.*)$", block, re.MULTILINE)
    script = "\n".join(commands).replace("http://localhost:5001", httpd.api_url).replace("curl -i", "curl -is --noproxy '*'")
    said = subprocess.run(["bash", "-c", script], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert re.findall(r"^HTTP/1\.1 (\d+)", said, re.MULTILINE) == ["204", "204", "200", "204", "200"]
    assert '"Hello, world"' in said and said.endswith('{"latest":4}\n')

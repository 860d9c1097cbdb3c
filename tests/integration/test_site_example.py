# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every part of conf/minitwit-site.conf as it is, except the part about proxies: see test_tls_example.py."""

import concurrent.futures
import gzip
import os
import socket
import stat

import pytest

from support import installation
from support.accesslog import AccessLog
from support.client import SIMULATOR, Simulator, location, raw_request
from support.example import Example, FromElsewhere


@pytest.fixture
def example(make_httpd):
    return make_httpd(start=False, kind=Example, name="minitwit-site")


def outsider(example):
    """A simulator with an address that "Require ip" does not name."""
    simulator = Simulator(example.api_url)
    simulator.session.mount("http://", FromElsewhere())
    return simulator


@pytest.mark.smoke
@pytest.mark.expect_log("AH01630: client denied")
def test_the_site_the_api_and_the_port_for_operators(example, people, database):
    people("alice", "bob")
    example.start()
    alice = example.browser().sign_in("alice")
    assert location(alice.share("hello")) == "/"
    assert location(alice.get("/bob/follow")) == "/bob"
    simulator = example.simulator()
    assert simulator.tweet("bob", "hello, too", params={"latest": 5}).status_code == 204
    assert simulator.latest() == 5
    assert Simulator(example.api_url, ("simulator", "wrong")).get("/msgs").status_code == 403
    assert alice.page("/").texts == ["hello, too", "hello"]
    operator = example.operator()
    assert operator.get("/livez").status_code == operator.get("/readyz").status_code == 200
    assert "minitwit_db_up 1" in operator.get("/metrics").text
    assert "MiniTwit" in operator.get("/server-status").text
    assert operator.get("/public").status_code == 403
    # The port of the site does not show the pages for operators.
    for path in ("/metrics", "/server-status", "/livez", "/readyz"):
        alice.page(path, status=404)


def test_the_size_of_a_request_is_limited(example, database):
    example.start()
    port = example.web_port
    assert raw_request(port, "GET /public?" + "x" * 8000 + " HTTP/1.1").status == 200
    assert raw_request(port, "GET /public?" + "x" * 8200 + " HTTP/1.1").status == 414
    assert raw_request(port, "GET /public HTTP/1.1", "X-Long: " + "x" * 8000).status == 200
    assert raw_request(port, "GET /public HTTP/1.1", "X-Long: " + "x" * 8200).status == 400
    # Host and Connection count as well.
    assert raw_request(port, "GET /public HTTP/1.1", *["X-Many: x"] * 58).status == 200
    assert raw_request(port, "GET /public HTTP/1.1", *["X-Many: x"] * 59).status == 400
    answer = raw_request(port, "TRACE /public HTTP/1.1", "Cookie: minitwit_session=s3cr3t")
    assert answer.status == 405 and b"s3cr3t" not in answer.body
    assert answer.headers["server"] == "Apache"
    for size, status in ((65000, 200), (70000, 413)):
        body = b"username=alice&password=" + b"x" * size
        answer = raw_request(port, "POST /login HTTP/1.1", "Content-Type: application/x-www-form-urlencoded", body=body)
        assert answer.status == status


def _slowly(port, beginning):
    """Sends only the beginning of a request. Returns the answer."""
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(beginning)
        said = b""
        while part := connection.recv(4096):
            said += part
    return said


def test_a_client_that_sends_too_slowly_is_disconnected(example, database, expect_log):
    """Other clients are served meanwhile. faults/test_slow_clients.py waits for the time limits as they are."""
    expect_log.allow("reqtimeout:|AH01382")
    example.replace("header=10-20,MinRate=500 body=10-30,MinRate=500", "header=1-2,MinRate=500 body=1-3,MinRate=500")
    example.start()
    header = b"GET /latest HTTP/1.1\r\nHost: x\r\nX-Slow: "
    form = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nusername"
    body = b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        slow = [
            pool.submit(_slowly, port, beginning)
            for port, beginnings in ((example.web_port, (header, form)), (example.api_port, (header, body)))
            for beginning in beginnings
        ]
        assert example.browser().get("/public").status_code == 200
        said = [future.result() for future in slow]
    for answer in said:
        assert answer.split()[1] == b"408", answer[:200]


def test_compression_and_caching(example, people, database):
    people("alice")
    for number in range(30):
        database.add_message("alice", f"number {number} " * 5)
    example.start()
    browser = example.browser()

    def both(client, path):
        plain = client.get(path)
        small = client.get(path, headers={"Accept-Encoding": "gzip"}, stream=True)
        assert "Content-Encoding" not in plain.headers and small.headers["Content-Encoding"] == "gzip", path
        raw = small.raw.read(decode_content=False)
        assert len(raw) < len(plain.content) and gzip.decompress(raw) == plain.content
        return small

    page = browser.page("/public")
    for path in ("/public", page.one("link[rel=stylesheet]")["href"], page.messages[0].image["src"]):
        both(browser, path)
    both(example.simulator(), "/msgs")
    path = page.one("link[rel=stylesheet]")["href"]
    style = both(browser, path)
    assert "max-age=31536000" in style.headers["Cache-Control"] and "immutable" in style.headers["Cache-Control"]
    again = {"Accept-Encoding": "gzip", "If-None-Match": style.headers["ETag"]}
    assert browser.get(path, headers=again).status_code == 304


def test_logs(example, people, database):
    """Three access logs in JSON and an error log, in a folder that only root may enter."""
    people("alice")
    example.start()
    example.browser().get("/alice?secret=s3cr3t")
    example.simulator().get("/msgs")
    assert [entry["path"] for entry in example.site_log().wait()] == ["/alice"]
    assert [entry["user"] for entry in AccessLog(example.logs / "api.log").wait()] == [SIMULATOR[0]]
    assert "/livez" in [entry["path"] for entry in AccessLog(example.logs / "ops.log").wait()]
    assert b"s3cr3t" not in b"".join(file.read_bytes() for file in example.logs.iterdir())
    if installation.is_root():
        assert stat.S_IMODE(os.stat(example.logs).st_mode) == 0o750
        assert {os.stat(file).st_uid for file in (example.logs, *example.logs.iterdir())} == {0}


# ---- access to the API


@pytest.mark.expect_log("AH01630: client denied")
def test_require_ip(example, people, database):
    people("alice")
    example.uncomment("Require ip")
    example.start()
    assert example.simulator().tweet("alice", "from here").status_code == 204
    with database.unchanged():
        answer = outsider(example).tweet("alice", "from elsewhere", params={"latest": 7})
        assert answer.status_code == 403
    # httpd refuses it before the module, so "latest" is not recorded either.
    assert database.latest() == -1


def test_a_list_of_addresses_can_be_tried_without_refusals(example, people, database):
    people("alice")
    example.uncomment("SetEnvIfExpr", "CustomLog")
    example.start()
    assert example.simulator().get("/latest").status_code == 200
    assert outsider(example).tweet("alice", "from elsewhere").status_code == 204
    outsiders = AccessLog(example.logs / "outsiders.log")
    entries = outsiders.wait()
    assert [(entry["client"], entry["path"], entry["status"]) for entry in entries] == [("127.0.0.2", "/msgs/alice", 204)]
    assert len(AccessLog(example.logs / "api.log").wait(count=2)) == 2


@pytest.mark.expect_log("AH01630: client denied")
def test_require_ip_behind_a_proxy(example, people, database):
    """The address that the proxy reports counts, not the address of the proxy."""
    people("alice")
    example.uncomment("Require ip", "RemoteIPHeader", "RemoteIPInternalProxy")
    example.replace("RemoteIPInternalProxy 192.0.2.10", "RemoteIPInternalProxy 127.0.0.1")
    example.start()
    simulator = example.simulator()
    for client, status in (("203.0.113.7", 204), ("198.51.100.7", 403), ("203.0.113.7, 198.51.100.7", 403)):
        answer = simulator.tweet("alice", client, headers={"X-Forwarded-For": client})
        assert answer.status_code == status, client
    assert database.messages() == [("alice", "203.0.113.7")]

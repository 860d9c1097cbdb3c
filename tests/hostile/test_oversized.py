# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Requests that are too large: they get a clear refusal, write nothing, and do not use more and more memory."""

import base64
import concurrent.futures
import contextlib
import gzip
import json
import pathlib
import re
import socket
import time

import pytest

from support import installation
from support.client import SIMULATOR, RawAnswer, raw_request, read_page, refusal

_AUTHORIZATION = "Authorization: Basic " + base64.b64encode(":".join(SIMULATOR).encode()).decode()
_FORM = "Content-Type: application/x-www-form-urlencoded"
_BODY_LIMIT = 65536  # MinitwitBodyLimit's default

# See MinitwitBodyLimit in docs/directives.md.
_GROWTH_A_THREAD = 4 * 1024 * 1024
_CREEP = 256 * 1024  # bytes, in the 960 requests of three rounds
_THREADS = {"event": 8, "worker": 8, "prefork": 1}[installation.MPM]


@pytest.fixture
def unpacking(make_httpd, people):
    """An httpd that unpacks compressed bodies. alice is registered."""
    people("alice")
    return make_httpd(directives="SetInputFilter DEFLATE\nMinitwitHashQueue 32\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s\n")


# ---- lines and headers


def test_a_head_that_is_too_large(httpd, database):
    for line, headers, status in (
        ("GET /" + "x" * 9000 + " HTTP/1.1", [], 414),
        ("GET /public?" + "x" * 9000 + " HTTP/1.1", [], 414),
        ("x" * 9000 + " /public HTTP/1.1", [], 414),
        ("GET /public HTTP/1.1", ["Cookie: " + "a=b; " * 2000], 400),
        ("GET /public HTTP/1.1", ["X" * 9000 + ": y"], 400),
        ("GET /public HTTP/1.1", [f"X-{number}: y" for number in range(200)], 400),
        ("GET /public HTTP/1.1", ["X: y"] * 50 + ["X: " + "y" * 8000] * 60, 400),
    ):
        for port in (httpd.web_port, httpd.api_port):
            assert raw_request(port, line, *headers).status == status


def test_the_largest_head_that_httpd_accepts(httpd, people, database):
    people("alice")
    for path, header, status in (
        ("/" + "y" * 8000, "X: y", 404),
        ("/" + "%C3%A6" * 1300, "X: y", 404),
        ("/public?" + "a&" * 4000, "X: y", 200),
        ("/public?" + "before=1&" * 880, "X: y", 302),
        ("/public?" + "before=1-1&" * 700, "X: y", 200),
        ("/public?before=" + "9" * 8000, "X: y", 200),
        ("/static/" + "s" * 8000, "X: y", 404),
        ("/public", "Cookie: " + "minitwit_session=" + "A" * 8000, 200),
        ("/public", "Cookie: " + "minitwit_flash=following:" + "a" * 8000, 200),
        ("/public", "Cookie: " + "a=b;" * 2000, 200),
        ("/public", "Range: bytes=" + "0-1," * 2000, 200),
        ("/public", "X-Request-Id: " + "x" * 8000, 200),
        ("/login", "Referer: http://localhost/" + "x" * 8000, 200),
    ):
        with database.unchanged():
            assert raw_request(httpd.web_port, f"GET {path} HTTP/1.1", header).status == status
    for query in ("latest=" + "9" * 8000, "no=" + "9" * 8000, "no=-" + "9" * 8000, "latest=1&" * 880):
        assert raw_request(httpd.api_port, f"GET /msgs?{query} HTTP/1.1", _AUTHORIZATION).status == 200


# ---- fields


def test_a_registration_with_fields_that_are_too_long(site, api, database):
    good = {"username": "carol", "email": "c@example.org", "password": "secret", "password2": "secret"}
    with database.unchanged():
        for field, text in (
            ("username", "u" * 256), ("username", "\u00e6" * 5000), ("email", "@" + "e" * 255), ("email", "e@" * 6000),
        ):  # fmt: skip
            fields = good | {field: text}
            assert "at most 255 characters" in site.submit("/register", **fields).errors[0]
            fields["pwd"] = fields.pop("password")
            assert "at most 255 characters" in refusal(api.post("/register", json=fields), 400)


def test_a_password_may_have_any_length(site, database):
    assert site.register("carol", password="p" * 30000).status_code == 302
    assert site.login("carol", password="p" * 29999).status_code == 200
    assert site.login("carol", password="p" * 30000).status_code == 302


def test_a_message_that_is_too_long(signed_in, api, database):
    alice = signed_in("alice")
    for text in ("x" * 1001, "\U0001f600" * 1001, "x" * 60000):
        with database.unchanged():
            answer = alice.share(text)
            assert answer.status_code == 400 and "at most 1000 characters" in answer.text
            assert "at most 1000 characters" in refusal(api.tweet("alice", text, data=None), 400)


def test_thousands_of_fields(httpd, site, database):
    body = "&".join(["a"] * 32000)
    with database.unchanged():
        for path in ("/login", "/register"):
            answer = raw_request(httpd.web_port, f"POST {path} HTTP/1.1", _FORM, body=body.encode())
            assert answer.status == 400 and b"</html>" in answer.body
    # The fields of the form are found among them.
    answer = site.post("/login", body + "&username=nobody&password=x", headers={"Content-Type": _FORM.split()[1]})
    assert "Invalid username" in read_page(answer).errors[0]


def test_large_json(api, people, database):
    people("alice")
    for body in (
        '{"content":' + "[" * 30000 + "]" * 30000 + "}",
        '{"content":' + "[" * 60000,
        '{"content":"' + "x" * 60000 + '"}',
        '{"content":' + "9" * 60000 + "}",
        '{"content":1' + ("0" * 300) + "e" + "9" * 3000 + "}",
        "{" + ",".join(f'"k{number}":0' for number in range(6000)) + "}",
        '{"content":"' + "\\ud800" * 10000 + '"}',
    ):
        with database.unchanged():
            refusal(api.post("/msgs/alice", body), 400)


# ---- bodies

# Requests whose body is read, and requests that are answered before the body is read.
_READ = [
    ("web", "POST /login HTTP/1.1", [_FORM], 413),
    ("web", "POST /register HTTP/1.1", [_FORM], 413),
    ("api", "POST /register HTTP/1.1", [], 413),
    ("api", "POST /msgs/alice HTTP/1.1", [_AUTHORIZATION], 413),
    ("api", "POST /fllws/alice HTTP/1.1", [_AUTHORIZATION], 413),
]
_UNREAD = [
    ("web", "POST /add_message HTTP/1.1", [_FORM], 401),
    ("web", "POST /public HTTP/1.1", [_FORM], 405),
    ("web", "GET /public HTTP/1.1", [], 200),
    ("web", "POST /login HTTP/1.1", [_FORM, "Origin: http://evil.example"], 403),
    ("api", "POST /msgs/alice HTTP/1.1", [], 403),
    ("api", "POST /msgs/nobody HTTP/1.1", [_AUTHORIZATION], 404),
    ("api", "GET /latest HTTP/1.1", [], 200),
]


def _port(httpd, name):
    return httpd.web_port if name == "web" else httpd.api_port


def test_a_length_above_the_limit_is_refused_before_the_body(httpd, people, database):
    people("alice")
    with database.unchanged():
        for where, line, headers, status in _READ:
            for length in (_BODY_LIMIT + 1, 2**40, 2**63 - 1):
                with socket.create_connection(("127.0.0.1", _port(httpd, where)), installation.PATIENCE) as connection:
                    head = [line, "Host: localhost", f"Content-Length: {length}", *headers, "", ""]
                    connection.sendall("\r\n".join(head).encode())
                    assert RawAnswer(connection.recv(65536)).status == status


def test_a_chunked_body_without_end(httpd, people, database):
    people("alice")
    with database.unchanged():
        for where, line, headers, status in _READ + _UNREAD:
            with _Endless(_port(httpd, where), [line, *headers]) as client:
                client.send_until(lambda client=client: b"\r\n\r\n" in client.received)
                answer = RawAnswer(client.received)
                assert answer.status == status, line
                assert answer.headers["connection"] == "close"


class _Endless:
    """Sends a chunked body without an end."""

    CHUNK = b"400\r\n" + b"a" * 0x400 + b"\r\n"

    def __init__(self, port, lines):
        self.received = b""
        self.connection = socket.create_connection(("127.0.0.1", port), installation.PATIENCE)
        self.connection.sendall("\r\n".join([*lines, "Host: localhost", "Transfer-Encoding: chunked", "", ""]).encode())
        self.connection.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send_some(self):
        """Returns 0 if the server has closed the connection."""
        try:
            while piece := self.connection.recv(65536):
                self.received += piece
            return 0
        except BlockingIOError:
            pass
        except ConnectionError:
            return 0
        try:
            self.connection.send(self.CHUNK)
        except BlockingIOError:
            pass
        except ConnectionError:
            return 0
        return 1

    def send_until(self, condition):
        deadline = time.monotonic() + installation.PATIENCE
        while not condition() and self.send_some():
            assert time.monotonic() < deadline, "the server still reads"
            time.sleep(0.001)


@pytest.mark.skipif(installation.MPM != "event", reason="with other MPMs, a connection that closes keeps its worker")
def test_bodies_without_end_do_not_occupy_workers(httpd, site):
    """There are more of them than workers, and a normal client is served meanwhile."""
    with contextlib.ExitStack() as stack:
        lines = ["POST /public HTTP/1.1", _FORM]
        clients = [stack.enter_context(_Endless(httpd.web_port, lines)) for _ in range(48)]
        for _ in range(20):
            for client in clients:
                client.send_some()
            site.page("/public")

        def all_are_answered():
            for client in clients:
                client.send_some()
            return all(client.received for client in clients)

        installation.wait_until(all_are_answered, "all of them to be answered")


def test_a_small_compressed_body_with_large_contents(unpacking, database, expect_log):
    # mod_deflate itself refuses some ratios, and logs that.
    expect_log.allow(r"deflate:(error|warn)")
    for size in (_BODY_LIMIT, 50 * 1024 * 1024):
        packed = gzip.compress(b'{"content":"' + b"x" * size + b'"}')
        assert len(packed) < _BODY_LIMIT
        with database.unchanged():
            answer = unpacking.simulator().post("/msgs/alice", iter([packed]), headers={"Content-Encoding": "gzip"})
            assert answer.status_code in (400, 413)


# ---- memory


def _peak(pid):
    """The peak memory of a process in bytes, or None if the process has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _peaks(httpd):
    return {pid: peak for pid in httpd.children() if (peak := _peak(pid))}


_SMALL_FIELDS = b"&".join([b"a"] * 32000)
_SMALL_ITEMS = b'{"content":[' + b",".join([b"0"] * 32000) + b"]}"
_SMALL_OBJECTS = b'{"content":[' + b",".join([b"{}"] * 21000) + b"]}"
_SMALL_KEYS = json.dumps({f"{number:x}": 0 for number in range(7000)}, separators=(",", ":")).encode()
_BOMB = gzip.compress(b'{"content":"' + b"x" * (30 * 1024 * 1024) + b'"}')
_PACKED = "Content-Encoding: gzip"


@pytest.mark.skipif(installation.SANITIZE, reason="the sanitizer needs memory itself")
def test_memory_is_bounded(unpacking, expect_log):
    """While all workers read the bodies that need the most memory."""
    expect_log.allow(r"deflate:(error|warn)")
    attacks = [
        (unpacking.web_port, "POST /login HTTP/1.1", [_FORM], _SMALL_FIELDS),
        (unpacking.api_port, "POST /msgs/alice HTTP/1.1", [_AUTHORIZATION], _SMALL_ITEMS),
        (unpacking.api_port, "POST /msgs/alice HTTP/1.1", [_AUTHORIZATION], _SMALL_OBJECTS),
        (unpacking.api_port, "POST /msgs/alice HTTP/1.1", [_AUTHORIZATION], _SMALL_KEYS),
        (unpacking.api_port, "POST /msgs/alice HTTP/1.1", [_AUTHORIZATION, _PACKED], _BOMB),
        (unpacking.web_port, "GET /public?" + "a&" * 4000 + " HTTP/1.1", ["Cookie: " + "a=b;" * 2000], b""),
    ]

    def attack(number):
        port, line, headers, body = attacks[number % len(attacks)]
        return raw_request(port, line, *headers, body=body).status

    # First each child allocates the memory that it keeps for good.
    with concurrent.futures.ThreadPoolExecutor(32) as clients:
        list(clients.map(lambda _: raw_request(unpacking.web_port, "GET /public HTTP/1.1").status, range(64)))
        before = max(_peaks(unpacking).values())
        statuses = set(clients.map(attack, range(100 * len(attacks))))
    assert statuses <= {200, 400, 413}
    after = _peaks(unpacking)
    print(f"before: {before // 1024} KiB a child; most: {max(after.values()) // 1024} KiB")
    assert max(after.values()) - before < _THREADS * _GROWTH_A_THREAD, f"{after} from {before}"


@pytest.mark.skipif(installation.SANITIZE, reason="the sanitizer needs memory itself")
def test_refusals_leak_no_memory(unpacking, expect_log):
    """Early rounds may need more memory, until all threads of a child were busy at once. A leak needs more in every
    round."""

    def round_of_refusals():
        with concurrent.futures.ThreadPoolExecutor(16) as clients:
            for body in (_SMALL_FIELDS, b"x" * 200000):
                list(clients.map(lambda _, body=body: _refused(unpacking.web_port, body), range(160)))

    def three_rounds_grow():
        before = max(_peaks(unpacking).values())
        for _ in range(3):
            round_of_refusals()
        return max(_peaks(unpacking).values()) - before

    growth = []
    while not growth or (growth[-1] > _CREEP and len(growth) < 15):
        growth.append(three_rounds_grow())
    assert growth[-1] <= _CREEP, f"bytes, in each three rounds: {growth}"


def _refused(port, body):
    try:
        assert raw_request(port, "POST /login HTTP/1.1", _FORM, body=body).status in (400, 413)
    except (BrokenPipeError, ConnectionResetError):
        pass  # httpd may close the connection before it has read the whole body

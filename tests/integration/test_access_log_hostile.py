# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Requests with arbitrary bytes: every line of the access log is JSON from which the bytes can be restored.
MINITWIT_HOSTILE_REQUESTS sets their number. The seed is fixed, so that each run sends the same requests."""

import concurrent.futures
import contextlib
import os
import random
import re
import socket

from support import accesslog, installation
from support.client import receive

COUNT = int(os.environ.get("MINITWIT_HOSTILE_REQUESTS") or 10000)
PIPELINE = 40  # requests at once on a connection
CLIENTS = 4

ALL = bytes(range(256))
# The bytes that httpd accepts in a path (without those that end it, and without escapes) and in a header.
PATH = bytes(c for c in ALL if c > 0x20 and c != 0x7F and c not in b"?#%")
VALUE = bytes(c for c in ALL if c >= 0x20 and c != 0x7F) + b"\t"
METHODS = [b"GET"] * 8 + [b"HEAD", b"POST", b"OPTIONS", b"DELETE", b"PROPFIND", b"BREW", b"!#$'*+.^_`|~"]
# Text that resembles escapes of JSON or of the log, and characters of several bytes.
PIECES = [b"\\x41", b"\\\\", b"\\u0041", b'","status":1,"', b"\\+7", b"\\", b'"']
PIECES += [c.encode() for c in "\u00e6\u20ac\U0001f600\u2028\ufeff\u202e\ud7ff\x85"]
# Bytes that make a request invalid, or that httpd may accept.
JUNK = [b"\0", b"\n", b"\r", b" ", b"\t", b"\x0b", b"%", b"%4", b"%zz", b"%00", b"%2f", b"%c0%af", b"y" * 9000, b"\xff" * 9000]


class Request:
    """A valid request, and the values that its line in the log must contain."""

    def __init__(self, number, source):
        self.id = b"hostile-%d" % number
        self.method = source.choice(METHODS)
        self.path = b"/~/" + text(source, PATH)
        agent = text(source, VALUE)
        self.agent = agent.strip(b" \t")
        query = b"?" + text(source, PATH) if source.random() < 0.5 else b""
        lines = [
            b"%s %s%s HTTP/1.1" % (self.method, self.path, query), b"Host: localhost", b"X-Request-Id: " + self.id,
            b"User-Agent: " + agent, b"Cookie: " + text(source, VALUE), b"X-Any: " + text(source, VALUE),
        ]  # fmt: skip
        if self.method == b"POST":
            lines.append(b"Content-Length: 0")
        self.data = b"\r\n".join(lines) + b"\r\n\r\n"


def text(source, alphabet):
    """Mostly short texts, some long ones, and some full of escapes and of UTF-8, which may be incomplete."""
    kind = source.random()
    if kind < 0.005:
        return bytes(source.choices(alphabet, k=source.randint(1000, 7000)))
    if kind < 0.4:
        pieces = b"".join(source.choices(PIECES, k=source.randint(0, 20)))[: source.randint(0, 60)]
        return bytes(c for c in pieces if c in alphabet)
    return bytes(source.choices(alphabet, k=source.randint(0, 60)))


def spoil(source, data):
    """Inserts bytes anywhere in a request, most often into the first line."""
    at = source.randrange(source.choice([data.index(b"\r\n"), len(data)]))
    junk = source.choice([source.choice(JUNK), bytes(source.choices(ALL, k=source.randint(1, 40)))])
    return data[:at] + junk + data[at:]


def send(port, data):
    """Sends bytes on a connection, and reads until httpd closes it, which may be early."""
    with socket.create_connection(("127.0.0.1", port), installation.PATIENCE) as connection, contextlib.suppress(OSError):
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        receive(connection)


def kept(logged, sent):
    """Compares a field with the bytes that were sent. Returns 0 if the field was shortened."""
    cut = re.fullmatch(r"(.*)\\\+([0-9]+)", logged, re.DOTALL)
    # Two backslashes before the plus stand for one that was sent.
    if cut and (len(cut[1]) - len(cut[1].rstrip("\\"))) % 2 == 0:
        restored = accesslog.restore(cut[1])
        assert len(restored) + int(cut[2]) == len(sent) and sent.startswith(restored)
        return 0
    assert accesslog.restore(logged) == sent
    return 1


def test_the_bytes_can_be_restored_from_every_line(make_httpd, database):
    httpd = make_httpd(start=False, directives="LogLevel crit\n")
    # In a pipe, lines of several processes must not mix.
    piped = httpd.root / "piped.log"
    httpd.web += f'CustomLog "{httpd.access_log.path}" minitwit_json\nCustomLog "|$cat >>{piped}" minitwit_json\n'
    httpd.start()
    source = random.Random(20)
    requests = [Request(number, source) for number in range(COUNT)]
    valid = [b"".join(request.data for request in requests[at : at + PIPELINE]) for at in range(0, COUNT, PIPELINE)]
    spoilt = [spoil(source, request.data) for request in requests[: COUNT // 7]]

    def send_all(conversations):
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(lambda data: send(httpd.web_port, data), conversations))

    def lines():
        return piped.read_bytes().split(b"\n")[:-1] if piped.exists() else []

    send_all(valid)
    installation.wait_until(lambda: len(lines()) >= COUNT, "all lines")
    check(requests, [accesslog.parse(line) for line in lines()])
    send_all(spoilt)
    # httpd does not log a connection without a request line.
    installation.wait_until(lambda: len(lines()) >= COUNT + 0.9 * len(spoilt), "most of the other lines")
    statuses = {accesslog.parse(line)["status"] for line in lines()}
    assert {400, 404, 414} <= statuses and max(map(len, lines())) < 4096
    # since() parses the lines.
    assert len(httpd.access_log.since()) > COUNT


def check(requests, entries):
    by_id = {entry["request_id"].encode(): entry for entry in entries}
    assert len(by_id) == len(entries) == len(requests)
    paths, agents = set(), set()
    whole = 0
    for request in requests:
        entry = by_id[request.id]
        assert entry["method"].encode() == request.method and entry["handler"] == "minitwit-web"
        assert entry["status"] in (200, 302, 404, 405, 501)
        whole += kept(entry["path"], request.path)
        kept(entry["user_agent"], request.agent)
        paths.update(accesslog.restore(entry["path"]))
        agents.update(accesslog.restore(entry["user_agent"]))
    assert whole > 0.98 * len(requests)
    assert set(PATH) <= paths and set(VALUE) <= agents

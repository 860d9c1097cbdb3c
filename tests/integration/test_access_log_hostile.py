# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Requests with arbitrary bytes: every line of the access log is JSON from which the bytes can be restored.
MINITWIT_HOSTILE_REQUESTS sets their number. The seed is fixed, so that each run sends the same requests."""

import concurrent.futures
import os
import random
import re
import socket

from support import accesslog, installation

COUNT = int(os.environ.get("MINITWIT_HOSTILE_REQUESTS") or 10000)
LINE_MAX = 8190  # httpd's default for LimitRequestLine
PIPELINE = 40  # requests at once on a connection
CLIENTS = 4

ALL = bytes(range(256))
# The bytes that httpd accepts in a path (without those that end it, and without escapes) and in a header.
PATH = bytes(c for c in ALL if c > 0x20 and c != 0x7F and c not in b"?#%")
VALUE = bytes(c for c in ALL if c >= 0x20 and c != 0x7F) + b"\t"
METHODS = [b"GET"] * 8 + [b"HEAD", b"POST", b"OPTIONS", b"DELETE", b"PROPFIND", b"BREW", b"!#$'*+.^_`|~"]
# Escapes that are invalid, unfinished or refused, and text that resembles one.
ESCAPES = [b"%", b"%4", b"%zz", b"%00", b"%2f", b"%2F", b"%ff", b"%c0%af", b"\\x41", b"\\\\", b"\\u0041", b'","status":1,"', b"\\+7"]
# Characters of several bytes, some cut short.
UTF8 = ["\u00e6", "\u20ac", "\U0001f600", "\u2028", "\ufeff", "\u202e", "\ud7ff", "\x85"]


class Request:
    """One request, and the values that its line in the log must contain."""

    def __init__(self, number, source):
        self.number = number
        self.id = b"hostile-%d" % number
        self.is_valid = source.random() < 0.85
        self.method = source.choice(METHODS)
        self.path = b"/~%d~/" % number + text(source, PATH)
        self.agent = text(source, VALUE)
        query = b"?" + text(source, PATH) if source.random() < 0.5 else b""
        headers = [
            b"Host: localhost", b"X-Request-Id: " + self.id, b"User-Agent: " + self.agent,
            b"Cookie: " + text(source, VALUE), b"X-Any: " + text(source, VALUE),
        ]  # fmt: skip
        self.agent = self.agent.strip(b" \t")
        if self.method == b"POST":
            headers.append(b"Content-Length: 0")
        line = b"%s %s%s HTTP/1.1" % (self.method, self.path, query)
        if not self.is_valid:
            line, headers = spoil(source, line, headers)
        self.data = b"\r\n".join([line, *headers]) + b"\r\n\r\n"

    def expected_path(self):
        """The path that httpd keeps. If it refuses the line, it keeps one byte more than LimitRequestLine, up to a NUL or a bare
        line feed. If it can read the line, the path also ends at other white space."""
        line = self.data[: self.data.index(b"\n") + 1]
        is_read = line.endswith(b"\r\n") and b"\0" not in line and len(line) <= LINE_MAX + 2
        line = line[:-2] if is_read else line[: LINE_MAX + 1].split(b"\0")[0]
        if is_read:
            line = re.sub(rb"^[\t-\r ]+", b"", line)
            return re.match(rb"[^\t-\r ]*[\t-\r ]+([^?\t-\r ]*)", line)[1]
        return re.match(rb"[^ ]* ([^ ?]*)", line)[1]


def text(source, alphabet):
    """Mostly short texts, some long ones, and some full of escapes or of UTF-8."""
    kind = source.random()
    if kind < 0.005:
        return bytes(source.choices(alphabet, k=source.randint(1000, 7000)))
    if kind < 0.25:
        pieces = source.choices(UTF8, k=source.randint(0, 20))
        encoded = "".join(pieces).encode()[: source.randint(0, 60)]
        return bytes(c for c in encoded if c in alphabet)
    if kind < 0.4:
        pieces = b"".join(source.choices(ESCAPES, k=source.randint(0, 10)))
        return bytes(c for c in pieces if c in alphabet)
    return bytes(source.choices(alphabet, k=source.randint(0, 60)))


def spoil(source, line, headers):
    """Changes a request so that httpd may refuse it."""
    kind = source.randrange(9)
    junk = bytes(source.choices(ALL, k=source.randint(1, 40)))
    end = line.rindex(b" ")
    if kind == 0:  # any bytes in the path or query
        line = line[:end] + junk + line[end:]
    elif kind == 1:  # any bytes as the protocol
        line = line[: end + 1] + junk
    elif kind == 2:  # a bad escape
        line = line[:end].split(b"?")[0] + b"".join(source.choices(ESCAPES, k=3)) + line[end:]
    elif kind == 3:  # any bytes in a header
        headers.insert(source.randint(0, 4), b"X-Junk: " + junk)
    elif kind == 4:  # any bytes instead of a header
        headers.insert(source.randint(0, 4), junk)
    elif kind == 5:  # a control character in the method
        line = bytes([source.choice([c for c in ALL if c < 0x20 and c not in b"\0\t\n\v\f\r"])]) + line
    elif kind == 6:  # too long a line
        line = line[:end] + bytes(source.choices(PATH, k=9000)) + line[end:]
    elif kind == 7:  # too long a header
        headers.insert(source.randint(0, 4), b"X-Long: " + b"\xff" * 9000)
    else:  # white space where none belongs
        line = line.replace(b" ", source.choice([b"  ", b" \t", b"\t", b" \x0b", b"\r "]))
    return line, headers


def send(port, requests):
    """Sends them on one connection. Returns the number of answers, since httpd closes the connection after some failures."""
    answered = 0
    with socket.create_connection(("127.0.0.1", port), installation.PATIENCE) as connection:
        try:
            connection.sendall(b"".join(request.data for request in requests))
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it is closed already
        reader = connection.makefile("rb")
        try:
            while answered < len(requests) and skip_answer(reader, requests[answered].method):
                answered += 1
        except ConnectionResetError:
            pass
    return answered


def skip_answer(reader, method):
    status = reader.readline()
    if not status:
        return False
    code = int(status.split()[1])
    length = 0
    chunked = False
    while (header := reader.readline().lower()) not in (b"\r\n", b""):
        if header.startswith(b"content-length:"):
            length = int(header.split(b":")[1])
        chunked |= header.startswith(b"transfer-encoding:")
    assert not chunked
    if method != b"HEAD" and code not in (204, 304):
        reader.read(length)
    return True


def send_all(port, requests):
    """Sends valid requests many at a time, and the others one by one, because httpd may close the connection after them."""
    batches, valid = [], []
    for request in requests:
        if request.is_valid:
            valid.append(request)
        else:
            batches.append([request])
        if len(valid) == PIPELINE:
            batches.append(valid)
            valid = []
    batches.append(valid)
    for batch in batches:
        if batch and batch[0].is_valid:
            assert send(port, batch) == len(batch)
        elif batch:
            send(port, batch)


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
    httpd = make_httpd(start=False)
    # In a pipe, lines of several processes must not mix.
    piped = httpd.root / "piped.log"
    httpd.directives = "MaxKeepAliveRequests 0\nLogLevel crit\n"
    httpd.web += f'CustomLog "{httpd.access_log.path}" minitwit_json\nCustomLog "|$cat >>{piped}" minitwit_json\n'
    httpd.start()
    before = len(httpd.access_log.since(0))
    source = random.Random(20)
    requests = [Request(number, source) for number in range(COUNT)]
    parts = [requests[client::CLIENTS] for client in range(CLIENTS)]
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda part: send_all(httpd.web_port, part), parts))

    def lines_of(file):
        return file.read_bytes().count(b"\n") if file.exists() else 0

    installation.wait_until(lambda: lines_of(httpd.access_log.path) >= before + COUNT, "all lines")
    installation.wait_until(lambda: lines_of(piped) >= COUNT, "all lines from the pipe")
    entries = httpd.access_log.since(0)[before:]
    for line in piped.read_bytes().split(b"\n")[:-1]:
        accesslog.parse(line)
        assert len(line) < 4096
    check(requests, entries)


def check(requests, entries):
    by_number = {}
    anonymous = 0
    for entry in entries:
        found = re.search(r"/~([0-9]+)~/", entry["path"] or "")
        if found:
            assert int(found[1]) not in by_number, "answered twice"
            by_number[int(found[1])] = entry
        else:
            anonymous += 1
    paths, agents = set(), set()
    whole = 0
    for request in requests:
        entry = by_number.get(request.number)
        if entry is None:
            assert not request.is_valid
            anonymous -= 1
            continue
        whole += kept(entry["path"], request.expected_path())
        paths.update(accesslog.restore(entry["path"]))
        if request.is_valid:
            assert entry["method"].encode() == request.method and entry["handler"] == "minitwit-web"
            assert entry["request_id"].encode() == request.id and entry["status"] in (200, 404, 405, 501)
            kept(entry["user_agent"], request.agent)
            agents.update(accesslog.restore(entry["user_agent"]))
    assert anonymous == 0, "a line that belongs to no request, or a request without a line"
    assert whole > 0.98 * len(requests)
    # The requests contained all bytes, except those that end a path.
    assert set(PATH) <= paths and len(paths) >= 240
    assert set(VALUE) <= agents

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Random and malformed requests to every route, over plain sockets. Nothing crashes, the module answers no 5xx and logs
no error, the database holds only valid data, and the site continues to serve.

MINITWIT_FUZZ_SECONDS  the duration (20)
MINITWIT_FUZZ_SEED     another number sends other requests (1)

A conversation depends only on the seed and its own number, so you can repeat one that fails."""

import base64
import concurrent.futures
import gzip
import itertools
import json
import os
import random
import re
import socket
import struct
import time
import urllib.parse

from support import errorlog, installation
from support.client import SIMULATOR, RawAnswer

SECONDS = float(os.environ.get("MINITWIT_FUZZ_SECONDS") or 20)
SEED = os.environ.get("MINITWIT_FUZZ_SEED") or "1"
CLIENTS = 4

ROUTES = [
    (handler, re.findall(r"\w+", methods), path)
    for handler, methods, path in re.findall(
        r'^    \{ (WEB|API|HEALTH|METRICS), ([A-Z_ |]+), "([^"]+)",',
        (installation.SOURCE / "mod_minitwit" / "routes.c").read_text(),
        re.MULTILINE,
    )
]

# Answers of httpd itself to an unknown method, transfer coding or version of HTTP.
NOT_OURS = {501, 505}
# All of these must occur, so that the requests reach all parts of the module.
WANTED = {200, 204, 302, 400, 403, 404, 405, 413}

NAMES = ["alice", "bob", "Roger Histand", "æøå", "nobody", "public", ".", "..", "a/b", "", "%", "\u202e", "x" * 255, "y" * 300]
FILES = ["style.css", "script.js", "favicon.svg", "robots.txt", "0123456789abcdef.svg", "zz.svg", "avatar", "x" * 5000]
TEXTS = [*NAMES, "hello", "<script>alert(1)</script>", "'; drop table users; --", "{{text}}", "\ud7ff\U0001f600", "\r\nX: y", "\0"]
NUMBERS = ["0", "1", "-1", "30", "100000", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e3", "", "x", " 1 "]
BYTES = [
    b"\0", b"\r\n", b"\n", b"\r\n\r\n", b"%00", b"%", b"%2f", b"%ff", b"%c0%af", b"\xff", b"\xed\xa0\x80", b"/", b"//", b"/../", b"?",
    b"&", b"=", b";", b'"', b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[" * 40, b"NaN", b"1e999", b" ", b"\t", b":", b"HTTP/1.1",
    b"Host: x\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n", b"A" * 9000,
]  # fmt: skip


class Conversation:
    """The requests of one connection."""

    def __init__(self, number, sessions):
        self.number = number
        self.source = random.Random(f"{SEED}/{number}")
        self.sessions = sessions
        self.handler = self.source.choices(["WEB", "API", "HEALTH", "METRICS"], [12, 8, 1, 1])[0]
        # Half of them are valid, so that the site has data.
        self.is_sane = self.often(0.5)
        parts = [self.request() for _ in range(self.source.choice([1, 1, 1, 2, 5]))]
        self.data = b"".join(parts)
        if not self.is_sane and self.often(0.7):
            self.data = self.corrupt(self.data)
        if not self.is_sane and self.often(0.1):
            self.data = self.data[: self.source.randint(0, len(self.data))]
        # The client resets the connection before the answer.
        self.resets = self.often(0.05)

    def often(self, probability):
        return self.source.random() < probability

    def one(self, *choices):
        return self.source.choice(choices)

    def request(self):
        handler = self.handler if self.is_sane or self.often(0.9) else self.one("WEB", "API")
        _, methods, path = self.source.choice([route for route in ROUTES if route[0] == handler])
        method = self.one(*[name for name in methods if name in ("GET", "POST")])
        if not self.is_sane and self.often(0.15):
            method = self.one("HEAD", "OPTIONS", "GET", "POST", "PUT", "DELETE", "TRACE", "CONNECT", "PATCH", "BREW", "get", "PROPFIND")
        headers = [f"X-Request-Id: fuzz-{self.number}"]
        if self.is_sane:
            headers += self.sane_headers()
        else:
            headers += [f"Host: {self.host()}"] if self.often(0.97) else []
            headers += [header for header in self.headers() if self.often(0.25)]
        body = b""
        if method == "POST" or self.often(0.1):
            body, described = self.body(path)
            headers += described
        self.source.shuffle(headers)
        version = "HTTP/1.1" if self.is_sane else self.one(*["HTTP/1.1"] * 20, "HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "")
        line = f"{method} {self.path(path)}{self.query()} {version}"
        return "\r\n".join([line, *headers, "", ""]).encode("utf-8", "surrogatepass") + body

    def host(self):
        return self.one(*["localhost"] * 10, "127.0.0.1", "evil.example", "[::1]:80", "", "a b", "x" * 300)

    def path(self, template):
        name = self.source.choice(NAMES[:4] if self.is_sane else NAMES + FILES)
        encoded = urllib.parse.quote(name, safe="" if self.is_sane else self.one("", "/"), errors="surrogatepass")
        path = re.sub(r"<\w+>", lambda _: encoded, template)
        if self.handler == "METRICS":
            path = "/metrics"
        if not self.is_sane and self.often(0.1):
            path = self.one("//", "/..", "/.", ";x", "%2f", "/%00", "/\xff", "*", "http://localhost/public", "/a/b/c/d", "/?", path + "/")
        return path

    def query(self):
        if self.often(0.6):
            return ""
        names = ["before", "no", "latest", "x", "\u00e6"]
        pairs = [f"{self.source.choice(names)}={self.value()}" for _ in range(self.one(1, 1, 2, 50))]
        return "?" + self.one("&", "&", "&&", ";").join(pairs)

    def text(self):
        """A value of a field. The site may refuse a sane one as well, for example a name that is taken."""
        if not self.is_sane:
            return self.source.choice(TEXTS)
        return self.one(*NAMES[:4], "hello", "a@b", f"user {self.number}", TEXTS[-3])

    def value(self):
        text = self.source.choice(self.one(NUMBERS, TEXTS))
        return urllib.parse.quote_plus(text, errors="surrogatepass") if self.often(0.9) else text.replace("\r\n", "").replace("\0", "")

    def cookie(self):
        session = self.source.choice(self.sessions)
        changed = session[:-1] + self.one("A", "B", "=", "")
        flash = self.one("registered", "following:bob", "following:%00", "following:" + "%c3%a6" * 300, "x", "")
        return "; ".join(
            self.source.sample([f"minitwit_session={session}", f"minitwit_session={changed}", f"minitwit_flash={flash}", "a", "=", '"'], 3)
        )

    def sane_headers(self):
        credentials = base64.b64encode(":".join(SIMULATOR).encode()).decode()
        session = self.source.choice(self.sessions)
        own = ["Host: localhost", f"Authorization: Basic {credentials}", "Origin: http://localhost"]
        return [*own, f"Cookie: minitwit_session={session}"] if self.often(0.8) else own

    def headers(self):
        right = base64.b64encode(":".join(SIMULATOR).encode()).decode()
        origin = self.one("http://localhost", "null", "http://evil.example", "x", "https://localhost:443", "")
        return [
            f"Cookie: {self.cookie()}",
            f"Cookie: minitwit_session={self.source.choice(self.sessions)}",
            f"Authorization: {self.one(*[f'Basic {right}'] * 8, 'Basic', 'Basic =', f'Bearer {right}', f'basic  {right}  ', 'Basic ÿÿ==')}",
            f"Authorization: Basic {right}",
            f"Origin: {origin}" if self.often(0.2) else "Origin: http://localhost",
            f"Referer: {origin}/x" if self.often(0.2) else "Referer: http://localhost/login",
            f"Sec-Fetch-Site: {self.one('same-origin', 'cross-site', 'none', 'same-site', 'x')}" if self.often(0.2) else "DNT: 1",
            f"Connection: {self.one('close', 'keep-alive', 'upgrade', 'Host', 'x, y')}",
            f"Accept-Encoding: {self.one('gzip', 'identity;q=0', 'br', '*')}",
            f"Range: bytes={self.one('0-1', '-1', '5-', '9-1', '0-1,2-3', ','.join(['0-'] * 50), 'x')}",
            f"If-None-Match: {self.one('*', 'x', chr(34) * 2, 'W/' + chr(34) * 3)}",
            f"If-Modified-Since: {self.one('Thu, 01 Jan 1970 00:00:00 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT', 'x', '')}",
            f"Expect: {self.one('100-continue', 'x')}" if self.often(0.2) else "Accept: */*",
            f"Upgrade: {self.one('h2c', 'websocket')}",
            f"X-Forwarded-For: {self.one('1.2.3.4', 'x', '::1')}",
            f"X-Request-Id: {self.one('y', 'a b', 'x' * 200, chr(230))}",
            f"User-Agent: {self.source.choice(TEXTS).translate({13: 32, 10: 32, 0: 32})}",
            f"X-{self.source.randint(0, 9)}: {'z' * self.one(1, 100, 8000, 9000)}",
        ]

    def body(self, path):
        """A body, and the headers that describe it, which may be wrong."""
        fields = ["username", "email", "password", "password2", "text", "pwd", "content", "follow", "unfollow", "x"]
        if self.is_sane or self.often(0.7):
            fields = {
                "/register": ["username", "email", "password", "password2", "pwd"], "/login": ["username", "password"],
                "/add_message": ["text"], "/msgs/<username>": ["content"], "/fllws/<username>": ["follow", "unfollow"],
            }.get(path, fields)  # fmt: skip
        count = len(fields) if self.is_sane else self.source.randint(1, len(fields))
        values = {field: self.text() for field in self.source.sample(fields, count)}
        if "password2" in values and self.often(0.8):
            values["password2"] = values.get("password", "")
        if self.handler == "API":
            body, kind = self.json(values), "application/json"
        else:
            body, kind = self.form(values), "application/x-www-form-urlencoded"
        if self.is_sane:
            return body, [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        if self.often(0.05):
            body += b"x" * self.one(65000, 70000, 300000)
        headers = [f"Content-Type: {kind if self.often(0.93) else self.one('text/plain', 'multipart/form-data; boundary=x', '', kind + ';x')}"]
        if self.often(0.05):
            headers.append(f"Content-Encoding: {self.one('gzip', 'deflate', 'x')}")
            body = self.one(body, gzip.compress(body), gzip.compress(body)[:-5])
        if self.often(0.2):
            headers.append(f"Transfer-Encoding: {self.one(*['chunked'] * 12, 'gzip, chunked', 'x', 'chunked, chunked')}")
            return self.chunk(body), headers + ([] if self.often(0.9) else ["Content-Length: 3"])
        length = len(body) if self.often(0.93) else self.one(0, 1, len(body) - 1, len(body) + 1, -1, 2**63, 2**64, "x", "+5", "5, 5")
        return body, [*headers, f"Content-Length: {length}"]

    def json(self, values):
        if not self.is_sane and self.often(0.1):
            values[self.source.choice(list(values))] = self.one(None, 1, -0.5, True, [], {}, [[[[]]]], 10**400)
        body = json.dumps(values, ensure_ascii=self.often(0.5)).encode("utf-8", "surrogatepass")
        if not self.is_sane and self.often(0.1):
            deep = self.one(5, 15, 16, 17, 1000)
            body = b'{"content":' * deep + b"1" + b"}" * deep
        return body

    def form(self, values):
        pairs = urllib.parse.urlencode(values, errors="surrogatepass").encode()
        return pairs + b"&" + b"&".join([b"a=b"] * 3000) if not self.is_sane and self.often(0.02) else pairs

    def chunk(self, body):
        pieces = []
        while body:
            size = self.source.randint(1, max(1, len(body) // 2))
            length = b"%x" % size if self.often(0.97) else self.one(b"%X" % (size + 1), b"-1", b"ffffffffffffffffff", b"", b"0x5", b"5;a=b", b"zz")
            pieces += [length, self.one(b"\r\n", b"\r\n", b"\r\n", b"\n") if self.often(0.1) else b"\r\n", body[:size], b"\r\n"]
            body = body[size:]
        end = b"0\r\n\r\n" if self.often(0.9) else self.one(b"", b"0\r\n", b"0\r\nX-Trailer: y\r\n\r\n", b"00000\r\n\r\n")
        return b"".join(pieces) + end

    def corrupt(self, data):
        data = bytearray(data)
        for _ in range(self.one(1, 1, 2, 5, 20)):
            start = self.source.randint(0, len(data))
            end = min(len(data), start + self.one(1, 1, 2, 10, 100))
            kind = self.source.randrange(5)
            if kind == 0 and start < len(data):
                data[start] = self.source.randrange(256)
            elif kind == 1:
                data[start:start] = self.source.choice(BYTES)
            elif kind == 2:
                del data[start:end]
            elif kind == 3:
                data[start:start] = data[start:end] * self.one(1, 2, 50)
            else:
                data[start:end] = self.source.randbytes(end - start)
        return bytes(data)

    def send(self, port):
        """The status of each answer."""
        with socket.create_connection(("127.0.0.1", port), installation.PATIENCE) as connection:
            received = b""
            try:
                connection.sendall(self.data)
                if self.resets:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return []
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    received += piece
            except (ConnectionResetError, BrokenPipeError):
                pass  # httpd may close the connection before it has read the whole request
        if self.is_sane and received:
            RawAnswer(received).check(port, self.data)
        return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


def test_no_request_breaks_the_site(make_httpd, database, expect_log):
    assert len(ROUTES) >= 20 and {route[0] for route in ROUTES} == {"WEB", "API", "HEALTH", "METRICS"}
    httpd = make_httpd(start=False)
    # No request fails because the machine is slow. httpd unpacks compressed bodies.
    httpd.directives = (
        "MinitwitHashQueue 32\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 30s\nSetInputFilter DEFLATE\n"
    )
    httpd.ops += '<Location "/metrics">\n  SetHandler minitwit-metrics\n</Location>\n'
    httpd.start()
    # httpd logs requests that it cannot read or that have no mount, and mod_deflate logs bodies that it cannot unpack.
    expect_log.allow(r"\[(core|http|deflate|authz_core):(error|warn)\]")
    simulator = httpd.simulator()
    for name in ("alice", "bob", "Roger Histand", "\u00e6\u00f8\u00e5"):
        assert simulator.register(name).status_code == 204
    browsers = [httpd.browser().sign_in(name) for name in ("alice", "bob", "Roger Histand")]
    sessions = [browser.cookie("session").value for browser in browsers]
    ports = {"WEB": httpd.web_port, "API": httpd.api_port, "HEALTH": httpd.ops_port, "METRICS": httpd.ops_port}
    numbers = itertools.count()
    deadline = time.monotonic() + SECONDS
    mark = httpd.error_log.mark()
    logged = httpd.access_log.mark()
    counts = {}

    def continues():
        # On a busy machine until each answer has occurred once.
        now = time.monotonic()
        return now < deadline or (not WANTED <= set(counts) and now < deadline + installation.PATIENCE)

    def converse(_):
        while continues():
            conversation = Conversation(next(numbers), sessions)
            for status in conversation.send(ports[conversation.handler]):
                counts[status] = counts.get(status, 0) + 1
                assert status < 500 or status in NOT_OURS, f"{status}, conversation {conversation.number}: {conversation.data[:2000]!r}"

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(converse, range(CLIENTS)))
    print(f"{next(numbers)} conversations, answers by status: {dict(sorted(counts.items()))}")

    check_logs(httpd, mark, logged)
    check_database(database)
    check_site(httpd, counts)


def check_logs(httpd, mark, logged):
    own = re.findall(r"^.*\[minitwit:(?:notice|warn|error|crit|alert|emerg)\].*$", httpd.error_log.since(mark), re.MULTILINE)
    own = [line for line in own if not errorlog.is_refusal(line)]
    assert not own, "\n".join(own[:20])
    # The log also has the requests whose clients did not wait for the answer.
    bad = [entry for entry in httpd.access_log.since(logged) if entry["status"] >= 500 and entry["status"] not in NOT_OURS]
    assert not bad, "\n".join(map(str, bad[:5]))


def check_database(database):
    """All stored names and messages are valid."""
    for name in database.usernames():
        assert 1 <= len(name) <= 255 and "/" not in name and name not in (".", "..", "public", "login"), name
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", name), name
    assert all(len(text) <= 1000 for _, text in database.messages())


def check_site(httpd, counts):
    """All kinds of answers have occurred, and the site still serves."""
    assert WANTED <= set(counts), counts
    simulator = httpd.simulator()
    assert simulator.register("afterwards").status_code == 204
    assert simulator.tweet("afterwards", "still here").status_code == 204
    assert httpd.browser().page("/afterwards").texts == ["still here"]
    assert httpd.operator().get("/readyz").status_code == 200
    assert httpd.operator().get("/metrics").status_code == 200

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Clients: a browser without JavaScript, the simulator, and a client that sends arbitrary bytes."""

import base64
import re
import socket
import urllib.parse

import requests

from support import contract, freshness, installation
from support.page import Page

SIMULATOR = ("simulator", "super_safe!")


class Client:
    """Sends requests to one address, each on its own connection. Follows no redirects."""

    def __init__(self, base):
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Connection"] = "close"
        self.session.headers["Accept-Encoding"] = "identity"

    def request(self, method, path, **options):
        options.setdefault("allow_redirects", False)
        options.setdefault("timeout", installation.PATIENCE)
        if method in ("GET", "HEAD"):
            freshness.wait()
        answer = self.session.request(method, self.base + path, **options)
        _check(answer, None if options.get("stream") else answer.content)
        return answer

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, data=None, **options):
        return self.request("POST", path, data=data, **options)

    def head(self, path, **options):
        return self.request("HEAD", path, **options)

    def as_sent(self, path, accepted, method="GET", **headers):
        """(answer, undecoded body) for this Accept-Encoding."""
        with self.request(method, path, headers={"Accept-Encoding": accepted, **headers}, stream=True) as answer:
            body = answer.raw.read(decode_content=False)
        _check(answer, body, answer.headers.get("Content-Encoding"))
        return answer, body


def _check(answer, body, coding=None):
    """Compares an answer with the contract of the API. body: in this coding, or None if it was not read."""
    url, sent = urllib.parse.urlsplit(answer.url), answer.request
    host = sent.headers.get("Host", url.hostname)
    contract.check(url.port, sent.method, url.path, host, answer.status_code, answer.raw.headers.items(), body, coding)


class Browser(Client):
    """A browser with cookies."""

    def page(self, path, status=200, **options):
        response = self.get(path, **options)
        return read_page(response, status)

    def submit(self, path, status=200, **fields):
        """Sends a form, and returns the page of the answer."""
        return read_page(self.post(path, fields), status)

    def follow(self, response):
        """Follows a redirect, and returns the page."""
        return self.page(location(response).removeprefix(self._prefix()))

    def register(self, username, password="secret", email=None, password2=None):
        return self.post(
            "/register",
            {
                "username": username,
                "email": email or "somebody@example.org",
                "password": password,
                "password2": password if password2 is None else password2,
            },
        )

    def login(self, username, password="secret"):
        return self.post("/login", {"username": username, "password": password})

    def sign_in(self, username, password="secret"):
        """Logs in and reads the flash, so that the next page has none."""
        response = self.login(username, password)
        assert location(response) == self._prefix() + "/", response.text
        self.follow(response)
        return self

    def share(self, text):
        return self.post("/add_message", {"text": text})

    def cookie(self, purpose):
        """The cookie whose name ends in purpose ("session", "flash"); None if the browser has none."""
        found = [cookie for cookie in self.session.cookies if cookie.name.endswith(purpose)]
        assert len(found) <= 1, found
        return found[0] if found else None

    def _prefix(self):
        return urllib.parse.urlsplit(self.base).path


class Simulator(Client):
    """A client of the API, with its credentials."""

    def __init__(self, base, credentials=SIMULATOR):
        super().__init__(base)
        self.session.auth = credentials

    def register(self, username, email="somebody@example.org", pwd="secret", **options):
        return self.post("/register", json={"username": username, "email": email, "pwd": pwd}, **options)

    def tweet(self, username, content, **options):
        return self.post("/msgs/" + quote(username), json={"content": content}, **options)

    def follow(self, username, whom, **options):
        return self.post("/fllws/" + quote(username), json={"follow": whom}, **options)

    def unfollow(self, username, whom, **options):
        return self.post("/fllws/" + quote(username), json={"unfollow": whom}, **options)

    def post(self, path, data=None, **options):
        # A string gets no Content-Type: the API must not need one.
        return super().post(path, data, **options)

    def latest(self):
        response = self.get("/latest")
        assert response.status_code == 200, response.text
        return response.json()["latest"]


def quote(text):
    """Percent-encodes a segment of a path."""
    return urllib.parse.quote(text, safe="")


def read_page(response, status=200):
    assert response.status_code == status, f"{response.status_code}: {response.text[:300]}"
    assert response.headers["Content-Type"].lower().replace(" ", "") == "text/html;charset=utf-8"
    response.encoding = "utf-8"
    return Page(response.content.decode("utf-8"))


def location(response):
    """The target of a 302, which must be a path."""
    assert response.status_code == 302, f"{response.status_code}: {response.text[:300]}"
    target = response.headers["Location"]
    assert target.startswith("/") and not target.startswith("//"), f"no path: {target}"
    return target


def allow(response):
    """The methods in the header Allow."""
    return set(re.split(r"\s*,\s*", response.headers["Allow"]))


def set_cookies(response):
    """The Set-Cookie headers of an answer: {name: (value, {attribute in lower case: value or True})}."""
    cookies = {}
    for header in response.raw.headers.getlist("Set-Cookie"):
        first, *rest = [part.strip() for part in header.split(";")]
        name, _, value = first.partition("=")
        attributes = {}
        for part in rest:
            key, equals, text = part.partition("=")
            attributes[key.lower()] = text if equals else True
        assert name not in cookies, f"{name} is set twice"
        cookies[name] = (value, attributes)
    return cookies


class RawAnswer:
    """The first answer in these bytes."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()

    def check(self, port, request):
        """Compares the answer with the contract of the API. request: the bytes that the client sent."""
        line = re.match(rb"(\S+) (\S+)( HTTP/1\.[01])?\r?\n", request)
        host = re.search(rb"(?i)\r\nHost: *([^\r\n]*)", request)
        if line is None:
            return
        length = self.headers.get("content-length")
        body = None if length is None else self.body[: int(length)]
        method, target = line[1].decode("latin-1"), line[2].decode("latin-1")
        name, coding = host[1].decode("latin-1") if host else "", self.headers.get("content-encoding")
        contract.check(port, method, target, name, self.status, self.headers.items(), body, coding)


class SlowReader:
    """Reads the answer only in finish(). It must be larger than the buffers of the sockets."""

    def __init__(self, port, path, *headers):
        freshness.wait()
        self.connection = socket.socket()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.connection.settimeout(installation.PATIENCE)
        self.connection.connect(("127.0.0.1", port))
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        self._port, self._request = port, "\r\n".join(lines).encode() + b"\r\n\r\n"
        self.connection.sendall(self._request)
        # The server has begun to send the answer.
        assert self.connection.recv(16, socket.MSG_PEEK).startswith(b"HTTP/1.1 200")

    def finish(self):
        """Reads the answer, which must be complete."""
        with self.connection:
            answer = RawAnswer(receive(self.connection))
        assert len(answer.body) == int(answer.headers["content-length"]), "an answer was cut off"
        answer.check(self._port, self._request)
        return answer

    def close(self):
        self.connection.close()


def receive(connection):
    """Reads until the server closes the connection."""
    received = bytearray()
    while part := connection.recv(65536):
        received += part
    return bytes(received)


def authorization(credentials=SIMULATOR):
    """The header with the simulator's credentials."""
    return "Authorization: Basic " + base64.b64encode(":".join(credentials).encode()).decode()


def send_raw(port, data, timeout=None):
    """Sends these bytes, and reads until the server closes the connection."""
    freshness.wait()
    with socket.create_connection(("127.0.0.1", port), timeout or installation.PATIENCE) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = RawAnswer(receive(connection))
    answer.check(port, data)
    return answer


def raw_request(port, line, *headers, body=b""):
    """Sends this request line and these headers unchanged (bytes, or str as Latin-1)."""
    parts = [line, "Host: localhost", "Connection: close", *headers]
    if body:
        parts.append(f"Content-Length: {len(body)}")
    lines = [part.encode("latin-1") if isinstance(part, str) else part for part in parts]
    return send_raw(port, b"\r\n".join(lines) + b"\r\n\r\n" + body)


def refusal(answer, status):
    """Checks the form of a refusal by the API, and returns its message."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    body = answer.json()
    assert set(body) == {"status", "error_msg"} and body["status"] == status, body
    assert isinstance(body["error_msg"], str) and body["error_msg"]
    return body["error_msg"]

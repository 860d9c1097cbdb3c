# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The API as bytes: where it is, how an action is asked for, how an answer is read."""

import base64
import ipaddress
import json
import socket
from typing import NamedTuple
from urllib.parse import quote, urlsplit


class TargetError(Exception):
    """The URL cannot, or must not, be used; the text says why."""


class Target:
    """An API: its base URL, which may have a path, and the credentials ("user:password") that it wants."""

    def __init__(self, url, credentials, allow_remote=False):
        try:
            parts = urlsplit(url)
            port = parts.port or 80
        except ValueError as error:
            raise TargetError(f"{url}: {error}") from None
        if parts.scheme != "http" or not parts.hostname:
            raise TargetError(f"{url}: not the base URL of an API, such as http://127.0.0.1:5001/")
        if parts.username is not None or parts.query or parts.fragment:
            raise TargetError(f"{url}: a base URL holds neither credentials nor a query")
        self.url = url
        self.host = parts.hostname
        self.port = port
        self.prefix = parts.path.rstrip("/")
        self.authorization = "Basic " + base64.b64encode(credentials.encode()).decode()
        self.family, self.address = self._resolve(allow_remote)
        self._headers = f"Host: {parts.netloc}\r\nAuthorization: {self.authorization}\r\n"

    def _resolve(self, allow_remote):
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise TargetError(f"{self.host}: {error.strerror}") from None
        for entry in found:
            address = ipaddress.ip_address(entry[4][0].partition("%")[0])
            if not address.is_loopback and not allow_remote:
                raise TargetError(f"{self.host} is not this machine: --allow-remote fills it with made-up users")
        return found[0][0], found[0][4]

    def encode(self, action, keep_alive):
        """The request for an action."""
        if action.kind == "register":
            path = "/register"
            body = {"username": action.username, "email": action.argument, "pwd": action.password}
        elif action.kind == "tweet":
            path = "/msgs/" + quote(action.username, safe="")
            body = {"content": action.argument}
        else:
            path = "/fllws/" + quote(action.username, safe="")
            body = {action.kind: action.argument}
        content = json.dumps(body).encode()
        head = (
            f"POST {self.prefix}{path}?latest={action.id} HTTP/1.1\r\n{self._headers}"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
        )
        return head.encode("latin-1") + content


class Answer(NamedTuple):
    status: int
    body: bytes
    reusable: bool  # whether the connection stays open
    retry_after: bool  # whether it says when to come back

    @property
    def excerpt(self):
        return self.body[:200].decode("utf-8", "replace")


def parse_answer(data, ended):
    """The answer in what came so far; None when that is not all of it. ended: nothing more will come. Raises ValueError
    for what is no HTTP."""
    if not data.startswith(b"HTTP/1."[: len(data)]):
        raise ValueError(f"no HTTP answer: {data[:80]!r}")
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        return None
    lines = head.split(b"\r\n")
    words = lines[0].split(None, 2)
    if len(words) < 2 or not words[1].isdigit():
        raise ValueError(f"no HTTP answer: {lines[0][:80]!r}")
    status = int(words[1])
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        headers[name.strip().lower()] = value.strip()
    reusable = words[0] != b"HTTP/1.0" and headers.get(b"connection", b"").lower() != b"close" and not ended
    answer = Answer(status, body, reusable, headers.get(b"retry-after", b"").isdigit())
    if status == 204:
        return answer
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        complete = body.endswith(b"0\r\n\r\n")
    elif b"content-length" in headers:
        complete = len(body) >= int(headers[b"content-length"])
    else:
        complete = ended
    return answer if complete else None

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""HTTP as bytes, so that one process sends many thousand actions per second, and an answer that is not HTTP shows."""

import base64
import ipaddress
import json
import re
import select
import socket
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from scenario.actions import ReplayError


class Target:
    """An API: its base URL, which may have a path, and its credentials ("user:password")."""

    def __init__(self, url, credentials):
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.query:
            raise ReplayError(f"{url}: not the base URL of an API, such as http://127.0.0.1:5001/")
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            raise ReplayError(f"{url}: {error}") from None
        self.family, *_, self.address = found[0]
        if not ipaddress.ip_address(self.address[0]).is_loopback:
            raise ReplayError(f"{url}: not this machine. A replay fills the site with invented users")
        self.url = url
        self.prefix = parts.path.rstrip("/")
        self.authorization = "Basic " + base64.b64encode(credentials.encode()).decode()
        self._headers = f"Host: {parts.netloc}\r\nAuthorization: {self.authorization}\r\n"

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
        content = json.dumps(body)
        return (
            f"POST {self.prefix}{path}?latest={action.id} HTTP/1.1\r\n{self._headers}"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n{content}"
        ).encode()


class Answer(NamedTuple):
    status: int  # 0: this is not HTTP
    body: bytes
    has_retry_after: bool


class Client:
    """Sends one request after another, each on its own connection unless keep_alive is set."""

    def __init__(self, target, timeout, keep_alive):
        self._target = target
        self._timeout = timeout
        self._keep_alive = keep_alive
        self._connection = None
        self.sent = False  # whether the server may have received a part of the last request

    def ask(self, action):
        """Returns the answer. Raises OSError if there is none, or if it is incomplete."""
        self.sent = False
        if self._connection and select.select([self._connection], [], [], 0)[0]:
            # The server closed it.
            self.close()
        try:
            if not self._connection:
                self._connection = socket.socket(self._target.family, socket.SOCK_STREAM)
                self._connection.settimeout(self._timeout)
                self._connection.connect(self._target.address)
            self.sent = True
            self._connection.sendall(self._target.encode(action, self._keep_alive))
            answer, is_kept = self._receive()
        except OSError:
            self.close()
            raise
        if not is_kept:
            self.close()
        return answer

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def _receive(self):
        """Returns the answer, and whether the connection stays open."""
        data = b""
        while True:
            chunk = self._connection.recv(65536)
            data += chunk
            head, blank, body = data.partition(b"\r\n\r\n")
            status = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
            if blank and not status:
                return Answer(0, data, False), False
            length = re.search(rb"(?i)\r\nContent-Length: *(\d+)", head)
            if blank and (status[1] == b"204" or not chunk or (length and len(body) >= int(length[1]))):
                is_closed = not self._keep_alive or not chunk or re.search(rb"(?i)\r\nConnection: *close", head)
                has_retry_after = re.search(rb"(?i)\r\nRetry-After: *\d", head) is not None
                return Answer(int(status[1]), body, has_retry_after), not is_closed
            if not chunk:
                raise ConnectionError("the connection was closed before the end of the answer")

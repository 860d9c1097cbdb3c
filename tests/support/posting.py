# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Posts messages through the API as bytes, so that a test controls when each part is sent and sees the exact answer."""

import json
import socket

from support import installation
from support.client import RawAnswer, authorization, receive


def request(username, text):
    """All bytes of the request that posts a message."""
    body = _body(text)
    return _head(username, body) + body


def is_done(received):
    """Whether this is a complete answer 204, which has no body."""
    return received.endswith(b"\r\n\r\n") and RawAnswer(received).status == 204


class SlowPoster:
    """Receives 100 Continue, but sends the body only in finish()."""

    def __init__(self, httpd, username, text):
        self.text = text
        self._port = httpd.api_port
        self._request = _head(username, _body(text), "Expect: 100-continue")
        self._connection = socket.create_connection(("127.0.0.1", self._port), installation.PATIENCE)
        self._connection.sendall(self._request)
        assert self._connection.recv(100).startswith(b"HTTP/1.1 100 ")

    def finish(self):
        with self._connection:
            self._connection.sendall(_body(self.text))
            received = receive(self._connection)
        assert is_done(received), "a message was not answered with 204"
        RawAnswer(received).check(self._port, self._request)

    def close(self):
        self._connection.close()


def stall(httpd, username, part):
    """Sends this part of a chunked body after 100 Continue. Returns the connection."""
    connection = socket.create_connection(("127.0.0.1", httpd.api_port), installation.PATIENCE)
    lines = _lines(username, "Transfer-Encoding: chunked", "Expect: 100-continue")
    connection.sendall("\r\n".join(lines).encode())
    assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
    connection.sendall(part)
    return connection


def _body(text):
    return json.dumps({"content": text}).encode()


def _head(username, body, *headers):
    return "\r\n".join(_lines(username, f"Content-Length: {len(body)}", *headers)).encode()


def _lines(username, *headers):
    start = f"POST /msgs/{username} HTTP/1.1", "Host: localhost", "Connection: close", authorization()
    return [*start, *headers, "Content-Type: application/json", "", ""]

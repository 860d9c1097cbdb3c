# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Messages posted through the API byte by byte, by whoever wants to know exactly what became of them."""

import json
import socket

from support import installation
from support.client import RawAnswer, authorization, receive


def request(username, text):
    """Everything that is sent for a message."""
    body = _body(text)
    return _head(username, body) + body


def is_done(received):
    """Whether that is the whole of a 204, which has no body."""
    return received.endswith(b"\r\n\r\n") and RawAnswer(received).status == 204


class SlowPoster:
    """Is told to go on with the body, and does so only in finish()."""

    def __init__(self, httpd, username, text):
        self.text = text
        self._connection = socket.create_connection(("127.0.0.1", httpd.api_port), installation.PATIENCE)
        self._connection.sendall(_head(username, _body(text), "Expect: 100-continue"))
        assert self._connection.recv(100).startswith(b"HTTP/1.1 100 ")

    def finish(self):
        with self._connection:
            self._connection.sendall(_body(self.text))
            assert is_done(receive(self._connection)), "a message was not answered, or not well"

    def close(self):
        self._connection.close()


def _body(text):
    return json.dumps({"content": text}).encode()


def _head(username, body, *headers):
    lines = [f"POST /msgs/{username} HTTP/1.1", "Host: localhost", "Connection: close", authorization(), *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "Content-Type: application/json", "", ""]).encode()

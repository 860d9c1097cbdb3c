# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Visitors who do not wait for each other: requests arrive at a steady rate, even if earlier ones are answered
slowly."""

import selectors
import socket
import threading
import time
from dataclasses import dataclass

from support import installation
from support.client import RawAnswer


@dataclass
class Visit:
    """A request. Times are seconds of the monotonic clock."""

    name: str
    started: float
    ended: float | None = None
    answer: RawAnswer | None = None  # None: there was none

    @property
    def status(self):
        return self.answer.status if self.answer else None

    @property
    def seconds(self):
        return self.ended - self.started


class Crowd(threading.Thread):
    """Sends requests in turn at this rate per second, each on its own connection, from start() to finish()."""

    def __init__(self, rate, requests):
        """requests: (name, port, bytes) each."""
        super().__init__()
        self.visits = []
        self._interval = 1 / rate
        self._requests = requests
        self._ending = threading.Event()
        self._waiting = selectors.DefaultSelector()

    def run(self):
        began = time.monotonic()
        number = 0
        while not self._ending.is_set():
            due = began + number * self._interval
            self._receive(max(0, due - time.monotonic()))
            if time.monotonic() >= due:
                self._send(*self._requests[number % len(self._requests)])
                number += 1
        until = time.monotonic() + installation.PATIENCE
        while self._waiting.get_map() and time.monotonic() < until:
            self._receive(0.1)
        for key in list(self._waiting.get_map().values()):
            self._end(key.fileobj, key.data[0], None)

    def finish(self):
        """Waits for the last answers."""
        self._ending.set()
        self.join()
        return self

    def of(self, name, since=0, until=float("inf")):
        """The visits of this name that began in this time."""
        return [visit for visit in self.visits if visit.name == name and since <= visit.started < until]

    def _send(self, name, port, data):
        visit = Visit(name, time.monotonic())
        self.visits.append(visit)
        try:
            connection = socket.create_connection(("127.0.0.1", port), installation.PATIENCE)
            connection.sendall(data)
        except OSError:
            visit.ended = time.monotonic()
            return
        connection.setblocking(False)
        self._waiting.register(connection, selectors.EVENT_READ, (visit, bytearray()))

    def _receive(self, seconds):
        for key, _ in self._waiting.select(seconds):
            visit, received = key.data
            try:
                part = key.fileobj.recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                part, received = b"", b""
            if part:
                received += part
            else:
                self._end(key.fileobj, visit, bytes(received))

    def _end(self, connection, visit, received):
        self._waiting.unregister(connection)
        connection.close()
        visit.ended = time.monotonic()
        if received:
            visit.answer = RawAnswer(received)


def request(name, port, path, *headers):
    """A GET request for Crowd."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    return name, port, "\r\n".join([*lines, "", ""]).encode()

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Visitors that do not wait for each other: requests begin at a steady rate, even if earlier ones are not answered."""

import contextlib
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from support.client import RawAnswer, send_raw

_WAITING_MAX = 1000


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


class Crowd(threading.Thread):
    """Sends requests in turn at this rate per second, each on its own connection, from start() to finish()."""

    def __init__(self, rate, requests):
        """requests: (name, port, bytes) each."""
        super().__init__()
        self.visits = []
        self._interval = 1 / rate
        self._requests = itertools.cycle(requests)
        self._ending = threading.Event()

    def run(self):
        due = time.monotonic()
        with ThreadPoolExecutor(_WAITING_MAX) as pool:
            while not self._ending.wait(max(0, due - time.monotonic())):
                pool.submit(self._send, *next(self._requests))
                due += self._interval

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
        with contextlib.suppress(OSError, IndexError):
            visit.answer = send_raw(port, data)
        visit.ended = time.monotonic()


def request(name, port, path, *headers):
    """A GET request for Crowd."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    return name, port, "\r\n".join([*lines, "", ""]).encode()

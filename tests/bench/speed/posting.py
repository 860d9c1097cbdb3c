# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Posts at a steady pace while others read."""

import http.client
import itertools
import threading
import time

from speed.sites import ask


class Posting(threading.Thread):
    """Posts inside "with". problems() reports afterwards if there were not enough posts."""

    def __init__(self, url, requests, rate):
        """requests: of cases.py, sent in turn."""
        super().__init__(daemon=True)
        self._url = url
        self._requests = itertools.cycle(requests)
        self._rate = rate
        self._end = threading.Event()
        self._began = time.monotonic()
        self._answered = 0
        self._failure = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self.join()
        if self._answered < 0.9 * self._rate * (time.monotonic() - self._began):
            self._failure = self._failure or f"only {self._answered} posts"

    def run(self):
        try:
            while not self._end.wait(max(0, self._began + self._answered / self._rate - time.monotonic())):
                answer = ask(self._url, next(self._requests))
                if answer.status != 204:
                    raise ValueError(f"a post was answered with {answer.status}")
                self._answered += 1
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._failure = error

    def problems(self):
        return [f"posting: {self._failure}"] if self._failure else []

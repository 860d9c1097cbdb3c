# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Somebody who writes at a steady pace while others read."""

import http.client
import itertools
import threading
import time


class Posting:
    """with Posting(host's port, requests, rate) as posting: ...; posting.answered says how many messages there were."""

    def __init__(self, port, requests, rate):
        """requests: of cases.py, sent in turn."""
        self._port = port
        self._requests = itertools.cycle(requests)
        self._pause = 1 / rate
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._began = 0.0
        self.answered = 0
        self.rate = 0.0
        self.problem = None

    def __enter__(self):
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self.rate = self.answered / (time.monotonic() - self._began)

    def _run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        due = time.monotonic()
        try:
            while not self._end.wait(max(0, due - time.monotonic())):
                due += self._pause
                self._send(connection, next(self._requests))
                self.answered += 1
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.problem = f"posting: {error}"
        finally:
            connection.close()

    @staticmethod
    def _send(connection, request):
        headers = dict(header.split(": ", 1) for header in request.headers)
        # http.client connects anew when the server has ended the connection with its last answer.
        connection.request(request.method, request.path, request.body.encode(), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise ValueError(f"{request.path} was answered with {answer.status}")

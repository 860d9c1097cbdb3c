# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Non-graceful restarts (SIGHUP) and stops (SIGTERM), while clients post large JSON objects. httpd cuts off the
requests in progress. Its children end, and none of them crashes or hangs in code of the module."""

import collections
import contextlib
import json
import os
import random
import re
import signal
import socket
import threading
import time

import pytest

from support import errorlog, installation, metrics
from support.client import RawAnswer, authorization, receive
from support.stacks import Cores, is_own

_WRITER = "writer"
_POSTERS = 12
# Fewer than the 1,000 parts that an object may have, and less than the largest body.
_PARTS = [f"part {number} {'x' * 40}" for number in range(950)]
_RESUMED = "resuming normal operations"
# httpd repeats SIGTERM after 3, 5 and 7 s, and kills the child after 9 s.
_STILL_RUNS = re.compile(r"AH00045: child process (\d+) still did not exit")
_REPEATED = 2
# The parent may notice the end of a child only after it has signalled the child once more.
_KILLED = r"AH00046: child process \d+ still did not exit"
# The event MPM closes the sockets of its threads while they still use them.
_CLOSED = r"mpm_event:error\].* \(9\)Bad file descriptor"
_DIED = re.compile(r"child pid (\d+) exit signal (?:Segm|Abor)")
# The C library's messages about a damaged heap.
_HEAP = re.compile(r"^(free|malloc|realloc|corrupted|munmap_chunk|double free|Fatal glibc)")


class Poster(threading.Thread):
    """Posts large bodies, each with its own text and on a new connection. answered: the texts that got 204."""

    def __init__(self, httpd, number):
        super().__init__()
        self._httpd, self._number = httpd, number
        self.answered = []
        self.ending = threading.Event()

    def run(self):
        count = 0
        while not self.ending.is_set():
            count += 1
            text = f"poster {self._number} says {count}"
            with contextlib.suppress(OSError):
                if self._post(text):
                    self.answered.append(text)

    def _post(self, text):
        body = json.dumps({"more": _PARTS, "content": text}).encode()
        lines = [
            f"POST /msgs/{_WRITER} HTTP/1.1", "Host: localhost", "Connection: close", authorization(),
            "Content-Type: application/json", f"Content-Length: {len(body)}", "", "",
        ]  # fmt: skip
        with socket.create_connection(("127.0.0.1", self._httpd.api_port), installation.PATIENCE) as connection:
            connection.sendall("\r\n".join(lines).encode() + body)
            received = receive(connection)
        return received.endswith(b"\r\n\r\n") and RawAnswer(received).status == 204


class Restarts:
    """Restarts and stops a site. stacks: those of its children that crashed or hung. excused: the ids of processes that
    crashed in code of httpd."""

    def __init__(self, site, cores, posters):
        self._site, self._cores, self._posters = site, cores, posters
        self.stacks = []
        self.excused = set()

    def run(self, is_stop):
        before = self._count()
        installation.wait_until(lambda: self._count() >= before + _POSTERS, "answers to the posters")
        time.sleep(random.uniform(0, 0.02))
        mark = self._site.error_log.mark()
        self._site.process.send_signal(signal.SIGTERM if is_stop else signal.SIGHUP)
        installation.wait_until(lambda: self._is_over(mark, is_stop), "the end of all children")
        if is_stop:
            assert self._site.process.poll() == 0
            port = self._site.api_port
            self._site.stop()
            assert self._site.start().api_port == port, "another process took the port"
        stacks = self._cores.take()
        self.stacks += stacks
        if stacks and not any(is_own(stack) for stack in stacks):
            # Without a process id in core_pattern, children that crash at the same moment leave one file.
            self.excused.update(_DIED.findall(self._site.error_log.since(mark)))

    def _count(self):
        return sum(len(poster.answered) for poster in self._posters)

    def _is_over(self, mark, is_stop):
        """Aborts each child that hangs, so that it leaves its stack."""
        said = self._site.error_log.since(mark)
        for pid, times in collections.Counter(_STILL_RUNS.findall(said)).items():
            if times == _REPEATED and installation.is_alive(int(pid)):
                os.kill(int(pid), signal.SIGABRT)
                installation.wait_until(lambda pid=pid: not installation.is_alive(int(pid)), "the core file")
        return self._site.process.poll() is not None if is_stop else _RESUMED in said


@pytest.mark.skipif(installation.SANITIZE, reason="AddressSanitizer's allocator replaces the C library's")
def test_non_graceful_restarts(make_httpd, database, lasting, row, request, expect_log):
    times = lasting(12, 120)
    site = make_httpd(start=False, ops=metrics.OPS)
    cores = Cores(site)
    request.addfinalizer(cores.forget)
    site.start()
    assert site.simulator().register(_WRITER).status_code == 204
    posters = [Poster(site, number) for number in range(_POSTERS)]
    restarts = Restarts(site, cores, posters)
    for poster in posters:
        request.addfinalizer(poster.ending.set)
        poster.start()
    for number in range(times):
        restarts.run(is_stop=number % 6 == 5)
    for poster in posters:
        poster.ending.set()
        poster.join()
    answered = [text for poster in posters for text in poster.answered]
    stored = collections.Counter(text for _, text in database.messages())
    assert not [text for text in answered if stored[text] != 1]
    _assert_no_crash(site, restarts, expect_log.allowed)
    row(
        f"{times} non-graceful restarts and stops, with {installation.MPM}", f"{_POSTERS} clients that post 50 KiB of JSON each",
        f"0 of {len(answered):,} acknowledged posts",
        f"0 children hung or crashed in the module, {len(restarts.stacks)} in httpd",
    )  # fmt: skip


def _assert_no_crash(site, restarts, allowed):
    """docs/reliability.md: httpd itself may crash. Only its stack excuses a crash."""
    stacks = restarts.stacks
    assert not [stack for stack in stacks if is_own(stack)], "\n".join(stacks)
    bad = []
    for line in site.error_log.take_news():
        died = _DIED.search(line)
        if died[1] not in restarts.excused if died else _HEAP.search(line) and not stacks:
            bad.append(line)
        elif not died and not _HEAP.search(line):
            bad += errorlog.unexpected([line], [], [*allowed, _KILLED, _CLOSED])[0]
    assert not bad, "unexpected in the error log:\n" + "\n".join(bad)

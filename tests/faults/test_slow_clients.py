# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""More than a thousand slow clients connect to the unchanged example configuration, and other clients are still served.
Under prefork, only the number of processes counts, and a server does not have a thousand: see docs/install.md."""

import contextlib
import resource
import time
from typing import NamedTuple

import pytest

from faults.conftest import only_long
from support import installation, metrics, processes, sockets
from support.example import Example
from support.probe import Probe
from support.slowhttptest import Flood
from support.watch import Watch

pytestmark = pytest.mark.skipif(installation.MPM == "prefork", reason="each slow client would need a process")

PATHS = {"headers": "/public", "bodies": "/login", "readers": "/big"}

_BASELINE = 100  # requests of the honest client before the flood
# During the flood, requests may take this many times as long as before. A busy machine is slow before the flood, too.
_TIMES_AS_SLOW = 10
_LITTLE = 1 / 60  # of the duration of the flood
_HELD = 45  # s: the example's Timeout, and the time until a client notices that it was cut off
_MEMORY = 768 * 1024 * 1024  # docs/install.md: half a MiB a worker, all of 1,600 being taken
_DESCRIPTORS = 8192  # as Debian's apachectl sets them
# Only the honest client and the metrics use database connections.
_BUSY = 3


@pytest.fixture
def descriptors():
    """Raises the limit for httpd and the flood."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, max(hard, _DESCRIPTORS)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def example(make_httpd, people, database, descriptors, expect_log):
    """The example site. Slow readers get /big, which is as large as a page can be. The honest client reads /public."""
    # httpd logs slow clients, and that few workers are left.
    expect_log.allow(r"\[reqtimeout:|AH01382", "within MinSpareThreads of MaxRequestWorkers")
    people("big", "small")
    for number in range(30):
        database.add_message("big", "\U0001f600" * 1000, age=1000)
        database.add_message("small", f"number {number}")
    example = make_httpd(start=False, kind=Example, name="minitwit-site")
    # The loopback interface would buffer the whole page, but a connection over the Internet buffers little. And no
    # request may be refused only because the machine is busy.
    example.rest = "SendBufferSize 16384\nMinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 30s\n"
    return example.start()


class Sample(NamedTuple):
    held: int  # connections
    memory: int  # bytes
    busy: float  # database connections


def _look(example):
    busy = metrics.scrape(example).get("minitwit_db_connections", state="busy")
    return Sample(sockets.count_held(example.web_port), processes.memory(processes.tree(example.process.pid)), busy)


def _withstand(example, database, kinds, connections, folder):
    """Starts a flood with so many connections of each kind, and an honest client. Returns the last three columns of the
    table."""
    with contextlib.ExitStack() as stack:
        probe = Probe(example, interval=0.01)
        probe.start()
        stack.callback(probe.finish)
        probe.wait_for_answers(0, _BASELINE)
        watch = stack.enter_context(Watch(lambda: _look(example)))
        began = time.monotonic()
        for kind in kinds:
            flood = Flood(kind, example.web_port, PATHS[kind], connections, 4 * _HELD, folder)
            stack.callback(flood.abandon)
        total = connections * len(kinds)
        installation.wait_until(lambda: any(sample.held > 0.95 * total for sample in watch.samples), "the whole flood")
        # Clients that have read nothing do not notice the end of their connection.
        installation.wait_until(lambda: watch.samples[-1].held < 0.02 * total, "the server to close all of it", 3 * _HELD)
        over = time.monotonic()
    probe.verify(database)
    assert probe.failures(began, over) == []
    before, meanwhile = (probe.percentile(99, *span) for span in ((0, began), (began, over)))
    memory_used = max(sample.memory for sample in watch.samples)
    print(f"{kinds}: p99 {before * 1000:.1f} ms before, {meanwhile * 1000:.1f} ms meanwhile; {memory_used >> 20} MiB")
    # The honest client does not wait for the end of slow clients. usual() would show a few such waits, and the 99th
    # percentile many.
    little = (over - began) * _LITTLE
    assert probe.usual(began, over) < max(_TIMES_AS_SLOW * probe.usual(until=began), little)
    assert meanwhile < max(_TIMES_AS_SLOW * before, little)
    assert memory_used < _MEMORY or installation.SANITIZE
    assert max(sample.busy for sample in watch.samples if sample.held > 0.95 * total) <= _BUSY
    count = sum(began <= sample.started < over for sample in probe.samples)
    return (
        f"{count / (over - began):.0f} requests/s; 99 % within {meanwhile * 1000:.0f} ms ({before * 1000:.0f} ms before)",
        f"0 of {count:,} requests failed; at most {memory_used >> 20} MiB in use",
        f"no interruption; the server closed the last connection after {over - began:.0f} s",
    )


def test_all_kinds_at_once(example, database, tmp_path, row):
    found = _withstand(example, database, ["headers", "bodies", "readers"], 500, tmp_path)
    row("1,500 slow clients: 500 each send headers slowly, send bodies slowly, or read slowly", *found)


@only_long
@pytest.mark.parametrize("kind", PATHS)
def test_one_kind(example, database, tmp_path, row, kind):
    found = _withstand(example, database, [kind], 1000, tmp_path)
    row(f"1,000 slow clients: {kind}", *found)

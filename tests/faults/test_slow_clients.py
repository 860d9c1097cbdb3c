# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A thousand slow clients and more, against the example of conf/ as it stands, threads of the MPM included. Under prefork the
number of processes decides alone, and nobody has a thousand: docs/install.md says so."""

import contextlib
import resource
import time
from typing import NamedTuple

import pytest

from faults.conftest import LONG
from support import installation, metrics, processes, sockets
from support.example import Example
from support.probe import Probe
from support.slowhttptest import Flood
from support.watch import Watch

pytestmark = pytest.mark.skipif(installation.MPM == "prefork", reason="a process for each slow client is not to be had")

PATHS = {"headers": "/public", "bodies": "/login", "readers": "/big"}

_BASELINE = 100  # requests of the honest client, with which the flood is compared
# A machine that is busy with other things is as slow before the flood, and may be that many times as slow in it.
_TIMES_AS_SLOW = 10
_LITTLE = 1 / 60  # of the time that the flood lasts
_HELD = 45  # s: Timeout of the example, with what a client may take to notice that it was cut off
_MEMORY = 768 * 1024 * 1024  # docs/install.md: half a MiB a worker, all of 1,600 being taken
_DESCRIPTORS = 8192  # as Debian's apachectl sets them
# What holds a database connection at the same moment is not slow: the honest client, and the metrics.
_BUSY = 3


@pytest.fixture
def descriptors():
    """Enough of them for httpd and the flood."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, max(hard, _DESCRIPTORS)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def example(make_httpd, people, database, descriptors, expect_log):
    """/big is as large as a page gets, and not on the way of the honest client, who looks at /public."""
    # What httpd itself says of them, and of workers of which few are left.
    expect_log.allow(r"\[reqtimeout:|AH01382", "within MinSpareThreads of MaxRequestWorkers")
    people("big", "small")
    for number in range(30):
        database.add_message("big", "\U0001f600" * 1000, age=1000)
        database.add_message("small", f"number {number}")
    example = make_httpd(start=False, kind=Example, name="minitwit-site")
    # As little as a connection over the Internet lets out before the client reads; the loopback interface would swallow the page.
    # And nothing is to be refused only because the machine is busy with other things.
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
    """A flood of so many connections of each kind, with an honest client beside it. Returns what the last three columns of the
    table say."""
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
        installation.wait_until(lambda: any(sample.held > 0.95 * total for sample in watch.samples), "the flood to be there")
        # Those of it who have read nothing do not notice.
        installation.wait_until(lambda: watch.samples[-1].held < 0.02 * total, "the server to close all of it", 3 * _HELD)
        over = time.monotonic()
    probe.verify(database)
    assert probe.failures(began, over) == []
    before, meanwhile = (probe.percentile(99, *span) for span in ((0, began), (began, over)))
    memory_used = max(sample.memory for sample in watch.samples)
    print(f"{kinds}: p99 {before * 1000:.1f} ms before, {meanwhile * 1000:.1f} ms meanwhile; {memory_used >> 20} MiB")
    # Nobody has to wait until slow clients are gone. A few that do would show in usual(), many in the 99 %.
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


@pytest.mark.skipif(not LONG, reason="only in the long run: each kind by itself")
@pytest.mark.parametrize("kind", PATHS)
def test_one_kind(example, database, tmp_path, row, kind):
    found = _withstand(example, database, [kind], 1000, tmp_path)
    row(f"1,000 slow clients: {kind}", *found)

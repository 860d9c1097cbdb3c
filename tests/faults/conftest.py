# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What breaks while a load runs. Every test says what it found in one row of the table that ends the run, of which
docs/reliability.md is made.

MINITWIT_LONG  1: faults last as long as they would in earnest, not only as long as it takes to see them
"""

import contextlib
import os
import shlex
import signal
import time

import pytest

from support import installation, replay
from support.cluster import Cluster
from support.probe import Probe

LONG = os.environ.get("MINITWIT_LONG") == "1"
_CLIENTS = 12
_USERS = 100
_RATE = 500  # actions a second: several times what the simulator sends
# A load that is not ended ends only here: far above the sum of all that a test waits for.
_LONGEST = 3600  # s
_rows = []


@pytest.fixture(autouse=True)
def _busy(expect_log):
    """httpd remarks that it is."""
    expect_log.allow("server reached MaxRequestWorkers setting")


@pytest.fixture
def lasting():
    """The shorter of two durations, or the longer one, in seconds."""
    return lambda short, long: long if LONG else short


@pytest.fixture
def row(request):
    """Adds a row to the table: row(fault, load, lost, back). back: seconds until the site was as before, or what to say."""

    def add(fault, load, lost, back):
        _rows.append((fault, load, lost, back if isinstance(back, str) else f"{back:.1f} s", request.node.nodeid))

    return add


@pytest.fixture
def make_cluster(_built):
    """Starts a PostgreSQL of the test's own. Arguments as Cluster takes them, or another kind of it."""
    with contextlib.ExitStack() as stack:

        def make(kind=Cluster, **arguments):
            cluster = kind(**arguments)
            stack.callback(cluster.destroy)
            cluster.start()
            return cluster

        yield make


class Load:
    """The simulator's load and an honest client, from start to finish()."""

    def __init__(self, httpd, database, file):
        self._database = database
        before = database.count("messages")
        self.probe = Probe(httpd)
        limits = {"clients": _CLIENTS, "rate": _RATE, "max-seconds": _LONGEST, "timeout": installation.PATIENCE}
        options = [f"--{name}={limit}" for name, limit in limits.items()]
        self._process = replay.start(file, httpd, "--retry", *options)
        self.probe.start()
        self.probe.wait_for_answers(0, count=4)
        installation.wait_until(lambda: database.count("messages") > before + 10, "the load to be at work")

    def finish(self):
        """Ends the load once the site has recovered, and compares: each acknowledged action is there once, each other one whole or not at all.
        Returns the replay's report."""
        self.probe.wait_for_recovery(time.monotonic())
        assert self._process.poll() is None, "the load had nothing more to send before the fault was over"
        replay.end(self._process)
        try:
            report = replay.finish(self._process, replay.TIME_WAS_UP)
            self.probe.wait_for_recovery(time.monotonic())
        finally:
            self.probe.finish()
        self.probe.verify(self._database)
        return report

    def abandon(self):
        """After a failed test."""
        if self.probe.is_alive():
            self.probe.finish()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()


@pytest.fixture
def load(tmp_path):
    """Starts a load on an httpd, which goes on until finish(). Its actions last far longer than the seconds that are expected,
    and longer still on a busy machine, which gets through fewer of them in a second."""
    loads = []

    def start(httpd, database, seconds):
        actions = _RATE * (3 * seconds + 3 * installation.PATIENCE)
        loads.append(Load(httpd, database, replay.make_scenario(tmp_path / "scenario.tsv", _USERS, actions)))
        return loads[-1]

    yield start
    for started in loads:
        started.abandon()


def describe_load(report):
    """The second column of the table."""
    return f"{report['rate']:.0f} actions/s"


def describe_lost(report):
    """The third: nothing was lost, or the load had not ended well."""
    posted, stored = report["uncertain"], report["verify"]["uncertain_stored"]
    fate = f"; {stored} of {posted} tweets of unknown fate were stored" if posted else ""
    return f"0 of {report['done']:,}{fate}"


def pytest_terminal_summary(terminalreporter):
    if _rows:
        terminalreporter.section("what was found")
        terminalreporter.write_line("| fault | load | lost | normal again after | command |")
        terminalreporter.write_line("|---|---|---|---|---|")
        for *columns, test in _rows:
            command = f"tests/run {'--long ' * LONG}{shlex.quote(test.removeprefix('tests/'))}"
            terminalreporter.write_line(f"| {' | '.join(columns)} | `{command}` |")

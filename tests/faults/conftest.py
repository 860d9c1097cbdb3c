# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Faults under load. Each test adds a row to the table at the end of the run. docs/reliability.md has these rows.

MINITWIT_LONG=1 makes faults last longer, and runs repetitions, too.
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
from support.shipped import KINDS

LONG = os.environ.get("MINITWIT_LONG") == "1"
only_long = pytest.mark.skipif(not LONG, reason="a repetition, only with --long")
_CLIENTS = 12
_USERS = 100
_RATE = 500  # actions a second, several times as many as the simulator sends
_LONGEST = 3600  # s: far more than a test needs; each test ends its load itself
_rows = []


@pytest.fixture(autouse=True)
def _busy(expect_log):
    """httpd may report that all its workers are busy, and the module requests that took long."""
    expect_log.allow("server reached MaxRequestWorkers setting", "slow request: ")


@pytest.fixture
def usual_kind():
    """The tests of faults use a configuration that ships: that of ./run, unless --site names another one."""
    return KINDS[installation.SITE or "run"]


@pytest.fixture
def lasting():
    """lasting(short, long) is the number for a short or a long run."""
    return lambda short, long: long if LONG else short


@pytest.fixture
def row(request):
    """Adds a row to the table: row(fault, load, lost, back). back is the number of seconds until all responses were
    normal, or a text."""

    def add(fault, load, lost, back):
        _rows.append((fault, load, lost, back if isinstance(back, str) else f"{back:.1f} s", request.node.nodeid))

    return add


@pytest.fixture
def make_cluster(_built):
    """Starts a PostgreSQL for this test, with the arguments of Cluster. kind is a subclass of it."""
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
        installation.wait_until(lambda: database.count("messages") > before + 10, "the load to begin")

    def finish(self):
        """Ends the load after the site has recovered, and compares: each acknowledged action is stored once, each other
        action completely or not at all. Returns the replay's report."""
        self.probe.wait_for_recovery(time.monotonic())
        assert self._process.poll() is None, "the load ended before the fault was over"
        replay.end(self._process)
        try:
            report = replay.finish(self._process, replay.TIME_WAS_UP)
            self.probe.wait_for_recovery(time.monotonic())
        finally:
            self.probe.finish()
        self.probe.verify(self._database)
        return report

    def abandon(self):
        """Stops the load after a failed test."""
        if self.probe.is_alive():
            self.probe.finish()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()


@pytest.fixture
def load(tmp_path):
    """Starts a load on an httpd, which lasts until finish(). seconds is the expected duration of the test. The load has
    actions for much longer, because a test may wait for a busy machine."""
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
    """The third column of the table. The number is always 0, because otherwise finish() has failed."""
    posted, stored = report["uncertain"], report["verify"]["uncertain_stored"]
    fate = f"; {stored} of {posted} tweets of unknown fate were stored" if posted else ""
    return f"0 of {report['done']:,}{fate}"


def pytest_terminal_summary(terminalreporter):
    if _rows:
        terminalreporter.section("results")
        terminalreporter.write_line("| fault | load | lost | normal again after | command |")
        terminalreporter.write_line("|---|---|---|---|---|")
        for *columns, test in _rows:
            mpm = f"--mpm {installation.MPM} " if installation.MPM != "event" else ""
            command = f"tests/run {'--long ' * LONG}{mpm}{shlex.quote(test.removeprefix('tests/'))}"
            terminalreporter.write_line(f"| {' | '.join(columns)} | `{command}` |")

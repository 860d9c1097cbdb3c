# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""PostgreSQL restarted, and its backends ended one by one, while requests are in work."""

import contextlib
import random
import time

import pytest

from faults.conftest import describe_load, describe_lost
from support import metrics
from support.replay import assert_honest

_RECOVERY = 10  # s: the longest that the site may take from when PostgreSQL accepts connections until it is as before


@pytest.fixture
def site(make_httpd, own_database, faulty):
    return make_httpd(
        over=own_database, ops=metrics.OPS, directives="MinitwitHashQueue 32\nMinitwitHashWait 10s\n"
    )


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restarts(site, own_cluster, own_database, load, lasting, row, mode):
    count, pause = lasting(2, 8), lasting(1.2, 5)
    started = load(site, own_database, lasting(8, 60))
    accepting = []
    for _ in range(count):
        time.sleep(pause)
        own_cluster.restart(mode)
        accepting.append(time.monotonic())
    # What is measured after a restart ends where the next one begins.
    ends = [moment + pause for moment in accepting]
    time.sleep(pause)
    report = started.finish()
    assert_honest(report)
    started.probe.assert_honest()
    assert started.probe.failures(), "nobody noticed"
    back = max(started.probe.recovered_after(*span) for span in zip(accepting, ends))
    assert back < _RECOVERY
    row(f"{count} {mode} restarts of PostgreSQL", describe_load(report), describe_lost(report), back)


def _terminate_one(cursor):
    cursor.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'minitwit_site'"
    )
    pids = [pid for (pid,) in cursor.fetchall()]
    if pids:
        cursor.execute("SELECT pg_terminate_backend(%s)", (random.choice(pids),))
    return bool(pids)


def test_connections_terminated(site, own_cluster, own_database, load, lasting, row):
    seconds = lasting(4, 60)
    started = load(site, own_database, seconds)
    count = 0
    with contextlib.closing(own_cluster.connect(own_database.name)) as connection, connection.cursor() as cursor:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            count += _terminate_one(cursor)
            time.sleep(0.02)
    over = time.monotonic()
    time.sleep(1)
    report = started.finish()
    assert_honest(report)
    started.probe.assert_honest()
    assert count > 10 * seconds
    # PostgreSQL itself was there all the time: a request in ten may have met a connection's end, no more.
    assert len(started.probe.failures(until=over)) < len(started.probe.samples) / 10
    back = started.probe.recovered_after(over)
    assert back < _RECOVERY
    row(
        f"pg_terminate_backend {count / seconds:.0f} times a second, for {seconds} s",
        describe_load(report), describe_lost(report), back,
    )  # fmt: skip

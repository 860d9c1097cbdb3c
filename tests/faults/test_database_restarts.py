# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""PostgreSQL restarts, or its backends end one by one, while requests are in progress."""

import contextlib
import random
import time

import psycopg2.errors
import pytest

from faults.conftest import describe_load, describe_lost, only_long
from support import metrics
from support.httpd import PATIENT
from support.replay import assert_honest


@pytest.fixture
def site(make_httpd, own_database, faulty):
    # A stopped database refuses connections at once, so long deadlines do no harm.
    directives = f"MinitwitHashQueue 32\nMinitwitHashWait 10s\n{PATIENT}"
    return make_httpd(over=own_database, ops=metrics.OPS, directives=directives)


# test_failover.py and test_disk_full.py also end PostgreSQL without a message to its clients, like the immediate mode.
@pytest.mark.parametrize("mode", ["fast", pytest.param("immediate", marks=only_long)])
def test_restarts(site, own_cluster, own_database, load, lasting, row, mode):
    count, pause = lasting(2, 8), lasting(0.5, 5)
    started = load(site, own_database, lasting(8, 60))
    spans = []
    for _ in range(count):
        time.sleep(pause)
        stopping = time.monotonic()
        own_cluster.stop(mode)
        started.probe.wait_for_failure(stopping)
        own_cluster.start()
        accepting = time.monotonic()
        started.probe.wait_for_recovery(accepting)
        # Each measurement ends before the next restart.
        spans.append((accepting, time.monotonic()))
    report = started.finish()
    assert_honest(report)
    started.probe.assert_honest()
    back = max(started.probe.recovered_after(*span) for span in spans)
    row(f"{count} {mode} restarts of PostgreSQL", describe_load(report), describe_lost(report), back)


def test_a_package_upgrade(site, own_cluster, own_database, load, lasting, row):
    """A package upgrade replaces the libraries of a running server, so those that a new backend needs no longer load.
    No request needs one."""
    started = load(site, own_database, lasting(4, 30))
    own_database.sql("UPDATE pg_proc SET probin = '$libdir/of-the-previous-version' WHERE probin = '$libdir/plpgsql'")
    upgraded = time.monotonic()
    own_database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'minitwit_site'"
        " AND datname = current_database()"
    )
    with pytest.raises(psycopg2.errors.UndefinedFile):  # 58P01
        own_database.sql("DO $$ BEGIN END $$")
    started.probe.wait_for_recovery(upgraded)
    time.sleep(lasting(1, 20))
    assert site.operator().get("/readyz").status_code == 200
    report = started.finish()
    assert_honest(report)
    started.probe.assert_honest()
    back = started.probe.recovered_after(upgraded, time.monotonic())
    fault = "a package upgrade makes PostgreSQL's libraries unloadable, and all connections end"
    row(fault, describe_load(report), describe_lost(report), back)


def _terminate_one(cursor):
    """Ends a backend that works for a request, if there is one. The end of an idle one fails no request:
    test_database_faults.py."""
    cursor.execute(
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = 'minitwit_site' AND state <> 'idle'"
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
        began = time.monotonic()
        while count < 10 * seconds or time.monotonic() < began + seconds:
            if _terminate_one(cursor):
                count += 1
                time.sleep(0.02)
    over = time.monotonic()
    report = started.finish()
    assert_honest(report)
    started.probe.assert_honest()
    # The end of a connection fails only the request that uses it.
    failed = len(started.probe.failures()) + report["unavailable"]
    assert failed <= count
    row(
        f"pg_terminate_backend {count / (over - began):.0f} times a second for {over - began:.0f} s (503: {failed})",
        describe_load(report), describe_lost(report), started.probe.recovered_after(over),
    )  # fmt: skip

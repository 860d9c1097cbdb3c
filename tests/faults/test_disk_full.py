# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The disk of PostgreSQL is full for a while, under load."""

import time

import pytest

from faults.conftest import describe_load, describe_lost
from support import installation, metrics, tinydisk
from support.replay import assert_honest

pytestmark = pytest.mark.skipif(tinydisk.why_not() is not None, reason=str(tinydisk.why_not()))


@pytest.fixture
def make_site(make_cluster, make_httpd, faulty, expect_log):
    # The module logs PostgreSQL's message.
    expect_log.allow("No space left on device")

    def make(**arguments):
        cluster = make_cluster(kind=tinydisk.TinyDiskCluster, **arguments)
        database = cluster.create_site_database("site")
        # On a busy machine, a short deadline would look like a full disk.
        patient = "MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 30s\n"
        return cluster, database, make_httpd(over=database, ops=metrics.OPS, directives=patient)

    return make


class Filled:
    """Runs a load while the disk is full, for at least so many seconds, and until a post of the honest client has
    failed. With ends=True, also waits until PostgreSQL has stopped."""

    def __init__(self, started, cluster, seconds, ends=False):
        filling = time.monotonic()
        cluster.fill()
        time.sleep(seconds)
        started.probe.wait_for_failure(filling, "POST")
        if ends:
            installation.wait_until(cluster.has_ended, "PostgreSQL to end")
        self.had_ended = cluster.has_ended()
        self.until = time.monotonic()
        cluster.make_room()
        if self.had_ended:
            cluster.start()
        self.roomy = time.monotonic()
        self.report = started.finish()
        assert_honest(self.report)
        started.probe.assert_honest()
        self.failed = [sample.method for sample in started.probe.failures(until=self.until)]
        self.back = started.probe.recovered_after(self.roomy)


def test_tables(make_site, load, lasting, row, expect_log):
    """Tables cannot grow, so PostgreSQL refuses writes (SQLSTATE 53100). The write-ahead log is on another disk."""
    expect_log("SQLSTATE 53100.*Free space")
    seconds = lasting(4, 30)
    cluster, database, httpd = make_site(part="tables")
    filled = Filled(load(httpd, database, seconds + 3), cluster, seconds)
    # Reads succeed.
    assert "GET" not in filled.failed
    assert not filled.had_ended and "PANIC" not in cluster.log.read_text()
    # PostgreSQL has refused these writes, so none is stored.
    assert filled.report["verify"]["uncertain_stored"] == 0
    row(
        f"the disk of the tables is full for {seconds} s (reads succeed)",
        describe_load(filled.report), describe_lost(filled.report), filled.back,
    )  # fmt: skip


def test_log(make_site, load, lasting, row):
    """The write-ahead log cannot grow, so PostgreSQL crashes and cannot recover."""
    seconds = lasting(4, 30)
    # Checkpoints remove no log, as if an archive or a standby still needed it.
    cluster, database, httpd = make_site(part="log", wal_keep_size="1GB")
    filled = Filled(load(httpd, database, seconds + 3), cluster, seconds, ends=True)
    assert "PANIC" in cluster.log.read_text()
    row(
        f"the disk of the write-ahead log is full for {seconds} s (PostgreSQL stops, and is started again)",
        describe_load(filled.report), describe_lost(filled.report), filled.back,
    )  # fmt: skip

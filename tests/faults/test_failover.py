# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A synchronous standby replaces a primary that has failed. As in all tests, fsync is off, because only processes fail
here and not machines."""

import re
import time

import pytest

from faults.conftest import describe_load, describe_lost
from support import installation, metrics
from support.database import SiteDatabase
from support.httpd import PATIENT
from support.replay import assert_honest
from support.standby import Standby, follow, synchronise


class Pair:
    def __init__(self, make_cluster):
        self.primary = make_cluster()
        self.database = self.primary.create_site_database("site")
        self.standby = make_cluster(kind=Standby, primary=self.primary)
        synchronise(self.primary)
        self.successor = SiteDatabase(self.standby, "site")
        hosts = f"{self.primary.socket_folder},{self.standby.socket_folder}"
        self.connection_string = (
            f"host={hosts} dbname=site user=minitwit_site connect_timeout=2 target_session_attrs=read-write"
        )


@pytest.fixture
def pair(make_cluster):
    return Pair(make_cluster)


@pytest.fixture
def site(pair, make_httpd, faulty):
    return make_httpd(over=pair.connection_string, ops=metrics.OPS)


_GONE = "(?:the database cannot be reached|could not connect to the database)"


def _have_all_recovered(site, mark):
    """Returns whether each running child that has lost the database since the mark has logged its return."""
    log = site.error_log.since(mark)
    gone = set(re.findall(rf"\[pid (\d+)[^\n]*{_GONE}", log))
    back = set(re.findall(r"\[pid (\d+)[^\n]*the database is back", log))
    return not {int(pid) for pid in gone - back} & set(site.children())


def test_the_standby_takes_over(pair, make_httpd, faulty, load, lasting, row):
    # A stopped primary refuses connections at once, so long deadlines do no harm. At the level debug, each child logs
    # that the database is gone and back.
    directives = PATIENT + "LogLevel minitwit:debug\n"
    site = make_httpd(over=pair.connection_string, ops=metrics.OPS, directives=directives)
    mark = site.error_log.mark()
    seconds = lasting(1, 20)
    started = load(site, pair.successor, 3 * seconds + 10)
    time.sleep(seconds)
    pair.primary.kill()
    struck = time.monotonic()
    # An operator or a program must notice this and decide.
    time.sleep(seconds)
    started.probe.wait_for_failure(struck)
    installation.wait_until(lambda: re.search(_GONE, site.error_log.since(mark)), "a line in the error log")
    pair.standby.promote()
    promoted = time.monotonic()
    installation.wait_until(lambda: _have_all_recovered(site, mark), "each child to find the new primary")
    started.probe.wait_for_recovery(promoted)
    recovered = time.monotonic()
    # The former primary returns as a standby, and no request fails.
    follow(pair.primary, pair.standby)
    synchronise(pair.standby)
    time.sleep(seconds)
    report = started.finish()
    assert_honest(report)
    started.probe.assert_honest()
    assert not started.probe.failures(recovered)
    back = started.probe.recovered_after(promoted)
    row(
        f"the primary is killed, and its synchronous standby is promoted {promoted - struck:.1f} s later",
        describe_load(report), describe_lost(report), f"{back:.1f} s after the standby accepts writes",
    )  # fmt: skip


def test_the_standby_is_away(pair, site, load, lasting, row, expect_log):
    """No write is acknowledged until an operator decides that the primary continues alone."""
    # Backends that wait for the standby keep their connections, and no timeout ends this wait.
    expect_log.allow("DBDMax")
    seconds = lasting(3, 30)
    started = load(site, pair.database, seconds + 10)
    pair.standby.freeze()
    frozen = time.monotonic()
    time.sleep(seconds)
    started.probe.wait_for_failure(frozen, "POST")
    # The primary may continue before it answers.
    decided = time.monotonic()
    pair.primary.psql("ALTER SYSTEM RESET synchronous_standby_names")
    pair.primary.psql("SELECT pg_reload_conf()")
    alone = time.monotonic()
    report = started.finish()
    pair.standby.thaw()
    assert_honest(report)
    started.probe.assert_honest()
    answered = [sample for sample in started.probe.samples if sample.status == 204 and sample.method == "POST"]
    assert not [sample for sample in answered if frozen < sample.started and sample.ended < decided]
    back = started.probe.recovered_after(alone)
    row(
        f"the synchronous standby is frozen for {seconds} s, then the primary continues alone",
        describe_load(report), describe_lost(report), back,
    )  # fmt: skip


def test_the_former_primary_comes_back_by_itself(pair, make_httpd, faulty, row):
    """It was not fenced, and the site connects to it first. It acknowledges no write, because it waits for a standby
    that it no longer has."""
    # No write that the database acknowledges takes as long, even on a busy machine.
    directives = "MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 5s\n"
    api = make_httpd(over=pair.connection_string, ops=metrics.OPS, directives=directives).simulator()
    assert api.register("alice").status_code == 204
    assert api.tweet("alice", "before").status_code == 204
    pair.primary.kill()
    pair.standby.promote()
    installation.wait_until(lambda: api.tweet("alice", "meanwhile").status_code == 204, "the successor")
    pair.primary.start()
    # Make httpd connect again.
    pair.successor.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'minitwit_site'")
    astray = [f"astray {number}" for number in range(4)]
    answers = {text: api.tweet("alice", text).status_code for text in astray}
    assert set(answers.values()) == {503}
    pair.primary.stop("immediate")
    installation.wait_until(lambda: api.tweet("alice", "afterwards").status_code == 204, "the successor")
    texts = [text for _, text in pair.successor.messages()]
    assert texts.count("before") == 1 and "meanwhile" in texts and "afterwards" in texts
    assert not set(texts) & set(astray)
    row(
        "a former primary comes back without fencing, after its standby was promoted", f"{len(astray)} posts sent to it",
        "it acknowledges none, and the new primary stores none", "at once, when it is stopped",
    )  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""PostgreSQL stopped in its tracks while requests keep coming: connections stay open, and nothing answers."""

import json
import re
import threading
import time

import pytest
import requests

from faults.conftest import describe_load, describe_lost
from support import client, installation, metrics
from support.crowd import Crowd, request
from support.replay import assert_honest

# What a request may wait for when the database does not answer: a connection of the pool, or one that is being opened, as
# mod_dbd does it (connect_timeout) and as the module does (MinitwitDatabaseTimeout).
_POOL_TIMEOUT, _DATABASE_TIMEOUT = 0.2, 1  # s
_RATE = 100  # requests a second, which come whether or not others were answered; half of them need the database
# More than come within a second, and far fewer than come while the database is frozen.
_WORKERS = 64 if installation.MPM == "prefork" else 96
_SIZES = f"MaxRequestWorkers {_WORKERS}\n" + (
    f"ServerLimit {_WORKERS}\nMaxSpareServers {_WORKERS}\n"
    if installation.MPM == "prefork"
    else f"ThreadLimit 16\nThreadsPerChild 16\nMaxSpareThreads {_WORKERS}\n"
)
_READERS = 8


@pytest.fixture
def site(make_httpd, own_database, faulty, expect_log):
    # Of a thousand requests that come while nothing moves, a few may find all connections of a child lent.
    expect_log.allow("DBDMax")
    directives = f"{_SIZES}MinitwitDatabaseTimeout {_DATABASE_TIMEOUT}s\nMinitwitPoolTimeout {_POOL_TIMEOUT * 1000:.0f}ms\n"
    httpd = make_httpd(over=own_database, ops=metrics.OPS, directives=directives)
    for number in range(_READERS):
        assert httpd.simulator().register(f"reader {number}").status_code == 204
        own_database.add_message(f"reader {number}", f"of reader {number}")
    return httpd


class Workers(threading.Thread):
    """Looks again and again how many workers of httpd are busy, as mod_status has it."""

    def __init__(self, httpd):
        super().__init__()
        self.busy = []
        self.failure = None
        self._url = httpd.ops_url + "/server-status?auto"
        self._ending = threading.Event()

    def run(self):
        while not self._ending.wait(0.1):
            try:
                text = requests.get(self._url, headers={"Connection": "close"}, timeout=installation.PATIENCE).text
            except requests.RequestException as failure:
                self.failure = failure
                return
            self.busy.append(int(re.search(r"^BusyWorkers: (\d+)$", text, re.M)[1]))

    def finish(self):
        self._ending.set()
        self.join()


def _everybody(httpd):
    """Half want what needs no database, half want somebody's messages."""
    authorization = "Authorization: " + requests.auth._basic_auth_str(*client.SIMULATOR)
    found = []
    for number in range(_READERS):
        name = f"reader {number}"
        found.append(request("livez", httpd.ops_port, "/livez"))
        found.append(request(name, httpd.api_port, f"/msgs/{client.quote(name)}", authorization))
        found.append(request("login", httpd.web_port, "/login"))
        found.append(request(name, httpd.api_port, f"/msgs/{client.quote(name)}", authorization))
    return found


def _wait_while_frozen(crowd, probe, frozen):
    """Returns once all that the test is about has been seen: that needs no thaw."""
    probe.wait_for_failure(frozen)

    def refused():
        return sum(visit.status == 503 for number in range(_READERS) for visit in crowd.of(f"reader {number}", frozen))

    # Did nobody give a worker back, all of them would be taken.
    installation.wait_until(lambda: refused() > _WORKERS, "more to be refused than there are workers")
    taken = time.monotonic()

    def served(name):
        return sum(visit.status == 200 for visit in crowd.of(name, taken))

    # What needs no database goes on.
    for name in ("livez", "login"):
        installation.wait_until(lambda name=name: served(name) >= 20, f"{name} to be served")
    # Every wait has an end: one without a deadline would last until the thaw.
    began = [visit for visit in list(crowd.visits) if visit.started < taken]
    installation.wait_until(lambda: all(visit.ended for visit in began), "everybody to be answered")


def test_frozen(site, own_cluster, own_database, load, lasting, row):
    seconds = lasting(5, 30)
    started = load(site, own_database, seconds + 8)
    crowd, workers = Crowd(_RATE, _everybody(site)), Workers(site)
    crowd.start()
    workers.start()
    try:
        time.sleep(1)
        own_cluster.freeze()
        frozen = time.monotonic()
        time.sleep(seconds)
        _wait_while_frozen(crowd, started.probe, frozen)
        own_cluster.thaw()
        thawed = time.monotonic()
        started.probe.wait_for_recovery(thawed)
    finally:
        own_cluster.thaw()
        crowd.finish()
        workers.finish()
    report = started.finish()

    assert_honest(report)
    started.probe.assert_honest()

    # Far more requests came than there are workers, and every one was answered; no answer is another's.
    assert {visit.status for visit in crowd.visits} <= {200, 503}
    for name in ("livez", "login"):
        assert {visit.status for visit in crowd.of(name)} == {200}
    for number in range(_READERS):
        for visit in crowd.of(f"reader {number}"):
            if visit.status == 200:
                assert [message["content"] for message in json.loads(visit.answer.body)] == [f"of reader {number}"]
    assert workers.failure is None
    slowest = started.probe.slowest()
    row(
        f"PostgreSQL is frozen for {thawed - frozen:.0f} s"
        f" (503 after at most {slowest:.1f} s; up to {max(workers.busy)} workers busy)",
        describe_load(report), describe_lost(report), started.probe.recovered_after(thawed),
    )  # fmt: skip

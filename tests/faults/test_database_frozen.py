# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""PostgreSQL is frozen while requests arrive: connections stay open, but get no answers."""

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

# A request waits for a connection of the pool, or for a new connection.
_POOL_TIMEOUT, _DATABASE_TIMEOUT = 0.2, 1  # s
_RATE = 100  # requests a second, which do not wait for each other; half of them need the database
# More than arrive in a second, and far fewer than arrive while the database is frozen.
_WORKERS = 64 if installation.MPM == "prefork" else 96
_SIZES = f"MaxRequestWorkers {_WORKERS}\n" + (
    f"ServerLimit {_WORKERS}\nMaxSpareServers {_WORKERS}\n"
    if installation.MPM == "prefork"
    else f"ThreadLimit 16\nThreadsPerChild 16\nMaxSpareThreads {_WORKERS}\n"
)
_READERS = 8


@pytest.fixture
def site(make_httpd, own_database, faulty, expect_log):
    # A few of a thousand requests may find all connections of their child in use.
    expect_log.allow("DBDMax")
    directives = f"{_SIZES}MinitwitDatabaseTimeout {_DATABASE_TIMEOUT}s\nMinitwitPoolTimeout {_POOL_TIMEOUT * 1000:.0f}ms\n"
    httpd = make_httpd(over=own_database, ops=metrics.OPS, directives=directives)
    for number in range(_READERS):
        register = lambda number=number: httpd.simulator().register(f"reader {number}")  # noqa: E731
        installation.wait_until(lambda: register().status_code in (204, 400), "an account")  # noqa: B023
        own_database.add_message(f"reader {number}", f"of reader {number}")
    return httpd


class Workers(threading.Thread):
    """Counts the busy workers of httpd with mod_status, repeatedly."""

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
    """One half of the requests needs no database. The other half reads the messages of a user."""
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
    """Returns after requests were refused, others were served, and each wait has ended, all before the thaw."""
    probe.wait_for_failure(frozen)

    def refused():
        return sum(visit.status == 503 for number in range(_READERS) for visit in crowd.of(f"reader {number}", frozen))

    # If refused requests did not free their workers, all workers would be busy now.
    installation.wait_until(lambda: refused() > _WORKERS, "more refused requests than workers")
    taken = time.monotonic()

    def served(name):
        return sum(visit.status == 200 for visit in crowd.of(name, taken))

    # Requests that need no database are still served.
    for name in ("livez", "login"):
        installation.wait_until(lambda name=name: served(name) >= 20, f"{name} to be served")
    # Each wait ends at its deadline, not at the thaw.
    began = [visit for visit in list(crowd.visits) if visit.started < taken]
    installation.wait_until(lambda: all(visit.ended for visit in began), "an answer to each request")


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

    # Each request was answered, and with the messages of the right user.
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

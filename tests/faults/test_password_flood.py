# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""200 clients register or log in at once, with the example configuration and the default costs of hashing. They wait
for each other, but other requests do not wait for them."""

import contextlib
import multiprocessing
import os
import statistics
import time
from collections import Counter
from typing import NamedTuple

import pytest

from faults.conftest import only_long
from support import installation, metrics, processes
from support.rush import Rush
from support.example import Example
from support.probe import Probe
from support.watch import Watch

_CLIENTS = 200
_HASHES = max(2, os.cpu_count())  # MinitwitHashLimit's default
_HASH_WAIT = 2  # s, MinitwitHashWait's default
_MEMORY_OF_A_HASH = 19 * 1024 * 1024  # MinitwitPasswordMemory's default
_MEMORY_BESIDES = 128 * 1024 * 1024
# On an idle machine, 99 % of the timelines take less than 50 ms. This machine may be busy. So the test compares the
# flood with a time in which programs compute on the same machine. Timelines may take this many times as long, or a part
# of the time for a hash.
_TIMES_AS_SLOW = 10
_ENOUGH = 50  # requests for a comparison


class Flood(NamedTuple):
    """The posts of 200 clients. has_addresses: each client has its own address."""

    title: str
    is_api: bool
    path: str
    body: str
    username: str
    has_addresses: bool
    allowed: set


_SITE = "username={name}&email=a@example.org&password=secret&password2=secret"
_API = '{"username": "{name}", "email": "a@example.org", "pwd": "secret"}'
_LOGIN = "username={name}&password=secret"
FLOODS = {
    "site": Flood("200 clients register at the site", False, "/register", _SITE, "new {client}-{turn}", True, {302, 503}),
    "api": Flood("200 clients register through the API", True, "/register", _API, "new {client}-{turn}", True, {204, 503}),
    "login": Flood("200 clients log in", False, "/login", _LOGIN, "old {client}", True, {302, 503}),
    # Until their passwords have been compared, many logins at once from one address may be guesses: MinitwitLoginLimit.
    "one address": Flood("200 clients with one address log in", False, "/login", _LOGIN, "old {client}", False, {302, 429, 503}),
}


class Reader(Probe):
    """Reads one timeline."""

    def __init__(self, httpd, path, headers=None):
        super().__init__(httpd, interval=0.01)
        self._path = path
        self._headers = headers

    def run(self):
        while not self._ending.wait(self._interval):
            self._ask("GET", self._path, headers=self._headers)


@pytest.fixture
def example(make_httpd, database):
    """Two hundred users, whose password is "secret", and a reader with a timeline."""
    example = make_httpd(start=False, kind=Example, name="minitwit-site")
    example.password_cost = ""
    # No request may be refused only because the machine is busy.
    example.rest = "MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 30s\n"
    example.start()
    assert example.simulator().register("reader").status_code == 204
    database.sql(
        "INSERT INTO users (username, email, password_hash) SELECT 'old ' || number, 'a@example.org', password_hash"
        f" FROM users, generate_series(0, {_CLIENTS - 1}) number"
    )
    for number in range(30):
        database.add_message("reader", f"number {number}")
    return example


def _compute():
    while True:
        pass


@contextlib.contextmanager
def _computing():
    """Runs as many programs that only compute as hashes at once."""
    programs = [multiprocessing.Process(target=_compute) for _ in range(_HASHES)]
    for program in programs:
        program.start()
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.join()


@pytest.fixture
def readers(example):
    """Readers of the public timeline and of a home timeline."""
    session = example.browser().sign_in("reader").cookie("session")
    found = [Reader(example, "/public"), Reader(example, "/", {"Cookie": f"{session.name}={session.value}"})]
    for reader in found:
        reader.start()
    yield found
    for reader in found:
        reader.finish()


def _observe(readers, seconds):
    """Waits so many seconds, or until there are enough answers. Returns the begin and the end of this time."""
    began = time.monotonic()
    time.sleep(seconds)
    for reader in readers:
        reader.wait_for_answers(began, _ENOUGH)
    return began, time.monotonic()


# "api" and "login" repeat the other two with small differences.
@pytest.mark.parametrize(
    "kind", ["site", *(pytest.param(kind, marks=only_long) for kind in ("api", "login", "one address"))]
)
def test_passwords(example, database, readers, lasting, row, expect_log, kind):
    expect_log.allow(r"minitwit:warn.*MinitwitHashLimit", r"minitwit:warn.*too many wrong passwords from this address")
    flood = FLOODS[kind]
    seconds = lasting(6, 30)
    quiet = _observe(readers, lasting(2, 10))
    with _computing():
        beside = _observe(readers, lasting(2, 10))
    before = processes.memory(processes.tree(example.process.pid))

    def look():
        hashes = metrics.scrape(example).get("minitwit_password_hashes_in_flight")
        return hashes, processes.memory(processes.tree(example.process.pid))

    port = example.api_port if flood.is_api else example.web_port
    began = time.monotonic()
    crowd = Rush(port, flood.path, flood.body, flood.username, _CLIENTS, seconds, flood.has_addresses)
    try:
        with Watch(look, interval=0.2) as watch:
            tries = crowd.finish()
    finally:
        crowd.abandon()
    meanwhile = began, time.monotonic()

    counts = Counter(attempt.status for attempt in tries)
    assert set(counts) <= flood.allowed
    assert all(attempt.retry_after for attempt in tries if attempt.status in (429, 503))
    slowest = max(attempt.seconds for attempt in tries)
    hashed = [attempt.seconds for attempt in tries if attempt.status in (204, 302)]
    accepted = statistics.median(hashed)
    # A client that is refused waits only in the queue. One that is accepted also waits for its hash.
    assert slowest < _HASH_WAIT + max(hashed)
    _compare(example, database, [attempt.name for attempt in tries if attempt.status in (204, 302)], flood.path)
    assert max(hashes for hashes, _ in watch.samples) == _HASHES
    grown = max(used for _, used in watch.samples) - before
    assert grown < _HASHES * _MEMORY_OF_A_HASH + _MEMORY_BESIDES or installation.SANITIZE

    shown = []
    for reader in readers:
        # Also wait for the requests that had no answer when the flood ended.
        reader.wait_for_answers(meanwhile[1], 1)
        assert reader.failures(*meanwhile) == []
        spans = quiet, beside, meanwhile
        usual, most = [reader.usual(*span) for span in spans], [reader.percentile(99, *span) for span in spans]
        shown.append(
            f"{most[2] * 1000:.0f} ms ({most[0] * 1000:.0f} ms, {most[1] * 1000:.0f} ms)"
        )
        # Readers do not wait in the queue for hashing. This also holds for the slowest hundredth of their requests.
        assert usual[2] < max(_TIMES_AS_SLOW * max(usual[:2]), accepted / 4)
        assert most[2] < max(_TIMES_AS_SLOW * max(most[:2]), accepted / 2)
    refused = " and ".join(f"{counts[status]} times {status}" for status in (429, 503) if counts[status])
    row(
        f"{flood.title}, all the time, for {seconds} s",
        f"99 % of /public within {shown[0]}, of the home timeline within {shown[1]}",
        f"0 of {len(tries) - counts[429] - counts[503]:,} lost; half of the responses after {accepted:.1f} s;"
        f" {refused or 'none refused'}, the slowest response after {slowest:.1f} s; {grown >> 20} MiB more in use",
        "no interruption",
    )


def _compare(example, database, acknowledged, path):
    """Exactly the users whose registration was acknowledged exist, and they can log in."""
    assert acknowledged
    if path == "/login":
        assert database.count("sessions") == len(acknowledged) + 1
        return
    assert sorted(acknowledged) == sorted(name for name in database.usernames() if name.startswith("new "))
    for name in acknowledged[:: len(acknowledged) // 10 + 1]:
        example.browser().sign_in(name)

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""httpd's children are killed while requests are in progress, and while users register and log in."""

import concurrent.futures
import os
import signal
import threading
import time

import pytest
import requests

from faults.conftest import describe_load, describe_lost
from support import installation, metrics, semaphores
from support.example import Example
from support.httpd import PATIENT
from support.shipped import ImageSite, RunSite

_PERMITS, _PLACES = 2, 16  # requests that hash at once, and requests that hash or wait for it
_NEWCOMERS = 4  # together with the registrations of the load, fewer than the places
_LOGIN_DELAY = 1  # s

# Each visitor sends an address of their own, so that the wrong passwords do not all come from one address.
_SITE = f"""
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
MinitwitHashLimit {_PERMITS}
MinitwitHashQueue {_PLACES - _PERMITS}
MinitwitHashWait 30s
MinitwitPoolTimeout 30s
MinitwitDatabaseTimeout 30s
"""


class Visitor(threading.Thread):
    """Repeats its visit until finish(), and keeps a list of unexpected answers. A connection may end without an
    answer."""

    def __init__(self, httpd, number):
        super().__init__()
        self.httpd, self.number = httpd, number
        self.unexpected = []
        self.ending = threading.Event()

    def run(self):
        visit = 0
        while not self.ending.is_set():
            visit += 1
            browser = self.httpd.browser()
            browser.session.headers["X-Forwarded-For"] = f"10.{self.number}.{visit // 256 % 256}.{visit % 256}"
            try:
                self.visit(browser, f"newcomer {self.number} {visit}")
            except requests.RequestException:
                pass

    def finish(self):
        self.ending.set()
        self.join()

    def accept(self, answer, *statuses):
        if answer.status_code not in statuses:
            self.unexpected.append((answer.request.path_url, answer.status_code))
        return answer.status_code == statuses[0]


class Newcomer(Visitor):
    """Registers under a new name, logs in with a wrong and the right password, and posts."""

    def __init__(self, httpd, number):
        super().__init__(httpd, number)
        self.registered, self.posted, self.tried = [], [], []

    def visit(self, browser, name):
        if self.accept(browser.register(name), 302):
            self.registered.append(name)
            self.accept(browser.login(name, "mistyped"), 200)
            if self.accept(browser.login(name), 302):
                self.tried.append(name)
                if self.accept(browser.share(name), 302):
                    self.posted.append(name)


class Guesser(Visitor):
    """Tries passwords for one account from one address."""

    account, address = "victim", "192.0.2.1"

    def visit(self, browser, name):
        browser.session.headers["X-Forwarded-For"] = self.address
        self.accept(browser.login(self.account, name), 200, 429)


@pytest.fixture
def site(make_httpd):
    httpd = make_httpd(start=False, ops=metrics.OPS, directives=_SITE)
    # With these costs, a request is hashing at almost any time.
    httpd.password_cost = "MinitwitPasswordMemory 8\nMinitwitPasswordPasses 2\n"
    httpd.login_limit = f"MinitwitLoginLimit 3\nMinitwitLoginDelay {_LOGIN_DELAY}s\n"
    return httpd.start()


@pytest.fixture
def permits(site):
    """The semaphores that limit hashing. An earlier process with the same pid may have left others behind."""
    assert site.browser().register(Guesser.account).status_code == 302
    found = semaphores.find_by_user([site.process.pid, *site.children()])
    (ours,) = [identity for identity in found if semaphores.read(identity) == (_PLACES, _PERMITS)]
    return ours


@pytest.fixture
def crowd(site, permits):
    """Clients that register and log in, and one that guesses passwords."""
    visitors = [Newcomer(site, number) for number in range(_NEWCOMERS)] + [Guesser(site, 255)]
    for visitor in visitors:
        visitor.start()
    yield visitors
    for visitor in visitors:
        visitor.finish()


def test_children_killed_each_second(site, database, permits, crowd, load, lasting, row, expect_log):
    expect_log.allow(r"child pid \d+ exit signal Killed", r"AH00095", "too many wrong passwords")
    seconds = lasting(5, 60)
    started = load(site, database, seconds)
    newcomers = crowd[:_NEWCOMERS]
    for _ in range(seconds):
        done = _count_done(newcomers)
        time.sleep(1)
        installation.wait_until(lambda done=done: _count_done(newcomers) > done, "a registration or a post")
        # The last process that used the semaphore is likely to hold a permit.
        last = lambda: semaphores.last_user(permits, semaphores.PERMITS)  # noqa: E731
        os.kill(installation.wait_until(lambda: (pid := last()) in site.children() and pid, "a child to hash"), signal.SIGKILL)
    over = time.monotonic()
    report = started.finish()
    for visitor in crowd:
        visitor.finish()
        assert visitor.unexpected == []
    back = started.probe.recovered_after(over)
    acknowledged = _verify(database, newcomers)
    _assert_all_released(site, database, permits)
    row(
        f"a child is killed each second for {seconds} s",
        f"{describe_load(report)}, and {_NEWCOMERS} clients that register and log in",
        f"{describe_lost(report)}; 0 of {acknowledged:,} registrations and messages", back,
    )  # fmt: skip


def _count_done(newcomers):
    return sum(len(newcomer.registered) + len(newcomer.posted) for newcomer in newcomers)


def _verify(database, newcomers):
    """Each acknowledged registration and message is stored once. Returns their number."""
    names, messages = database.usernames(), [text for author, text in database.messages() if author == text]
    assert len(messages) == len(set(messages)), "stored twice"
    for newcomer in newcomers:
        assert set(newcomer.registered) <= set(names)
        assert set(newcomer.posted) <= set(messages) <= set(names)
    assert len(messages) <= sum(len(newcomer.tried) for newcomer in newcomers)
    return _count_done(newcomers)


def _assert_all_released(site, database, permits):
    """The killed children hold no requests in progress, places or permits to hash, login attempts, or connections."""
    installation.wait_until(
        lambda: metrics.scrape(site).get("minitwit_http_requests_in_flight") == 1, "the end of all requests"
    )
    assert metrics.scrape(site).get("minitwit_password_hashes_in_flight") == 0
    assert semaphores.read(permits) == (_PLACES, _PERMITS)
    with concurrent.futures.ThreadPoolExecutor(_PLACES) as pool:
        statuses = list(pool.map(lambda number: site.simulator().register(f"late {number}").status_code, range(_PLACES)))
    assert statuses == [204] * _PLACES
    owner = site.browser()
    owner.session.headers["X-Forwarded-For"] = Guesser.address
    time.sleep(_LOGIN_DELAY)
    assert owner.login(Guesser.account).status_code == 302
    # The metrics sometimes open two more connections.
    installation.wait_until(
        lambda: _count_connections(database) <= _count_open(site) + 2, "the connections of the killed children to end"
    )


def _count_connections(database):
    """The site's connections, as PostgreSQL counts them."""
    return database.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'minitwit_site'"
    )


def _count_open(site):
    """The connections of the living children, as the metrics count them."""
    found = metrics.scrape(site)
    return sum(found.get("minitwit_db_connections", state=state) for state in ("busy", "idle"))


@pytest.fixture(params=[RunSite, ImageSite, Example])
def shipped(request, make_httpd, own_database, faulty, expect_log):
    """A site with a shipped configuration. It reads the database's metrics more often than in production."""
    expect_log.allow(r"child pid \d+ exit signal Killed", r"AH10392: children are killed successively")
    # A stopped database refuses connections at once, so long deadlines do no harm.
    interval = f"MinitwitMetricsInterval 1s\n{PATIENT}"
    if request.param is Example:
        site = make_httpd(start=False, over=own_database, kind=Example, name="minitwit-site")
        site.rest = interval
        return site.start()
    return make_httpd(over=own_database, kind=request.param, directives=interval)


def test_all_children_killed_and_the_database_stopped(shipped, own_cluster, own_database, row):
    """A killed child holds no lock of httpd: the next children read the metrics of the database and notice its stop."""
    wait_for = lambda name, value: installation.wait_until(  # noqa: E731
        lambda: metrics.scrape(shipped).get(name, None) == value, f"{name} to be {value}"
    )
    assert shipped.simulator().register("alice").status_code == 204
    wait_for("minitwit_users", 1)
    old = set(shipped.children())
    shipped.kill_children()
    installation.wait_until(lambda: shipped.children() and not old & set(shipped.children()), "new children")
    assert shipped.simulator().register("bob").status_code == 204
    wait_for("minitwit_users", 2)
    own_cluster.stop()
    wait_for("minitwit_db_up", 0)
    own_cluster.start()
    wait_for("minitwit_db_up", 1)
    wait_for("minitwit_http_requests_in_flight", 1)
    row(
        "all children are killed at once, and then PostgreSQL stops, with each configuration that ships",
        "1 request at a time", "-", "the next children read the metrics of the database, and `minitwit_db_up` becomes 0",
    )  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""All child processes share the counts of the login throttle. The counts outlive children that are killed."""

import concurrent.futures
import contextlib
import itertools
import threading
import time

import pytest
import requests

from support import installation
from support.guessing import PAIR, come_from, is_wait, logged, try_login, try_until_refused


@pytest.mark.smoke
@pytest.mark.expect_log(PAIR)
def test_wrong_passwords_at_the_same_time(guarded):
    httpd = guarded(more="MinitwitHashQueue 32\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s\n")
    assert len(httpd.children()) >= 2
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(lambda _: try_login(httpd, "192.0.2.1"), range(60)))
    assert outcomes.count("wrong") == 3
    assert all(outcome == "wrong" or is_wait(outcome) for outcome in outcomes)
    assert logged(httpd, PAIR) == 1


def test_correct_passwords_at_the_same_time_are_not_slowed_down(guarded):
    httpd = guarded(more="MinitwitHashQueue 32\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s\n")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda _: try_login(httpd, "192.0.2.1", password="secret"), range(30)))
    assert outcomes == ["in"] * 30


@pytest.mark.smoke
@pytest.mark.expect_log(PAIR)
def test_counts_outlive_children_and_graceful_restarts(guarded):
    httpd = guarded()
    try_until_refused(httpd, "192.0.2.1")
    old = set(httpd.children())
    httpd.kill_children()
    installation.wait_until(lambda: httpd.children() and not old & set(httpd.children()), "new children")
    assert is_wait(try_login(httpd, "192.0.2.1"))
    assert httpd.graceful().returncode == 0
    assert is_wait(try_login(httpd, "192.0.2.1"))
    # A change of the settings clears the counts.
    httpd.directives += "MinitwitLoginDelay 30s\n"
    assert httpd.graceful().returncode == 0
    assert try_login(httpd, "192.0.2.1", password="secret") == "in"


def test_a_child_that_is_killed_during_a_login(guarded, database, expect_log):
    """The attempt counts like a wrong password, and its count expires."""
    httpd = guarded(limit=3, delay="3s", more="MinitwitDatabaseTimeout 60s\nMinitwitPoolTimeout 30s\n")
    expect_log.allow(PAIR)
    query = "query LIKE '%password_hash from users where username%'"
    with concurrent.futures.ThreadPoolExecutor(3) as pool, database.locked("users"):
        cut = [pool.submit(try_login, httpd, "192.0.2.1", "alice", "secret") for _ in range(3)]
        installation.wait_until(lambda: database.count_waiting(query) == 3, "the statements to wait")
        old = set(httpd.children())
        httpd.kill_children()
        assert all(request.exception() for request in cut)
    installation.wait_until(lambda: httpd.children() and not old & set(httpd.children()), "new children")
    for _ in range(20):
        outcome = try_login(httpd, "192.0.2.1", password="secret")
        if outcome == "in":
            break
        assert is_wait(outcome, 3)
        time.sleep(outcome)
    assert outcome == "in"


@pytest.mark.expect_log(PAIR)
def test_children_killed_during_many_logins(guarded):
    """The shared table stays valid."""
    httpd = guarded()
    ending = threading.Event()

    def hammer(number):
        for count in itertools.count():
            if ending.is_set():
                return count
            # The child was killed.
            with contextlib.suppress(requests.RequestException):
                come_from(httpd, f"203.0.113.{number}").login(f"user {count % 7}", "wrong")

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        hammers = [pool.submit(hammer, number) for number in range(6)]
        try:
            for _ in range(3):
                old = set(httpd.children())
                httpd.kill_children()
                installation.wait_until(lambda: httpd.children() and not old & set(httpd.children()), "new children")
                time.sleep(0.3)
        finally:
            ending.set()
        assert all(future.result() > 0 for future in hammers)
    assert [try_login(httpd, "192.0.2.1") for _ in range(3)] == ["wrong"] * 3
    assert is_wait(try_login(httpd, "192.0.2.1"))
    assert try_login(httpd, "192.0.2.2", password="secret") == "in"

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Faults of the machine: no file descriptors are left, all processes of httpd are killed, the clock is set."""

import collections
import concurrent.futures
import contextlib
import datetime
import re
import socket
import subprocess
import time

import pytest

from faults.conftest import describe_load, describe_lost
from support import installation, metrics, posting, processes, semaphores
from support.client import read_page, set_cookies
from support.clock import ClockedHttpd

_SITE = "MinitwitHashQueue 32\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 30s\n"


def _wait_until_well(site):
    """httpd ends if its first child fails before the parent has seen a child with all threads. The parent checks once a
    second, and sleeps in between. After three sleeps, it has checked at least once."""
    scoreboard = lambda: re.search(r"^Scoreboard: (.*)$", site.operator().get("/server-status?auto").text, re.M)[1]  # noqa: E731
    # The child that answers has started all its threads. "S" marks a thread that does not run yet.
    installation.wait_until(lambda: "S" not in scoreboard(), "all threads to run")
    sleeps = processes.sleeps(site.process.pid)
    installation.wait_until(lambda: processes.sleeps(site.process.pid) >= sleeps + 3, "httpd to look at its children")


# ---- descriptors


def test_no_descriptors_left(make_httpd, database, load, lasting, row, faulty, expect_log):
    """httpd can open no connections to clients or to the database. It ends children without descriptors, and new
    children get none either. A client gets a complete answer, or it waits."""
    expect_log.allow("Too many open files", "the database cannot be reached")
    site = make_httpd(ops=metrics.OPS, directives=_SITE)
    # A child that cannot make a poll set ends the whole server (AH00050).
    enough_to_start = max(map(processes.highest_descriptor, site.children())) + 5
    seconds = lasting(3, 30)
    started = load(site, database, seconds + 10)
    _wait_until_well(site)
    limit = max(min(map(processes.descriptors, site.children())) - 1, enough_to_start)
    began = time.monotonic()
    processes.limit_descriptors([site.process.pid, *site.children()], limit)
    with contextlib.ExitStack() as stack:
        # The load alone may leave some descriptors of each child free.
        while "Too many open files" not in site.error_log.text:
            assert time.monotonic() < began + installation.PATIENCE
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", site.web_port), installation.PATIENCE))
            slow.sendall(b"GET /public HTTP/1.1\r\n")
            time.sleep(0.05)
        time.sleep(seconds)
        processes.limit_descriptors([site.process.pid, *site.children()], None)
        over = time.monotonic()
    report = started.finish()
    back = started.probe.recovered_after(over)
    # These include requests that were already in progress.
    asked = [sample for sample in started.probe.samples if began < sample.ended and sample.started < over]
    failed = collections.Counter(sample.status for sample in started.probe.failures() if sample in asked)
    assert set(failed) <= {503, None}
    assert not [sample for sample in started.probe.failures() if sample.ended < began]
    longest = max(sample.ended - sample.started for sample in asked)
    installation.wait_until(
        lambda: metrics.scrape(site).get("minitwit_http_requests_in_flight") == 1, "the end of all requests"
    )
    row(
        f"no file descriptors are left for {seconds} s", describe_load(report),
        f"{describe_lost(report)}; the honest client got {len(asked) - failed[None]} responses, {failed[503]} of them 503, "
        f"after at most {longest:.1f} s; {failed[None]} of its requests got none", back,
    )  # fmt: skip


@pytest.mark.skipif(installation.MPM == "prefork", reason="a child has only one request")
def test_a_child_without_descriptors(make_httpd, database, row, faulty, expect_log):
    """httpd ends a child that can accept no more connections, after its requests in progress. Children that start with
    too few descriptors end one after another, until the limit is raised."""
    expect_log("Too many open files")
    # Afterwards httpd may have one child too many. At the stop it signals only one child, and kills the other. Under
    # worker, it reports few idle threads.
    expect_log.allow("exit signal Killed", "the database cannot be reached", "AH00046: child process", "AH00288: scoreboard is full")
    few = "StartServers 1\nThreadsPerChild 8\nMaxRequestWorkers 8\nMinSpareThreads 1\n"
    site = make_httpd(ops=metrics.OPS, directives=_SITE + few)
    (child,) = site.children()
    # While httpd makes its poll set, the module may have a file or two open. A child that cannot make a poll set ends
    # the whole server (AH00050).
    enough_to_start = processes.highest_descriptor(child) + 5
    assert site.simulator().register("alice").status_code == 204
    _wait_until_well(site)
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(contextlib.closing(posting.SlowPoster(site, "alice", f"{number}"))) for number in range(4)
        ]
        # Even the descriptors that the child frees when it stops listening do not help.
        processes.limit_descriptors([child], 3)
        # The kernel gives the connection to the next child.
        assert site.browser().get("/public").status_code == 200
        assert set(site.children()) > {child}
        if installation.SANITIZE:
            # Without files, the search for leaks at the child's end would never end.
            processes.limit_descriptors([child], None)
        for writer in writers:
            writer.finish()
    installation.wait_until(lambda: child not in site.children(), "the child to end")
    texts = [text for _, text in database.messages()]
    assert sorted(texts) == sorted(writer.text for writer in writers)

    mark = site.error_log.mark()
    processes.limit_descriptors([site.process.pid], enough_to_start)
    site.kill_children()
    with concurrent.futures.ThreadPoolExecutor() as pool, contextlib.ExitStack() as stack:
        for _ in range(7):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", site.web_port), installation.PATIENCE))
            slow.sendall(b"GET /public HTTP/1.1\r\n")
        patient = pool.submit(site.browser().get, "/public")
        installation.wait_until(lambda: "Too many open files" in site.error_log.since(mark), "a child to fail")
        processes.limit_descriptors([site.process.pid, *site.children()], None)
        stack.close()
        assert patient.result().status_code in (200, 503)
    installation.wait_until(lambda: site.browser().get("/public").status_code == 200, "the site to be as before")
    row(
        "a child has no file descriptors left", f"{len(writers)} requests in progress in it",
        f"0 of {len(writers)} accepted posts", "another child serves at once",
    )  # fmt: skip


# ---- a crash


def _remove(sets):
    for identity in sets & semaphores.find_all():
        subprocess.run(["ipcrm", "-s", str(identity)], check=True)


def test_everything_killed_at_once(make_httpd, database, load, lasting, row, expect_log, request):
    """After kill -9 of the parent and its children, httpd starts again with the same configuration, in spite of all
    that the killed processes left behind."""
    expect_log("AH00098: pid file .* overwritten")
    mark = semaphores.Marked()
    site = make_httpd(start=False, ops=metrics.OPS, directives=f"{_SITE}{mark.directives}")
    # With this directive, httpd's own shared memory has a name and outlives a crash, too.
    site.directives += f"ScoreBoardFile {site.root}/scoreboard\n"
    site.start()
    times = lasting(1, 10)
    started = load(site, database, 5 * times)
    for number in range(times):
        time.sleep(1)
        parent, port = site.process.pid, site.web_port
        memory = processes.named_memory(parent)
        site.crash()
        assert site.pid_file.read_text().strip() == str(parent)
        assert memory and all(file.exists() for file in memory)
        # Some permits are in use at the moment.
        left = mark.find(busy=20)
        request.addfinalizer(lambda left=left: _remove(left))
        assert len(left) == number + 1
        over = time.monotonic()
        site.start()
        assert site.web_port == port, "another process took the port"
        assert site.pid_file.read_text().strip() == str(site.process.pid)
    report = started.finish()
    back = started.probe.recovered_after(over)
    # Each crash leaves one set of semaphores, which an operator removes: docs/install.md.
    _remove(left)
    assert site.browser().register("alice").status_code == 302
    site.stop()
    assert not any(file.exists() for file in memory)
    assert not mark.find(busy=20)
    row(
        f"kill -9 of httpd and all its children, then a start: {times} times", describe_load(report),
        describe_lost(report), back,
    )  # fmt: skip


# ---- the clock

_HOUR = 3600
_LOGIN_DELAY = 1  # s
_POOL_TIMEOUT, _DATABASE_TIMEOUT = 1, 2  # s


@pytest.fixture
def clocked(make_httpd):
    """A site whose clock can be set."""
    site = make_httpd(start=False, kind=ClockedHttpd, ops=metrics.OPS)
    # mod_reqtimeout uses the time of day. If the clock is set forward during a request, it answers 408.
    site.modules.remove("reqtimeout")
    return site


def test_the_clock_is_set(clocked, database, load, lasting, row, expect_log):
    """httpd's clock is set back by an hour, forward by two, and back. PostgreSQL's clock, which dates messages and
    sessions, is right."""
    expect_log.allow("too many wrong passwords")
    site = clocked
    # mod_reqtimeout measures by this clock. It could answer 408 to a request that arrives while the clock is set.
    site.directives = f"{_SITE}MinitwitMetricsInterval 1s\nRequestReadTimeout header=0 body=0\n"
    site.login_limit = f"MinitwitLoginLimit 2\nMinitwitLoginDelay {_LOGIN_DELAY}s\n"
    site.start()
    assert site.simulator().register("alice").status_code == 204
    alice = site.browser().sign_in("alice")
    mark = site.access_log.mark()
    started = load(site, database, lasting(9, 60))
    for offset in (-_HOUR, _HOUR, 0) * lasting(1, 5):
        guesser = site.browser()
        installation.wait_until(lambda: guesser.login("alice", "wrong").status_code == 429, "the limit")  # noqa: B023
        _set_clock(site, offset)
        _assert_time_passes(site, database, alice, guesser)
    report = started.finish()
    assert started.probe.failures() == []
    assert (report["retries"], report["uncertain"]) == (0, 0)
    # No measured time is negative or includes the hour.
    assert 0 < metrics.scrape(site).total(f"{metrics.DURATION}_sum") < _HOUR
    assert all(0 <= entry["duration_ms"] < 1000 * _HOUR / 2 for entry in site.access_log.since(mark))
    row(
        "the clock is set back by an hour, forward by two, and back", describe_load(report), describe_lost(report),
        "no request failed; sessions stayed valid (mod_reqtimeout is off, because it uses this clock and may answer 408)",
    )  # fmt: skip


def _set_clock(site, offset):
    site.set_clock(offset)
    assert abs(site.ask_clock() - time.time() - offset) < _HOUR / 60, "httpd's clock was not set"


def _assert_time_passes(site, database, alice, guesser):
    # Sessions and timelines.
    text = f"posted at {time.monotonic()}"
    assert alice.share(text).status_code == 302
    newest = alice.page("/").messages[0]
    assert newest.text == text
    shown = datetime.datetime.strptime(newest.date, "— %Y-%m-%d @ %H:%M").replace(tzinfo=datetime.timezone.utc)
    assert abs(shown.timestamp() - time.time()) < _HOUR / 2
    # Metrics that are read in the background.
    stored = database.count("messages")
    installation.wait_until(
        lambda: metrics.scrape(site).get("minitwit_messages") >= stored, "messages to be counted"
    )
    # The login throttle forgets wrong passwords after the usual time, and session cookies have the usual lifetime.
    time.sleep(_LOGIN_DELAY)
    answer = guesser.login("alice")
    assert answer.status_code == 302, answer.text
    assert all("expires" not in attributes for _, attributes in set_cookies(answer).values())


@pytest.mark.parametrize("offset", [-_HOUR, _HOUR])
def test_the_clock_is_set_during_a_wait(clocked, database, faulty, expect_log, row, offset):
    """A wait for a connection or for an answer of the database takes as long as usual."""
    expect_log.allow("no database connection became free")
    site = clocked
    site.directives = f"MinitwitPoolTimeout {_POOL_TIMEOUT}s\nMinitwitDatabaseTimeout {_DATABASE_TIMEOUT}s\n"
    site.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
    site.start()
    locker = database.cluster.connect(database.name)
    with contextlib.closing(locker), concurrent.futures.ThreadPoolExecutor(8) as pool:
        locker.autocommit = False
        locker.cursor().execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        waiting = [pool.submit(_time_a_refusal, site) for _ in range(8)]
        installation.wait_until(lambda: _count_waiting(database), "a request to wait for the database")
        _set_clock(site, offset)
        times = [request.result() for request in waiting]
        locker.rollback()
    page = installation.wait_until(lambda: (answer := site.browser().get("/public")).ok and answer, "the public timeline")
    assert read_page(page).messages == []
    assert min(times) > 0.9 * _POOL_TIMEOUT
    # No request waited for an hour. Some waited for a connection and then for the answer.
    assert max(times) < _POOL_TIMEOUT + _DATABASE_TIMEOUT + installation.PATIENCE
    row(
        f"the clock is set {'back' if offset < 0 else 'forward'} by an hour while requests wait for the database",
        f"{len(times)} requests", f"0; all got 503 after {min(times):.1f} to {max(times):.1f} s", "-",
    )  # fmt: skip


def _count_waiting(database):
    return database.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )


def _time_a_refusal(site):
    began = time.monotonic()
    assert site.browser().get("/public").status_code == 503
    return time.monotonic() - began

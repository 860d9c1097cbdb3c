# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Graceful restarts, killed children and stops of httpd."""

import concurrent.futures
import signal
import threading

import pytest

from support import installation, metrics, semaphores


class Visitor(threading.Thread):
    """Reads and posts until the end, each time on a new connection. failures has the unexpected answers."""

    def __init__(self, httpd, number):
        super().__init__()
        self.browser, self.simulator = httpd.browser(), httpd.simulator()
        self.number = number
        self.posted = 0
        self.failures = []
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            try:
                answer = self.browser.get("/public")
                if answer.status_code != 200:
                    self.failures.append(answer.status_code)
                answer = self.simulator.tweet("alice", f"visitor {self.number} says {self.posted}")
                if answer.status_code == 204:
                    self.posted += 1
                else:
                    self.failures.append(answer.status_code)
            except Exception as failure:
                self.failures.append(failure)


@pytest.mark.smoke
def test_graceful_restart_under_load(make_httpd, people, database):
    people("alice")
    httpd = make_httpd()
    visitors = [Visitor(httpd, number) for number in range(3)]
    for visitor in visitors:
        visitor.start()
    try:
        for _ in range(3):
            old = set(httpd.children())
            assert httpd.graceful().returncode == 0
            installation.wait_until(lambda: not old & set(httpd.children()), "the old children to end")
            progress = [visitor.posted + 3 for visitor in visitors]
            installation.wait_until(
                lambda: all(visitor.posted >= least or visitor.failures for visitor, least in zip(visitors, progress)),
                "requests of the new children",
            )
    finally:
        for visitor in visitors:
            visitor.ending.set()
        for visitor in visitors:
            visitor.join()
    assert [visitor.failures for visitor in visitors] == [[], [], []]
    assert database.count("messages") == sum(visitor.posted for visitor in visitors)
    texts = [text for _, text in database.messages()]
    assert len(texts) == len(set(texts))


def test_sessions_outlive_restarts(make_httpd, people, database):
    people("alice")
    httpd = make_httpd()
    alice = httpd.browser().sign_in("alice")
    httpd.graceful()
    assert alice.page("/").heading == "My Timeline"
    httpd.stop()
    httpd.start()
    alice.base = httpd.web_url
    assert alice.page("/").heading == "My Timeline"


def test_registrations_of_one_name_at_the_same_time(httpd, database):
    """Only one of them succeeds."""
    assert len(httpd.children()) >= 2
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: httpd.simulator().register("alice").status_code, range(16)))
    assert sorted(set(statuses)) in ([204, 400], [204, 400, 503])
    assert statuses.count(204) == 1
    assert database.usernames() == ["alice"]


def test_follows_at_the_same_time(httpd, api, people, database):
    people("alice", "bob")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: httpd.simulator().follow("alice", "bob").status_code, range(30)))
    assert statuses == [204] * 30
    assert database.follows() == [("alice", "bob")]


@pytest.mark.smoke
def test_a_killed_child_gives_its_hash_permits_back(make_httpd, database):
    """If they were lost, no one could register or log in after a few crashes."""
    httpd = make_httpd(
        directives="MinitwitHashLimit 1\nMinitwitHashQueue 2\nMinitwitHashWait 20s\n"
        "MinitwitPasswordMemory 128\nMinitwitPasswordPasses 16"
    )
    assert httpd.simulator().register("first").status_code == 204
    # Another process may have had one of these ids before.
    found = semaphores.find_by_user([httpd.process.pid, *httpd.children()])
    (ours,) = [identity for identity in found if semaphores.read(identity) == (3, 1)]
    for number in range(2):
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            lost = [pool.submit(_register_until_lost, httpd, f"lost {number} {client}") for client in range(3)]
            # One request hashes, and the others wait for it. Under prefork this can take a few seconds: the server
            # starts one more child each second.
            installation.wait_until(lambda: semaphores.read(ours) == (0, 0), "the permits to be taken")
            old = set(httpd.children())
            httpd.kill_children(signal.SIGKILL)
            assert not any(request.result() for request in lost)
        installation.wait_until(lambda: httpd.children() and not old & set(httpd.children()), "new children")
    httpd.password_cost = ""
    httpd.directives = "MinitwitHashLimit 1\nMinitwitHashQueue 2\nMinitwitHashWait 20s\nMinitwitPasswordMemory 1"
    assert httpd.graceful().returncode == 0
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(lambda number: httpd.simulator().register(f"user {number}").status_code, range(3)))
    assert statuses == [204] * 3


def _register_until_lost(httpd, name):
    """Registers user after user until a child is killed. Returns the statuses that are wrong."""
    statuses = []
    try:
        while len(statuses) < 1000:
            statuses.append(httpd.simulator().register(f"{name} {len(statuses)}").status_code)
    except OSError:
        pass  # its child was killed
    return [status for status in statuses if status != 204]


def test_restarts_with_another_limit_keep_few_semaphores(make_httpd, people, database):
    people("alice")
    kept = 16
    marks = [semaphores.Marked() for _ in range(kept + 3)]
    find = lambda: set().union(*(mark.find() for mark in marks))  # noqa: E731
    assert not find()
    httpd = make_httpd(start=False)
    for mark in marks:
        httpd.directives = mark.directives
        if httpd.process is None:
            httpd.start()
        else:
            assert httpd.graceful().returncode == 0
    assert len(find()) == kept
    # The last one is in use.
    assert httpd.browser().login("alice").status_code == 302
    # The same limit again needs none.
    assert httpd.graceful().returncode == 0
    assert len(find()) == kept
    httpd.stop()
    assert not find()


@pytest.mark.parametrize("restart", [signal.SIGUSR1, signal.SIGHUP], ids=["graceful", "non-graceful"])
def test_a_restart_brings_removed_semaphores_back(make_httpd, database, expect_log, restart):
    """systemd's RemoveIPC removes semaphores when a user of the same account logs out."""
    mark = semaphores.Marked()
    assert not mark.find()
    httpd = make_httpd(directives=mark.directives)
    assert httpd.simulator().register("alice").status_code == 204
    (lost,) = mark.find()
    semaphores.remove(lost)
    expect_log("could not use the semaphore that limits password hashing")
    assert httpd.simulator().register("bob").status_code == 503
    logged = httpd.error_log.mark()
    old = set(httpd.children())
    httpd.process.send_signal(restart)
    installation.wait_until(
        lambda: "resuming normal operations" in httpd.error_log.since(logged) and not old & set(httpd.children()),
        "the new generation",
    )
    assert httpd.simulator().register("bob").status_code == 204
    assert len(mark.find()) == 1
    httpd.stop()
    assert not mark.find()


@pytest.mark.smoke
@pytest.mark.parametrize("stop", ["stop", "stop_gracefully"])
def test_a_stop_leaves_no_processes_and_semaphores(make_httpd, database, stop):
    # Another process may have had one of these ids before.
    others = semaphores.find_by_user(range(2**22))
    httpd = make_httpd(directives="MinitwitHashLimit 2")
    assert httpd.simulator().register("alice").status_code == 204
    pids = [httpd.process.pid, *httpd.children()]
    assert semaphores.find_by_user(pids) - others
    httpd.directives = "MinitwitHashLimit 3"
    assert httpd.graceful().returncode == 0
    assert httpd.simulator().register("bob").status_code == 204
    pids += httpd.children()
    getattr(httpd, stop)()
    installation.wait_until(lambda: not any(installation.is_alive(pid) for pid in pids), "the children to end")
    assert not semaphores.find_by_user(pids) - others


@pytest.mark.parametrize("stop", ["stop", "stop_gracefully"])
@pytest.mark.parametrize("ops", [None, metrics.OPS], ids=["plain", "watched"])
def test_a_stop_while_statements_run(make_httpd, own_database, expect_log, stop, ops):
    """A child that uses a connection neither crashes nor has to be killed, even if it has threads of mod_watchdog."""
    # The statements reach this deadline.
    httpd = make_httpd(over=own_database, ops=ops, directives="MinitwitDatabaseTimeout 2s\n")
    httpd.simulator().register("alice")
    # The module may read the metrics for the first time while the table is locked.
    expect_log.allow(r"minitwit:error.*database", "statistics_state for the metrics failed")
    with own_database.locked(), concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = [pool.submit(httpd.simulator().tweet, "alice", "hello") for _ in range(3)]
        # On a busy machine, the first may reach its deadline before the last begins.
        installation.wait_until(own_database.count_waiting, "a statement to wait")
        httpd.process.send_signal({"stop": signal.SIGTERM, "stop_gracefully": signal.SIGWINCH}[stop])
        assert httpd.process.wait(installation.PATIENCE) == 0
        for request in waiting:
            request.exception()

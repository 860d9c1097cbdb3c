# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Children that come and go: graceful restarts, killed children, the end of the server."""

import concurrent.futures
import signal
import threading

import pytest

from support import installation, metrics, semaphores


class Visitor(threading.Thread):
    """Asks and posts over and over, each time on a new connection, and remembers what went wrong."""

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


def test_several_children_serve_one_site(httpd, people, database):
    people("alice")
    assert len(httpd.children()) >= 2
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: httpd.simulator().tweet("alice", f"{number}").status_code, range(60)))
    assert statuses == [204] * 60
    assert database.count("messages") == 60


def test_one_name_is_given_once(httpd, database):
    """However many ask for it at the same moment, on whatever child."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: httpd.simulator().register("alice").status_code, range(16)))
    assert sorted(set(statuses)) in ([204, 400], [204, 400, 503])
    assert statuses.count(204) == 1
    assert database.usernames() == ["alice"]


def test_following_at_the_same_moment(httpd, api, people, database):
    people("alice", "bob")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: httpd.simulator().follow("alice", "bob").status_code, range(30)))
    assert statuses == [204] * 30
    assert database.follows() == [("alice", "bob")]


@pytest.mark.smoke
def test_a_killed_child_gives_its_hash_permits_back(make_httpd, database):
    """Were they lost, nobody could register or log in after a few crashes."""
    httpd = make_httpd(
        directives="MinitwitHashLimit 1\nMinitwitHashQueue 2\nMinitwitHashWait 20s\n"
        "MinitwitPasswordMemory 128\nMinitwitPasswordPasses 16"
    )
    assert httpd.simulator().register("first").status_code == 204
    # A number may have been that of another process before.
    found = semaphores.find_by_user([httpd.process.pid, *httpd.children()])
    (ours,) = [identity for identity in found if semaphores.read(identity) == (3, 1)]
    for number in range(2):
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            lost = [pool.submit(_register_or_break, httpd, f"lost {number} {client}") for client in range(3)]
            # One hashes, and the others wait for it.
            installation.wait_until(lambda: semaphores.read(ours) == (0, 0), "the permits to be taken")
            old = set(httpd.children())
            httpd.kill_children(signal.SIGKILL)
            assert not any(request.result() == 500 for request in lost)
        installation.wait_until(lambda: httpd.children() and not old & set(httpd.children()), "new children")
    httpd.password_cost = ""
    httpd.directives = "MinitwitHashLimit 1\nMinitwitHashQueue 2\nMinitwitHashWait 20s\nMinitwitPasswordMemory 1"
    assert httpd.graceful().returncode == 0
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(lambda number: httpd.simulator().register(f"user {number}").status_code, range(3)))
    assert statuses == [204] * 3


def _register_or_break(httpd, name):
    try:
        return httpd.simulator().register(name).status_code
    except OSError:
        return None  # its child was killed


def test_restarts_with_another_limit_pile_up_no_semaphores(make_httpd, people, database):
    people("alice")
    kept = 16
    # Nobody else has such limits.
    limits = range(901, 901 + kept + 3)
    assert not semaphores.find_by_permits(limits)
    httpd = make_httpd(start=False)
    for limit in limits:
        httpd.directives = f"MinitwitHashLimit {limit}"
        if httpd.process is None:
            httpd.start()
        else:
            assert httpd.graceful().returncode == 0
    assert len(semaphores.find_by_permits(limits)) == kept
    # The last one is in use.
    assert httpd.browser().login("alice").status_code == 302
    # The same limit again needs none.
    assert httpd.graceful().returncode == 0
    assert len(semaphores.find_by_permits(limits)) == kept
    httpd.stop()
    assert not semaphores.find_by_permits(limits)


@pytest.mark.parametrize("restart", [signal.SIGUSR1, signal.SIGHUP], ids=["graceful", "at once"])
def test_a_restart_brings_removed_semaphores_back(make_httpd, database, expect_log, restart):
    """As systemd's RemoveIPC removes them when a user of the same account logs out."""
    # Nobody else has such a limit.
    limit = [931]
    assert not semaphores.find_by_permits(limit)
    httpd = make_httpd(directives=f"MinitwitHashLimit {limit[0]}")
    assert httpd.simulator().register("alice").status_code == 204
    (lost,) = semaphores.find_by_permits(limit)
    semaphores.remove(lost)
    expect_log("could not use the semaphore that limits password hashing")
    assert httpd.simulator().register("bob").status_code == 503
    mark = httpd.error_log.mark()
    old = set(httpd.children())
    httpd.process.send_signal(restart)
    installation.wait_until(
        lambda: "resuming normal operations" in httpd.error_log.since(mark) and not old & set(httpd.children()),
        "the new generation",
    )
    assert httpd.simulator().register("bob").status_code == 204
    assert len(semaphores.find_by_permits(limit)) == 1
    httpd.stop()
    assert not semaphores.find_by_permits(limit)


def test_a_killed_child_is_replaced(make_httpd, people, database):
    people("alice")
    httpd = make_httpd()
    httpd.kill_children(signal.SIGKILL)
    installation.wait_until(lambda: len(httpd.children()) >= 2, "new children")
    for number in range(20):
        assert httpd.simulator().tweet("alice", f"number {number}").status_code == 204


@pytest.mark.smoke
@pytest.mark.parametrize("stop", ["stop", "stop_gracefully"])
def test_stopping_leaves_nothing_behind(make_httpd, database, stop):
    # A number may have been that of another process before.
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
def test_stopping_while_a_statement_runs(make_httpd, own_cluster, own_database, expect_log, stop, ops):
    """A child that has borrowed a connection ends in peace: it neither crashes nor has to be killed, not even when it has
    threads of mod_watchdog beside the one that serves."""
    # Which the statements reach.
    httpd = make_httpd(over=own_database, ops=ops, directives="MinitwitDatabaseTimeout 3s\n")
    httpd.simulator().register("alice")
    # The metrics may be read for the first time while the table is locked.
    expect_log.allow(r"minitwit:error.*database", "statistics_state for the metrics failed")
    with own_cluster.connect(own_database.name) as locker, concurrent.futures.ThreadPoolExecutor() as pool:
        locker.autocommit = False
        locker.cursor().execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        waiting = [pool.submit(httpd.simulator().tweet, "alice", "hello") for _ in range(3)]
        # On a busy machine, the first may have reached its time-out before the last begins.
        installation.wait_until(lambda: _count_waiting(own_database), "a statement to wait")
        httpd.process.send_signal({"stop": signal.SIGTERM, "stop_gracefully": signal.SIGWINCH}[stop])
        assert httpd.process.wait(installation.PATIENCE) == 0
        for request in waiting:
            request.exception()
        locker.rollback()
    locker.close()


def _count_waiting(database):
    return database.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

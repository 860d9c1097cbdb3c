# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Few connections serve many clients: who waits for one does so for a bounded time, and nobody holds one idly."""

import collections
import concurrent.futures
import re
import socket
import time

import pytest

from support import installation, metrics, processes
from support.client import SlowReader, authorization

# Far above every deadline that should end a wait here, and far below the one that should not.
BOUND = 30
_LONGEST = "MinitwitDatabaseTimeout 60s\n"

# Of <linux/futex.h>: the moment at which the wait ends is one of the time of day.
_FUTEX_CLOCK_REALTIME = 256


@pytest.mark.smoke
def test_an_exhausted_pool(make_httpd, own_database, own_cluster, faulty, expect_log):
    httpd = make_httpd(start=False, over=own_database)
    httpd.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
    # Longer than the test waits for anything: whoever is answered was not answered by this deadline.
    httpd.directives = f"{_LONGEST}MinitwitPoolTimeout 200ms\n"
    httpd.start()
    httpd.simulator().register("alice")
    with own_cluster.connect(own_database.name) as locker:
        locker.autocommit = False
        locker.cursor().execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            waiting = [pool.submit(httpd.simulator().get, "/msgs/alice") for _ in range(12)]
            if installation.MPM == "prefork":
                # One request a child, and so never more requests than connections.
                time.sleep(1)
                assert not any(request.done() for request in waiting[:1])
            else:
                expect_log("DBDMax")
                refused = lambda: [request.result() for request in waiting if request.done()]  # noqa: E731
                installation.wait_until(lambda: len(refused()) >= 8, "those who find no connection", BOUND)
                for answer in refused():
                    assert answer.status_code == 503
                    assert int(answer.headers["Retry-After"]) > 0
                ready = lambda: httpd.operator().get("/readyz")  # noqa: E731
                # The database itself is well, and readyz does not say otherwise.
                installation.wait_until(lambda: "in use" in ready().json().get("problem", ""), "readyz to say so", BOUND)
            locker.rollback()
            statuses = [request.result().status_code for request in waiting]
    locker.close()
    assert 200 in statuses and set(statuses) <= {200, 503}
    assert httpd.simulator().get("/msgs/alice").status_code == 200


@pytest.mark.skipif(installation.MPM == "prefork", reason="a child without threads has nobody to wait for")
def test_a_wait_goes_by_a_clock_that_nobody_sets(make_httpd, own_database, own_cluster):
    """By the time of day, one that is set back would lengthen it."""
    httpd = make_httpd(start=False, over=own_database)
    httpd.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
    httpd.directives = f"{_LONGEST}MinitwitPoolTimeout 60s\n"
    httpd.start()
    waits = lambda: [processes.timed_waits(pid) for pid in httpd.children()]  # noqa: E731
    if None in waits():
        pytest.skip("what a thread of another process waits for is not shown to us")
    with own_cluster.connect(own_database.name) as locker, concurrent.futures.ThreadPoolExecutor(12) as pool:
        locker.autocommit = False
        locker.cursor().execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        waiting = [pool.submit(httpd.browser().get, "/public") for _ in range(12)]
        try:
            found = installation.wait_until(lambda: sum(waits(), []), "requests to wait for a connection", BOUND)
        finally:
            locker.rollback()
        assert {request.result().status_code for request in waiting} == {200}
    locker.close()
    assert not any(operation & _FUTEX_CLOCK_REALTIME for operation in found)


def _ask_at_once(httpd, count):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return [pool.submit(httpd.simulator().get, "/msgs") for _ in range(count)]


def test_a_server_that_is_slow_to_connect(make_httpd, own_cluster, own_database):
    """Whoever finds another thread connecting waits for it, and not only as long as for a busy connection."""
    pool_timeout = 0.5  # s
    directives = f"{_LONGEST}MinitwitPoolTimeout {pool_timeout * 1000:.0f}ms\n"
    httpd = make_httpd(over=own_database, ops=metrics.OPS, directives=directives)
    # As many as a child has connections, should one get them all.
    count = 4
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        own_cluster.freeze()
        try:
            waiting = [pool.submit(httpd.simulator().get, "/msgs") for _ in range(count)]
            # And the one that asks.
            metrics.wait_for(httpd, "minitwit_http_requests_in_flight", count + 1)
            time.sleep(2 * pool_timeout)
            assert not any(request.done() for request in waiting)
        finally:
            own_cluster.thaw()
        assert {request.result().status_code for request in waiting} == {200}


def test_a_server_that_is_too_slow_to_connect(make_httpd, own_cluster, own_database, faulty, expect_log):
    """It is said in the log, once for each attempt, and not once for everybody who waited in vain."""
    httpd = make_httpd(over=own_database, directives="MinitwitDatabaseTimeout 300ms\nMinitwitPoolTimeout 100ms\n")
    own_cluster.freeze()
    try:
        statuses = [answer.result().status_code for answer in _ask_at_once(httpd, 12)]
    finally:
        own_cluster.thaw()
    assert statuses == [503] * 12
    told = httpd.error_log.text.count("connecting to the database takes longer")
    if installation.MPM == "prefork":
        # Nobody waits for another one there.
        assert told == 0
    else:
        # Each child tries once, and no sooner again than after a second, which only a busy machine takes.
        assert 1 <= told <= len(statuses) / 2


def test_a_slow_reader_holds_no_connection(make_httpd, own_database):
    httpd = make_httpd(start=False, over=own_database)
    httpd.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
    httpd.directives = _LONGEST
    httpd.start()
    httpd.simulator().register("alice")
    own_database.sql(
        "INSERT INTO messages (author_id, text) SELECT id, repeat('x', 1000) FROM users, generate_series(1, 12000)"
    )
    readers = []
    try:
        for _ in range(4):
            readers.append(SlowReader(httpd.api_port, "/msgs?no=100000", authorization()))
        for number in range(20):
            assert httpd.simulator().tweet("alice", f"number {number}", timeout=BOUND).status_code == 204
            assert httpd.browser().get("/public", timeout=BOUND).status_code == 200
        idle = own_database.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = 'minitwit_site' AND state <> 'idle'"
        )
        assert idle == 0
    finally:
        for reader in readers:
            reader.close()


def test_a_slow_sender_holds_no_connection(make_httpd, own_database):
    httpd = make_httpd(start=False, over=own_database)
    httpd.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
    httpd.start()
    httpd.simulator().register("alice")
    alice = httpd.browser().sign_in("alice")
    cookie = alice.cookie("session")
    senders = []
    try:
        for port, line, header in (
            (httpd.api_port, "POST /msgs/alice", authorization()),
            (httpd.api_port, "POST /register", "X-None: 1"),
            (httpd.web_port, "POST /add_message", f"Cookie: {cookie.name}={cookie.value}"),
            (httpd.web_port, "POST /login", "X-None: 1"),
        ):
            sender = socket.create_connection(("127.0.0.1", port), BOUND)
            sender.sendall(
                f"{line} HTTP/1.1\r\nHost: localhost\r\n{header}\r\nContent-Length: 100\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n\r\ntext=".encode()
            )
            senders.append(sender)
        for number in range(20):
            assert httpd.simulator().tweet("alice", f"number {number}", timeout=BOUND).status_code == 204
        for sender in senders:
            sender.shutdown(socket.SHUT_WR)
            assert sender.recv(12) == b"HTTP/1.1 400"
    finally:
        for sender in senders:
            sender.close()
    assert own_database.count("messages") == 20, "something that was not sent whole"


def _told(httpd, mark, text):
    """How often each child process said so."""
    return collections.Counter(re.findall(rf"\[pid (\d+)[^\n]*{text}", httpd.error_log.since(mark)))


def test_an_outage_is_told_once(make_httpd, own_cluster, own_database, faulty):
    """By each child process, and not for each request that it turns away."""
    httpd = make_httpd(start=False, over=own_database)
    # Every request is to ask it.
    httpd.cache = "MinitwitCache Off\n"
    httpd.start()
    for number in range(2):
        mark = httpd.error_log.mark()
        own_cluster.stop("fast")
        refused, began = 0, time.monotonic()
        try:
            # Several attempts to connect, with the pauses between them.
            while refused < 400 or time.monotonic() < began + 2.5:
                statuses = [answer.result().status_code for answer in _ask_at_once(httpd, 8)]
                assert set(statuses) == {503}
                refused += len(statuses)
        finally:
            lasted = time.monotonic() - began
            own_cluster.start()
        recovered = lambda: {answer.result().status_code for answer in _ask_at_once(httpd, 8)} == {200}  # noqa: E731
        installation.wait_until(recovered, "the database")
        gone, back = _told(httpd, mark, "the database cannot be reached"), _told(httpd, mark, "the database is back")
        assert gone and set(gone.values()) == {1}, number
        assert back and set(back.values()) == {1}, number
        # Also those of mod_dbd: a line or two for each attempt, and attempts are paused between.
        alarms = _told(httpd, mark, "(?=.)")
        assert max(alarms.values()) <= 3 * (6 + lasted), alarms

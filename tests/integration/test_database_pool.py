# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Few connections serve many clients. The wait for a connection is limited, and no request holds an idle one."""

import collections
import concurrent.futures
import contextlib
import re
import socket
import time

import pytest

from support import installation, metrics, processes
from support.client import SlowReader, authorization
from support.forwarder import Forwarder
from support.httpd import PATIENT

# Far above every deadline that should end a wait here, and far below _LONGEST, which should not.
BOUND = 30
_LONGEST = "MinitwitDatabaseTimeout 60s\n"

# Of <linux/futex.h>: the wait ends at a time of day.
_FUTEX_CLOCK_REALTIME = 256


@pytest.fixture
def with_one_connection(make_httpd, own_database):
    """Starts an httpd with one connection for each child."""

    def make(directives):
        httpd = make_httpd(start=False, over=own_database, directives=directives)
        httpd.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
        return httpd.start()

    return make


@pytest.mark.smoke
def test_an_exhausted_pool(with_one_connection, own_database, faulty, expect_log):
    # The deadline for an answer is longer than the test waits, so it is not the cause of an answer.
    httpd = with_one_connection(f"{_LONGEST}MinitwitPoolTimeout 200ms\n")
    httpd.simulator().register("alice")
    with own_database.locked() as locker, concurrent.futures.ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(httpd.simulator().get, "/msgs/alice") for _ in range(12)]
        try:
            if installation.MPM == "prefork":
                # A child serves one request at a time, so it never lacks a connection.
                time.sleep(1)
                assert not any(request.done() for request in waiting[:1])
            else:
                expect_log("DBDMax")
                refused = lambda: [request.result() for request in waiting if request.done()]  # noqa: E731
                installation.wait_until(lambda: len(refused()) >= 8, "requests without a connection", BOUND)
                for answer in refused():
                    assert answer.status_code == 503
                    assert int(answer.headers["Retry-After"]) > 0
            # Otherwise a balancer would take the node away, with the pages that it can still serve.
            assert {httpd.operator().get("/readyz").status_code for _ in range(20)} == {200}
        finally:
            locker.close()
        statuses = [request.result().status_code for request in waiting]
    assert 200 in statuses and set(statuses) <= {200, 503}
    assert httpd.simulator().get("/msgs/alice").status_code == 200


@pytest.mark.skipif(installation.MPM == "prefork", reason="a child without threads never waits for a connection")
def test_a_wait_uses_the_monotonic_clock(with_one_connection, own_database):
    """If the time of day is set back, the wait does not become longer."""
    httpd = with_one_connection(f"{_LONGEST}MinitwitPoolTimeout 60s\n")
    waits = lambda: [processes.timed_waits(pid) for pid in httpd.children()]  # noqa: E731
    if None in waits():
        pytest.skip("this system does not show the system calls of another process")
    with own_database.locked() as locker, concurrent.futures.ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(httpd.browser().get, "/public") for _ in range(12)]
        try:
            found = installation.wait_until(lambda: sum(waits(), []), "requests to wait for a connection", BOUND)
        finally:
            locker.close()
        assert {request.result().status_code for request in waiting} == {200}
    assert not any(operation & _FUTEX_CLOCK_REALTIME for operation in found)


@pytest.mark.skipif(installation.MPM == "prefork", reason="a child without threads never waits for a connection")
def test_the_wait_depends_on_the_handler(with_one_connection, own_database, faulty, expect_log):
    """Without MinitwitPoolTimeout. The simulator gives up early, but a person prefers a slow page to an error."""
    httpd = with_one_connection("MinitwitDatabaseTimeout 60s\n")
    httpd.simulator().register("alice")
    expect_log(r"within 250 ms: .*DBDMax", r"within 2000 ms: .*DBDMax")
    with own_database.locked() as locker, concurrent.futures.ThreadPoolExecutor(24) as pool:
        pages = [pool.submit(httpd.browser().get, "/alice") for _ in range(12)]
        answers = [pool.submit(httpd.simulator().get, "/msgs/alice") for _ in range(12)]
        try:
            for waiting in answers, pages:
                refused = lambda: [request.result().status_code for request in waiting if request.done()]  # noqa: E731, B023
                installation.wait_until(refused, "a request without a connection", BOUND)
                assert set(refused()) == {503}
        finally:
            locker.close()
        assert {request.result().status_code for request in pages + answers} == {200, 503}


@pytest.mark.skipif(installation.MPM == "prefork", reason="a child without threads never waits for a connection")
def test_the_queue_is_fair(make_httpd, own_database):
    """Requests get the connection in the order in which they came."""
    httpd = make_httpd(start=False, over=own_database, directives=f"{_LONGEST}MinitwitPoolTimeout 60s\n")
    httpd.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
    httpd.sizes = "StartServers 1\nServerLimit 1\nThreadLimit 32\nThreadsPerChild 32\nMinSpareThreads 1\nMaxSpareThreads 32\nMaxRequestWorkers 32\n"
    httpd.cache = "MinitwitCache Off\n"
    httpd.start()
    (child,) = httpd.children()
    if processes.timed_waits(child) is None:
        pytest.skip("this system does not show the system calls of another process")
    httpd.simulator().register("alice")
    others = len(processes.timed_waits(child))
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'minitwit_site'"
    with own_database.locked() as locker, concurrent.futures.ThreadPoolExecutor(16) as pool:
        try:
            for number in range(16):
                pool.submit(httpd.simulator().tweet, "alice", f"number {number}")
                waiting = lambda: own_database.value(blocked) + len(processes.timed_waits(child)) - others  # noqa: E731
                installation.wait_until(lambda: waiting() > number, "a request to wait", BOUND)  # noqa: B023
        finally:
            locker.close()
    assert [text for _, text in own_database.messages()] == [f"number {number}" for number in range(16)]


def test_readyz_while_the_server_accepts_no_more_connections(make_httpd, own_cluster, own_database, faulty):
    """A site that has connections is ready. One that has none is not."""
    httpd, other = (make_httpd(over=own_database, directives=PATIENT) for _ in range(2))
    assert httpd.simulator().register("alice").status_code == 204
    own_cluster.psql("ALTER ROLE minitwit_site CONNECTION LIMIT 1")
    try:
        # The first check.
        assert httpd.operator().get("/readyz").status_code == 200
        answer = other.operator().get("/readyz")
        assert answer.status_code == 503 and answer.json()["problem"] == "the database accepts no more connections"
        assert "max_connections" in answer.json()["remedy"]
    finally:
        own_cluster.psql("ALTER ROLE minitwit_site CONNECTION LIMIT -1")
    installation.wait_until(lambda: other.operator().get("/readyz").status_code == 200, "readyz to recover")


def _ask_at_once(httpd, count):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return [pool.submit(httpd.simulator().get, "/msgs") for _ in range(count)]


def test_a_server_that_is_slow_to_connect(make_httpd, own_cluster, own_database):
    """A request waits for another thread that is connecting. MinitwitPoolTimeout does not limit this wait."""
    pool_timeout = 0.5  # s
    directives = f"{_LONGEST}MinitwitPoolTimeout {pool_timeout * 1000:.0f}ms\n"
    httpd = make_httpd(over=own_database, ops=metrics.OPS, directives=directives)
    # One child may get all of them, so there are no more than it has connections.
    count = 4
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        own_cluster.freeze()
        try:
            waiting = [pool.submit(httpd.simulator().get, "/msgs") for _ in range(count)]
            # The request for the metrics counts as well.
            metrics.wait_for(httpd, "minitwit_http_requests_in_flight", count + 1)
            time.sleep(2 * pool_timeout)
            assert not any(request.done() for request in waiting)
        finally:
            own_cluster.thaw()
        assert {request.result().status_code for request in waiting} == {200}


def test_the_api_does_not_wait_for_a_connection_to_be_made(make_httpd, own_cluster, own_database, faulty, expect_log):
    """The simulator gives up early, but pages wait. Another request continues the attempt, so the pool gets a
    connection even if the server needs longer for it than a request may wait."""
    expect_log("connecting to the database takes longer than a request may wait")
    # Under prefork, the child serves one request at a time.
    expect_log.allow("AH00161: server reached MaxRequestWorkers")
    with Forwarder(own_cluster) as forwarder, contextlib.ExitStack() as stack:
        dsn = own_database.connection_string.replace(
            f"host={own_cluster.socket_folder}", f"host=127.0.0.1 port={forwarder.port}"
        )
        httpd = make_httpd(start=False, over=dsn, directives=_LONGEST)
        httpd.sizes = _ONE_CHILD[installation.MPM == "prefork"]
        httpd.cache = "MinitwitCache Off\n"
        stack.callback(httpd.stop)
        httpd.start()
        with _frozen(own_cluster):
            for _ in range(3):
                answer = httpd.simulator().get("/latest", timeout=BOUND)
                assert answer.status_code == 503 and "the database cannot be reached" in answer.text
        installation.wait_until(lambda: httpd.simulator().get("/latest").status_code == 200, "the connection")
        assert forwarder.used == 1
        # The server ends the connection, and then accepts no other one.
        own_database.sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'minitwit_site'")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            with _frozen(own_cluster):
                answers = [pool.submit(httpd.simulator().get, "/latest", timeout=BOUND) for _ in range(3)]
                assert {answer.result().status_code for answer in answers} == {503}
                page = pool.submit(httpd.browser().get, "/public", timeout=BOUND)
                with pytest.raises(concurrent.futures.TimeoutError):
                    page.result(1)
            assert page.result().status_code == 200


_ONE_CHILD = (
    "StartServers 1\nServerLimit 1\nThreadLimit 8\nThreadsPerChild 8\nMinSpareThreads 1\nMaxSpareThreads 8\nMaxRequestWorkers 8\n",
    "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\nServerLimit 1\nMaxRequestWorkers 1\n",
)


@contextlib.contextmanager
def _frozen(cluster):
    cluster.freeze()
    try:
        yield
    finally:
        cluster.thaw()


def test_a_server_that_is_too_slow_to_connect(make_httpd, own_cluster, own_database, faulty, expect_log):
    """The log has one line for each attempt to connect, not one for each request that waited."""
    httpd = make_httpd(over=own_database, directives="MinitwitDatabaseTimeout 300ms\nMinitwitPoolTimeout 100ms\n")
    own_cluster.freeze()
    try:
        began = time.monotonic()
        statuses = [answer.result().status_code for answer in _ask_at_once(httpd, 12)]
        lasted = time.monotonic() - began
    finally:
        own_cluster.thaw()
    assert statuses == [503] * 12
    # The thread that connects and the first thread that waits for it give up at nearly the same time.
    told = len(re.findall("connecting to the database takes longer|the database cannot be reached", httpd.error_log.text))
    # Each child tries once, and again after a second, which the requests take only on a busy machine.
    assert 1 <= told <= len(statuses) / 2 * (1 + int(lasted)) or installation.MPM == "prefork"


def test_a_slow_reader_holds_no_connection(with_one_connection, own_database):
    httpd = with_one_connection(_LONGEST)
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


def test_a_slow_sender_holds_no_connection(with_one_connection, own_database):
    # Without a limit, httpd would end the senders on a slow machine.
    httpd = with_one_connection("RequestReadTimeout header=0 body=0\n")
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
    assert own_database.count("messages") == 20, "an incomplete body was stored"


def _told(httpd, mark, text):
    """How often each child process wrote this to the error log."""
    return collections.Counter(re.findall(rf"\[pid (\d+)[^\n]*{text}", httpd.error_log.since(mark)))


def test_each_child_logs_an_outage_once(make_httpd, own_cluster, own_database, faulty):
    # A stopped database refuses connections at once.
    httpd = make_httpd(start=False, over=own_database, directives=PATIENT)
    # Every request needs the database.
    httpd.cache = "MinitwitCache Off\n"
    httpd.start()
    for number in range(2):
        mark = httpd.error_log.mark()
        own_cluster.stop("fast")
        refused, began = 0, time.monotonic()
        try:
            # This is long enough for several attempts to connect and the pauses between them.
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
        # At most a few for each attempt, with a pause after each attempt.
        alarms = _told(httpd, mark, "(?=.)")
        assert max(alarms.values()) <= 3 * (6 + lasted), alarms

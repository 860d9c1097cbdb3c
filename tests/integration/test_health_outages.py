# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""readyz while the database does not answer, answers slowly, or cannot commit."""

import concurrent.futures
import contextlib
import os
import signal
import subprocess
import threading
import time

import pytest
import requests

from support import installation
from support.forwarder import Forwarder
from support.readiness import wait_until_not_ready


@pytest.fixture
def own_httpd(make_httpd, own_database):
    return make_httpd(over=own_database, directives="MinitwitPoolTimeout 200ms\nMinitwitDatabaseTimeout 1s\n")


@pytest.mark.expect_log("minitwit:error.*database")
@pytest.mark.parametrize(("begin", "end"), [("stop", "start"), ("freeze", "thaw")])
def test_the_database_is_away(own_httpd, own_cluster, begin, end):
    operator = own_httpd.operator()
    installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz")
    getattr(own_cluster, begin)()
    try:
        answer = wait_until_not_ready(operator)
        assert answer.json()["problem"] == "the database cannot be reached"
        assert answer.headers["Retry-After"] == "2"
        assert "no-store" in answer.headers["Cache-Control"]
        assert operator.get("/livez").status_code == 200
    finally:
        getattr(own_cluster, end)()
    installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz to recover")


def test_a_database_that_accepts_connections_slowly(make_httpd, own_database, own_cluster, faulty):
    """Requests get answers over the connections of the pool, so the site is ready."""
    with Forwarder(own_cluster) as forwarder, contextlib.ExitStack() as stack:
        dsn = own_database.connection_string.replace(
            f"host={own_cluster.socket_folder}", f"host=127.0.0.1 port={forwarder.port}"
        )
        # Each check takes this time. No request takes as long, even on a busy machine.
        httpd = make_httpd(over=dsn, directives="MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 3s\n")
        stack.callback(httpd.stop)
        operator = httpd.operator()
        for _ in range(40):
            assert httpd.simulator().get("/latest").status_code == 200
        assert operator.get("/readyz").status_code == 200
        with _requests(httpd):
            forwarder.is_silent = True
            # Each check makes a connection.
            deadline = time.monotonic() + installation.PATIENCE
            seen = 0
            while seen < 4:
                assert time.monotonic() < deadline
                answer = operator.get("/readyz")
                assert answer.status_code == 200, answer.text
                seen = forwarder.ignored
        assert wait_until_not_ready(operator).json()["problem"] == "the database cannot be reached"
        forwarder.is_silent = False
        installation.wait_until(lambda: operator.get("/readyz").status_code == 200, "readyz to recover")


def test_a_check_that_outlasts_its_claim(make_httpd, own_database, own_cluster, faulty):
    """Another child has checked meanwhile. Its finding is newer, so it counts, also for the child that was late."""
    with (
        Forwarder(own_cluster) as forwarder,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
        contextlib.ExitStack() as stack,
    ):
        dsn = own_database.connection_string.replace(
            f"host={own_cluster.socket_folder}", f"host=127.0.0.1 port={forwarder.port}"
        )
        # The check lasts until the child is stopped.
        httpd = make_httpd(over=dsn, directives="MinitwitDatabaseTimeout 8s\n")
        stack.callback(httpd.stop)
        forwarder.is_silent = True
        late = pool.submit(lambda: httpd.operator().get("/readyz", timeout=2 * installation.PATIENCE))
        pid = installation.wait_until(lambda: _find_client(httpd, forwarder.port), "the check")
        os.kill(pid, signal.SIGSTOP)
        stack.callback(os.kill, pid, signal.SIGCONT)
        forwarder.is_silent = False
        installation.wait_until(lambda: _is_ready(httpd), "another child to check")
        os.kill(pid, signal.SIGCONT)
        assert late.result().status_code == 200
    assert "the site is not ready" not in httpd.error_log.text


def _find_client(httpd, port):
    """The child that has a connection to this port. None: there is none."""
    said = subprocess.run(["ss", "-Htnp", f"dport = :{port}"], capture_output=True, text=True, check=True).stdout
    found = [pid for pid in httpd.children() if f"pid={pid}," in said]
    return found[0] if found else None


def _is_ready(httpd):
    """False if the child that gets the request is stopped, or has not checked yet."""
    try:
        return httpd.operator().get("/readyz", timeout=2).status_code == 200
    except requests.exceptions.Timeout:
        return False


@contextlib.contextmanager
def _requests(httpd):
    """Sends requests all the time."""
    is_over = threading.Event()

    def send():
        while not is_over.is_set():
            httpd.simulator().get("/latest", timeout=installation.PATIENCE)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(send)
        try:
            yield
        finally:
            is_over.set()


def test_a_missing_synchronous_standby(make_httpd, own_database, own_cluster, faulty):
    """No commit succeeds, although the server answers and accepts statements."""
    httpd = make_httpd(over=own_database)
    installation.wait_until(lambda: httpd.simulator().register("alice").status_code in (204, 400), "an account")
    own_cluster.psql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own_cluster.psql("SELECT pg_reload_conf()")
    try:
        installation.wait_until(lambda: httpd.simulator().tweet("alice", "text").status_code == 503, "a write without an answer")
        answer = wait_until_not_ready(httpd.operator()).json()
        assert "synchronous standby" in answer["problem"] and "/database.md" in answer["remedy"]
    finally:
        own_cluster.psql("ALTER SYSTEM RESET synchronous_standby_names")
        own_cluster.psql("SELECT pg_reload_conf()")
    installation.wait_until(lambda: httpd.operator().get("/readyz").status_code == 200, "readyz to recover")

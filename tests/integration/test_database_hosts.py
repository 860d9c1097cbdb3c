# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A connection string with several hosts, of which the first does not answer."""

import contextlib
import re
import socket

import pytest

from support import installation, metrics
from support.forwarder import Forwarder
from support.httpd import PATIENT

# Half of it is the share of the silent host. The rest is enough on a busy machine.
_DEADLINE = 8  # s


@contextlib.contextmanager
def _host_that_accepts_and_is_silent():
    """The kernel accepts the connection, as for a server that is frozen."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def _host_that_drops_packets():
    """The kernel drops the first packet of a connection, because too many wait to be accepted."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        while True:
            client = stack.enter_context(socket.socket())
            client.settimeout(1)
            try:
                client.connect(address)
            except TimeoutError:
                break
        yield address[1]


_SILENT = {"drops packets": _host_that_drops_packets, "is frozen": _host_that_accepts_and_is_silent}


@pytest.fixture(params=_SILENT)
def two_hosts(request, own_cluster, own_database):
    """A connection string with a silent host and the real one. It has no connect_timeout."""
    with _SILENT[request.param]() as port:
        hosts = f"host=127.0.0.1,{own_cluster.socket_folder} port={port},5432"
        dsn = own_database.connection_string.replace(f"host={own_cluster.socket_folder}", hosts)
        yield dsn.replace(" connect_timeout=2", "")


@pytest.mark.smoke
def test_the_next_host_serves(make_httpd, own_database, two_hosts, faulty):
    """Requests and the watchdog give each host its share of MinitwitDatabaseTimeout, then go on to the next."""
    directives = f"MinitwitDatabaseTimeout {_DEADLINE}s\nMinitwitPoolTimeout 30s\nMinitwitMetricsInterval 1s\n"
    httpd = make_httpd(over=two_hosts, ops=metrics.OPS, directives=directives)
    assert httpd.simulator().register("alice").status_code == 204
    assert httpd.simulator().tweet("alice", "hello").status_code == 204
    metrics.wait_for(httpd, "minitwit_db_up", 1)
    # A connection that was lost is replaced in the same way.
    own_database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'minitwit_site'")
    assert httpd.simulator().get("/msgs/alice").json()[0]["content"] == "hello"
    httpd.stop()
    assert "cannot be reached" not in httpd.error_log.text


def test_minitwitctl_goes_on_to_the_next_host(own_database, two_hosts):
    said = own_database.ctl("status", dsn=two_hosts)
    assert said.returncode == 0, said.stdout


def test_the_message_names_each_host(make_httpd, own_database, own_cluster, two_hosts, expect_log):
    """If no host serves, the log has the reason for each."""
    expect_log(r'the database cannot be reached.*"127\.0\.0\.1": no answer from the database within \d+ ms; "/nowhere": ')
    expect_log.allow("database: .* for the metrics failed")
    dsn = two_hosts.replace(str(own_cluster.socket_folder), "/nowhere")
    httpd = make_httpd(over=dsn, directives="MinitwitDatabaseTimeout 3s\nMinitwitPoolTimeout 30s\n")
    assert httpd.simulator().get("/msgs").status_code == 503


def test_a_silent_primary_and_a_server_that_is_read_only(make_httpd, own_database, own_cluster, two_hosts, faulty):
    """The site waits for a failover. If every server is read-only, only an operator can help."""
    own_database.sql(f"ALTER DATABASE {own_database.name} SET default_transaction_read_only = on")
    dsn = f"{two_hosts} target_session_attrs=read-write"
    httpd = make_httpd(over=dsn, directives=f"MinitwitDatabaseTimeout {_DEADLINE}s\nMinitwitPoolTimeout 30s\n")
    answer = httpd.operator().get("/readyz", timeout=installation.PATIENCE)
    assert answer.status_code == 503 and answer.json()["problem"] == "the database cannot be reached"
    answer = httpd.simulator().get("/msgs", timeout=installation.PATIENCE)
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) < 30
    httpd.stop()
    folder = own_cluster.socket_folder
    dsn = re.sub(r"host=\S+ port=\S+", f"host={folder},{folder} port=5432", dsn)
    httpd = make_httpd(over=dsn, directives=PATIENT)
    answer = httpd.operator().get("/readyz")
    assert answer.status_code == 503 and answer.json()["problem"] == "the database is read-only"
    answer = httpd.simulator().get("/msgs")
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 30


def test_no_connection_is_made_only_to_read_the_options(make_httpd, own_database, own_cluster):
    with Forwarder(own_cluster) as first:
        hosts = f"host=127.0.0.1,{own_cluster.socket_folder} port={first.port},5432"
        dsn = own_database.connection_string.replace(f"host={own_cluster.socket_folder}", hosts)
        httpd = make_httpd(over=dsn)
        assert httpd.simulator().register("alice").status_code == 204
        assert httpd.operator().get("/readyz").status_code == 200
        httpd.stop()
    assert first.unused == 0

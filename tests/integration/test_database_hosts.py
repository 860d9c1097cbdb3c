# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A connection string with several hosts or with names, of which some do not answer."""

import contextlib
import re
import socket
import time

import pytest

from support import installation, metrics, names
from support.forwarder import Forwarder
from support.httpd import PATIENT

# Half of it is the share of the silent host. The rest is enough on a busy machine.
_DEADLINE = 8  # s

_LOOKUPS = 4  # that a process has in progress at most: MT_RESOLVE_RUNNING_MAX


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
@pytest.mark.parametrize("option", ["", "target_session_attrs=prefer-standby", "load_balance_hosts=random"])
def test_the_next_host_serves(make_httpd, own_database, two_hosts, faulty, option):
    """Requests and the watchdog give each host its share of MinitwitDatabaseTimeout, then go on to the next."""
    directives = f"MinitwitDatabaseTimeout {_DEADLINE}s\nMinitwitPoolTimeout 30s\nMinitwitMetricsInterval 1s\n"
    httpd = make_httpd(start=False, over=f"{two_hosts} {option}", ops=metrics.OPS, directives=directives)
    if "load_balance_hosts" in option and "load_balance_hosts" in httpd.configtest().stdout:
        pytest.skip("this libpq has no load_balance_hosts")
    httpd.start()
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


# The other server, the words of its refusal, and the words of the remedy.
_OTHERS = {
    "read-only": ("ALTER DATABASE {name} SET default_transaction_read_only = on", "the database is read-only", "standby"),
    "login": ("ALTER DATABASE {name} RENAME TO {name}_away", "there is no database of that name", "DBDParams"),
}


@pytest.mark.parametrize("other", _OTHERS)
def test_a_silent_primary_and_a_server_that_refuses(make_httpd, own_database, own_cluster, two_hosts, faulty, other):
    """The site waits for a failover, and reports both servers. If every server refuses, only an operator can help."""
    statement, cause, remedy = _OTHERS[other]
    own_cluster.psql(statement.format(name=own_database.name))
    dsn = f"{two_hosts} target_session_attrs=read-write"
    httpd = make_httpd(over=dsn, directives=f"MinitwitDatabaseTimeout {_DEADLINE}s\nMinitwitPoolTimeout 30s\n")
    both = f"one database server cannot be reached, and another one reports that {cause}"
    answer = httpd.operator().get("/readyz", timeout=installation.PATIENCE)
    assert answer.status_code == 503 and answer.json()["problem"] == both
    assert "Start the server" in answer.json()["remedy"] and remedy in answer.json()["remedy"]
    answer = httpd.simulator().get("/msgs", timeout=installation.PATIENCE)
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) < 30 and both in answer.text
    httpd.stop()
    logged = rf'could not connect to the database: {both}\. Start .*"127\.0\.0\.1": no answer from the database'
    assert re.search(logged, httpd.error_log.text)
    folder = own_cluster.socket_folder
    dsn = re.sub(r"host=\S+ port=\S+", f"host={folder},{folder} port=5432", dsn)
    httpd = make_httpd(over=dsn, directives=PATIENT)
    answer = httpd.operator().get("/readyz")
    assert answer.status_code == 503 and answer.json()["problem"] == cause
    answer = httpd.simulator().get("/msgs")
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 30


@pytest.mark.smoke
def test_names_that_cannot_be_resolved(make_httpd, own_database, own_cluster, faulty, expect_log):
    """The name servers are silent, or do not know the name. Answers come in time, and name the cause. The next host
    serves."""
    folder = own_cluster.socket_folder
    for name, reason in {names.SILENT: r" within \d+ ms", names.UNKNOWN: ": Name or service not known"}.items():
        expect_log(rf'could not be resolved\. Check the name servers .* could not resolve the name "{name}"{reason}')
        dsn = own_database.connection_string.replace(f"host={folder}", f"host={name}")
        httpd = make_httpd(kind=names.NamesHttpd, over=dsn, directives="MinitwitDatabaseTimeout 300ms\n")
        for client, path in (httpd.operator(), "/readyz"), (httpd.simulator(), "/latest"), (httpd.browser(), "/public"):
            answer = client.get(path, timeout=installation.PATIENCE)
            assert answer.status_code == 503 and "the name of the database server could not be resolved" in answer.text
            assert name not in answer.text
        httpd.stop()
        dsn = dsn.replace(f"host={name}", f"host={name},{folder}")
        directives = f"MinitwitDatabaseTimeout {_DEADLINE}s\nMinitwitPoolTimeout 30s\n"
        httpd = make_httpd(kind=names.NamesHttpd, over=dsn, directives=directives)
        assert httpd.simulator().get("/latest", timeout=installation.PATIENCE).status_code == 200
        httpd.stop()


def test_lookups_without_an_answer_are_few(make_httpd, own_database, own_cluster, faulty):
    """Each keeps a thread, so a process begins no more of them."""
    dsn = own_database.connection_string.replace(f"host={own_cluster.socket_folder}", f"host={names.SILENT}")
    directives = "StartServers 1\nMaxRequestWorkers 8\nMinitwitDatabaseTimeout 100ms\n"
    threads = "" if installation.MPM == "prefork" else "ThreadsPerChild 8\nMinSpareThreads 1\n"
    httpd = make_httpd(kind=names.NamesHttpd, over=dsn, directives=directives + threads)

    def ask():
        assert httpd.simulator().get("/latest", timeout=installation.PATIENCE).status_code == 503
        return httpd.lookups()

    installation.wait_until(lambda: ask() >= _LOOKUPS, "lookups")
    for _ in range(3):
        # After a failure, a process waits at most a second before it connects again.
        time.sleep(1.1)
        ask()
    assert _LOOKUPS <= httpd.lookups() <= _LOOKUPS * len(httpd.children())


def test_a_name_is_looked_up_once_for_each_connection(make_httpd, own_database, own_cluster):
    """The first of its two addresses refuses connections."""
    with Forwarder(own_cluster) as forwarder, contextlib.ExitStack() as stack:
        dsn = own_database.connection_string.replace(
            f"host={own_cluster.socket_folder}", f"host={names.KNOWN} port={forwarder.port}"
        )
        httpd = make_httpd(kind=names.NamesHttpd, over=dsn)
        stack.callback(httpd.stop)
        assert httpd.operator().get("/readyz").status_code == 200
        assert httpd.simulator().register("alice").status_code == 204
        assert httpd.lookups() == forwarder.used > 0


def test_no_connection_is_made_only_to_read_the_options(make_httpd, own_database, own_cluster):
    with Forwarder(own_cluster) as first:
        hosts = f"host=127.0.0.1,{own_cluster.socket_folder} port={first.port},5432"
        dsn = own_database.connection_string.replace(f"host={own_cluster.socket_folder}", hosts)
        httpd = make_httpd(over=dsn)
        assert httpd.simulator().register("alice").status_code == 204
        assert httpd.operator().get("/readyz").status_code == 200
        httpd.stop()
    assert first.unused == 0

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwit-metrics: the values that httpd reads from the database in the background."""

import contextlib

import pytest

from support import installation, metrics
from support.httpd import PATIENT
from support.installation import wait_until


def test_the_gauges_show_the_rows_of_the_database(watched, database):
    api = watched.simulator()
    for name in ("ann", "bob", "cyd"):
        api.register(name)
    for name in ("bob", "cyd"):
        api.follow(name, "ann")
    api.follow("bob", "cyd")
    api.tweet("ann", "one")
    api.tweet("ann", "two", params={"latest": 77})
    watched.browser().sign_in("ann")
    database.sql("UPDATE messages SET flagged = true WHERE text = 'two'")
    database.sql(
        "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) "
        "SELECT sha256('x'), min(id), now() - interval '2 days', now() - interval '1 day' FROM users"
    )
    database.sql("INSERT INTO backup (succeeded_at) VALUES ('2024-02-29 12:00:00+00')")
    expected = {
        "minitwit_users": 3,
        "minitwit_messages": 2,
        "minitwit_messages_flagged": 1,
        "minitwit_follows": 3,
        "minitwit_sessions_active": 1,
        "minitwit_simulator_latest": 77,
        "minitwit_backup_last_success_timestamp_seconds": 1709208000,
        "minitwit_db_up": 1,
        # ann has two followers, cyd one, bob none; bob follows two, cyd one, ann none
        "minitwit_user_followers_sum": 3,
        "minitwit_user_followers_count": 3,
        "minitwit_user_followees_sum": 3,
        "minitwit_user_followees_count": 3,
    }
    wait_until(
        lambda: all(metrics.scrape(watched).get(name) == value for name, value in expected.items()),
        "everything to be read",
    )
    shown = metrics.scrape(watched)
    for name in ("minitwit_user_followers_bucket", "minitwit_user_followees_bucket"):
        assert [shown.get(name, le=bound) for bound in ("0", "1", "2", "5", "+Inf")] == [1, 2, 3, 3, 3]
    database.sql("DELETE FROM backup")
    metrics.wait_for(watched, "minitwit_backup_last_success_timestamp_seconds", None)


def test_statements_are_timed(watched):
    watched.browser().get("/public")
    shown = metrics.scrape(watched)
    name = "minitwit_db_query_duration_seconds"
    assert shown.get(f"{name}_count", statement="messages_public") == 1
    assert 0 < shown.get(f"{name}_sum", statement="messages_public") < 60


def test_the_database_stops_and_starts_again(make_httpd, own_cluster, own_database, faulty):
    # A stopped database refuses connections at once.
    httpd = make_httpd(over=own_database, ops=metrics.OPS, directives=f"MinitwitMetricsInterval 1s\n{PATIENT}")
    assert httpd.simulator().register("ann").status_code == 204
    metrics.wait_for(httpd, "minitwit_users", 1)
    metrics.wait_for(httpd, "minitwit_db_up", 1)
    own_cluster.stop()
    try:
        metrics.wait_for(httpd, "minitwit_db_up", 0)
        assert httpd.simulator().get("/msgs").status_code == 503
        shown = metrics.scrape(httpd)
        assert shown.get("minitwit_users") == 1
        assert shown.total("minitwit_db_errors_total") >= 1
    finally:
        own_cluster.start()
    metrics.wait_for(httpd, "minitwit_db_up", 1)


@pytest.mark.expect_log("for the metrics failed")
@pytest.mark.parametrize("fault", ["lock", "right"])
def test_a_database_that_is_not_down(make_httpd, own_database, faulty, fault):
    """A lock on a table or a missing right delays the numbers, but the database answers."""
    # Long enough for a connection on a busy machine.
    directives = "MinitwitMetricsInterval 1s\nMinitwitDatabaseTimeout 3s\n"
    httpd = make_httpd(over=own_database, ops=metrics.OPS, directives=directives)
    metrics.wait_for(httpd, "minitwit_db_up", 1)
    failed = lambda: "for the metrics failed" in httpd.error_log.text  # noqa: E731
    checks = lambda: metrics.scrape(httpd).get(  # noqa: E731
        "minitwit_db_query_duration_seconds_count", statement="schema_version"
    )
    with contextlib.ExitStack() as stack:
        if fault == "lock":
            stack.enter_context(own_database.locked())
        else:
            own_database.sql("REVOKE SELECT ON backup FROM minitwit_site")
        installation.wait_until(failed, "the numbers to fail")
        # Each check begins with this statement. Both watchdogs, of which one waits for the lock, use it.
        enough = checks() + 4
        installation.wait_until(lambda: checks() >= enough, "several checks")
        assert metrics.scrape(httpd).get("minitwit_db_up") == 1


def test_the_database_freezes(make_httpd, own_cluster, own_database, faulty):
    httpd = make_httpd(over=own_database, ops=metrics.OPS, directives="MinitwitMetricsInterval 1s\n")
    metrics.wait_for(httpd, "minitwit_db_up", 1)
    own_cluster.freeze()
    try:
        metrics.wait_for(httpd, "minitwit_db_up", 0)
    finally:
        own_cluster.thaw()
    metrics.wait_for(httpd, "minitwit_db_up", 1)


def test_a_count_that_fails_hides_no_other_value(make_httpd, own_database, faulty):
    """Users cannot be counted while their table is locked, but the other values are read."""
    with own_database.locked("users"):
        httpd = make_httpd(over=own_database, ops=metrics.OPS, directives="MinitwitMetricsInterval 1s\n")
        metrics.wait_for(httpd, "minitwit_simulator_latest", -1)
        shown = metrics.scrape(httpd)
        assert shown.get("minitwit_users", default=None) is None
        metrics.wait_for(httpd, "minitwit_db_up", 1)
    metrics.wait_for(httpd, "minitwit_users", 0)


def test_a_statement_that_timed_out_ends_on_the_server_too(make_httpd, own_database, faulty):
    """Otherwise each request that gives up behind a lock would leave a session, until PostgreSQL accepts no more."""
    httpd = make_httpd(over=own_database, directives="MinitwitDatabaseTimeout 200ms\n")
    with own_database.locked("messages"):
        for _ in range(3):
            assert httpd.simulator().get("/msgs").status_code == 503
        wait_until(lambda: own_database.count_waiting() == 0, "the statements to end")
    wait_until(lambda: httpd.simulator().get("/msgs").status_code == 200, "an answer")


def test_the_first_of_several_databases_is_read(make_httpd, database, tmp_path, expect_log):
    """The first one in the configuration. httpd lists the hosts in another order."""
    expect_log(r"minitwit:warn.*several hosts with different databases")
    expect_log.allow(r"DBDParams|connect_timeout")
    port = installation.free_port()
    other = (
        f'Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\nDBDParams "host={tmp_path} dbname=x connect_timeout=2"\n'
        '<Location "/metrics">\nSetHandler minitwit-metrics\n</Location>\n</VirtualHost>\n'
    )
    httpd = make_httpd(ops=metrics.OPS, extra=other, directives="MinitwitMetricsInterval 1s\n")
    metrics.wait_for(httpd, "minitwit_db_up", 1)
    metrics.wait_for(httpd, "minitwit_users", 0)


def test_an_absent_database_is_down_from_the_start(make_httpd, faulty, tmp_path):
    httpd = make_httpd(over=f"host={tmp_path} dbname=x connect_timeout=2", ops=metrics.OPS)
    metrics.wait_for(httpd, "minitwit_db_up", 0)
    shown = metrics.scrape(httpd)
    assert shown.get("minitwit_users", default=None) is None
    assert not shown.select("minitwit_user_followers_bucket")

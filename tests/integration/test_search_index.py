# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The index of the search: a job of the module fills it in the background."""

import contextlib
import re

import pytest

from support import metrics
from support.installation import wait_until
from support.original import PBKDF2, import_from
from support.search import ON, found, index


@contextlib.contextmanager
def paused(database):
    """Keeps the module from adding messages to the index."""
    with contextlib.closing(database.cluster.connect(database.name)) as holder:
        holder.cursor().execute("BEGIN; SELECT FROM search_progress FOR UPDATE")
        yield


def test_messages_that_are_committed_late_are_indexed(searching, people, database):
    people("alice")
    browser = searching.browser()
    with contextlib.closing(database.cluster.connect(database.name)) as slow:
        slow.cursor().execute(
            "BEGIN; INSERT INTO messages (author_id, text) SELECT id, 'needle late' FROM users WHERE username = 'alice'"
        )
        database.add_message("alice", "needle early")
        wait_until(lambda: found(browser, "needle") == ["needle early"], "the search to find the message")
        slow.cursor().execute("COMMIT")
        wait_until(lambda: found(browser, "needle") == ["needle early", "needle late"], "the search to find both")


def test_a_message_of_the_newest_transaction_is_indexed(searching, people, database):
    """The transaction has an earlier message id, but a later transaction id, than one that is committed before it."""
    people("alice")
    browser = searching.browser()
    add = "INSERT INTO messages (author_id, text) SELECT id, %s FROM users WHERE username = 'alice'"
    with contextlib.closing(database.cluster.connect(database.name)) as quick:
        with contextlib.closing(database.cluster.connect(database.name)) as slow:
            quick.cursor().execute("BEGIN; SELECT pg_current_xact_id()")
            slow.cursor().execute(f"BEGIN; {add}", ["needle late"])
            quick.cursor().execute(f"{add}; COMMIT", ["needle early"])
            wait_until(lambda: found(browser, "needle") == ["needle early"], "the search to find the message")
            early = database.value("SELECT id FROM messages")
            passed = "SELECT next_complete >= %s FROM search_progress"
            wait_until(lambda: database.value(passed, early), "the index to look at the transactions")
            for text in ("next", "last"):
                database.add_message("alice", text)
                wait_until(lambda text=text: found(browser, text) == [text], "the search to find the message")
            slow.cursor().execute("COMMIT")
            wait_until(lambda: found(browser, "needle") == ["needle early", "needle late"], "the search to find both")


def test_imported_messages_are_indexed(searching, people, database, original):
    """An import adds messages below the ids that the index has passed."""
    people("alice")
    database.sql("SELECT setval('messages_id_seq', 100)")
    database.add_message("alice", "needle new")
    index(database)
    original.users((50, "old", "old@x", PBKDF2)).messages((7, 50, "needle imported", 1234567890, 0))
    imported = import_from(database, original)
    assert imported.returncode == 0, imported.stdout
    browser = searching.browser()
    wait_until(lambda: found(browser, "needle") == ["needle new", "needle imported"], "the search to find both")


def test_the_index_of_another_cluster_is_continued(searching, people, database):
    """A restored backup can have a transaction id that this cluster has not reached."""
    people("alice")
    database.sql("UPDATE search_progress SET next_xid = '1000000000000'")
    database.add_message("alice", "needle")
    index(database)
    assert found(searching.browser(), "needle") == ["needle"]


def test_the_metric_of_the_messages_that_wait(make_httpd, people, database):
    people("alice")
    directives = "MinitwitMetricsInterval 1s\n"
    httpd, without = make_httpd(ops=metrics.OPS, directives=directives + ON), make_httpd(ops=metrics.OPS, directives=directives)

    def pending(httpd):
        return metrics.scrape(httpd).get("minitwit_search_pending_messages")

    with paused(database):
        database.add_messages("alice", ["one", "two"])
        wait_until(lambda: pending(httpd) == 2, "the metric to count the messages")
    wait_until(lambda: pending(httpd) == 0, "the metric to count no message")
    # Without the search, the number would grow with each message.
    wait_until(lambda: metrics.scrape(without).get("minitwit_db_up") == 1, "the metrics of the other site")
    assert metrics.scrape(without).get("minitwit_search_pending_messages", default=None) is None


def test_deletions_at_the_same_time_are_no_failure(searching, people, database):
    """The index waits for each deletion. After it is committed, or has taken too long, the index tries again, and logs
    nothing."""
    people("alice")
    waiting = "SELECT query_start FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for takes_long in (False, True):
        with contextlib.ExitStack() as stack:
            operators = [stack.enter_context(contextlib.closing(database.cluster.connect(database.name))) for _ in range(2)]
            with paused(database):
                for operator in operators:
                    gone = database.add_message("alice", "needle gone")
                    operator.cursor().execute("BEGIN; DELETE FROM messages WHERE id = %s", [gone])
                database.add_message("alice", "needle here")
            seen = []
            for operator in operators:
                wait_until(lambda seen=seen: database.sql(waiting) not in ([], seen), "the index to wait for a deletion")
                seen = database.sql(waiting)
                if takes_long and operator is operators[0]:
                    wait_until(lambda seen=seen: database.sql(waiting) != seen, "the index to give up")
                operator.cursor().execute("COMMIT")
        index(database)
        assert found(searching.browser(), "gone") == []
    assert found(searching.browser(), "needle") == ["needle here"] * 2


def test_two_nodes_share_the_work(make_httpd, people, database):
    people("alice")
    nodes = [make_httpd(directives=ON) for _ in range(2)]
    for number in range(3):
        database.add_messages("alice", [f"needle {number}-{text}" for text in range(20)])
        index(database)
    assert database.count("search") == 60
    assert all(len(found(node.browser(), "needle")) == 30 for node in nodes)
    assert "index of the search failed" not in "".join(node.error_log.text for node in nodes)


@pytest.mark.expect_log(r"minitwit:warn.*index of the search failed.*search_index|minitwit:warn.*search_index.*index of the search")
def test_a_job_that_fails_is_logged_once_and_continues(make_httpd, people, database):
    people("alice")
    database.sql("ALTER TABLE search RENAME TO lost")
    try:
        httpd = make_httpd(directives=ON)
        database.add_message("alice", "needle")
        wait_until(lambda: "index of the search failed" in httpd.error_log.text, "the log to name the failure")
    finally:
        database.sql("ALTER TABLE lost RENAME TO search")
    index(database)
    assert found(httpd.browser(), "needle") == ["needle"]
    assert len(re.findall("index of the search failed", httpd.error_log.text)) == 1


@pytest.mark.expect_log(r"minitwit:warn.*search_settle for the index of the search failed")
def test_the_log_states_that_only_the_merge_failed(make_httpd, people, database):
    """The search still finds new messages. The operator learns the remedy from doctor."""
    people("alice")
    database.sql("REVOKE EXECUTE ON FUNCTION search_settle() FROM minitwit_site")
    try:
        httpd = make_httpd(directives=ON)
        database.add_message("alice", "needle")
        wait_until(lambda: "search_settle" in httpd.error_log.text, "the log to name the failure")
        said = httpd.error_log.text
        assert "The search finds new messages, but reads their entries one by one" in said and "minitwitctl doctor" in said
        assert "does not find new messages" not in said
        assert found(httpd.browser(), "needle") == ["needle"]
        assert "lacks execute on search_settle()" in database.ctl("doctor").stdout
    finally:
        database.sql("GRANT EXECUTE ON FUNCTION search_settle() TO minitwit_site")

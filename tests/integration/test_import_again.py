# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl import runs again, after it has finished and after it was killed."""

import contextlib
import subprocess

import pytest

from support import installation
from support.original import counts_of, follows_of, import_from, messages_of, people_of, problems_of, users_of


def test_a_second_run_adds_nothing(database, original):
    people_of(original, "alice", "bob").messages((1, 1, "one", 1, 0), (2, 9, "dangling", 2, 0)).follows((1, 2), (1, 2))
    assert import_from(database, original).returncode == 0
    with database.unchanged():
        again = import_from(database, original)
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    counts = counts_of(database, original)
    assert counts["users"] == {"read": 2, "added": 0, "present": 2}
    assert counts["messages"] == {"read": 2, "added": 0, "present": 1}
    assert counts["follows"] == {"read": 2, "added": 0, "present": 1}


def test_missing_rows_are_added(database, original):
    people_of(original, "alice", "bob").messages((1, 1, "one", 1, 0), (2, 2, "two", 2, 0)).follows((1, 2), (2, 1))
    assert import_from(database, original).returncode == 0
    whole = users_of(database), messages_of(database), follows_of(database)
    for statement in (
        "DELETE FROM followers WHERE who_id = 2",
        "DELETE FROM messages WHERE id = 2; DELETE FROM followers",
        "TRUNCATE messages, followers CASCADE; DELETE FROM users WHERE id = 2",
    ):
        database.sql(statement)
        assert import_from(database, original).returncode == 0
        assert (users_of(database), messages_of(database), follows_of(database)) == whole


def _all_of(database):
    return database.sql("SELECT id, username, email, password_hash FROM users ORDER BY id"), messages_of(database), follows_of(database)


_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'minitwitctl' AND datname = current_database()"


@pytest.fixture
def barrier(database):
    """Blocks the import at message 25000 until this connection is closed. By then it has committed a transaction."""
    database.sql(
        """CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_advisory_xact_lock_shared(25000); RETURN NEW; END';
        CREATE TRIGGER barrier BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.id = 25000) EXECUTE FUNCTION wait_here()"""
    )
    connection = database.cluster.connect(database.name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(25000)")
    yield connection
    connection.close()
    installation.wait_until(lambda: database.value(_SESSIONS) == 0, "the killed import to end")
    database.sql("DROP TRIGGER barrier ON messages; DROP FUNCTION wait_here")


def _import_until_killed(database, source, barrier):
    process = subprocess.Popen([installation.CTL, "import", "--dsn", database.owner_connection_string, source.path])
    with contextlib.closing(barrier):
        waiting = _SESSIONS + " AND wait_event_type = 'Lock'"
        installation.wait_until(lambda: database.value(waiting) == 1, "the import to wait")
        process.kill()
        process.wait(timeout=installation.PATIENCE)
    installation.wait_until(lambda: database.value(_SESSIONS) == 0, "the killed import to end")


def test_a_killed_import_goes_on(database, keyless, barrier):
    """The source has some ids twice: in one transaction, in two adjacent ones, and in the rest that is missing."""
    people_of(keyless, "alice", "bob", "carol")
    keyless.messages(*[(i, i % 3 + 1, f"text {i}", i, i % 7 == 0) for i in range(1, 30001)])
    keyless.messages(*[(i, 2, "again", i, 0) for i in (5, 19999, 26000)])
    keyless.follows((3, 1), (1, 2), (2, 3))
    _import_until_killed(database, keyless, barrier)
    assert database.count("messages") == 19999 and database.count("followers") == 0
    assert database.audit() == [("import", "", {"users": 3, "messages": 19999, "follows": 0, "finished": False})]
    counts = counts_of(database, keyless)
    assert counts["messages"] == {"read": 30003, "added": 10001, "present": 19999}
    assert problems_of(counts) == {"message_taken": 3}
    assert database.audit()[1:] == [("import", "", {"users": 0, "messages": 10001, "follows": 3, "finished": True})]
    resumed = _all_of(database)
    database.clear()
    assert problems_of(counts_of(database, keyless)) == {"message_taken": 3}
    assert _all_of(database) == resumed


def test_a_failed_import_is_recorded_as_unfinished(database, original):
    people_of(original, "alice", "bob").messages((1, 1, "one", 1, 0)).follows((1, 2))
    database.sql("ALTER TABLE followers ADD CONSTRAINT full_disk CHECK (who_id < 0)")
    try:
        assert "full_disk" in import_from(database, original).stdout
    finally:
        database.sql("ALTER TABLE followers DROP CONSTRAINT full_disk")
    assert database.audit() == [("import", "", {"users": 2, "messages": 1, "follows": 0, "finished": False})]

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl prune: expired sessions and old messages."""

import json
import os

import pytest

from support.client import location
from support.terminal import Terminal, run_alone

_DAY = 24 * 60 * 60


def _prune(database, *arguments, **options):
    result = database.ctl("prune", "--json", *arguments, **options)
    assert result.returncode == 0, result.stdout
    counts = json.loads(result.stdout)
    return counts["sessions"], counts["messages"]


def _add_expired(database, count):
    database.sql(
        "INSERT INTO sessions (token_hash, user_id, expires_at)"
        " SELECT sha256(convert_to('t' || n, 'UTF8')), 1, now() - interval '1 minute' FROM generate_series(1, %s) n",
        count,
    )


def test_expired_sessions(signed_in, database):
    alice = signed_in("alice")
    _add_expired(database, 12_001)
    database.add_message("alice", "old", age=1000 * _DAY)
    with database.unchanged():
        assert _prune(database, "--dry-run") == (12_001, 0)
    result = database.ctl("prune")
    assert (result.returncode, result.stdout) == (0, "deleted: expired sessions: 12001, messages: 0\n")
    assert database.count("sessions") == 1
    assert location(alice.get("/login")) == "/"
    assert database.count("messages") == 1
    assert database.audit() == [
        ("prune", "", {"sessions": 12_001, "messages": 0, "messages_older_than_days": None, "flagged_only": False})
    ]


def test_time_zone_and_date_style_do_not_matter(signed_in, database):
    """India's and Israel's time zones have the same abbreviation, but differ by hours."""
    signed_in("alice")
    database.sql("UPDATE sessions SET expires_at = now() + interval '1 hour'")
    _add_expired(database, 3)
    settings = {"DateStyle": "SQL, DMY", "TimeZone": "Asia/Kolkata"}
    for name, value in settings.items():
        database.sql(f"ALTER DATABASE \"{database.name}\" SET {name} TO '{value}'")
    try:
        assert _prune(database) == (3, 0)
    finally:
        for name in settings:
            database.sql(f'ALTER DATABASE "{database.name}" RESET {name}')
    assert database.count("sessions") == 1


def test_nothing_to_do(signed_in, database):
    signed_in("alice")
    with database.unchanged():
        assert _prune(database) == (0, 0)
        assert _prune(database, "--messages-older-than", "1") == (0, 0)


def test_sessions_are_deleted_in_batches(people, database):
    people("alice")
    _add_expired(database, 12_001)
    database.sql(
        "CREATE TABLE batches (n bigint);"
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO batches SELECT count(*) FROM gone; RETURN NULL; END $$;"
        "CREATE TRIGGER note AFTER DELETE ON sessions REFERENCING OLD TABLE AS gone EXECUTE FUNCTION note()"
    )
    try:
        assert _prune(database, dsn=database.cluster.connection_string(database.name, "postgres")) == (12_001, 0)
        assert database.sql("SELECT n FROM batches WHERE n > 0") == [(5000,), (5000,), (2001,)]
    finally:
        database.sql("DROP FUNCTION note CASCADE; DROP TABLE batches")


@pytest.fixture
def messages(people, database):
    people("alice")
    for text, days, flagged in (("older", 31, False), ("hidden", 31, True), ("newer", 29, False), ("fresh", 0, True)):
        database.add_message("alice", text, age=days * _DAY, flagged=flagged)


def _texts(database):
    return [text for _, text in database.messages()]


def test_old_messages(messages, database):
    with database.unchanged():
        assert _prune(database, "--messages-older-than", "30", "--dry-run") == (0, 2)
    assert _prune(database, "--messages-older-than", " +30", "--yes") == (0, 2)
    assert _texts(database) == ["newer", "fresh"]
    ((action, target, details),) = database.audit()
    assert (action, target) == ("prune", "")
    assert details == {"sessions": 0, "messages": 2, "messages_older_than_days": 30, "flagged_only": False}


def test_old_flagged_messages(messages, database):
    assert _prune(database, "--messages-older-than", "30", "--flagged-only", "--yes") == (0, 1)
    assert _texts(database) == ["older", "newer", "fresh"]


def test_many_messages(people, database):
    people("alice")
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date)"
        " SELECT 1, 'x', now() - interval '3 days' + (n %% 2) * interval '2 days' FROM generate_series(1, %s) n",
        24_002,
    )
    assert _prune(database, "--messages-older-than", "2", "--yes") == (0, 12_001)
    assert database.count("messages") == 12_001
    assert len(database.audit()) == 1


def test_messages_need_a_confirmation_and_sessions_do_not(messages, database):
    arguments = ("prune", "--messages-older-than", "30", "--dsn", database.owner_connection_string)
    _add_expired(database, 1)
    with database.unchanged():
        code, said = run_alone(*arguments)
        assert code == 1 and "--yes" in said
        terminal = Terminal(*arguments)
        terminal.expect("2 messages older than 30 days will be deleted. ")
        terminal.answer("no\n")
        assert os.waitstatus_to_exitcode(terminal.end()) == 1
    terminal = Terminal(*arguments)
    terminal.expect("go on: ")
    terminal.answer("yes\n")
    assert os.waitstatus_to_exitcode(terminal.end()) == 0
    assert _texts(database) == ["newer", "fresh"]
    _add_expired(database, 1)
    code, said = run_alone("prune", "--dsn", database.owner_connection_string)
    assert (code, said) == (0, "deleted: expired sessions: 1, messages: 0\n")


def test_a_failure_keeps_and_reports_the_previous_steps(messages, database):
    """The deletion of messages fails. The sessions are deleted and recorded."""
    _add_expired(database, 3)
    database.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;"
        "CREATE TRIGGER refuse BEFORE DELETE ON messages EXECUTE FUNCTION refuse()"
    )
    try:
        result = database.ctl("prune", "--messages-older-than", "30", "--yes")
    finally:
        database.sql("DROP FUNCTION refuse CASCADE")
    assert result.returncode == 1
    assert "not now" in result.stdout and "expired sessions: 3, messages: 0" in result.stdout
    assert database.count("sessions") == 0
    assert database.count("messages") == 4
    ((_, _, details),) = database.audit()
    assert (details["sessions"], details["messages"]) == (3, 0)


def test_the_site_role_may_not(signed_in, database):
    signed_in("alice")
    _add_expired(database, 1)
    with database.unchanged():
        result = database.ctl("prune", dsn=database.connection_string)
        assert result.returncode == 1
        assert "permission denied" in result.stdout and "minitwit_owner" in result.stdout

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What minitwitctl import refuses, without a trace in the database."""

import pytest

from support.original import PBKDF2, SHA256, Original, import_from, people_of, refused


@pytest.mark.parametrize("user", [(1, "bob"), (2, "alice")])
def test_somebody_else_is_here(people, database, original, user):
    people("alice")
    original.users((*user, "x@y", PBKDF2), (3, "carol", "x@y", SHA256)).messages((1, 3, "hello", 1, 0))
    with database.unchanged():
        refused(import_from(database, original), "users of the import conflict", '"alice"', "empty database")


def test_another_message_is_here(people, database, original):
    people("alice")
    database.add_message("alice", "here")
    original.users((1, "alice", "x@y", PBKDF2), (2, "bob", "x@y", PBKDF2))
    original.messages((1, 1, "there", 1, 0), (2, 2, "hello", 1, 0))
    with database.unchanged():
        refused(import_from(database, original), "messages of the import conflict", "empty database")


def test_another_message_is_here_than_those_of_its_id(people, database, keyless):
    people("alice")
    database.add_message("alice", "here")
    keyless.users((1, "alice", "x@y", PBKDF2)).messages((1, 1, "there", 1, 0), (1, 1, "again", 1, 0))
    with database.unchanged():
        refused(import_from(database, keyless), "messages of the import conflict", "id 1\n", "empty database")


def test_others_may_be_here(people, database, original):
    """Who registered since, with ids that the other site never gave."""
    people_of(original, "alice")
    assert import_from(database, original).returncode == 0
    people("bob")
    original.users((3, "carol", "x@y", PBKDF2))
    assert import_from(database, original).returncode == 0
    assert database.usernames() == ["alice", "bob", "carol"]


def test_one_at_a_time(database, original):
    connection = database.cluster.connect(database.name)
    try:
        with connection.cursor() as cursor, database.unchanged():
            cursor.execute("SELECT pg_advisory_lock(7883954021893368180)")
            refused(import_from(database, original), "another import or a migration is running")
    finally:
        connection.close()


def test_the_site_role_may_not(database, original):
    people_of(original, "alice")
    with database.unchanged():
        result = database.ctl("import", original.path, dsn=database.connection_string)
        refused(result, "42501", "minitwit_owner")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"", "neither an SQLite database"), (b"hello", "neither an SQLite database"), (b"SQLite format 3\0" + b"x" * 200, "SQLite")],
)
def test_no_database_of_the_original(database, tmp_path, content, reason):
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with database.unchanged():
        refused(import_from(database, path), reason)


def test_another_schema(database, tmp_path):
    original = Original(tmp_path / "other.db", "create table users (id integer)")
    with database.unchanged():
        refused(import_from(database, original), "no such table: user", "user_id, username")


def test_a_damaged_file(database, original):
    people_of(original, *[f"u{i}" for i in range(2000)])
    original.connection.close()
    content = bytearray(original.path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20000] = b"\xff" * 20000
    original.path.write_bytes(content)
    with database.unchanged():
        refused(import_from(database, original), "malformed")

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Sources that minitwitctl import refuses. The database stays unchanged."""

import pytest

from support.original import PBKDF2, SHA256, Original, import_from, people_of, refused


@pytest.mark.parametrize("user", [(1, "bob"), (2, "alice")])
def test_another_user_has_the_id_or_the_name(people, database, original, user):
    people("alice")
    original.users((*user, "x@y", PBKDF2), (3, "carol", "x@y", SHA256)).messages((1, 3, "hello", 1, 0))
    with database.unchanged():
        refused(import_from(database, original), "users of the import conflict", '"alice"', "empty database")


def test_another_message_has_the_id(people, database, original):
    people("alice")
    database.add_message("alice", "here")
    original.users((1, "alice", "x@y", PBKDF2), (2, "bob", "x@y", PBKDF2))
    original.messages((1, 1, "there", 1, 0), (2, 2, "hello", 1, 0))
    with database.unchanged():
        refused(import_from(database, original), "messages of the import conflict", "empty database")


def test_another_message_has_the_id_of_two_in_the_source(people, database, keyless):
    people("alice")
    database.add_message("alice", "here")
    keyless.users((1, "alice", "x@y", PBKDF2)).messages((1, 1, "there", 1, 0), (1, 1, "again", 1, 0))
    with database.unchanged():
        refused(import_from(database, keyless), "messages of the import conflict", "id 1\n", "empty database")


def test_users_who_registered_meanwhile_are_no_conflict(people, database, original):
    """Their ids do not occur in the source."""
    people_of(original, "alice")
    assert import_from(database, original).returncode == 0
    people("bob")
    original.users((3, "carol", "x@y", PBKDF2))
    assert import_from(database, original).returncode == 0
    assert database.usernames() == ["alice", "bob", "carol"]


def test_another_import_is_running(database, original):
    connection = database.cluster.connect(database.name)
    try:
        with connection.cursor() as cursor, database.unchanged():
            cursor.execute("SELECT pg_advisory_lock(7883954021893368180)")
            refused(import_from(database, original), "could not obtain the lock of migrations and imports within 10s")
    finally:
        connection.close()


def test_the_site_role_may_not(database, original):
    people_of(original, "alice")
    with database.unchanged():
        result = database.ctl("import", original.path, dsn=database.connection_string)
        refused(result, "42501", "minitwit_owner")


def test_files_that_are_not_databases(database, tmp_path):
    path = tmp_path / "file"
    files = [(None, "No such file"), (b"", "neither an SQLite database"), (b"hello", "neither an SQLite database"), (b"SQLite format 3\0" + b"x" * 200, "SQLite")]
    with database.unchanged():
        for content, reason in files:
            if content is not None:
                path.write_bytes(content)
            refused(import_from(database, path), reason)


def test_another_schema(database, tmp_path):
    original = Original(tmp_path / "other.db", "create table users (id integer)")
    with database.unchanged():
        refused(import_from(database, original), 'table "users" has no column with a usual name for users.username', "--map")


def test_a_damaged_file(database, original):
    people_of(original, *[f"u{i}" for i in range(2000)])
    original.connection.close()
    content = bytearray(original.path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20000] = b"\xff" * 20000
    original.path.write_bytes(content)
    with database.unchanged():
        refused(import_from(database, original), "malformed")

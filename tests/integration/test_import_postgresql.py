# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl import --from: a MiniTwit that uses PostgreSQL."""

import json

import pytest

from support.original import PBKDF2, SHA256, follows_of, messages_of, problems_of, refused


@pytest.fixture
def port(cluster):
    """The database of another site, with views that have the form of the original's tables."""
    cluster.psql("CREATE DATABASE port")
    cluster.psql(
        """CREATE TABLE users (id int, username text, email text, pw_hash text);
        CREATE TABLE messages (id int, author_id int, text text, created timestamptz, flagged boolean);
        CREATE TABLE followers (id int, who_id int, whom_id int);
        CREATE SCHEMA empty;
        CREATE SCHEMA "the export";
        CREATE VIEW "the export"."user" AS SELECT id AS user_id, username, email, pw_hash FROM users;
        CREATE VIEW "the export".message AS SELECT id AS message_id, author_id, text,
            extract(epoch FROM created) AS pub_date, flagged FROM messages;
        CREATE VIEW "the export".follower AS SELECT who_id, whom_id FROM followers ORDER BY id;""",
        "port",
    )
    yield cluster.connection_string("port", "postgres")
    cluster.psql("DROP DATABASE port WITH (FORCE)")


def test_from_postgresql(httpd, database, port):
    database.cluster.psql(f"INSERT INTO users VALUES (2, 'bob', NULL, '{SHA256}'), (1, 'alice', 'a@x', '{PBKDF2}')", "port")
    database.cluster.psql("INSERT INTO messages VALUES (7, 2, 'hello', '2020-01-01 00:00:00.25Z', NULL)", "port")
    database.cluster.psql("INSERT INTO followers VALUES (1, 2, 1), (2, 1, 2), (3, 1, 9)", "port")
    result = database.ctl("import", "--from", port, "--schema", "the export", "--json")
    assert result.returncode == 0, result.stdout
    counts = json.loads(result.stdout.splitlines()[-1])
    assert problems_of(counts) == {"email_missing": 1, "hash_wrapped": 1, "flag_missing": 1, "follow_dangling": 1}
    assert messages_of(database) == [(7, 2, "hello", 1577836800.25, False)]
    assert follows_of(database) == [(2, 1), (1, 2)]
    for name in ("alice", "bob"):
        httpd.browser().sign_in(name, "secret")
    again = database.ctl("import", "--from", port, "--schema", "the export")
    assert again.returncode == 0 and "nothing to do" in again.stdout


def test_databases_that_cannot_be_imported(database, port):
    with database.unchanged():
        result = database.ctl("import", "--from", port, "--schema", "empty")
        refused(result, "no table has a usual name for users", "--map")
        assert "minitwit_owner" not in result.stdout
        refused(database.ctl("import", "--from", port, "--schema", "none"), 'no schema "none"', "--schema")
        refused(database.ctl("import", "--from", port + " dbname=nowhere"), "could not connect", "nowhere")


def test_a_missing_view_column_or_right(database, port):
    """The import reports it before it writes anything."""
    # The import checks messages before follows.
    changes = [
        ('ALTER VIEW "the export".follower OWNER TO stranger', "42501"),
        ('DROP VIEW "the export".follower', "no table has a usual name for follows"),
        ('ALTER VIEW "the export".message RENAME text TO words', "no column with a usual name for messages.text"),
    ]
    database.cluster.psql("CREATE ROLE stranger")
    try:
        database.cluster.psql(f"INSERT INTO users VALUES (1, 'alice', 'a@x', '{PBKDF2}')", "port")
        with database.unchanged():
            for change, reason in changes:
                database.cluster.psql(change, "port")
                result = database.ctl("import", "--from", port, "--schema", "the export")
                refused(result, reason, "the other site's database: ")
    finally:
        database.cluster.psql("DROP OWNED BY stranger CASCADE", "port")
        database.cluster.psql("DROP ROLE stranger")

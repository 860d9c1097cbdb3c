# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Runs minitwitctl backup and backup verify as an operator does."""

import functools

import pytest

from support import installation


def fill(database):
    """Writes rows into each table that the schema has."""
    database.sql(
        "INSERT INTO users (username, email, password_hash) VALUES"
        " ('alice', 'alice@example.org', 'x'), ('Bjørn \\ \"''', 'b@example.org', 'y')"
    )
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date, flagged) SELECT 1, format(E'message %s \\t\\n ☃', n),"
        " now() - n * interval '1 second', n % 7 = 0 FROM generate_series(0, 299) n"
    )
    if database.value("SELECT to_regclass('answers') IS NOT NULL"):
        database.sql("UPDATE messages SET answers_id = 1, answers_author_id = 1 WHERE id = 9")
        database.sql("INSERT INTO answers SELECT answers_id, pub_date, id FROM messages WHERE id = 9")
        database.sql("INSERT INTO mentions SELECT 2, pub_date, id FROM messages WHERE id % 50 = 0")
        database.sql("INSERT INTO message_tags SELECT '☃', pub_date, id FROM messages WHERE id % 50 = 0")
    database.sql("INSERT INTO followers (who_id, whom_id) VALUES (1, 2)")
    database.sql(
        "INSERT INTO sessions (token_hash, user_id, expires_at) VALUES (sha256('a'), 1, now() + interval '1 day')"
    )
    database.sql("SELECT setval('simulator_latest', 42)")
    if database.value("SELECT to_regclass('search') IS NOT NULL"):
        database.sql(
            "INSERT INTO search (message_id, words)"
            " SELECT id, to_tsvector('simple', text) || array_to_tsvector(array['a 1', 't x']) FROM messages"
        )
        database.sql("UPDATE search_progress SET seen = 300, complete = 200, next_complete = 250, next_xid = '7'")


@functools.cache
def why_not():
    """The reason why the server under test cannot be backed up here; None if it can."""
    server = installation.server_version()
    client = installation.postgresql_version(installation.postgresql_clients() / "pg_dump")
    return None if server <= client else f"pg_dump {client} does not read PostgreSQL {server}, which is newer"


# For tests that back up the server under test.
needs_pg_dump = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def administrator(cluster):
    return cluster.connection_string("postgres", "postgres")


def back_up(database, folder, *options):
    return database.ctl("backup", "--dir", str(folder), *options)


def find_dump(folder):
    (dump,) = folder.glob("minitwit-*Z.dump")
    return dump


def verify(database, dump):
    """Verifies a dump with the server of this database."""
    return database.ctl("backup", "verify", str(dump), dsn=administrator(database.cluster))

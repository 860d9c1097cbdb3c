# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl import: databases whose tables and columns have other names than the original's, or too few columns."""

import json
import os

import pytest

from support import siblings
from support.original import PBKDF2, Original, follows_of, import_from, messages_of, people_of, problems_of, refused, users_of
from support.terminal import Terminal, run_alone


@pytest.fixture
def foreign(cluster):
    """The database of another site in PostgreSQL."""
    cluster.psql("CREATE DATABASE foreign_site")
    yield cluster.connection_string("foreign_site", "postgres")
    cluster.psql("DROP DATABASE foreign_site WITH (FORCE)")


def _check(database, run):
    """Imports a sibling with and without --dry-run. Returns its problems."""
    with database.unchanged():
        result = run("--dry-run")
    assert result.returncode == 0, result.stdout
    for word in ("2025-02-27T13:46:00.000000Z to 2025-02-27T13:46:01.000000Z", "messages   ", "nothing was imported"):
        assert word in result.stdout
    result = run("--yes", "--json")
    assert result.returncode == 0, result.stdout
    assert (users_of(database), messages_of(database), follows_of(database)) == (
        siblings.USERS, siblings.MESSAGES, siblings.FOLLOWS,
    )  # fmt: skip
    assert "nothing to do" in run("--yes").stdout
    database.clear()
    return problems_of(json.loads(result.stdout.splitlines()[-1]))


def test_siblings_in_sqlite(database, tmp_path):
    for name, schema in siblings.ALL.items():
        source = Original(tmp_path / f"{name}.db", schema)
        problems = _check(database, lambda *arguments, source=source: import_from(database, source, *arguments))
        if schema is siblings.GORM:
            assert problems == {"user_deleted": 1, "message_deleted": 1, "flag_missing": 1}
        else:
            assert problems == ({"flag_missing": 1} if schema is siblings.RAILS else {}), name


def test_siblings_in_postgresql(database, foreign):
    for name, schema in siblings.ALL.items():
        database.cluster.psql(f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {schema}", "foreign_site")
        problems = _check(database, lambda *arguments: database.ctl("import", "--from", foreign, *arguments))
        assert ("user_deleted" in problems) == (schema is siblings.GORM), name


def test_missing_columns_of_the_oldest_original(database, tmp_path):
    """The import takes the default, shows it, and needs no confirmation."""
    source = Original(
        tmp_path / "oldest.db",
        """create table user (user_id integer primary key, username string, pw_hash string);
        create table message (message_id integer primary key, author_id integer, text string, pub_date integer);
        create table follower (who_id integer, whom_id integer)""",
    )
    source.connection.execute("insert into user values (1, 'alice', ?)", (PBKDF2,))
    source.connection.execute("insert into message values (1, 1, 'hello', 1740663960)")
    result = import_from(database, source)
    assert result.returncode == 0
    assert "flagged     (none: no message is flagged)" in result.stdout
    assert "email       (none: no user has an address)" in result.stdout
    assert messages_of(database) == [(1, 1, "hello", 1740663960.0, False)]


def test_confirmation(database, tmp_path):
    """The operator confirms recognised names at the terminal, with --yes, or by naming them with --map."""
    # A view that does not work is no obstacle.
    source = Original(tmp_path / "rails.db", siblings.RAILS + "create view old_users as select * from missing;")
    maps = [
        "users=users", "users.user_id=id", "users.pw_hash=password_digest", "messages=messages", "messages.id=id",
        "messages.author_id=user_id", "messages.text=content", "messages.pub_date=created_at", "follows=follows",
        "follows.who_id=follower_id", "follows.whom_id=followed_id",
    ]  # fmt: skip
    given = [argument for each in maps for argument in ("--map", each)]
    command = ("import", "--dsn", database.owner_connection_string, str(source.path))
    with database.unchanged():
        code, output = run_alone(*command)
        assert code == 1 and "without a terminal" in output and "--yes" in output
        assert 'pw_hash     "password_digest"' in output and 'who_id      "follower_id" (follower)' in output
        assert run_alone(*command, *given[:-2])[0] == 1
        terminal = Terminal(*command)
        terminal.expect('Type "yes" to go on: ')
        terminal.answer("no\n")
        assert os.waitstatus_to_exitcode(terminal.end()) == 1
    for arguments in (["--yes"], given):
        code, output = run_alone(*command, *arguments)
        assert code == 0, output
        assert messages_of(database) == siblings.MESSAGES
        database.clear()
    terminal = Terminal(*command)
    terminal.expect('Type "yes" to go on: ')
    terminal.answer("yes\n")
    assert os.waitstatus_to_exitcode(terminal.end()) == 0
    assert messages_of(database) == siblings.MESSAGES


_ODD = """
create table u (nr integer primary key, called text, secret text);
create table texts (nr integer primary key, whose integer, said text, "on" text);
create table likes (nr integer);
insert into u values (1, 'alice', 'x'), (2, 'bob', 'x');
insert into texts values (3, 1, 'one', '2025-02-27 13:46:00');
"""


def test_names_that_only_the_operator_knows(database, tmp_path):
    source = Original(tmp_path / "odd.db", _ODD)
    export = tmp_path / "export"
    assert database.ctl("export", export).returncode == 0
    refused(import_from(database, export, "--map", "users=u"), "--map")
    maps = {
        "users": "u", "users.user_id": "nr", "users.username": "called", "users.pw_hash": "", "messages": "texts",
        "messages.message_id": "nr", "messages.author_id": "whose", "messages.text": "said", "messages.pub_date": "on",
        "follows": "",
    }  # fmt: skip

    def run(names):
        return import_from(database, source, *[argument for pair in names.items() for argument in ("--map", "=".join(pair))])

    with database.unchanged():
        for missing in ("users", "users.username", "users.pw_hash", "messages", "messages.text", "follows"):
            few = {name: value for name, value in maps.items() if name != missing}
            refused(run(few), missing.split(".")[-1], "--map", '"texts": "nr", "whose", "said", "on"')
        refused(run(maps | {"users": "nobody"}), 'no table "nobody"')
        refused(run(maps | {"users.username": "name"}), 'no column "name"')
        for wrong in ("messages", "messages.txt=said", "posts=texts", "users="):
            result = import_from(database, source, "--map", wrong)
            assert result.returncode == 2 and "messages.pub_date" in result.stdout
    assert run(maps).returncode == 0
    assert database.messages() == [("alice", "one")]
    assert database.password_hash("bob") == "*"


def test_several_candidates(database, original, tmp_path):
    """The import refuses to choose."""
    people_of(original, "alice").messages((1, 1, "one", 1740663960, 0))
    original.connection.executescript("alter table message rename to posts; create table tweets as select * from posts")
    other = Original(tmp_path / "columns.db", siblings.RAILS + "alter table messages add column body text;")
    with database.unchanged():
        refused(import_from(database, original, "--yes"), 'several tables may hold the messages: "posts" and "tweets"', "--map")
        refused(import_from(database, other, "--yes"), 'several columns for messages.text: "content" and "body"', "--map")
    assert import_from(database, original, "--yes", "--map", "messages=tweets").returncode == 0
    assert database.messages() == [("alice", "one")]

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl import: another MiniTwit's people, messages and follows."""

import hashlib
import json
import os
import pathlib
import sqlite3

import pytest

# As the original makes it: what is declared as string has numeric affinity.
_SCHEMA = """
create table user (user_id integer primary key autoincrement, username string not null, email string not null,
                   pw_hash string not null);
create table follower (who_id integer, whom_id integer);
create table message (message_id integer primary key autoincrement, author_id integer not null, text string not null,
                      pub_date integer, flagged integer);
"""
# The same with nothing required, as some ports have it.
_LOOSE = _SCHEMA.replace(" not null", "")

# All of "secret".
_PBKDF2 = "pbkdf2:sha256:1000$salt$" + hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 1000).hex()
_SHA256 = hashlib.sha256(b"secret").hexdigest()
_MD5 = hashlib.md5(b"secret", usedforsecurity=False).hexdigest()
_RUBY = f"pbkdf2:sha256:50000${_SHA256}"


class Original:
    """A database of the original program."""

    def __init__(self, path, schema=_SCHEMA):
        self.path = pathlib.Path(path)
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.executescript(schema)

    def users(self, *rows):
        return self._insert("insert into user values (?, ?, ?, ?)", rows)

    def messages(self, *rows):
        return self._insert("insert into message values (?, ?, ?, ?, ?)", rows)

    def follows(self, *rows):
        return self._insert("insert into follower values (?, ?)", rows)

    def _insert(self, statement, rows):
        # In one transaction: SQLite waits for the disk at the end of each.
        self.connection.execute("begin")
        self.connection.executemany(statement, rows)
        self.connection.execute("commit")
        return self


@pytest.fixture
def original(tmp_path):
    return Original(tmp_path / "minitwit.db")


@pytest.fixture
def loose(tmp_path):
    return Original(tmp_path / "loose.db", _LOOSE)


def _people(original, *names):
    return original.users(*[(i, name, f"{name}@x", _PBKDF2) for i, name in enumerate(names, 1)])


def _import(database, source, *arguments):
    path = source.path if isinstance(source, Original) else source
    return database.ctl("import", *arguments, path)


def _counts(database, source):
    """What --json prints; the summary of problems stands before it."""
    result = _import(database, source, "--json")
    assert result.returncode == 0, result.stdout
    return json.loads(result.stdout.splitlines()[-1])


def _problems(counts):
    return {name: count for name, count in counts["problems"].items() if count}


def _users(database):
    return database.sql("SELECT id, username, email, password_hash FROM users ORDER BY id")


def _messages(database):
    return database.sql(
        "SELECT id, author_id, text, extract(epoch FROM pub_date)::float, flagged FROM messages ORDER BY id"
    )


def _follows(database):
    return database.sql("SELECT who_id, whom_id FROM followers ORDER BY id")


@pytest.mark.smoke
def test_a_whole_site(httpd, database, original):
    _people(original, "alice", "bob", "carol")
    original.messages((1, 1, "hello <b>", 1700000000, 0), (5, 2, "tab\tnew\nline \\ ☃", 1600000000, 1))
    original.follows((3, 1), (1, 2), (3, 2))
    counts = _counts(database, original)
    assert counts["users"] == {"read": 3, "added": 3, "present": 0}
    assert counts["messages"] == {"read": 2, "added": 2, "present": 0}
    assert counts["follows"] == {"read": 3, "added": 3, "present": 0}
    assert not _problems(counts)
    assert _users(database)[1] == (2, "bob", "bob@x", _PBKDF2)
    assert _messages(database) == [
        (1, 1, "hello <b>", 1700000000.0, False),
        (5, 2, "tab\tnew\nline \\ ☃", 1600000000.0, True),
    ]
    assert _follows(database) == [(3, 1), (1, 2), (3, 2)]
    # Those that come next have the next ids.
    httpd.browser().sign_in("alice", "secret").share("next")
    assert database.value("SELECT max(id) FROM messages") == 6
    assert httpd.simulator().register("dave").status_code == 204
    assert database.value("SELECT id FROM users WHERE username = 'dave'") == 4


def test_again_adds_nothing(database, original):
    _people(original, "alice", "bob").messages((1, 1, "one", 1, 0), (2, 9, "dangling", 2, 0)).follows((1, 2), (1, 2))
    assert _import(database, original).returncode == 0
    with database.unchanged():
        again = _import(database, original)
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    counts = _counts(database, original)
    assert counts["users"] == {"read": 2, "added": 0, "present": 2}
    assert counts["messages"] == {"read": 2, "added": 0, "present": 1}
    assert counts["follows"] == {"read": 2, "added": 0, "present": 1}


def test_goes_on_where_it_stopped(database, original):
    _people(original, "alice", "bob").messages((1, 1, "one", 1, 0), (2, 2, "two", 2, 0)).follows((1, 2), (2, 1))
    assert _import(database, original).returncode == 0
    whole = _users(database), _messages(database), _follows(database)
    for statement in (
        "DELETE FROM followers WHERE who_id = 2",
        "DELETE FROM messages WHERE id = 2; DELETE FROM followers",
        "TRUNCATE messages, followers; DELETE FROM users WHERE id = 2",
    ):
        database.sql(statement)
        assert _import(database, original).returncode == 0
        assert (_users(database), _messages(database), _follows(database)) == whole


def test_numbers_that_were_texts(httpd, database, original):
    original.users((1, "007", "1e3", _PBKDF2)).messages((1, 1, "1e3", 1, 0), (2, 1, "0x1e3", 1, 0))
    counts = _counts(database, original)
    assert _problems(counts) == {"user_number": 1, "text_number": 1}
    assert _users(database)[0][:3] == (1, "7", "1000")
    assert [row[2] for row in _messages(database)] == ["1000", "0x1e3"]


def test_one_name_twice(httpd, database, original):
    """The first keeps it, which is whom the original shows and logs in."""
    original.users((2, "alice", "a@x", _PBKDF2), (3, "bob", "b@x", _PBKDF2), (7, "alice", "c@x", "other"))
    original.messages((1, 7, "of the second", 1, 0)).follows((7, 2), (7, 3), (2, 3), (3, 7))
    result = _import(database, original)
    assert '7 "alice"' in result.stdout
    assert [row[:3] for row in _users(database)] == [(2, "alice", "a@x"), (3, "bob", "b@x")]
    assert database.messages() == [("alice", "of the second")]
    assert _follows(database) == [(2, 3), (3, 2)]
    problems = _problems(_counts(database, original))
    assert "(2-3)" in result.stdout  # followed twice
    assert problems == {"user_merged": 1, "hash_unknown": 1, "follow_self": 1, "follow_repeated": 1}
    httpd.browser().sign_in("alice", "secret")


def test_what_belongs_to_nobody(database, original):
    _people(original, "alice", "bob")
    original.messages((1, 9, "of nobody", 1, 0), (2, 1, "of alice", 1, 0))
    original.follows((1, 9), (9, 1), (1, 1), (None, 1), (1, 2), (1, 2), (2, 1))
    problems = _problems(_counts(database, original))
    assert problems == {"message_orphaned": 1, "follow_dangling": 3, "follow_self": 1, "follow_repeated": 1}
    assert database.messages() == [("alice", "of alice")]
    assert _follows(database) == [(1, 2), (2, 1)]


def test_names_and_addresses(database, loose):
    loose.users(
        (1, None, None, None), (2, "", "", ""), (3, "n" * 256, "e" * 256, _PBKDF2), (4, "n" * 255, "e" * 255, _PBKDF2),
        (5, b"\xff", b"\xff", b"\xff"), (6, "nul\0", "nul\0", "nul\0"), (7, "a/b", "x@y", _PBKDF2),
        (8, "..", "x@y", _PBKDF2), (9, "\x1b[31mred", "x@y", _PBKDF2), (10, "user-1", "x@y", _PBKDF2),
        (0, "zero", "x@y", _PBKDF2), (-1, "minus", "x@y", _PBKDF2), (2**62 + 1, "high", "x@y", _PBKDF2),
    )  # fmt: skip
    loose.messages((1, 1, "of the first", 1, 0), (2, 0, "of zero", 1, 0))
    result = _import(database, loose)
    assert result.returncode == 0
    assert "\x1b" not in result.stdout and '9 "\\x1b[31mred"' in result.stdout
    users = {row[0]: row[1:3] for row in _users(database)}
    assert users == {
        1: ("user-1_", ""), 2: ("user-2", ""), 3: ("user-3", ""), 4: ("n" * 255, "e" * 255), 5: ("user-5", ""),
        6: ("user-6", ""), 7: ("a/b", "x@y"), 8: ("..", "x@y"), 9: ("\x1b[31mred", "x@y"), 10: ("user-1", "x@y"),
    }  # fmt: skip
    assert database.messages() == [("user-1_", "of the first")]
    counts = _counts(database, loose)
    assert counts["users"] == {"read": 13, "added": 0, "present": 10}
    assert _problems(counts) == {
        "user_without_id": 3, "user_renamed": 5, "user_unreachable": 3, "email_missing": 2, "email_invalid": 3,
        "hash_unknown": 4, "message_orphaned": 1,
    }  # fmt: skip


def test_texts_dates_and_flags(database, loose):
    _people(loose, "alice")
    loose.messages(
        (1, 1, None, 1, 0), (2, 1, b"bad \xff\x00 bytes", 1, 0), (3, 1, "", None, 0), (4, 1, "", "yesterday", 0),
        (5, 1, "", 2**60, 0), (6, 1, "", 1.25, 0), (7, 1, "", -1, 0), (8, 1, "", 1, None), (9, 1, "", 1, 1),
        (10, 1, "", 1, "x"), (11, 1, "l" * (2**20 + 1), 1, 0), (12, 1, "l" * 2000, 1, 0), (0, 1, "", 1, 0),
    )  # fmt: skip
    counts = _counts(database, loose)
    assert _messages(database) == [
        (1, 1, "", 1.0, False), (2, 1, "bad \ufffd\ufffd bytes", 1.0, False), (3, 1, "", 0.0, False),
        (4, 1, "", 0.0, False), (5, 1, "", 0.0, False), (6, 1, "", 1.25, False), (7, 1, "", -1.0, False),
        (8, 1, "", 1.0, True), (9, 1, "", 1.0, True), (10, 1, "", 1.0, True), (12, 1, "l" * 2000, 1.0, False),
    ]  # fmt: skip
    assert _problems(counts) == {
        "message_without_id": 1, "text_too_long": 1, "text_missing": 1, "text_invalid": 1, "date_invalid": 3,
        "flag_missing": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "prefix"),
    [
        (_PBKDF2, "pbkdf2:sha256:1000$"),
        (_SHA256, "wrapped:sha256:$argon2id$"),
        (_SHA256.upper(), "wrapped:sha256:$argon2id$"),
        (_RUBY, "wrapped:sha256:$argon2id$"),
        (_MD5, "wrapped:md5:$argon2id$"),
    ],
)
def test_passwords_go_on_working(httpd, database, original, stored, prefix):
    original.users((1, "alice", "a@x", stored))
    assert _import(database, original).returncode == 0
    assert database.password_hash("alice").startswith(prefix)
    with database.unchanged():
        for wrong in {stored, _SHA256, "Secret"} - {"secret"}:
            assert "Invalid password" in httpd.browser().login("alice", wrong).text
    httpd.browser().sign_in("alice", "secret")
    assert database.password_hash("alice").startswith("$argon2id$")
    # Another run leaves that as it is.
    with database.unchanged():
        assert _import(database, original).returncode == 0


@pytest.mark.parametrize("stored", ["secret", "", "sha1$salt$abc", "$2b$15$" + "a" * 53, "x" * 1000], ids=range(5))
def test_what_is_no_hash_lets_nobody_in(httpd, database, original, stored):
    original.users((1, "alice", "a@x", stored))
    result = _import(database, original)
    assert result.returncode == 0 and "minitwitctl user passwd" in result.stdout
    assert database.password_hash("alice") == "!"
    for password in ("secret", "!", stored or "x"):
        assert "Invalid password" in httpd.browser().login("alice", password).text


def test_many_digests(database, original):
    """More than one batch."""
    original.users(*[(i, f"u{i}", "", hashlib.sha256(b"%d" % i).hexdigest()) for i in range(1, 150)])
    assert _counts(database, original)["users"]["added"] == 149
    hashes = [row[3] for row in _users(database)]
    assert len(set(hashes)) == 149 and all(each.startswith("wrapped:sha256:$argon2id$") for each in hashes)


def test_more_than_one_batch(database, original):
    _people(original, *[f"u{i}" for i in range(300)])
    original.messages(*[(i, i % 300 + 1, f"text {i}", i, i % 7 == 0) for i in range(1, 45001)])
    original.follows(*[(i, j) for i in range(1, 301) for j in range(300, 200, -1)])
    counts = _counts(database, original)
    assert counts["messages"]["added"] == 45000 == database.count("messages")
    assert counts["follows"] == {"read": 30000, "added": 29900, "present": 0}
    assert _problems(counts) == {"follow_self": 100}
    assert database.value("SELECT count(*) FROM messages WHERE text <> 'text ' || id OR author_id <> id % 300 + 1") == 0
    assert database.value("SELECT array_agg(whom_id ORDER BY id) FROM followers WHERE who_id = 1") == list(
        range(300, 200, -1)
    )


# ---- what is refused -------------------------------------------------------------------------------------------------


def _refused(result, *words):
    assert result.returncode == 1
    for word in ("minitwitctl import: ", *words):
        assert word in result.stdout


@pytest.mark.parametrize("user", [(1, "bob"), (2, "alice")])
def test_somebody_else_is_here(people, database, original, user):
    people("alice")
    original.users((*user, "x@y", _PBKDF2), (3, "carol", "x@y", _SHA256)).messages((1, 3, "hello", 1, 0))
    with database.unchanged():
        _refused(_import(database, original), "somebody else is here already", '"alice"', "empty database")


def test_another_message_is_here(people, database, original):
    people("alice")
    database.add_message("alice", "here")
    original.users((1, "alice", "x@y", _PBKDF2), (2, "bob", "x@y", _PBKDF2))
    original.messages((1, 1, "there", 1, 0), (2, 2, "hello", 1, 0))
    with database.unchanged():
        _refused(_import(database, original), "another message", "empty database")


def test_others_may_be_here(people, database, original):
    """Who registered since, with ids that the other site never gave."""
    _people(original, "alice")
    assert _import(database, original).returncode == 0
    people("bob")
    original.users((3, "carol", "x@y", _PBKDF2))
    assert _import(database, original).returncode == 0
    assert database.usernames() == ["alice", "bob", "carol"]


def test_one_at_a_time(database, original):
    connection = database.cluster.connect(database.name)
    try:
        with connection.cursor() as cursor, database.unchanged():
            cursor.execute("SELECT pg_advisory_lock(7883954021893368180)")
            _refused(_import(database, original), "under way")
    finally:
        connection.close()


def test_the_site_role_may_not(database, original):
    _people(original, "alice")
    with database.unchanged():
        result = database.ctl("import", original.path, dsn=database.connection_string)
        _refused(result, "42501", "minitwit_owner")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"", "neither an SQLite database"), (b"hello", "neither an SQLite database"), (b"SQLite format 3\0" + b"x" * 200, "SQLite")],
)
def test_no_database_of_the_original(database, tmp_path, content, reason):
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with database.unchanged():
        _refused(_import(database, path), reason)


def test_another_schema(database, tmp_path):
    original = Original(tmp_path / "other.db", "create table users (id integer)")
    with database.unchanged():
        _refused(_import(database, original), "no such table: user", "user_id, username")


def test_a_damaged_file(database, original):
    _people(original, *[f"u{i}" for i in range(2000)])
    original.connection.close()
    content = bytearray(original.path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20000] = b"\xff" * 20000
    original.path.write_bytes(content)
    with database.unchanged():
        _refused(_import(database, original), "malformed")


# ---- the source, and the report --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_source_stays_as_it_is(database, original, mode):
    original.connection.execute(f"pragma journal_mode = {mode}")
    _people(original, "alice").messages((1, 1, "in the log", 1, 0))
    before = original.path.read_bytes()
    assert _counts(database, original)["messages"]["added"] == 1
    assert original.path.read_bytes() == before


def test_a_name_that_is_no_uri(database, tmp_path):
    original = _people(Original(tmp_path / "a b?mode=rw#%41&.db"), "alice")
    assert _counts(database, original)["users"]["added"] == 1


def test_the_report(database, loose, tmp_path):
    loose.users(*[(i, b"\xff\n", "", _PBKDF2) for i in range(1, 10)])
    report = tmp_path / "report"
    result = _import(database, loose, "--report", report)
    assert result.returncode == 0
    assert '5 "\\xff\\x0a", ...)' in result.stdout and "6 " not in result.stdout.split("user-ID (")[1].splitlines()[0]
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert {line["problem"] for line in lines} == {"user_renamed", "email_missing"}
    assert [line for line in lines if line["problem"] == "user_renamed"][8] == {
        "problem": "user_renamed", "id": "9", "name": "\\xff\n",
    }  # fmt: skip


def test_a_report_that_cannot_be_written(database, original, tmp_path):
    with database.unchanged():
        _refused(_import(database, original, "--report", tmp_path / "none" / "report"), "cannot write")
    assert os.listdir(tmp_path) == ["minitwit.db"]


# ---- from another PostgreSQL -----------------------------------------------------------------------------------------


@pytest.fixture
def port(cluster):
    """Another site's database, and its views in the form of the original."""
    cluster.psql("CREATE DATABASE port")
    cluster.psql(
        """CREATE TABLE users (id int, username text, email text, pw_hash text);
        CREATE TABLE messages (id int, author_id int, text text, created timestamptz, flagged boolean);
        CREATE TABLE followers (id int, who_id int, whom_id int);
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
    database.cluster.psql(f"INSERT INTO users VALUES (2, 'bob', NULL, '{_SHA256}'), (1, 'alice', 'a@x', '{_PBKDF2}')", "port")
    database.cluster.psql("INSERT INTO messages VALUES (7, 2, 'hello', '2020-01-01 00:00:00.25Z', NULL)", "port")
    database.cluster.psql("INSERT INTO followers VALUES (1, 2, 1), (2, 1, 2), (3, 1, 9)", "port")
    result = database.ctl("import", "--from", port, "--schema", "the export", "--json")
    assert result.returncode == 0, result.stdout
    counts = json.loads(result.stdout.splitlines()[-1])
    assert _problems(counts) == {"email_missing": 1, "hash_wrapped": 1, "flag_missing": 1, "follow_dangling": 1}
    assert _messages(database) == [(7, 2, "hello", 1577836800.25, True)]
    assert _follows(database) == [(2, 1), (1, 2)]
    for name in ("alice", "bob"):
        httpd.browser().sign_in(name, "secret")
    again = database.ctl("import", "--from", port, "--schema", "the export")
    assert again.returncode == 0 and "nothing to do" in again.stdout


def test_from_no_postgresql(database, port):
    with database.unchanged():
        _refused(database.ctl("import", "--from", port), "42P01", "user")
        _refused(database.ctl("import", "--from", port, "--schema", "none"), 'no schema "none"', "--schema")
        _refused(database.ctl("import", "--from", port + " dbname=nowhere"), "cannot connect", "nowhere")

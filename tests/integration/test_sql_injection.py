# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A piece of SQL in any field of a request is stored and found as it was typed."""

import contextlib
import re

import psycopg2.errors
import pytest

from support.client import Client, quote

PIECES = (
    "' or '1'='1",
    "'; drop table users; --",
    "\"; delete from messages; --",
    "alice' and 1=(select count(*) from users)--",
    "x' union select id, username, password_hash from users--",
    "'||pg_sleep(20)||'",
    "$1",
    "$$;select pg_sleep(20)$$",
    "\\'; select 1; --",
    "%27%20or%201=1",
    "%_",
    "NULL",
    "/**/or/**/1=1",
)
NUMBERS = ("1 or 1=1", "1;select pg_sleep(20)", "1-0", "0x1", "1e1", "(select 1)", "1'", "-1 union select 1", "$1", "1--")


@pytest.mark.smoke
def test_names_passwords_and_texts_stay_as_they_were_typed(site, api, database):
    names = [piece for piece in PIECES if "/" not in piece]
    for number, name in enumerate(names):
        assert site.register(name, password=name, email=name + "@example.org").status_code == 302, name
        # Another user's password does not open the account.
        assert site.login(name, names[number - 1]).status_code == 200
    assert database.usernames() == names
    assert [email for (email,) in database.sql("SELECT email FROM users ORDER BY id")] == [f"{name}@example.org" for name in names]
    site.sign_in(names[0], names[0])
    for piece in PIECES:
        assert site.share(piece).status_code == 302
        assert api.tweet(names[1], piece).status_code == 204
        assert site.post("/-/profile", {"about": piece}).status_code == 302
        assert database.value("SELECT about FROM users WHERE username = %s", names[0]) == piece
    assert database.messages() == [(name, piece) for piece in PIECES for name in names[:2]]
    for name in names[1:]:
        assert site.get(f"/{quote(name)}/follow").status_code == 302
        assert api.follow(names[1], name).status_code == 204
    # Following oneself changes nothing.
    assert len(database.follows()) == 2 * (len(names) - 1) - 1
    for name in names[1:]:
        assert site.get(f"/{quote(name)}/unfollow").status_code == 302
        assert api.unfollow(names[1], name).status_code == 204
    assert database.follows() == []


def test_unknown_names_are_not_found(site, api, people, database):
    people("alice")
    with database.unchanged():
        for piece in PIECES:
            if "/" in piece:
                continue
            for suffix in ("", "/follow", "/unfollow", "/followers", "/following"):
                assert site.get(f"/{quote(piece)}{suffix}").status_code in (401, 404)
            assert api.get(f"/msgs/{quote(piece)}").status_code == 404
            assert api.get(f"/fllws/{quote(piece)}").status_code == 404
            assert api.follow("alice", piece).status_code == 404
            assert api.tweet(piece, "text").status_code == 404
            assert site.login(piece, "secret").status_code == 200


def test_parameters_that_are_no_numbers_are_ignored(site, api, people, database):
    people("alice")
    for number in range(3):
        database.add_message("alice", f"number {number}", age=10 - number)
    with database.unchanged():
        for piece in NUMBERS:
            # One of the pieces is a cursor, and nothing is older.
            assert len(site.page("/public?before=" + quote(piece)).messages) == (0 if piece == "1-0" else 3), piece
            assert len(api.get("/msgs?no=" + quote(piece)).json()) == 3, piece
            for field in ("before", "after"):
                page = site.page(f"/alice/followers?{field}={quote(piece)}")
                assert page.select("ul.people em") and not page.has_link("Newest"), piece
            assert api.get("/msgs?latest=" + quote(piece)).status_code == 200
    assert database.latest() == -1


def test_cookies_and_headers(httpd, site, people, database):
    people("alice")
    with database.unchanged():
        for piece in PIECES:
            sent = re.sub(r"[;,\s]", "", piece)
            client = Client(httpd.web_url)
            headers = {"Cookie": f"minitwit_session={sent}; minitwit_flash={sent}", "User-Agent": piece, "X-Request-Id": piece}
            assert client.get("/", headers=headers).status_code == 302
            assert client.get("/public", headers=headers).status_code == 200


def test_the_role_of_httpd_has_few_rights(people, database):
    """A compromised httpd cannot change or delete messages, users or the schema, and cannot read the audit."""
    people("alice")
    database.add_message("alice", "hello")
    for statement in (
        "UPDATE messages SET text = 'x'",
        "UPDATE messages SET flagged = true",
        "DELETE FROM messages",
        "DELETE FROM users",
        "UPDATE users SET username = 'x'",
        "UPDATE users SET email = 'x'",
        "UPDATE users SET avatar = '0123456789abcdef'",
        "UPDATE followers SET whom_id = who_id",
        "UPDATE sessions SET user_id = 1",
        "INSERT INTO messages (author_id, text, pub_date) SELECT id, 'x', 'epoch' FROM users",
        "INSERT INTO messages (author_id, text, flagged) VALUES (1, '', true)",
        "INSERT INTO schema_version (version, name) VALUES (99, '')",
        "INSERT INTO backup (succeeded_at) VALUES (now())",
        "INSERT INTO audit (os_user, host, action, target) VALUES ('', '', 'x', '')",
        "DELETE FROM audit",
        "SELECT FROM audit",
        "TRUNCATE messages",
        "DROP TABLE messages",
        "ALTER TABLE users ADD COLUMN x int",
        "CREATE TABLE x (x int)",
        "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "UPDATE schema_version SET version = 0",
        "COPY users TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
        "SET ROLE minitwit_owner",
        "ALTER ROLE minitwit_site SUPERUSER",
    ):
        with contextlib.closing(database.cluster.connect(database.name, "minitwit_site")) as connection:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                connection.cursor().execute(statement)
                pytest.fail(statement)

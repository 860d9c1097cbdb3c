# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl user passwd: it changes the password of a user and ends all their sessions on every node."""

import concurrent.futures
import contextlib
import os
import signal

import pytest

from support import installation
from support.client import location
from support.database import SiteDatabase
from support.terminal import Terminal, run_alone


def _change(database, username="alice", password="changed\n", **arguments):
    return database.ctl("user", "passwd", "--stdin", "--", username, typed=password, **arguments)


def _refused(result, *words):
    assert result.returncode == 1
    for word in ("minitwitctl user passwd: ", *words):
        assert word in result.stdout


@pytest.mark.smoke
def test_a_new_password_ends_the_sessions_of_the_user(httpd, signed_in, people, database):
    alice = signed_in("alice")
    elsewhere = httpd.browser().sign_in("alice")
    bob = signed_in("bob")
    changed = _change(database)
    assert changed.returncode == 0
    assert changed.stdout == "the password of alice was changed, and 2 sessions ended\n"
    for browser in (alice, elsewhere):
        assert location(browser.get("/")) == "/public"
        with database.unchanged():
            assert browser.share("hello").status_code == 401
    assert bob.page("/").heading == "My Timeline"
    with database.unchanged():
        assert "Invalid password" in httpd.browser().login("alice", "secret").text
    httpd.browser().sign_in("alice", "changed")


def test_the_sessions_end_on_every_node(make_httpd, signed_in, database):
    alice = signed_in("alice")
    cookie = alice.cookie("session")
    headers = {"Cookie": f"{cookie.name}={cookie.value}"}
    node = make_httpd().browser()
    assert node.get("/", headers=headers).status_code == 200
    assert _change(database).returncode == 0
    assert location(node.get("/", headers=headers)) == "/public"


def test_the_hash_has_the_default_cost_of_httpd(people, database):
    """Nothing else changes, except that the audit has a row."""
    people("alice")
    others = database.snapshot()
    assert _change(database).stdout == "the password of alice was changed, and 0 sessions ended\n"
    first = database.password_hash("alice")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert _change(database).returncode == 0
    assert database.password_hash("alice") != first
    after = database.snapshot()
    assert {table: rows for table, rows in after.items() if table not in ("users", "audit")} == {
        table: rows for table, rows in others.items() if table not in ("users", "audit")
    }
    assert database.usernames() == ["alice"]


def test_an_unknown_user(people, database):
    people("alice")
    with database.unchanged():
        for username in ("nobody", "Alice", "alice ", "", "'; delete from users; --", "%s"):
            _refused(_change(database, username), f'there is no user "{username}"')


def test_any_name_and_any_password(httpd, people, database):
    """The password is the line on standard input, including its spaces."""
    for username, typed, password in (
        ("Roger Histand", "changed", "changed"),
        ("--help", "  spaces  \n", "  spaces  "),
        ("bør", "bør ☃\n", "bør ☃"),
        ("a'b\"c", "x" * 1024, "x" * 1024),
    ):
        people(username)
        assert _change(database, username, typed).returncode == 0
        httpd.browser().sign_in(username, password)


def test_texts_that_cannot_be_a_password(signed_in, database):
    signed_in("alice")
    for typed, reason in (
        ("", "empty"),
        ("\n", "empty"),
        ("one\n\n", "more than one line"),
        ("x" * 1025, "longer than 1024 bytes"),
        ("zero\0byte\n", "zero byte"),
    ):
        with database.unchanged():
            _refused(_change(database, password=typed), reason)


def test_the_password_stays_if_the_sessions_cannot_be_ended(signed_in, database):
    signed_in("alice")
    database.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;"
        "CREATE TRIGGER refuse BEFORE DELETE ON sessions EXECUTE FUNCTION refuse()"
    )
    try:
        with database.unchanged():
            _refused(_change(database), "not now", "P0001")
    finally:
        database.sql("DROP FUNCTION refuse CASCADE")


def test_without_a_database(cluster):
    database = SiteDatabase(cluster, "nowhere")
    _refused(_change(database), "could not connect", "nowhere")
    database = SiteDatabase(cluster, "postgres")
    _refused(_change(database, dsn=cluster.connection_string("postgres", "postgres")), "42P01", "minitwitctl status")


# ---- during a login --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _transaction(database):
    connection = database.cluster.connect(database.name)
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            yield connection, cursor
    finally:
        connection.close()


def _wait_for_lock(database):
    installation.wait_until(lambda: database.count_waiting() == 1, "a session to wait for a lock")


def test_a_login_in_progress_begins_no_session(make_httpd, people, database):
    """It has compared the previous password before the change is committed."""
    people("alice")
    httpd = make_httpd(directives="MinitwitDatabaseTimeout 60s")
    with _transaction(database) as (connection, cursor), concurrent.futures.ThreadPoolExecutor(1) as pool:
        cursor.execute("UPDATE users SET password_hash = password_hash || 'x'")
        login = pool.submit(httpd.browser().login, "alice")
        _wait_for_lock(database)
        cursor.execute("DELETE FROM sessions")
        connection.commit()
        answer = login.result()
    assert "Invalid password" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert database.count("sessions") == 0


def test_a_login_succeeds_if_only_the_hash_changes_meanwhile(make_httpd, people, database):
    """As when another login replaces an outdated hash of the same password."""
    people("alice")
    other = make_httpd(directives="MinitwitDatabaseTimeout 60s")
    with _transaction(database) as (connection, cursor), concurrent.futures.ThreadPoolExecutor(1) as pool:
        people("bob")
        cursor.execute(
            "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'bob')"
            " WHERE username = 'alice'"
        )
        login = pool.submit(other.browser().login, "alice")
        _wait_for_lock(database)
        connection.commit()
        assert location(login.result()) == "/"
    assert database.count("sessions") == 1


def test_a_session_that_begins_before_the_change_ends_too(people, database):
    """The site begins a session while it holds a lock on the user's row."""
    people("alice")
    with _transaction(database) as (connection, cursor), concurrent.futures.ThreadPoolExecutor(1) as pool:
        cursor.execute("SELECT id FROM users WHERE username = 'alice' FOR SHARE")
        cursor.execute(
            "INSERT INTO sessions (token_hash, user_id, expires_at)"
            " SELECT sha256('x'), id, now() + interval '1 day' FROM users"
        )
        change = pool.submit(_change, database)
        _wait_for_lock(database)
        connection.commit()
        assert change.result().stdout == "the password of alice was changed, and 1 session ended\n"
    assert database.count("sessions") == 0


# ---- at a terminal ---------------------------------------------------------------------------------------------------


def _type(database, first, second=None):
    """Types these passwords. Returns the terminal and the exit code."""
    terminal = Terminal("user", "passwd", "alice", "--dsn", database.owner_connection_string)
    terminal.expect("New password: ")
    terminal.type(first)
    if second:
        terminal.expect("New password again: ")
        terminal.type(second)
    return terminal, os.waitstatus_to_exitcode(terminal.end())


def test_the_password_is_typed_twice_and_not_shown(httpd, signed_in, database):
    signed_in("alice")
    terminal, code = _type(database, "changed\n", "changed\n")
    assert code == 0
    assert "the password of alice was changed, and 1 session ended" in terminal.shown
    assert "changed\r" not in terminal.shown.replace("was changed", "")
    httpd.browser().sign_in("alice", "changed")


def test_passwords_that_do_not_match_or_are_empty(signed_in, database):
    signed_in("alice")
    with database.unchanged():
        terminal, code = _type(database, "changed\n", "chnaged\n")
        assert code == 1 and "the two passwords do not match" in terminal.shown
        terminal, code = _type(database, "\n")
        assert code == 1 and "the password is empty" in terminal.shown
    assert "again" not in terminal.shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(signed_in, database, number):
    signed_in("alice")
    with database.unchanged():
        terminal = Terminal("user", "passwd", "alice", "--dsn", database.owner_connection_string)
        terminal.expect("New password: ")
        terminal.type("half")
        os.kill(terminal.pid, number)
        # The state of the terminal can be read until this end is closed.
        installation.wait_until(terminal.has_echo, "the echo to be back")
        status = terminal.end()
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number


def test_without_a_terminal(signed_in, database):
    signed_in("alice")
    code, said = run_alone("user", "passwd", "alice", "--dsn", database.owner_connection_string)
    assert code == 1
    assert said.startswith("minitwitctl user passwd: cannot ask for the password without a terminal") and "--stdin" in said

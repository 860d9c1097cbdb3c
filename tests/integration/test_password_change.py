# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl user passwd: another password for a user, which ends all his sessions on every node."""

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
def test_another_password(httpd, signed_in, people, database):
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


def test_on_every_node(make_httpd, signed_in, database):
    alice = signed_in("alice")
    cookie = alice.cookie("session")
    headers = {"Cookie": f"{cookie.name}={cookie.value}"}
    node = make_httpd().browser()
    assert node.get("/", headers=headers).status_code == 200
    assert _change(database).returncode == 0
    assert location(node.get("/", headers=headers)) == "/public"


def test_the_hash(people, database):
    """Of the cost that httpd uses by default."""
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


@pytest.mark.parametrize("username", ["nobody", "Alice", "alice ", "", "'; delete from users; --", "%s"])
def test_a_user_who_is_not_there(people, database, username):
    people("alice")
    with database.unchanged():
        _refused(_change(database, username), f'there is no user "{username}"')


@pytest.mark.parametrize("username", ["Roger Histand", "-f", "--help", "bør", "a'b\"c"])
def test_names_of_any_kind(httpd, people, database, username):
    people(username)
    assert _change(database, username).returncode == 0
    httpd.browser().sign_in(username, "changed")


@pytest.mark.parametrize(
    ("typed", "password"),
    [("changed", "changed"), ("  spaces  \n", "  spaces  "), ("bør ☃\n", "bør ☃"), ("x" * 1024, "x" * 1024)],
)
def test_passwords_of_any_kind(httpd, people, database, typed, password):
    people("alice")
    assert _change(database, password=typed).returncode == 0
    httpd.browser().sign_in("alice", password)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"),
        ("\n", "empty"),
        ("one\ntwo\n", "more than one line"),
        ("one\n\n", "more than one line"),
        ("x" * 1025, "longer than 1024 bytes"),
        ("zero\0byte\n", "zero byte"),
    ],
)
def test_no_password(signed_in, database, typed, reason):
    signed_in("alice")
    with database.unchanged():
        _refused(_change(database, password=typed), reason)


def test_the_site_role_may_but_a_stranger_may_not(signed_in, database):
    signed_in("alice")
    database.cluster.psql("CREATE ROLE stranger LOGIN")
    try:
        with database.unchanged():
            _refused(
                _change(database, dsn=database.cluster.connection_string(database.name, "stranger")),
                "permission denied",
                "42501",
                "minitwit_owner",
            )
    finally:
        database.cluster.psql("DROP ROLE stranger")


def test_both_or_nothing(signed_in, database):
    """When the sessions cannot be ended, the password stays, too."""
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


# ---- while somebody logs in ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _transaction(database):
    connection = database.cluster.connect(database.name)
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            yield connection, cursor
    finally:
        connection.close()


def _wait_for_locks(database, count):
    installation.wait_until(
        lambda: database.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        == count,
        "somebody to wait for a lock",
    )


def test_a_login_under_way_gets_no_session(make_httpd, people, database):
    """It has compared the former password when the change is committed."""
    people("alice")
    httpd = make_httpd(directives="MinitwitDatabaseTimeout 60s")
    with _transaction(database) as (connection, cursor), concurrent.futures.ThreadPoolExecutor(1) as pool:
        cursor.execute("UPDATE users SET password_hash = password_hash || 'x'")
        login = pool.submit(httpd.browser().login, "alice")
        _wait_for_locks(database, 1)
        cursor.execute("DELETE FROM sessions")
        connection.commit()
        answer = login.result()
    assert "Invalid password" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert database.count("sessions") == 0


def test_a_hash_that_is_only_replaced_meanwhile_does_no_harm(make_httpd, people, database):
    """Another login brings it up to date; the password is the same."""
    people("alice")
    other = make_httpd(directives="MinitwitDatabaseTimeout 60s")
    with _transaction(database) as (connection, cursor), concurrent.futures.ThreadPoolExecutor(1) as pool:
        people("bob")
        cursor.execute(
            "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'bob')"
            " WHERE username = 'alice'"
        )
        login = pool.submit(other.browser().login, "alice")
        _wait_for_locks(database, 1)
        connection.commit()
        assert location(login.result()) == "/"
    assert database.count("sessions") == 1


def test_a_session_that_begins_first_ends_too(people, database):
    """As the site begins one, with the user's row locked."""
    people("alice")
    with _transaction(database) as (connection, cursor), concurrent.futures.ThreadPoolExecutor(1) as pool:
        cursor.execute("SELECT id FROM users WHERE username = 'alice' FOR SHARE")
        cursor.execute(
            "INSERT INTO sessions (token_hash, user_id, expires_at)"
            " SELECT sha256('x'), id, now() + interval '1 day' FROM users"
        )
        change = pool.submit(_change, database)
        _wait_for_locks(database, 1)
        connection.commit()
        assert change.result().stdout == "the password of alice was changed, and 1 session ended\n"
    assert database.count("sessions") == 0


# ---- at a terminal ---------------------------------------------------------------------------------------------------


def _terminal(database):
    return Terminal("user", "passwd", "alice", "--dsn", database.owner_connection_string)


def test_asked_twice_and_not_shown(httpd, signed_in, database):
    signed_in("alice")
    terminal = _terminal(database)
    terminal.expect("New password: ")
    terminal.type("changed\n")
    terminal.expect("New password again: ")
    terminal.type("changed\n")
    assert os.waitstatus_to_exitcode(terminal.end()) == 0
    assert "the password of alice was changed, and 1 session ended" in terminal.shown
    assert "changed\r" not in terminal.shown.replace("was changed", "")
    httpd.browser().sign_in("alice", "changed")


def test_two_that_do_not_match(signed_in, database):
    signed_in("alice")
    with database.unchanged():
        terminal = _terminal(database)
        terminal.expect("New password: ")
        terminal.type("changed\n")
        terminal.expect("New password again: ")
        terminal.type("chnaged\n")
        assert os.waitstatus_to_exitcode(terminal.end()) == 1
    assert "the two passwords do not match" in terminal.shown


def test_an_empty_one_is_not_asked_for_again(signed_in, database):
    signed_in("alice")
    with database.unchanged():
        terminal = _terminal(database)
        terminal.expect("New password: ")
        terminal.type("\n")
        assert os.waitstatus_to_exitcode(terminal.end()) == 1
    assert "the password is empty" in terminal.shown
    assert "again" not in terminal.shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(signed_in, database, number):
    signed_in("alice")
    with database.unchanged():
        terminal = _terminal(database)
        terminal.expect("New password: ")
        terminal.type("half")
        os.kill(terminal.pid, number)
        # The other end is open as long as this one is, so that its state can be seen.
        installation.wait_until(terminal.has_echo, "the echo to be back")
        status = terminal.end()
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number


def test_without_a_terminal(signed_in, database):
    signed_in("alice")
    code, said = run_alone("user", "passwd", "alice", "--dsn", database.owner_connection_string)
    assert code == 1
    assert said.startswith("minitwitctl user passwd: cannot ask for the password without a terminal") and "--stdin" in said

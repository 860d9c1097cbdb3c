# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwitctl user. test_password_change.py has the tests of passwd."""

import json
import os
import re

import pytest

from support import installation
from support.client import location
from support.terminal import Terminal, run_alone


def _user(database, verb, *arguments, **options):
    return database.ctl("user", verb, *arguments, **options)


def _add(database, username="alice", email="alice@example.org", password="secret\n"):
    return _user(database, "add", "--stdin", "--", username, email, typed=password)


def _refused(result, *words):
    assert result.returncode == 1
    for word in ("minitwitctl user ", *words):
        assert word in result.stdout


def _json(result):
    assert result.returncode == 0, result.stdout
    return [json.loads(line) for line in result.stdout.splitlines()]


def _one(result):
    (row,) = _json(result)
    return row


# ---- add -------------------------------------------------------------------------------------------------------------


def test_add(httpd, database):
    added = _add(database)
    assert (added.returncode, added.stdout) == (0, "the user alice was added\n")
    assert database.password_hash("alice").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert database.audit() == [("user add", "alice", {})]
    httpd.browser().sign_in("alice", "secret")


def test_names_of_any_kind(database):
    names = ["Åse Ø", "a b", "-x", "'; drop table users; --"]
    for name in names:
        assert _add(database, name).returncode == 0
    assert database.usernames() == names


def test_add_accepts_only_what_the_site_accepts(people, database):
    people("bob")
    refused = [
        ("", "a@b", "secret", "You have to enter a username"),
        ("a/b", "a@b", "secret", "may not contain a slash"),
        ("a\x1bb", "a@b", "secret", "control characters"),
        ("..", "a@b", "secret", "reserved"),
        ("static", "a@b", "secret", "reserved"),
        ("-", "a@b", "secret", "reserved"),
        ("a" * 256, "a@b", "secret", "at most 255 characters"),
        ("alice", "nobody", "secret", "valid email address"),
        ("alice", "a@" + "b" * 254, "secret", "at most 255 characters"),
        ("alice", "a@b", "", "the password is empty"),
        ("bob", "a@b", "secret", "The username is already taken"),
    ]
    with database.unchanged():
        for *arguments, reason in refused:
            _refused(_add(database, *arguments), reason)


def test_add_at_a_terminal(httpd, database):
    terminal = Terminal("user", "add", "alice", "a@b", "--dsn", database.owner_connection_string)
    for question in ("New password: ", "New password again: "):
        terminal.expect(question)
        terminal.type("secret\n")
    assert os.waitstatus_to_exitcode(terminal.end()) == 0
    assert "secret" not in terminal.shown
    httpd.browser().sign_in("alice", "secret")


# ---- list, show ------------------------------------------------------------------------------------------------------


def test_list(people, database):
    people("bob", "alice", "Bert")
    _user(database, "disable", "bob")
    listed = _user(database, "list")
    assert listed.returncode == 0
    assert [line.split("\t")[1:] for line in listed.stdout.splitlines()] == [
        ["Bert", "4-B@example.org", "-"],
        ["alice", "5-a@example.org", "-"],
        ["bob", "3-b@example.org", "disabled"],
    ]
    assert _json(_user(database, "list", "--json", "--disabled")) == [
        {"id": 1, "username": "bob", "email": "3-b@example.org", "disabled": True}
    ]
    assert [row["username"] for row in _json(_user(database, "list", "--json", "--limit", "2"))] == ["Bert", "alice"]
    assert [row["username"] for row in _json(_user(database, "list", "--json", "--prefix", "b"))] == ["bob"]
    assert _user(database, "list", "--prefix", "%").stdout == ""
    assert _user(database, "list", "--prefix", "a", "--disabled").stdout == ""


@pytest.mark.skipif(installation.SANITIZE, reason="AddressSanitizer needs more memory")
def test_a_long_list_needs_little_memory(database):
    """The list is longer than the memory that the program may use."""
    database.sql(
        "INSERT INTO users (username, email, password_hash)"
        " SELECT 'u' || n, repeat('x', 200) || '@y', '' FROM generate_series(1, 40000) n"
    )
    listed = _user(database, "list", "--json", prefix=("prlimit", f"--data={4 * 1024**2}"))
    assert listed.returncode == 0 and len(listed.stdout) > 8 * 1024**2
    assert len(listed.stdout.splitlines()) == 40000


def test_names_cannot_steer_a_terminal(database):
    """The site refuses such names, but an import does not."""
    wild = "a\x1b[2J\x9b1m\u202e\x7f\r\n\tb\\"
    database.sql("INSERT INTO users (username, email, password_hash) VALUES (%s, 'x@y\x07', '')", wild)
    for arguments in (["list"], ["list", "--json"], ["show", wild], ["show", "--json", wild], ["export", wild]):
        result = _user(database, *arguments)
        assert result.returncode == 0
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", result.stdout), arguments
    (row,) = _json(_user(database, "list", "--json"))
    assert (row["username"], row["email"]) == (wild, "x@y\x07")
    assert _user(database, "list").stdout.split("\t")[1] == "a\\u001b[2J\\u009b1m\\u202e\\u007f\\u000d\\n\\tb\\"
    with database.unchanged():
        _refused(_user(database, "show", "x\x1b[2J"), 'there is no user "x\\u001b[2J"')


_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def test_show(signed_in, people, api, database):
    signed_in("alice")
    people("bob")
    api.follow("alice", "bob")
    database.add_message("alice", "one", age=60)
    database.add_message("alice", "two", flagged=True)
    database.sql("UPDATE users SET about = %s WHERE username = 'alice'", "Baker\x1b[2J")
    shown = _one(_user(database, "show", "--json", "alice"))
    assert re.fullmatch(_TIME, shown.pop("joined_at"))
    assert re.fullmatch(_TIME, shown.pop("last_message"))
    assert re.fullmatch(r"[0-9a-f]{16}", shown.pop("avatar"))
    assert shown == {
        "id": 1, "username": "alice", "email": "5-a@example.org", "disabled": False, "messages": 2, "flagged": 1,
        "about": "Baker\x1b[2J", "follows": 1, "followers": 0, "sessions": 1,
    }  # fmt: skip
    assert "about         Baker\\u001b[2J\n" in _user(database, "show", "alice").stdout
    database.sql("UPDATE users SET joined_at = NULL WHERE username = 'bob'")
    text = _user(database, "show", "bob").stdout
    assert "joined_at     -\n" in text
    assert "username      bob\n" in text and "last_message  -\n" in text and "followers     1\n" in text
    assert "argon2id" not in text


def test_an_unknown_user(people, database):
    people("alice")
    with database.unchanged():
        for verb in ("show", "disable", "enable", "export", "delete"):
            _refused(_user(database, verb, "Alice"), 'there is no user "Alice"')


# ---- disable, enable -------------------------------------------------------------------------------------------------


@pytest.mark.smoke
def test_disable_and_enable(httpd, signed_in, people, database):
    alice = signed_in("alice")
    people("bob")
    former = database.password_hash("alice")
    disabled = _user(database, "disable", "alice")
    assert (disabled.returncode, disabled.stdout) == (0, "alice was disabled, and 1 session ended\n")
    assert database.password_hash("alice") == "!" + former
    assert location(alice.get("/")) == "/public"
    with database.unchanged():
        assert "Invalid password" in httpd.browser().login("alice", "secret").text
        again = _user(database, "disable", "alice")
        assert (again.returncode, again.stdout) == (0, "alice is already disabled\n")
    httpd.browser().sign_in("bob")
    enabled = _user(database, "enable", "alice")
    assert (enabled.returncode, enabled.stdout) == (0, "alice was enabled\n")
    assert database.password_hash("alice") == former
    httpd.browser().sign_in("alice")
    with database.unchanged():
        assert _user(database, "enable", "alice").stdout == "alice is not disabled\n"
    assert database.audit() == [("user disable", "alice", {"sessions_ended": 1}), ("user enable", "alice", {})]


def test_a_password_from_a_windows_file(httpd, people, database):
    """The CR of the line end is not a part of the password. A byte order mark is refused, and changes nothing."""
    people("alice")
    assert _user(database, "passwd", "--stdin", "alice", typed="changed\r\n").returncode == 0
    _refused(_user(database, "passwd", "--stdin", "alice", typed="\ufeffother\r\n"), "byte order mark")
    httpd.browser().sign_in("alice", "changed")


def test_a_mark_without_a_hash(httpd, people, database):
    """An older version stored it for imported users without a password. It does not mean that they are disabled."""
    people("alice", "bob")
    for name in ("alice", "bob"):
        database.set_password_hash(name, "!")
        assert _one(_user(database, "show", "--json", name))["disabled"] is False
    assert _user(database, "list", "--disabled").stdout == ""
    assert _user(database, "disable", "bob").stdout == "bob was disabled, and 0 sessions ended\n"
    assert _user(database, "enable", "bob").stdout == "bob was enabled\n"
    assert _user(database, "disable", "bob").stdout == "bob was disabled, and 0 sessions ended\n"
    assert _user(database, "list", "--disabled").stdout.count("\tbob\t") == 1
    for name in ("alice", "bob"):
        assert _user(database, "passwd", "--stdin", name, typed="changed\n").returncode == 0
    httpd.browser().sign_in("alice", "changed")
    assert "Invalid password" in httpd.browser().login("bob", "changed").text
    assert _user(database, "enable", "bob").stdout == "bob was enabled\n"
    httpd.browser().sign_in("bob", "changed")


def test_guesses_for_a_disabled_user_are_slowed_down(make_httpd, people, database, expect_log):
    people("alice")
    _user(database, "disable", "alice")
    expect_log.allow("too many wrong passwords")
    browser = make_httpd(directives="MinitwitLoginLimit 3\n").browser()
    assert 429 in [browser.login("alice", "secret").status_code for _ in range(12)]


def test_a_login_during_disable_gets_no_session(make_httpd, people, database):
    """The login has already compared the password, and would replace the outdated hash. The user stays disabled."""
    people("alice")
    httpd = make_httpd(directives="MinitwitDatabaseTimeout 60s\nMinitwitPasswordPasses 3\n")
    disable = "UPDATE users SET password_hash = '!' || password_hash"
    answer = database.meet(disable, lambda: httpd.browser().login("alice"))
    assert "Invalid password" in answer.text
    assert database.count("sessions") == 0
    assert database.password_hash("alice").startswith("!")


# ---- export ----------------------------------------------------------------------------------------------------------


def test_export(signed_in, people, api, database):
    signed_in("alice")
    people("bob", "carl")
    for who, whom in (("alice", "carl"), ("alice", "bob"), ("bob", "alice")):
        api.follow(who, whom)
    database.add_message("bob", "not hers")
    database.add_message("alice", 'one "two"\n\x1b', age=60)
    database.add_message("alice", "hidden", flagged=True)
    database.sql("UPDATE users SET about = 'Baker' WHERE username = 'alice'")
    database.sql("UPDATE messages SET answers_id = 1, answers_author_id = 2 WHERE text = 'hidden'")
    exported = _user(database, "export", "alice")
    assert exported.returncode == 0
    data = json.loads(exported.stdout)
    assert re.fullmatch(_TIME, data["user"].pop("joined_at"))
    assert list(data) == ["user", "messages", "follows", "followers", "sessions"]
    assert data["user"] | {"avatar": ""} == {
        "id": 1, "username": "alice", "email": "5-a@example.org", "avatar": "", "about": "Baker", "mentions_seen": None,
        "disabled": False,
    }  # fmt: skip
    assert [row["answers_id"] for row in data["messages"]] == [None, 1]
    assert [(row["text"], row["flagged"]) for row in data["messages"]] == [
        ('one "two"\n\x1b', False),
        ("hidden", True),
    ]
    assert (data["follows"], data["followers"]) == (["carl", "bob"], ["bob"])
    assert [list(session) for session in data["sessions"]] == [["created_at", "expires_at"]]
    assert "argon2id" not in exported.stdout and "\\x" not in exported.stdout
    assert database.audit() == [("user export", "alice", {})]


def test_an_export_that_cannot_be_written_fails(people, database):
    people("alice")
    data = json.loads(_user(database, "export", "alice").stdout)
    assert data["messages"] == data["follows"] == data["followers"] == data["sessions"] == []
    code, said = run_alone("user", "export", "alice", "--dsn", database.owner_connection_string, output="/dev/full")
    assert code == 1
    assert "write to standard output" in said
    # A row for each: a reader of standard output may have got the data before it failed.
    assert database.audit() == [("user export", "alice", {})] * 2


# ---- delete ----------------------------------------------------------------------------------------------------------


def _full_site(signed_in, people, api, database):
    signed_in("alice")
    people("bob", "carl")
    for who, whom in (("alice", "bob"), ("bob", "alice"), ("carl", "alice"), ("bob", "carl")):
        api.follow(who, whom)
    for text in ("one", "two"):
        database.add_message("alice", text)
    database.add_message("alice", "hidden", flagged=True)
    database.add_message("bob", "his")


_COUNTS = "messages: 3, follows: 1, followers: 2, sessions: 1"


def test_delete(httpd, signed_in, people, api, database):
    _full_site(signed_in, people, api, database)
    deleted = _user(database, "delete", "--yes", "alice")
    assert (deleted.returncode, deleted.stdout) == (0, f"alice was deleted ({_COUNTS})\n")
    assert database.usernames() == ["bob", "carl"]
    assert database.messages() == [("bob", "his")]
    assert database.follows() == [("bob", "carl")]
    assert database.count("sessions") == 0
    assert database.audit() == [
        ("user delete", "alice", {"messages": 3, "follows": 1, "followers": 2, "sessions": 1})
    ]
    assert "Invalid username" in httpd.browser().login("alice", "secret").text
    assert httpd.browser().get("/alice").status_code == 404
    assert _add(database).returncode == 0


def test_delete_needs_a_confirmation(signed_in, people, api, database):
    _full_site(signed_in, people, api, database)
    arguments = ("user", "delete", "alice", "--dsn", database.owner_connection_string)
    for answer in ("no\n", "\n", "y\n", "yes please\n", "\x04"):
        with database.unchanged():
            terminal = Terminal(*arguments)
            terminal.expect("go on: ")
            terminal.answer(answer)
            assert os.waitstatus_to_exitcode(terminal.end()) == 1
            assert "nothing was changed" in terminal.shown
    with database.unchanged():
        code, said = run_alone(*arguments)
        assert code == 1 and "--yes" in said
    terminal = Terminal(*arguments)
    terminal.expect("go on: ")
    assert _COUNTS in terminal.shown
    terminal.answer("yes\n")
    assert os.waitstatus_to_exitcode(terminal.end()) == 0
    assert database.usernames() == ["bob", "carl"]


def test_a_request_during_delete_is_answered_with_404(make_httpd, people, database):
    """The request has already found the user."""
    people("bob")
    api = make_httpd(directives="MinitwitDatabaseTimeout 60s\n").simulator()
    for request in (
        lambda: api.tweet("alice", "late"),
        lambda: api.follow("alice", "bob"),
        lambda: api.follow("bob", "alice"),
    ):
        people("alice")
        assert database.meet("DELETE FROM users WHERE username = 'alice'", request).status_code == 404
    assert database.count("messages") == database.count("followers") == 0


# ---- rights ----------------------------------------------------------------------------------------------------------


def test_the_site_role_may_not(people, database):
    people("alice")
    with database.unchanged():
        for verb in (["disable"], ["export"], ["delete", "--yes"], ["passwd", "--stdin"]):
            result = _user(database, *verb, "alice", dsn=database.connection_string, typed="changed\n")
            _refused(result, "permission denied", "42501", "minitwit_owner")

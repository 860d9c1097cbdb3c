# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Registration through the API."""

import pytest

from support.client import Simulator, refusal

USERNAME = "You have to enter a username"
EMAIL = "You have to enter a valid email address"
PASSWORD = "You have to enter a password"
TAKEN = "The username is already taken"

GOOD = {"username": "alice", "email": "alice@example.org", "pwd": "secret"}


@pytest.mark.smoke
def test_registers(httpd, api, database):
    answer = api.register("Roger Histand", "Roger+Histand@hotmail.com", "]=)[X{Km{z")
    assert answer.status_code == 204
    assert answer.content == b""
    assert database.sql("SELECT username, email FROM users") == [("Roger Histand", "Roger+Histand@hotmail.com")]
    assert database.password_hash("Roger Histand").startswith("$argon2id$")
    httpd.browser().sign_in("Roger Histand", "]=)[X{Km{z")


def test_needs_no_credentials(httpd, database):
    assert Simulator(httpd.api_url, None).register("alice").status_code == 204
    assert Simulator(httpd.api_url, ("who", "ever")).register("bob").status_code == 204
    assert database.usernames() == ["alice", "bob"]


def test_the_first_broken_rule_is_named(api, database):
    """A value that is null counts as empty."""
    with database.unchanged():
        for change, message in (
            ({"username": ""}, USERNAME),
            ({"username": None}, USERNAME),
            ({"email": ""}, EMAIL),
            ({"email": None}, EMAIL),
            ({"email": "no at sign"}, EMAIL),
            ({"pwd": ""}, PASSWORD),
            ({"pwd": None}, PASSWORD),
            ({"username": "", "email": "", "pwd": ""}, USERNAME),
            ({"email": "", "pwd": ""}, EMAIL),
            ({"username": None, "email": "x", "pwd": None}, USERNAME),
        ):
            assert refusal(api.post("/register", json=GOOD | change), 400) == message, change


def test_a_name_is_taken_once(api, database):
    """The API checks this rule last."""
    assert api.post("/register", json=GOOD).status_code == 204
    with database.unchanged():
        assert refusal(api.post("/register", json=GOOD), 400) == TAKEN
        assert refusal(api.post("/register", json=GOOD | {"email": "b@c", "pwd": "x"}), 400) == TAKEN
        assert refusal(api.post("/register", json=GOOD | {"email": "x"}), 400) == EMAIL
        assert refusal(api.post("/register", json=GOOD | {"pwd": ""}), 400) == PASSWORD


def test_names_may_hold_anything_visible(api, database):
    """They are case-sensitive."""
    names = ["alice", "Alice", "Roger Histand", "Ærø 💙", "a+b", "50%", "a&b=c", "O'Hara", '"q"', "<b>", "a\\b", "x" * 255, "ø" * 255, "a  b"]
    for name in names:
        assert api.register(name).status_code == 204
        assert api.tweet(name, "hello").status_code == 204
        assert api.get("/msgs").json()[0]["user"] == name
    assert database.usernames() == names


@pytest.mark.parametrize(
    "names",
    [
        ["x" * 256, "ø" * 256, "tab\there", "line\nend", "\x7f", "\u0085", "\x1b[0m"],
        ["public", "login", "logout", "register", "add_message", "static", "favicon.ico", "robots.txt", "-", ".", "..", "a/b", "/"],
    ],
    ids=["invalid", "unreachable"],
)
def test_names_that_are_refused(api, database, names):
    with database.unchanged():
        for name in names:
            refusal(api.register(name), 400)


def test_long_emails(api, database):
    assert api.register("alice", email="a@" + "x" * 253).status_code == 204
    with database.unchanged():
        refusal(api.register("bob", email="a@" + "x" * 254), 400)


def test_a_key_missing_or_of_a_wrong_type(api, database):
    with database.unchanged():
        for key in GOOD:
            refusal(api.post("/register", json={other: value for other, value in GOOD.items() if other != key}), 400)
            for value in (1, 1.5, True, False, [], {}, ["alice"]):
                refusal(api.post("/register", json=GOOD | {key: value}), 400)


def test_other_keys_do_not_matter(api, database):
    assert api.post("/register", json=GOOD | {"age": 7, "tags": [None]}).status_code == 204
    assert database.usernames() == ["alice"]

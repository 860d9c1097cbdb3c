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
    httpd.browser().sign_in("Roger Histand", "]=)[X{Km{z")


def test_needs_no_credentials(httpd, database):
    assert Simulator(httpd.api_url, None).register("alice").status_code == 204
    assert Simulator(httpd.api_url, ("who", "ever")).register("bob").status_code == 204
    assert database.usernames() == ["alice", "bob"]


def test_the_password_is_stored_as_argon2id(api, database):
    api.register("alice", pwd="plain text")
    assert database.password_hash("alice").startswith("$argon2id$")


@pytest.mark.parametrize(
    ("change", "message"),
    [
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
    ],
)
def test_a_broken_rule_is_named(api, database, change, message):
    with database.unchanged():
        assert refusal(api.post("/register", json=GOOD | change), 400) == message


def test_a_name_is_taken_once(api, database):
    assert api.post("/register", json=GOOD).status_code == 204
    with database.unchanged():
        assert refusal(api.post("/register", json=GOOD), 400) == TAKEN
        assert refusal(api.post("/register", json=GOOD | {"email": "b@c", "pwd": "x"}), 400) == TAKEN


def test_other_rules_come_before_taken(api, database):
    api.post("/register", json=GOOD)
    with database.unchanged():
        assert refusal(api.post("/register", json=GOOD | {"email": "x"}), 400) == EMAIL
        assert refusal(api.post("/register", json=GOOD | {"pwd": ""}), 400) == PASSWORD


def test_names_are_case_sensitive(api, database):
    for name in ("alice", "Alice", "ALICE"):
        assert api.register(name).status_code == 204
    assert database.usernames() == ["alice", "Alice", "ALICE"]


@pytest.mark.parametrize(
    "name", ["Roger Histand", "Ærø 💙", "a+b", "50%", "a&b=c", "O'Hara", '"q"', "<b>", "a\\b", "x" * 255, "ø" * 255, " "]
)
def test_names_may_hold_anything_visible(api, database, name):
    assert api.register(name).status_code == 204
    assert database.usernames() == [name]
    assert api.tweet(name, "hello").status_code == 204
    assert api.get("/msgs").json()[0]["user"] == name


@pytest.mark.parametrize("name", ["x" * 256, "ø" * 256, "tab\there", "line\nend", "\x7f", "\u0085", "\x1b[0m"])
def test_names_that_cannot_be(api, database, name):
    with database.unchanged():
        refusal(api.register(name), 400)


@pytest.mark.parametrize(
    "name",
    [
        "public",
        "login",
        "logout",
        "register",
        "add_message",
        "static",
        "favicon.ico",
        "robots.txt",
        ".",
        "..",
        "a/b",
        "/",
    ],
)
def test_names_that_could_never_be_reached(api, database, name):
    with database.unchanged():
        refusal(api.register(name), 400)


def test_long_emails(api, database):
    assert api.register("alice", email="a@" + "x" * 253).status_code == 204
    with database.unchanged():
        refusal(api.register("bob", email="a@" + "x" * 254), 400)


@pytest.mark.parametrize("missing", ["username", "email", "pwd"])
def test_a_missing_key(api, database, missing):
    with database.unchanged():
        refusal(api.post("/register", json={key: value for key, value in GOOD.items() if key != missing}), 400)


@pytest.mark.parametrize("key", ["username", "email", "pwd"])
@pytest.mark.parametrize("value", [1, 1.5, True, False, [], {}, ["alice"]])
def test_a_value_of_a_wrong_type(api, database, key, value):
    with database.unchanged():
        refusal(api.post("/register", json=GOOD | {key: value}), 400)


def test_other_keys_do_not_matter(api, database):
    assert api.post("/register", json=GOOD | {"age": 7, "tags": [None]}).status_code == 204
    assert database.usernames() == ["alice"]

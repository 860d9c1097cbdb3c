# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Registering, signing in and signing out on the site."""

import pytest

from support.client import location, read_page

USERNAME = "You have to enter a username"
EMAIL = "You have to enter a valid email address"
PASSWORD = "You have to enter a password"
MISMATCH = "The two passwords do not match"
TAKEN = "The username is already taken"

GOOD = {"username": "alice", "email": "alice@example.org", "password": "secret", "password2": "secret"}


def _error(page):
    (error,) = page.errors
    return error.removeprefix("Error:").strip()


@pytest.mark.smoke
def test_the_whole_way(site, database):
    page = site.page("/register")
    assert (page.title, page.heading) == ("Sign Up | MiniTwit", "Sign Up")
    answer = site.register("alice", "secret", "alice@example.org")
    assert location(answer) == "/login"
    page = site.follow(answer)
    assert page.flashes == ["You were successfully registered and can login now"]
    assert (page.title, page.heading) == ("Sign In | MiniTwit", "Sign In")
    answer = site.login("alice", "secret")
    assert location(answer) == "/"
    page = site.follow(answer)
    assert page.flashes == ["You were logged in"]
    assert page.heading == "My Timeline"
    assert site.page("/").flashes == []
    answer = site.get("/logout")
    assert location(answer) == "/public"
    page = site.follow(answer)
    assert page.flashes == ["You were logged out"]
    assert page.has_link("sign in")
    assert location(site.get("/")) == "/public"


def test_what_registration_stores(site, database):
    site.register("alice", "secret", "alice@example.org")
    ((name, email, password_hash),) = database.sql("SELECT username, email, password_hash FROM users")
    assert (name, email) == ("alice", "alice@example.org")
    assert password_hash.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"username": ""}, USERNAME),
        ({"email": ""}, EMAIL),
        ({"email": "no at sign"}, EMAIL),
        ({"password": ""}, PASSWORD),
        ({"password": "", "password2": ""}, PASSWORD),
        ({"password2": ""}, MISMATCH),
        ({"password2": "Secret"}, MISMATCH),
        ({"username": "bob"}, TAKEN),
        ({"username": "", "email": "", "password": "", "password2": "x"}, USERNAME),
        ({"email": "x", "password": "", "password2": "x"}, EMAIL),
        ({"password": "", "password2": "x"}, PASSWORD),
        ({"username": "bob", "password2": "x"}, MISMATCH),
        ({"username": "bob", "email": "x"}, EMAIL),
    ],
)
def test_registration_errors_in_their_order(site, people, database, change, message):
    people("bob")
    with database.unchanged():
        page = site.submit("/register", **(GOOD | change))
    assert page.heading == "Sign Up"
    assert _error(page) == message


@pytest.mark.parametrize(
    "name",
    ["public", "login", "logout", "register", "add_message", "static", "favicon.ico", "robots.txt", ".", "..", "a/b",
        "/",
     "x" * 256, "tab\t", "\x7f"],
)  # fmt: skip
def test_names_that_cannot_be(site, database, name):
    with database.unchanged():
        page = site.submit("/register", **(GOOD | {"username": name}))
    assert _error(page) not in ("", USERNAME, TAKEN)


def test_a_long_email(site, database):
    with database.unchanged():
        assert _error(site.submit("/register", **(GOOD | {"email": "a@" + "x" * 254})))


def test_a_failed_registration_keeps_what_was_typed(site, people):
    people("bob")
    page = site.submit("/register", username="bob", email='"b"@<example>.org', password="hunter2", password2="hunter2")
    assert _error(page) == TAKEN
    assert page.one("input[name=username]")["value"] == "bob"
    assert page.one("input[name=email]")["value"] == '"b"@<example>.org'
    assert page.one("input[name=password]").get("value") in (None, "")
    assert page.one("input[name=password2]").get("value") in (None, "")
    assert "hunter2" not in page.source


@pytest.mark.parametrize("missing", ["username", "email", "password", "password2"])
def test_a_missing_field_of_a_registration(site, database, missing):
    with database.unchanged():
        site.submit("/register", status=400, **{name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize(
    ("username", "password", "message"),
    [
        ("nobody", "secret", "Invalid username"),
        ("", "secret", "Invalid username"),
        ("Alice", "secret", "Invalid username"),
        ("alice ", "secret", "Invalid username"),
        ("alice", "Secret", "Invalid password"),
        ("alice", "", "Invalid password"),
        ("alice", "secret ", "Invalid password"),
        ("alice", "x" * 5000, "Invalid password"),
    ],
)
def test_login_errors(site, people, database, username, password, message):
    people("alice")
    with database.unchanged():
        page = site.submit("/login", username=username, password=password)
    assert page.heading == "Sign In"
    assert _error(page) == message
    assert page.one("input[name=username]").get("value") in (username, username or None)
    assert page.one("input[name=password]").get("value") in (None, "")
    assert site.cookie("session") is None
    assert location(site.get("/")) == "/public"


@pytest.mark.parametrize("missing", ["username", "password"])
def test_a_missing_field_of_a_login(site, people, database, missing):
    people("alice")
    fields = {"username": "alice", "password": "secret"}
    del fields[missing]
    with database.unchanged():
        site.submit("/login", status=400, **fields)


@pytest.mark.parametrize("password", ["secret", "pass word+%&=", "sécret 💙", "x" * 1000, "<>\"'", "\x01"])
def test_any_password(site, people, database, password):
    assert location(site.register("alice", password)) == "/login"
    site.sign_in("alice", password)


def test_who_is_signed_in_needs_no_form(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        for path in ("/login", "/register"):
            assert location(alice.get(path)) == "/"
        assert location(alice.login("alice")) == "/"
        assert location(alice.register("bob")) == "/"


def test_logout_by_either_method(signed_in, database):
    for name, method in (("alice", "GET"), ("bob", "POST")):
        browser = signed_in(name)
        assert database.count("sessions") == 1
        answer = browser.request(method, "/logout")
        assert location(answer) == "/public"
        assert database.count("sessions") == 0
        assert browser.follow(answer).flashes == ["You were logged out"]


def test_logout_of_nobody(site, database):
    for method in ("GET", "POST"):
        answer = site.request(method, "/logout")
        assert location(answer) == "/public"
        assert site.follow(answer).flashes == ["You were logged out"]


def test_navigation(site, signed_in):
    page = site.page("/public")
    assert [link.text for link in page.one("div.navigation").select("a")] == ["public timeline", "sign up", "sign in"]
    assert [page.link(text) for text in ("public timeline", "sign up", "sign in")] == ["/public", "/register", "/login"]
    page = signed_in("alice").page("/public")
    texts = ["my timeline", "public timeline", "sign out [alice]"]
    assert [link.text for link in page.one("div.navigation").select("a")] == texts
    assert [page.link(text) for text in texts] == ["/", "/public", "/logout"]


@pytest.mark.parametrize(
    "method, path, status", [("POST", "/add_message", 401), ("GET", "/nobody", 404), ("POST", "/nobody/follow", 401)]
)
def test_navigation_of_a_failure_after_the_session_has_ended(signed_in, database, method, path, status):
    alice = signed_in("alice")
    database.sql("delete from sessions")
    answer = alice.request(method, path, data={"text": "hello"} if method == "POST" else None)
    links = read_page(answer, status).one("div.navigation").select("a")
    assert [link.text for link in links] == ["public timeline", "sign up", "sign in"]


def test_a_form_that_is_no_utf8(site, database):
    with database.unchanged():
        for body in (
            b"username=\xff&email=a%40b&password=x&password2=x",
            b"username=%FF&email=a%40b&password=x&password2=x",
        ):
            answer = site.post("/register", body, headers={"Content-Type": "application/x-www-form-urlencoded"})
            assert answer.status_code == 400


def test_a_form_too_large(site, database):
    with database.unchanged():
        site.submit("/register", status=413, **(GOOD | {"password": "x" * 70000}))


def test_the_form_may_name_a_charset(site, database):
    answer = site.post(
        "/register",
        "username=%C3%A6&email=a%40b&password=a+b&password2=a%20b",
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
    )
    assert location(answer) == "/login"
    assert database.usernames() == ["æ"]

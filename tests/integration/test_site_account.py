# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Registration, login and logout on the site."""

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
def test_registration_login_and_logout(site, database):
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


def test_registration_errors_in_their_order(site, people, database):
    people("bob")
    with database.unchanged():
        for change, message in (
            ({"username": "", "email": "", "password": "", "password2": "x"}, USERNAME),
            ({"username": "bob", "email": "x", "password": "", "password2": "x"}, EMAIL),
            ({"username": "bob", "password": "", "password2": "x"}, PASSWORD),
            ({"username": "bob", "password2": "Secret"}, MISMATCH),
            ({"username": "bob"}, TAKEN),
        ):
            page = site.submit("/register", **(GOOD | change))
            assert page.heading == "Sign Up"
            assert _error(page) == message


def test_names_that_cannot_be_registered(site, database):
    with database.unchanged():
        for name in (
            "public", "login", "logout", "register", "add_message", "static", "favicon.ico", "robots.txt", "-", ".", "..", "a/b",
            "tab\t",
        ):  # fmt: skip
            page = site.submit("/register", **(GOOD | {"username": name}))
            assert _error(page) not in ("", USERNAME, TAKEN)


def test_a_failed_registration_shows_the_fields_again_but_no_password(site, people):
    people("bob")
    page = site.submit("/register", username="bob", email='"b"@<example>.org', password="hunter2", password2="hunter2")
    assert _error(page) == TAKEN
    assert page.one("input[name=username]")["value"] == "bob"
    assert page.one("input[name=email]")["value"] == '"b"@<example>.org'
    assert page.one("input[name=password]").get("value") in (None, "")
    assert page.one("input[name=password2]").get("value") in (None, "")
    assert "hunter2" not in page.source


def test_a_missing_field_is_refused(site, database):
    with database.unchanged():
        for path, names in (("/register", GOOD), ("/login", ("username", "password"))):
            for missing in names:
                site.submit(path, status=400, **{name: GOOD[name] for name in names if name != missing})


def test_login_errors(site, people, database):
    people("alice")
    for username, password, message in (
        ("nobody", "secret", "Invalid username"),
        ("", "secret", "Invalid username"),
        ("Alice", "secret", "Invalid username"),
        ("alice ", "secret", "Invalid username"),
        ("alice", "Secret", "Invalid password"),
        ("alice", "", "Invalid password"),
        ("alice", "secret ", "Invalid password"),
        ("alice", "x" * 5000, "Invalid password"),
    ):
        with database.unchanged():
            page = site.submit("/login", username=username, password=password)
        assert page.heading == "Sign In"
        assert _error(page) == message
        assert page.one("input[name=username]").get("value") in (username, username or None)
        assert page.one("input[name=password]").get("value") in (None, "")
        assert site.cookie("session") is None
        assert location(site.get("/")) == "/public"


def test_any_characters_may_be_in_a_password(httpd, database):
    for number, password in enumerate(("pass word+%&=", "sécret 💙", "<>\"'\x01")):
        site = httpd.browser()
        assert location(site.register(f"user{number}", password)) == "/login"
        site.sign_in(f"user{number}", password)


def test_the_forms_redirect_a_signed_in_user(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        for path in ("/login", "/register"):
            assert location(alice.get(path)) == "/"
        assert location(alice.login("alice")) == "/"
        assert location(alice.register("bob")) == "/"


def test_logout_by_either_method(signed_in, database):
    """An anonymous visitor can log out as well."""
    for name, method in (("alice", "GET"), ("bob", "POST")):
        browser = signed_in(name)
        for sessions in (1, 0):
            assert database.count("sessions") == sessions
            answer = browser.request(method, "/logout")
            assert location(answer) == "/public"
            assert browser.follow(answer).flashes == ["You were logged out"]


def test_navigation(site, signed_in):
    page = site.page("/public")
    texts = ["public timeline", "sign up", "sign in"]
    assert [link.text for link in page.one("div.navigation").select("a")] == texts
    assert [page.link(text) for text in texts] == ["/public", "/register", "/login"]
    page = signed_in("alice").page("/public")
    texts = ["my timeline", "public timeline", "mentions", "sign out [alice]"]
    assert [link.text for link in page.one("div.navigation").select("a")] == texts
    assert [page.link(text) for text in texts] == ["/", "/public", "/-/mentions", "/logout"]


def test_navigation_of_an_error_page_after_the_session_has_ended(signed_in, database):
    alice = signed_in("alice")
    database.sql("delete from sessions")
    for method, path, status in (("POST", "/add_message", 401), ("GET", "/nobody", 404), ("POST", "/nobody/follow", 401)):
        answer = alice.request(method, path, data={"text": "hello"} if method == "POST" else None)
        links = read_page(answer, status).one("div.navigation").select("a")
        assert [link.text for link in links] == ["public timeline", "sign up", "sign in"]


def test_the_form_may_name_a_charset(site, database):
    answer = site.post(
        "/register",
        "username=%C3%A6&email=a%40b&password=a+b&password2=a%20b",
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
    )
    assert location(answer) == "/login"
    assert database.usernames() == ["æ"]


def test_an_error_belongs_to_its_field(site, people):
    people("alice")
    right = {"username": "bob", "email": "b@example.org", "password": "x", "password2": "x"}
    for wrong, field in (
        ({"username": ""}, "username"), ({"username": "a/b"}, "username"), ({"username": "alice"}, "username"),
        ({"username": "", "email": ""}, "username"), ({"email": "b"}, "email"), ({"email": "@" * 256}, "email"),
        ({"username": "e\u0301" * 200, "email": "b"}, "email"),
        ({"password": "", "password2": ""}, "password"), ({"password2": "y"}, "password2"),
    ):  # fmt: skip
        page = site.submit("/register", **(right | wrong))
        assert [marked["name"] for marked in page.select("input[aria-describedby=error]")] == [field], wrong
        assert page.one("[aria-invalid=true]")["name"] == field
        assert page.one("#error").text == page.errors[0]
    for typed, field in (({"username": "nobody"}, "username"), ({"username": "alice", "password": "y"}, "password")):
        page = site.submit("/login", **({"password": "secret"} | typed))
        assert [marked["name"] for marked in page.select("[aria-invalid=true][aria-describedby=error]")] == [field]
    for path in ("/login", "/register"):
        assert site.page(path).select("[aria-invalid]") == []


def test_a_new_user_finds_their_name_at_the_login(site, database):
    for typed, name in (("alice", "alice"), ('Ærø "50%"; a', 'Ærø "50%"; a'), ("Andre\u0301", "Andr\u00e9")):
        answer = site.register(typed)
        # The user may never see a page that the browser loads in advance.
        assert not read_page(site.get("/login", headers={"Sec-Purpose": "prefetch"})).one("#username")["value"]
        page = site.follow(answer)
        assert page.flashes == ["You were successfully registered and can login now"]
        assert page.one("#username")["value"] == name
        assert not site.page("/login").one("#username")["value"]

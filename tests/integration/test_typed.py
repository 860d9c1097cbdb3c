# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The answer to a refused form shows the input, except for passwords: messages, names and addresses are not lost."""

import concurrent.futures

import pytest

from support import installation
from support.client import location, read_page

TEXT = '\nfirst line\r\n<b>"second"</b> & \u05d0 '
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _again(page):
    """(address, values of the fields) of the form that sends the input again. A password is empty."""
    form = page.one("div.body form")
    assert form["method"] == "post"
    fields = {}
    for field in form.select("[name]"):
        value = field.raw_text.removeprefix("\n") if field.tag == "textarea" else field.get("value")
        assert field.get("type") != "password" or not value
        assert form.one(f"label[for={field['id']}]").text
        fields[field["name"]] = value
    return form["action"], {name: value or "" for name, value in fields.items()}


def test_a_message_that_is_too_long(signed_in, database):
    alice = signed_in("alice")
    text = "x" * 1001
    with database.unchanged():
        page = alice.submit("/add_message", status=400, text=text)
    assert page.one(".problem").text == "The message may have at most 1000 characters"
    assert _again(page) == ("/add_message", {"text": text})
    assert location(alice.share(text[1:])) == "/"


def test_a_message_after_the_end_of_the_session(signed_in, database):
    """A login from the page of the refusal shares the message."""
    alice = signed_in("alice")
    database.sql("DELETE FROM sessions")
    with database.unchanged():
        page = alice.submit("/add_message", status=401, text=TEXT)
        assert page.one(".problem").text == "You are not signed in."
        action, fields = _again(page)
        assert (action, fields) == ("/login", {"username": "", "password": "", "text": TEXT})
        assert "Sign in to share it." in page.one("div.body").text and page.select("a.way") == []
        page = read_page(alice.post(action, fields | {"username": "alice", "password": "wrong"}))
        assert page.errors == ["Error: Invalid password"]
        assert _again(page) == ("/login", fields | {"username": "alice"})
    answer = alice.post(action, fields | {"username": "alice", "password": "secret"})
    assert location(answer) == "/"
    assert alice.follow(answer).flashes == ["Your message was recorded"]
    assert database.messages() == [("alice", TEXT)]


def test_a_message_with_a_login_that_is_too_long(site, people, database):
    people("alice")
    page = site.submit("/login", status=400, username="alice", password="secret", text="x" * 1001)
    assert _again(page) == ("/add_message", {"text": "x" * 1001})
    assert database.messages() == []
    assert location(site.share("shorter")) == "/"


def test_a_message_with_a_login_of_a_user_who_is_signed_in(signed_in, database):
    """The login may be that of another user."""
    alice = signed_in("alice")
    with database.unchanged():
        page = alice.submit("/login", status=409, username="bob", password="secret", text=TEXT)
        assert page.one("a.way")["href"] == "/"
        assert _again(page) == ("/add_message", {"text": TEXT})
        assert location(alice.post("/login", {"username": "bob", "password": "secret", "text": ""})) == "/"


def test_a_page_of_another_site_shows_input_but_cannot_send_it(signed_in, database):
    alice = signed_in("alice")
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    with database.unchanged():
        page = read_page(alice.post("/add_message", {"text": TEXT}, headers=elsewhere), 403)
        assert page.select("form") == []
        assert page.one("textarea[readonly]").raw_text == "\n" + TEXT
        fields = {"username": "bob", "email": "b@example.org", "password": "hidden", "password2": "hidden"}
        page = read_page(alice.post("/register", fields, headers=elsewhere), 403)
        assert page.select("form") == [] and "hidden" not in page.source
        assert [field.raw_text for field in page.select("textarea[readonly]")] == ["\nbob", "\nb@example.org"]
        for options in ({"data": "text=%FF"}, {"data": "x" * 70000}, {"data": ""}):
            page = read_page(alice.post("/add_message", headers=elsewhere | FORM, **options), 403)
            assert page.select("textarea") == []
        page = read_page(alice.get("/bob/follow", headers=elsewhere), 403)
        assert page.select("textarea") == []


def test_other_refusals(signed_in, site, database):
    alice = signed_in("alice")
    with database.unchanged():
        for body, content_type in (("text=hello", "text/plain"), ("text=hello&more=%FF", FORM["Content-Type"])):
            answer = alice.post("/add_message", body, headers={"Content-Type": content_type})
            page = read_page(answer, 415 if "plain" in content_type else 400)
            assert _again(page) == ("/add_message", {"text": "hello"})
        page = site.submit("/register", status=400, username="bob", email="b@example.org", password="hidden")
        assert "hidden" not in page.source
        assert _again(page) == (
            "/register", {"username": "bob", "email": "b@example.org", "password": "", "password2": ""},
        )  # fmt: skip
        assert page.select("a.way") == []
        page = site.submit("/login", status=400, username="alice")
        assert _again(page) == ("/login", {"username": "alice", "password": ""})
        assert site.submit("/login", status=400).select("form") == []
        assert alice.submit("/add_message", status=413, text="x" * 70000).select("form") == []


def _submit_and_cancel(database, table, browser, path, **fields):
    """The database cancels the statement, which waits for the table. Returns the page of the answer."""
    with database.locked(table), concurrent.futures.ThreadPoolExecutor(1) as pool:
        submitted = pool.submit(browser.submit, path, 503, **fields)
        try:
            installation.wait_until(database.count_waiting, "the statement to wait")
        finally:
            database.sql(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        return submitted.result()


@pytest.mark.expect_log(r"database: messages_add failed", r"database: users_find failed", r"too many wrong passwords")
def test_an_unavailable_database_and_too_many_guesses(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(directives="MinitwitLoginLimit 1\n")
    alice, bob = httpd.browser().sign_in("alice"), httpd.browser()
    with database.unchanged():
        page = _submit_and_cancel(database, "messages", alice, "/add_message", text=TEXT)
        assert _again(page) == ("/add_message", {"text": TEXT})
        assert page.one("a.way")["href"] == "/"
        fields = {"username": "bob", "email": "b@example.org", "password": "hidden", "password2": "hidden"}
        page = _submit_and_cancel(database, "users", bob, "/register", **fields)
        assert "hidden" not in page.source
        assert _again(page) == ("/register", fields | {"password": "", "password2": ""})
        while (answer := bob.login("bob", "guess")).status_code == 200:
            pass
        page = read_page(answer, 429)
        assert _again(page) == ("/login", {"username": "bob", "password": ""})
        assert page.select("a.way") == []

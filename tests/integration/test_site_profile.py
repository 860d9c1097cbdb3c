# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The profile text of users."""

import concurrent.futures

import pytest

from support.client import location, read_page

FORM = "/-/profile"
LONGEST = "\U0001f600" * 160
TOO_LONG = "Error: The text about you may have at most 160 characters"


def _about(database, username):
    return database.value("SELECT about FROM users WHERE username = %s", username)


def _shown(page):
    """The text in the form. A browser removes the first line break."""
    text = page.one("textarea[name=about]").raw_text
    assert text.startswith("\n")
    return text[1:]


@pytest.mark.smoke
def test_a_user_writes_about_themselves(signed_in, database):
    alice = signed_in("Roger Histand")
    page = alice.page(FORM)
    assert (page.title, page.heading) == ("Your Profile | MiniTwit", "Your Profile")
    assert _shown(page) == ""
    answer = alice.post(FORM, {"about": "Baker & <sailor>"})
    assert location(answer) == "/Roger%20Histand"
    assert alice.follow(answer).flashes == ["Your profile was saved"]
    assert _about(database, "Roger Histand") == "Baker & <sailor>"
    assert _shown(alice.page(FORM)) == "Baker & <sailor>"
    assert location(alice.post(FORM, {"about": ""})) == "/Roger%20Histand"
    assert _about(database, "Roger Histand") == ""


def test_the_text_is_stored_as_typed(signed_in, database):
    """Only line ends change, because browsers send them in another form."""
    alice = signed_in("alice")
    for sent, stored in {
        LONGEST: LONGEST,
        "\ntwo\r\nlines\r\n": "\ntwo\nlines\n",
        " \t<script>alert('x')</script> ": " \t<script>alert('x')</script> ",
        "x" * 158 + "\r\n" + "y": "x" * 158 + "\n" + "y",
        "\u202eשלום": "\u202eשלום",
        "a\rb": "a\rb",
    }.items():
        assert location(alice.post(FORM, {"about": sent})) == "/alice", sent
        assert _about(database, "alice") == stored
        page = alice.page(FORM)
        assert "<script>" not in page.source
        assert _shown(page) == stored


def test_a_text_that_is_too_long_is_shown_again(signed_in, database):
    alice = signed_in("alice")
    alice.post(FORM, {"about": "before"})
    alice.page("/")
    with database.unchanged():
        for text in ("x" * 161, LONGEST + "\n", " " * 161, "<b>" * 60):
            page = alice.submit(FORM, about=text)
            assert page.heading == "Your Profile" and page.errors == [TOO_LONG]
            assert _shown(page) == text
            assert page.one("textarea")["aria-invalid"] == "true"
        for fields in ({}, {"text": "x"}, {"About": "x"}):
            page = alice.submit(FORM, status=400, **fields)
            assert 'its field "about" is missing' in page.text.replace("&#34;", '"')
        for body, headers, status in (
            ("about=%ff", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
            ("about=%00", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
            ('{"about": "x"}', {"Content-Type": "application/json"}, 415),
        ):
            read_page(alice.post(FORM, body, headers=headers), status)


def test_anonymous_visitors_are_refused(httpd, site, signed_in, database):
    """A visitor whose session has ended is also refused. The text stays on the page, so that its author can copy it."""
    ended = signed_in("alice")
    database.sql("DELETE FROM sessions")
    for browser in (site, ended):
        with database.unchanged():
            assert browser.page(FORM, status=401).heading == "Please Sign In"
            page = browser.submit(FORM, status=401, about="my text")
            assert page.one("textarea").raw_text.strip() == "my text" and page.select("form") == []
            assert page.one("a.way")["href"] == "/login?next=%2F-%2Fprofile"
            browser.submit(FORM, status=401, about="x" * 161)
            browser.submit(FORM, status=401)


def test_another_sites_page_cannot_change_the_text(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Referer": "https://evil.example/x"}):
            page = read_page(alice.post(FORM, {"about": "evil"}, headers=headers), 403)
            assert page.one("textarea").raw_text.strip() == "evil" and page.select("form") == []
        assert alice.head(FORM).status_code == 200
        assert alice.request("PUT", FORM, data={"about": "x"}).status_code == 405


def test_changes_at_the_same_time_do_not_wait_for_each_other(signed_in, database, cluster):
    """Each change locks the user's row at its start."""
    alice = signed_in("alice")

    def save(number):
        return alice.post(FORM, {"about": f"text {number}"}).status_code

    before = cluster.log.read_text().count("deadlock detected")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(save, range(40))) == {302}
    assert cluster.log.read_text().count("deadlock detected") == before


def test_a_session_that_ends_meanwhile_changes_nothing(signed_in, database):
    """minitwitctl locks the row of the user before it ends the sessions."""
    alice = signed_in("alice")
    end = "UPDATE users SET password_hash = '!'; DELETE FROM sessions"
    answer = database.meet(end, lambda: alice.post(FORM, {"about": "late"}))
    read_page(answer, 401)
    assert _about(database, "alice") == ""

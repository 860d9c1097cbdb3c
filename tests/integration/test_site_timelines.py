# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The three timelines of the site, and paging through them."""

import datetime
import re

import pytest

from support.client import location, quote
from support.page import NO_MESSAGE


@pytest.mark.smoke
def test_anonymous_at_the_root_is_sent_to_the_public_timeline(site):
    assert location(site.get("/")) == "/public"


@pytest.mark.smoke
def test_the_public_timeline_shows_everybody(site, people, database):
    people("alice", "bob")
    database.add_message("alice", "from alice", age=20)
    database.add_message("bob", "from bob", age=10)
    page = site.page("/public")
    assert page.title == "Public Timeline | MiniTwit"
    assert page.heading == "Public Timeline"
    assert [(m.author, m.text) for m in page.messages] == [("bob", "from bob"), ("alice", "from alice")]


def test_an_empty_timeline_says_so(site, signed_in):
    alice = signed_in("alice")
    for browser, path in ((site, "/public"), (site, "/alice"), (alice, "/")):
        page = browser.page(path)
        assert page.messages == []
        assert NO_MESSAGE in page.source
        assert page.one("ul.messages").text == NO_MESSAGE
        assert not page.has_link("Older")


def test_my_timeline(signed_in, people, database):
    alice = signed_in("alice")
    people("bob", "carol")
    for number, author in enumerate(("alice", "bob", "carol")):
        database.add_message(author, f"from {author}", age=100 - number)
    page = alice.page("/")
    assert page.title == "My Timeline | MiniTwit"
    assert page.heading == "My Timeline"
    assert page.texts == ["from alice"]
    alice.get("/bob/follow")
    assert alice.page("/").texts == ["from bob", "from alice"]
    alice.get("/bob/unfollow")
    assert alice.page("/").texts == ["from alice"]


@pytest.mark.smoke
def test_a_users_timeline(site, people, database):
    people("alice", "bob")
    database.add_message("alice", "from alice")
    database.add_message("bob", "from bob")
    page = site.page("/bob")
    assert page.title == "bob's Timeline | MiniTwit"
    assert page.heading == "bob's Timeline"
    assert "<h2>bob's Timeline</h2>" in page.source
    assert page.texts == ["from bob"]


def test_an_unknown_user_has_a_page_of_the_same_design(site, people):
    people("alice")
    for path in ("/nobody", "/ALICE", "/alice%20", "/%C3%A6"):
        page = site.page(path, status=404)
        assert page.title.endswith(" | MiniTwit")
        assert page.one("div.page div.navigation")
        assert page.one("div.page div.body")
        assert page.one("div.page div.footer")


@pytest.mark.parametrize("path", ["/alice/", "/alice/x", "/alice/follow/x", "/public/", "/login/x"])
def test_unknown_paths(site, people, path):
    people("alice")
    site.page(path, status=404)


def test_the_30_newest(site, signed_in, database):
    alice = signed_in("alice")
    for number in range(35):
        database.add_message("alice", f"number {number}", age=1000 - number)
    newest = [f"number {number}" for number in range(34, 4, -1)]
    assert site.page("/public").texts == newest
    assert site.page("/alice").texts == newest
    assert alice.page("/").texts == newest


def test_exactly_30_need_no_other_page(site, people, database):
    people("alice")
    for number in range(30):
        database.add_message("alice", f"number {number}", age=1000 - number)
    page = site.page("/public")
    assert len(page.texts) == 30
    assert not page.has_link("Older")


def test_of_one_second_the_later_message_comes_first(site, signed_in, database):
    alice = signed_in("alice")
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date)"
        " SELECT id, 'number ' || n, '2020-02-02 02:02:02Z' FROM users, generate_series(1, 40) n ORDER BY n"
    )
    newest = [f"number {number}" for number in range(40, 10, -1)]
    for browser, path in ((site, "/public"), (site, "/alice"), (alice, "/")):
        page = browser.page(path)
        assert page.texts == newest
        older = browser.page(page.link("Older"))
        assert older.texts == [f"number {number}" for number in range(10, 0, -1)]


def test_the_date_orders_not_the_id(site, people, database):
    people("alice")
    database.add_message("alice", "imported later", age=1000)
    database.add_message("alice", "new", age=10)
    database.add_message("alice", "old", age=5000)
    assert site.page("/public").texts == ["new", "imported later", "old"]


def test_flagged_messages_appear_nowhere(site, signed_in, people, database):
    alice = signed_in("alice")
    people("bob")
    alice.get("/bob/follow")
    database.add_message("bob", "fine", age=20)
    database.add_message("bob", "hidden", flagged=True)
    for browser, path in ((site, "/public"), (site, "/bob"), (alice, "/"), (alice, "/bob"), (alice, "/public")):
        assert browser.page(path).texts == ["fine"]


@pytest.mark.parametrize("path", ["/public", "/alice", "/"])
def test_paging_back_to_the_first_message(signed_in, people, database, path):
    alice = signed_in("alice")
    for number in range(75):
        database.add_message("alice", f"number {number}", age=1000 - number)
    page = alice.page(path)
    seen = page.texts
    older = page.link("Older")
    assert re.fullmatch(re.escape(path) + r"\?before=\d+", older)
    while page.has_link("Older"):
        page = alice.page(page.link("Older"))
        assert page.heading == {"/public": "Public Timeline", "/alice": "alice's Timeline", "/": "My Timeline"}[path]
        seen += page.texts
    assert seen == [f"number {number}" for number in range(74, -1, -1)]


def test_a_page_stays_where_it_is_while_messages_come_in(site, people, database):
    people("alice")
    for number in range(40):
        database.add_message("alice", f"number {number}", age=1000 - number)
    older = site.page("/public").link("Older")
    before = site.page(older).texts
    database.add_message("alice", "newer")
    assert site.page(older).texts == before


@pytest.mark.parametrize("before", ["", "abc", "0", "-1", "99999999", "1.5", "9223372036854775808", "%00", "1;drop"])
def test_a_page_of_no_message_is_page_one(site, people, database, before):
    people("alice")
    for path in ("/public", "/alice"):
        assert not site.page(f"{path}?before={before}").has_link("Newest")
    for number in range(31):
        database.add_message("alice", f"number {number}", age=1000 - number)
    for path in ("/public", "/alice"):
        assert site.get(f"{path}?before={before}").text == site.get(path).text


def test_an_older_page_leads_to_the_newest(signed_in, database):
    alice = signed_in("alice")
    only = database.add_message("alice", "hello")
    for path in ("/public", "/alice", "/"):
        page = alice.page(f"{path}?before={only}")
        assert page.texts == []
        assert page.link("Newest") == path
        assert not alice.page(f"{path}?before={only + 1}").has_link("Newest")


def test_before_the_first_message_there_is_none(site, people, database):
    people("alice")
    first = database.add_message("alice", "first", age=10)
    database.add_message("alice", "second")
    page = site.page(f"/public?before={first}")
    assert page.messages == []
    assert page.one("ul.messages").text == NO_MESSAGE


def test_times_are_utc(site, people, database):
    people("alice")
    database.add_message("alice", "hello")
    database.sql("UPDATE messages SET pub_date = '2020-02-29 23:59:59.999+00'")
    date = site.page("/public").messages[0].date
    assert date.endswith("2020-02-29 @ 23:59")
    database.sql("UPDATE messages SET pub_date = now()")
    now = datetime.datetime.now(datetime.timezone.utc)
    minutes = [(now + datetime.timedelta(minutes=shift)).strftime("%Y-%m-%d @ %H:%M") for shift in (-1, 0, 1)]
    date = site.page("/public").messages[0].date
    assert any(date.endswith(minute) for minute in minutes)


@pytest.mark.parametrize(
    "name", ["Roger Histand", "Ærø 💙", "a+b", "50%", "q?x=1", "a#b", "O'Hara", '"q"', "<b>", "a&b", "a;b", "x" * 255]
)
def test_any_name_has_its_timeline(site, people, database, name):
    people(name)
    database.add_message(name, "hello")
    link = site.page("/public").messages[0].author_link["href"]
    assert re.fullmatch(r"/[A-Za-z0-9._~%-]+", link)
    page = site.page(link)
    assert page.heading == f"{name}'s Timeline"
    assert page.texts == ["hello"]
    assert site.page("/" + quote(name)).heading == page.heading


def test_a_name_with_an_extension_is_a_user_too(site, people):
    for name in ("bob.de.gz", "x.php", "index.html", ".htaccess", "..."):
        people(name)
        answer = site.get("/" + name)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].lower().replace(" ", "") == "text/html;charset=utf-8"
        assert "Content-Encoding" not in answer.headers
        assert "Content-Language" not in answer.headers


def test_many_followees(signed_in, people, database):
    """Both ways to read a home timeline give the same answer: the choice depends on the number of followees."""
    alice = signed_in("alice")
    database.sql(
        "INSERT INTO users (username, email, password_hash)"
        " SELECT 'u' || n, 'u@example.org', '' FROM generate_series(1, 150) n"
    )
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date)"
        " SELECT id, username || ' says', now() - id * interval '1 minute' FROM users WHERE username LIKE 'u%'"
    )
    for count in (1, 99, 100, 101, 102, 149):
        database.sql("DELETE FROM followers")
        database.sql(
            "INSERT INTO followers (who_id, whom_id) SELECT a.id, b.id FROM users a, users b"
            " WHERE a.username = 'alice' AND b.username LIKE 'u%%' AND substr(b.username, 2)::int BETWEEN 2 AND %s + 1",
            count,
        )
        page = alice.page("/")
        seen = page.texts
        while page.has_link("Older"):
            page = alice.page(page.link("Older"))
            seen += page.texts
        assert seen == [f"u{number} says" for number in range(2, count + 2)]

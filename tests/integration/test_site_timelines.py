# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The three timelines of the site, and paging through them."""

import datetime
import re

import pytest

from support.client import location, quote
from support.page import NO_MESSAGE, NO_OLDER


def _add_messages(database, count):
    """alice has written messages from "number 0" to the newest, one a second."""
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date) SELECT id, 'number ' || n, now() - (1000 - n) * interval '1 second'"
        " FROM users, generate_series(0, %s - 1) n WHERE username = 'alice' ORDER BY n",
        count,
    )


@pytest.mark.smoke
def test_the_public_timeline_shows_the_messages_of_all_users(site, people, database):
    assert location(site.get("/")) == "/public"
    people("alice", "bob")
    database.add_message("alice", "from alice", age=20)
    database.add_message("bob", "from bob", age=10)
    page = site.page("/public")
    assert page.title == "Public Timeline | MiniTwit"
    assert page.heading == "Public Timeline"
    assert [(m.author, m.text) for m in page.messages] == [("bob", "from bob"), ("alice", "from alice")]


def test_an_empty_timeline_says_what_to_do(site, signed_in, people):
    alice = signed_in("alice")
    people("bob")
    for browser, path, links in (
        (site, "/public", {"/register"}),
        (site, "/alice", {"/public"}),
        (alice, "/", {"/public"}),
        (alice, "/public", {"/"}),
        (alice, "/alice", {"/"}),
        (alice, "/bob", {"/public"}),
    ):
        page = browser.page(path)
        assert page.messages == []
        assert NO_MESSAGE in page.source
        assert page.one("ul.messages").text == NO_MESSAGE
        assert {link["href"] for link in page.one("p.next").select("a")} == links, path
        assert not page.has_link("Older")
    alice.share("hello")
    for path in ("/public", "/alice", "/"):
        assert alice.page(path).select("p.next") == []


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


def test_unknown_users_and_paths(site, people):
    """They get a page of the site with status 404."""
    people("alice")
    for path in (
        "/nobody", "/ALICE", "/alice%20", "/%C3%A6", "/alice/follow/", "/alice/x", "/alice/follow/x", "/public//x", "/login/x",
    ):  # fmt: skip
        page = site.page(path, status=404)
        assert page.title.endswith(" | MiniTwit")


def test_30_messages_need_no_second_page(site, people, database):
    people("alice")
    _add_messages(database, 30)
    page = site.page("/public")
    assert len(page.texts) == 30
    assert not page.has_link("Older")


def test_a_page_has_the_30_newest_messages(site, signed_in, database):
    """Of two messages with the same time, the later one comes first."""
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


def test_messages_are_ordered_by_date_not_by_id(site, people, database):
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


def test_paging_back_to_the_first_message(signed_in, database):
    alice = signed_in("alice")
    _add_messages(database, 75)
    for path, heading in (("/public", "Public Timeline"), ("/alice", "alice's Timeline"), ("/", "My Timeline")):
        page = alice.page(path)
        seen = page.texts
        older = page.link("Older")
        assert re.fullmatch(re.escape(path) + r"\?before=\d+-\d+", older)
        pages = [page.texts]
        while page.has_link("Older"):
            page = alice.page(page.link("Older"))
            assert page.heading == heading
            seen += page.texts
            pages.append(page.texts)
        assert seen == [f"number {number}" for number in range(74, -1, -1)]
        # And forward to the first page.
        page = alice.page(page.link("Newer"))
        assert page.texts == pages[1]
        assert location(alice.get(page.link("Newer"))) == path


def test_new_messages_do_not_move_an_older_page(site, people, database):
    people("alice")
    _add_messages(database, 40)
    older = site.page("/public").link("Older")
    before = site.page(older).texts
    database.add_message("alice", "newer")
    assert site.page(older).texts == before


def test_a_page_before_an_invalid_id_is_page_one(site, people, database):
    people("alice")
    for count in (0, 31):
        _add_messages(database, count)
        for before in ("", "abc", "0", "-1", "1.5", "9223372036854775808", "%00", "1;drop", "1-", "1-x", "1-9223372036854775807"):
            for path in ("/public", "/alice"):
                assert site.get(f"{path}?before={before}").text == site.get(path).text, before


def test_an_older_page_has_a_link_to_the_newest(signed_in, database):
    alice = signed_in("alice")
    database.add_message("alice", "hello")
    (only,) = map(database.cursor_of, alice.page("/").messages)
    for path in ("/public", "/alice", "/"):
        page = alice.page(f"{path}?before={only}")
        assert page.messages == []
        assert page.one("ul.messages").text == NO_OLDER
        assert page.one("p.next").one("a")["href"] == path
        assert page.link("Newest") == path
        # Nothing is newer, so the first page is the answer.
        assert location(alice.get(f"{path}?after={only}")) == path


def test_links_of_former_versions(signed_in, database):
    """These links have the id of a message. They lead to the same page with a cursor."""
    alice = signed_in("alice")
    _add_messages(database, 75)
    for path in ("/public", "/alice", "/"):
        message = alice.page(path).messages[10]
        cursor = database.cursor_of(message)
        assert location(alice.get(f"{path}?before={message.id}")) == f"{path}?before={cursor}"
        assert alice.page(f"{path}?before={cursor}").texts[0] == "number 63"
        for unknown in ("99999999", "9223372036854775807"):
            assert location(alice.get(f"{path}?before={unknown}")) == path


def test_a_page_begins_where_a_deleted_message_stood(signed_in, database):
    alice = signed_in("alice")
    _add_messages(database, 75)
    messages = alice.page("/public").messages
    number, texts = messages[10].id, [message.text for message in messages[11:]]
    gone = database.cursor_of(messages[10])
    database.sql("DELETE FROM messages WHERE id = %s", number)
    for path in ("/public", "/alice", "/"):
        assert alice.page(f"{path}?before={gone}").texts[: len(texts)] == texts
        old = alice.page(location(alice.get(f"{path}?before={number}")))
        assert old.texts[: len(texts)] == texts
        assert location(alice.get(f"{path}?after={gone}")) == path


def test_the_parts_of_a_text_are_links(site, people, database):
    people("alice", "Roger Histand")
    database.add_message("alice", 'See http://example.org/?a=1&b=2, @bob. and @"Roger Histand" or #Tag! @logout javascript:alert(1) <b>')
    (message,) = site.page("/public").messages
    links = [(link.text, link["href"], link.get("rel")) for link in message.item.select("span a")]
    outside = "nofollow noopener ugc"
    assert links == [
        ("http://example.org/?a=1&b=2", "http://example.org/?a=1&b=2", outside),
        ("@bob", "/bob", None),
        ('@"Roger Histand"', "/Roger%20Histand", None),
        ("#Tag", "/-/tag/tag", None),
    ]
    assert message.text == 'See http://example.org/?a=1&b=2, @bob. and @"Roger Histand" or #Tag! @logout javascript:alert(1) <b>'


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


def test_any_name_has_a_timeline(site, people, database):
    """A name may look like the name of a file."""
    for name in (
        "Roger Histand", "Ærø 💙", "a+b", "50%", "q?x=1", "a#b", "O'Hara", '"q"', "<b>", "a&b", "a;b", "x" * 255, "bob.de.gz",
        "index.html", ".htaccess", "...",
    ):  # fmt: skip
        people(name)
        database.add_message(name, "hello")
        link = site.page("/public").messages[0].author_link["href"]
        assert re.fullmatch(r"/[A-Za-z0-9._~%-]+", link)
        page = site.page(link)
        assert page.heading == f"{name}'s Timeline"
        assert page.texts == ["hello"]
        assert site.page("/" + quote(name)).heading == page.heading


def test_a_long_text_can_be_scrolled_with_the_keyboard(signed_in, database):
    """Its box has a limited height, and not every browser lets the keyboard reach it by itself."""
    alice = signed_in("alice")
    for text, is_long in (
        ("x" * 336, False), ("x" * 337, True), ("\n" * 11, False), ("\n" * 12, True), ("\t" * 100, True), ("\u4e2d" * 169, True),
    ):  # fmt: skip
        database.sql("DELETE FROM messages")
        database.add_message("alice", text)
        (box,) = alice.page("/").select("ul.messages p > span")
        assert (box.get("tabindex"), box.raw_text) == ("0" if is_long else None, text), text
        assert box.get("aria-label") == ("Long message" if is_long else None)

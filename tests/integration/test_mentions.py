# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The page of mentions and replies, and the number of new ones in the navigation."""

import contextlib

import psycopg2
import pytest

from support.client import location

PREFETCH = {"Sec-Purpose": "prefetch"}


def _links(page):
    """The texts of the links in the navigation."""
    return [link.text for link in page.select("div.navigation a") if link["href"] == "/-/mentions"]


def _new(browser, path="/public"):
    (text,) = _links(browser.page(path))
    return text


def _marked(page):
    """The texts of the messages that the page marks as new."""
    items = page.select("ul.messages li")
    assert [bool(item.select("b.new")) for item in items] == ["new" in item.classes for item in items]
    return [message.text for message, item in zip(page.messages, items) if "new" in item.classes]


@pytest.mark.smoke
def test_the_page_of_mentions(signed_in, api, database):
    """The page shows the messages that mention the user or reply to them, newest first, also those from the API."""
    alice, bob = signed_in("alice"), signed_in("bob")
    assert "No message mentions you yet." in alice.page("/-/mentions").one("div.body").text
    alice.share("question for @bob")
    bob.post("/add_message", {"text": "a reply", "answers": database.value("SELECT id FROM messages")})
    api.tweet("bob", "hello @alice")
    bob.share("@alice and @bob")
    bob.share("nobody")
    assert alice.page("/-/mentions").texts == ["@alice and @bob", "hello @alice", "a reply"]
    assert bob.page("/-/mentions").texts == ["question for @bob"]


def test_anonymous_visitors_are_asked_to_sign_in(site, signed_in, database):
    page = site.page("/-/mentions", 401)
    assert page.one("a.way")["href"] == "/login?next=%2F-%2Fmentions" and _links(site.page("/public")) == []
    alice = signed_in("alice")
    database.sql("DELETE FROM sessions")
    alice.page("/-/mentions", 401)


def test_the_number_of_new_mentions(signed_in, api, database):
    """Opening the page marks them as seen, but not its second page, HEAD or a prefetch. The page that does this shows
    which ones were new. Nothing is written if there are no new ones."""
    alice = signed_in("alice")
    assert _new(alice) == "mentions"
    with database.unchanged():
        assert alice.page("/-/mentions").texts == []
    for text in ("@alice 1", "@alice 2"):
        api.tweet("alice", text)
    assert _new(alice) == "mentions", "of oneself"
    api.register("bob")
    for text in ("@alice 1", "@alice 2", "@alice 3"):
        api.tweet("bob", text)
    with database.unchanged():
        for path in ("/", "/public", "/bob", "/alice"):
            assert _new(alice, path) == "mentions 3 new"
        assert alice.head("/-/mentions").status_code == 200
        for headers in (PREFETCH, *({"Sec-Fetch-Dest": dest} for dest in ("image", "iframe", "empty", ""))):
            assert alice.get("/-/mentions", headers=headers).status_code == 200
        cursor = database.cursor_of(alice.page("/bob").messages[0])
        assert alice.page(f"/-/mentions?before={cursor}").texts == ["@alice 2", "@alice 1"]
        assert _new(alice) == "mentions 3 new"
    page = alice.page("/-/mentions")
    assert page.texts == ["@alice 3", "@alice 2", "@alice 1"]
    assert _links(page) == ["mentions"] and _marked(page) == page.texts
    with database.unchanged():
        page = alice.page("/-/mentions")
        assert _new(alice) == "mentions" and len(page.texts) == 3 and _marked(page) == []
    api.tweet("bob", "@alice 4")
    assert _new(alice) == "mentions 1 new" and _marked(alice.page("/alice")) == _marked(alice.page("/public")) == []
    assert _marked(alice.page("/-/mentions")) == ["@alice 4"]


def _add(cursor, text, date):
    """Adds a message of bob that mentions alice, with the rights of the site."""
    cursor.execute("INSERT INTO messages (author_id, text) SELECT id, %s FROM users WHERE username = 'bob' RETURNING id", (text,))
    ((message,),) = cursor.fetchall()
    cursor.execute(
        f"INSERT INTO mentions (user_id, pub_date, message_id) SELECT id, {date}, %s FROM users WHERE username = 'alice'", (message,)
    )


def test_a_mention_that_is_committed_late_is_new(signed_in, people, api, database):
    """Its date is older than that of a mention that the user has already seen."""
    alice = signed_in("alice")
    people("bob")
    with contextlib.closing(psycopg2.connect(database.connection_string)) as late, late.cursor() as cursor:
        _add(cursor, "@alice late", "now()")
        api.tweet("bob", "@alice first")
        assert _marked(alice.page("/-/mentions")) == ["@alice first"]
        late.commit()
    assert _new(alice) == "mentions 2 new"
    assert set(_marked(alice.page("/-/mentions"))) == {"@alice late", "@alice first"}
    assert _new(alice) == "mentions"


def test_a_mention_with_a_date_in_the_future(signed_in, people, api, database):
    """The page lists it first. It is not new before its date, and opening the page writes nothing."""
    alice = signed_in("alice")
    people("bob")
    with contextlib.closing(database.cluster.connect(database.name)) as owner, owner.cursor() as cursor:
        _add(cursor, "@alice future", "now() + interval '1 year'")
        cursor.execute("UPDATE messages SET pub_date = pub_date + interval '1 year'")
        owner.commit()
    with database.unchanged():
        page = alice.page("/-/mentions")
        assert page.texts == ["@alice future"] and _marked(page) == [] and _new(alice) == "mentions"
    api.tweet("bob", "@alice now")
    assert _new(alice) == "mentions 1 new"
    page = alice.page("/-/mentions")
    assert page.texts == ["@alice future", "@alice now"] and _marked(page) == ["@alice now"]
    assert _new(alice) == "mentions"


def test_the_page_of_a_read_only_database(make_httpd, own_database):
    """The page works like all others, and the mentions stay new."""
    httpd = make_httpd(over=own_database)
    for name in ("alice", "bob"):
        assert httpd.simulator().register(name).status_code == 204
    alice = httpd.browser().sign_in("alice")
    assert httpd.simulator().tweet("bob", "@alice one").status_code == 204
    own_database.cluster.psql(f"ALTER DATABASE {own_database.name} SET default_transaction_read_only = on")
    own_database.sql(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = 'minitwit_site'"
    )
    with own_database.unchanged():
        for _ in range(2):
            assert _new(alice) == "mentions 1 new"
            assert _marked(alice.page("/-/mentions")) == ["@alice one"]


def test_the_number_is_bounded(signed_in, people, database):
    alice = signed_in("alice")
    people("bob")
    for count, text in ((99, "mentions 99 new"), (1, "mentions 99+ new"), (1000, "mentions 99+ new")):
        database.sql(
            "WITH m AS (INSERT INTO messages (author_id, text, pub_date) SELECT u.id, '@alice',"
            " now() - (1100 - n) * interval '1 microsecond' FROM users u, generate_series(1, %s) n"
            " WHERE username = 'bob' RETURNING id, pub_date)"
            " INSERT INTO mentions SELECT u.id, m.pub_date, m.id FROM m, users u WHERE username = 'alice'", count
        )  # fmt: skip
        assert _new(alice) == text
    page = alice.page("/-/mentions")
    assert len(page.texts) == 30 and len(alice.page(page.link("Older")).texts) == 30
    assert _new(alice) == "mentions"


def test_flagged_messages_do_not_count(signed_in, people, api, database):
    alice = signed_in("alice")
    people("bob")
    for text in ("@alice #one", "@alice #two"):
        api.tweet("bob", text)
    first = database.value("SELECT min(id) FROM messages")
    assert database.ctl("message", "flag", str(first)).returncode == 0
    assert _new(alice) == "mentions 1 new"
    assert alice.page("/-/mentions").texts == ["@alice #two"]
    assert alice.page("/-/tag/two").texts == ["@alice #two"]
    alice.page("/-/tag/one", 404)
    assert database.ctl("message", "unflag", str(first)).returncode == 0
    assert alice.page("/-/mentions").texts == ["@alice #two", "@alice #one"]
    assert alice.page("/-/tag/one").texts == ["@alice #one"]


def test_deleted_messages_and_users_leave_no_rows(signed_in, people, api, database):
    signed_in("alice")
    people("bob")
    api.tweet("bob", "@alice #one")
    api.tweet("alice", "@bob #two")
    assert database.ctl("message", "delete", "--yes", str(database.value("SELECT min(id) FROM messages"))).returncode == 0
    assert database.mentions() == [("bob", "@bob #two")] and database.tags() == [("two", "@bob #two")]
    assert database.ctl("user", "delete", "--yes", "bob").returncode == 0
    assert database.mentions() == [] and database.tags() == [("two", "@bob #two")]


@pytest.mark.smoke
def test_the_timeline_of_a_tag(signed_in, site, api, database):
    """Each spelling leads to the folded spelling. A tag without messages has no page."""
    alice = signed_in("alice")
    texts = ["#Caf\u00e9 first", "second #CAFE\u0301", "#cafe other", "#caf\u00e9s other"]
    for text in texts:
        api.tweet("alice", text)
    for browser in (alice, site):
        page = browser.page("/-/tag/caf%C3%A9")
        assert page.texts == texts[1::-1] and page.heading == "#caf\u00e9"
        for other in ("Caf%C3%A9", "cafe%CC%81"):
            assert location(browser.get(f"/-/tag/{other}")) == "/-/tag/caf%C3%A9"
        for unknown in ("none", "%3Cscript%3E", "'%20or%201=1", "%22", "x" * 3000):
            page = browser.page(f"/-/tag/{unknown}", 404)
            assert page.one(".problem").text.startswith("There is no message with the tag"), unknown
            assert all(script.get("src") for script in page.select("script"))
    links = [link["href"] for link in site.page("/-/tag/cafe").select("ul.messages span a")]
    assert links == ["/-/tag/cafe"]
    api.tweet("alice", "#cafe newest")
    assert site.page("/-/tag/cafe").texts == ["#cafe newest", "#cafe other"], "at once, although the page was cached"


def test_pages_of_a_tag(signed_in, site, database):
    alice = signed_in("alice")
    for number in range(35):
        alice.share(f"#tag {number}")
    page = site.page("/-/tag/tag")
    assert page.texts == [f"#tag {number}" for number in range(34, 4, -1)]
    older = site.page(page.link("Older"))
    assert older.texts == [f"#tag {number}" for number in range(4, -1, -1)]
    assert location(site.get(older.link("Newer"))) == "/-/tag/tag"

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The Atom feeds of the public timeline, of users and of tags. tests/hostile/test_feed_schema.py has their form and
hostile texts."""

import datetime
import gzip
import re

import pytest

from support import metrics
from support.client import Browser, location, quote
from support.feed import TYPE, Feed
from support.metrics import cache_lookups
from support.mounts import mount

SECOND = datetime.timedelta(seconds=1)
PATHS = ("/-/feed", "/alice/feed")


def _feed(client, path, **options):
    return Feed(client.get(path, **options))


@pytest.fixture
def alice(people, database):
    """alice has written 31 messages, one per second, and bob one, which is older than hers."""
    people("alice", "bob")
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date)"
        " SELECT id, 'number ' || n, '2020-02-02 02:02:00.25Z'::timestamptz + n * interval '1 second'"
        " FROM users, generate_series(1, 31) n WHERE username = 'alice' ORDER BY n"
    )
    database.add_message("bob", "of bob", age=10**9)


@pytest.fixture
def cached(make_httpd, alice):
    """An httpd whose answers do not expire."""
    httpd = make_httpd(start=False, ops=metrics.OPS)
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    return httpd.start()


@pytest.mark.smoke
def test_a_feed_has_the_30_newest_messages(site, alice, database):
    date = datetime.datetime(2020, 2, 2, 2, 2, 0, 250000, datetime.timezone.utc)
    ids = dict(database.sql("SELECT text, id FROM messages"))
    for path, title, page, author in (
        ("/-/feed", "Public Timeline | MiniTwit", "/public", None),
        ("/alice/feed", "alice's Timeline | MiniTwit", "/alice", ("alice", "/alice")),
    ):
        feed = _feed(site, path)
        assert (feed.title, feed.author, feed.updated) == (title, author, date + 31 * SECOND)
        assert (feed.href("self"), feed.href("alternate")) == (path, page)
        assert feed.link("self") == site.base + path
        assert [entry.text for entry in feed.entries] == [f"number {number}" for number in range(31, 1, -1)]
        for number, entry in zip(range(31, 1, -1), feed.entries):
            assert entry.title == f"alice: number {number}"
            assert entry.published == entry.updated == date + number * SECOND
            assert entry.author == ("alice", "/alice")
            assert entry.key == f"message:{ids[entry.text]}"
            assert entry.href("alternate") == f"/alice/{ids[entry.text]}"
    assert [entry.title for entry in _feed(site, "/bob/feed").entries] == ["bob: of bob"]


def test_the_feed_of_a_tag(make_httpd, people, database):
    """The feed has the messages with the tag in any spelling. Only one spelling has a feed. A tag without messages has
    none."""
    people("alice", "bob")
    httpd = make_httpd(start=False, ops=metrics.OPS)
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    httpd.start()
    client, api = httpd.browser(), httpd.simulator()
    for name, text in (("alice", "one #Gr\u00f6\u00dfe"), ("bob", "two #gr\u00d6SSE"), ("bob", "three #other")):
        assert api.tweet(name, text).status_code == 204
    path = "/-/tag/gr%C3%B6sse/feed"
    feed = _feed(client, path)
    assert (feed.title, feed.key, feed.author) == ("#gr\u00f6sse | MiniTwit", "tag:gr%C3%B6sse", None)
    assert [entry.title for entry in feed.entries] == ["bob: two #gr\u00d6SSE", "alice: one #Gr\u00f6\u00dfe"]
    assert (feed.href("self"), feed.href("alternate")) == (path, "/-/tag/gr%C3%B6sse")
    assert [entry.id for entry in feed.entries] == [entry.id for entry in _feed(client, "/-/feed").entries][1:]
    page = client.page("/-/tag/gr%C3%B6sse")
    assert page.one("head link[rel=alternate]")["href"] == page.one("p.feed a")["href"] == path

    answer = client.get(path)
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.head(path).headers["ETag"] == answer.headers["ETag"]
    assert api.tweet("alice", "four #GR\u00d6SSE").status_code == 204
    assert len(_feed(client, path).entries) == 3

    assert location(client.get("/-/tag/Gr%C3%96%C3%9Fe/feed")) == path
    hits, _ = cache_lookups(httpd)
    for _ in range(2):
        assert 'There is no message with the tag "#nothing".' in client.page("/-/tag/nothing/feed", status=404).raw_text
    assert cache_lookups(httpd)[0] == hits


def test_answers_name_the_message_that_they_answer(signed_in, people, database):
    """The answer also names a message that has no page any more, but without an address."""
    alice = signed_in("alice")
    people("bob", "carol", "dan")
    for author in ("bob", "carol", "dan"):
        answered = database.add_message(author, "question")
        assert location(alice.post("/add_message", {"text": f"answer to {author}", "answers": answered}))
    feed = _feed(alice, "/alice/feed")
    ids = dict(database.sql("SELECT u.username, m.id FROM messages m JOIN users u ON u.id = m.author_id WHERE text = 'question'"))
    start = feed.id.rpartition(":user:")[0]
    for entry, author in zip(feed.entries, ("dan", "carol", "bob")):
        assert entry.answered == (f"{start}:message:{ids[author]}", f"/{author}/{ids[author]}")
    database.sql("UPDATE messages SET flagged = true WHERE id = %s", ids["dan"])
    database.sql("DELETE FROM messages WHERE text = 'question' AND NOT flagged")
    database.sql("DELETE FROM users WHERE username = 'carol'")
    feed = _feed(alice, "/alice/feed")
    expected = [(f"{start}:message:{ids[author]}", None) for author in ("dan", "carol", "bob")]
    assert [entry.answered for entry in feed.entries] == expected
    database.add_message("bob", "plain")
    assert _feed(alice, "/bob/feed").entries[0].answered is None


def test_texts_have_links(site, people, database, make_httpd):
    people("alice", "bob")
    database.add_message("alice", "see https://example.org/?a=b&c @bob #Tag\n<b>")
    below = Browser(make_httpd(web=mount("/twit", "minitwit-web")).web_url + "/twit")
    for client, start in ((site, ""), (below, "/twit")):
        (entry,) = _feed(client, "/-/feed").entries
        assert entry.title == "alice: see https://example.org/?a=b&c @bob #Tag <b>"
        assert entry.html == (
            '<p dir="auto">see <a href="https://example.org/?a=b&amp;c" rel="nofollow noopener ugc">https://example.org/?a=b&amp;c</a> '
            f'<a href="{start}/bob">@bob</a> <a href="{start}/-/tag/tag">#Tag</a><br>&lt;b&gt;</p>'
        )


def test_absolute_addresses(make_httpd, people, database):
    """Only MinitwitSiteURL makes addresses absolute."""
    people("alice")
    database.add_message("alice", "@alice")
    mounts = mount("/", "minitwit-web") + mount("/twit", "minitwit-web")
    httpd = make_httpd(directives="MinitwitSiteURL https://minitwit.example\nMinitwitIndexing On\n", web=mounts)
    for start in ("", "/twit"):
        client, address = Browser(httpd.web_url + start), "https://minitwit.example" + start
        for path, page in (("/-/feed", "/public"), ("/alice/feed", "/alice")):
            answer = client.get(path, headers={"Host": "evil.example"})
            feed = Feed(answer)
            (entry,) = feed.entries
            assert (feed.href("self"), feed.href("alternate")) == (address + path, address + page)
            assert entry.author == ("alice", address + "/alice")
            assert entry.href("alternate") == f"{address}/alice/{entry.key.removeprefix('message:')}"
            assert entry.html == f'<p dir="auto"><a href="{address}/alice">@alice</a></p>'
            assert "evil" not in answer.text
            # Search engines show the pages instead.
            assert answer.headers["X-Robots-Tag"] == "noindex" and "X-Robots-Tag" not in client.get(page).headers


def test_timelines_name_their_feed(signed_in, site, people, database, make_httpd):
    alice = signed_in("alice")
    people("\u05d0\u05d1")
    below = Browser(make_httpd(web=mount("/twit", "minitwit-web")).web_url + "/twit")
    for client, start in ((site, ""), (alice, ""), (below, "/twit")):
        for path, feed, title in (
            ("/public", "/-/feed", "Public Timeline"),
            ("/public?before=1-1", "/-/feed", "Public Timeline"),
            ("/alice", "/alice/feed", "alice's Timeline"),
            ("/%D7%90%D7%91", "/%D7%90%D7%91/feed", "\u2068\u05d0\u05d1\u2069's Timeline"),
        ):
            page = client.page(path)
            link = page.one("head link[rel=alternate]")
            assert (link["type"], link["title"], link["href"]) == ("application/atom+xml", title, start + feed)
            assert page.one("p.feed a")["href"] == start + feed
            assert _feed(client, feed).title == title + " | MiniTwit"
    for client, path in ((alice, "/"), (site, "/login"), (site, "/register")):
        page = client.page(path)
        assert not page.select("link[rel=alternate]") and not page.select("p.feed")
    assert not site.page("/nobody", status=404).select("link[rel=alternate]")


def test_flagged_and_deleted_messages_are_in_no_feed(site, alice, database):
    database.sql("UPDATE messages SET flagged = true WHERE text IN ('number 31', 'of bob')")
    database.sql("DELETE FROM messages WHERE text = 'number 30'")
    for path in PATHS:
        assert [entry.text for entry in _feed(site, path).entries][0] == "number 29"
    assert _feed(site, "/bob/feed").entries == []


def test_an_empty_feed_has_the_date_of_the_site(site, people, database):
    people("alice")
    made = database.value("SELECT created_at FROM site")
    for path in PATHS:
        feed = _feed(site, path)
        assert (feed.entries, feed.updated) == ([], made)


def test_ids_do_not_depend_on_the_address(site, alice, database, make_httpd):
    """The ids are the same on each host, below each mount and with each Host header."""
    ((identity, date),) = database.sql("SELECT id::text, (created_at AT TIME ZONE 'UTC')::date::text FROM site")
    expected = {path: _feed(site, path) for path in PATHS}
    assert expected["/-/feed"].id == f"tag:{identity},{date}:public"
    user = database.value("SELECT id FROM users WHERE username = 'alice'")
    assert expected["/alice/feed"].id == f"tag:{identity},{date}:user:{user}"
    ids = [entry.id for entry in expected["/-/feed"].entries]
    assert ids == [entry.id for entry in expected["/alice/feed"].entries] and len(set(ids)) == 30

    below = Browser(make_httpd(web=mount("/twit", "minitwit-web")).web_url + "/twit")
    for path, first in expected.items():
        assert site.get(path, headers={"Host": "evil.example"}).content == first.source
        feed = _feed(below, path)
        assert (feed.id, [entry.id for entry in feed.entries]) == (first.id, ids)
        assert feed.href("self") == "/twit" + path
        assert feed.href("alternate").startswith("/twit/")
        for entry in feed.entries:
            assert entry.author[1] == "/twit/alice" and entry.href("alternate").startswith("/twit/alice/")
        assert below.base.encode() not in feed.source and b"127.0.0.1" not in feed.source


def test_unknown_users_and_methods(site, alice, database):
    with database.unchanged():
        for path in ("/nobody/feed", "/Alice/feed", "/nobody/feed?before=1"):
            page = site.page(path, status=404)
            assert "There is no user named" in page.source
        for path in ("/-/feeds", "/-/feed/x", "/alice/feed/x", "/-/", "/-/tag/feed"):
            assert site.get(path).status_code == 404, path
        for path in (*PATHS, "/-/tag/x/feed"):
            refused = site.post(path)
            assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
            assert site.request("OPTIONS", path).headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.expect_log("site_find failed, SQLSTATE 42704: the table site has no row. Run minitwitctl doctor")
def test_a_site_without_identity(make_httpd, own_database):
    """The log names the remedy. Pages do not need the identity."""
    own_database.sql("DELETE FROM site")
    httpd = make_httpd(over=own_database)
    assert httpd.browser().get("/-/feed").status_code == 503
    assert httpd.browser().get("/public").status_code == 200


def test_conditional_requests_and_head(site, alice, api):
    for path in PATHS:
        answer = site.get(path)
        assert answer.headers["Cache-Control"] == "no-cache" and answer.headers["Content-Type"] == TYPE
        etag = {"If-None-Match": answer.headers["ETag"]}
        assert (site.get(path, headers=etag).status_code, site.head(path, headers=etag).status_code) == (304, 304)
        head = site.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("ETag", "Content-Length", "Content-Type", "Cache-Control"):
            assert head.headers[name] == answer.headers[name]
        assert api.tweet("alice", "newer").status_code == 204
        newer = site.get(path, headers=etag)
        assert newer.status_code == 200 and Feed(newer).entries[0].text == "newer"


def test_a_feed_comes_from_the_cache(cached, database):
    """A feed is the same for everybody, so the cache also serves a client with a session."""
    clients = [cached.browser(), cached.browser().sign_in("bob")]
    hits, misses = cache_lookups(cached)
    first = {path: clients[0].get(path) for path in PATHS}
    database.add_message("alice", "unseen")
    for path, answer in first.items():
        for client in clients:
            again = client.get(path)
            assert again.content == answer.content and again.headers["ETag"] == answer.headers["ETag"]
            assert "Set-Cookie" not in again.headers and "Cookie" not in again.headers.get("Vary", "")
    assert cache_lookups(cached) == (hits + 2 * len(PATHS), misses + len(PATHS))
    assert cached.simulator().tweet("alice", "seen").status_code == 204
    for path in PATHS:
        assert [entry.text for entry in _feed(clients[0], path).entries][:2] == ["seen", "unseen"]
    assert cached.simulator().tweet("bob", "of bob").status_code == 204
    assert _feed(clients[0], "/-/feed").entries[0].text == "of bob"


def test_a_feed_is_compressed_once(cached):
    for path in PATHS:
        _, plain = cached.browser().as_sent(path, "identity")
        for _ in range(2):
            answer, packed = cached.browser().as_sent(path, "gzip")
            assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
            assert gzip.decompress(packed) == plain and len(packed) < len(plain)
            assert re.fullmatch(r'W/"[0-9a-f]+-gzip"', answer.headers["ETag"])
            assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_feed_keeps_the_flash(alice, httpd):
    """The next page shows the flash, because a feed neither shows nor clears it."""
    browser = httpd.browser()
    browser.login("bob")
    for path in PATHS:
        assert "Set-Cookie" not in browser.get(path).headers
    assert browser.page("/public").flashes == ["You were logged in"]


def test_names_in_addresses(site, people, database):
    """A look-up by another form of the name gives the same feed."""
    people("Roger Histand", "a&b<c>", "\u00e9")
    for name in ("Roger Histand", "a&b<c>", "\u00e9"):
        database.add_message(name, "hello")
        feed = _feed(site, f"/{quote(name)}/feed")
        assert feed.title == f"{name}'s Timeline | MiniTwit"
        assert feed.author == (name, "/" + quote(name))
        assert feed.entries[0].title == f"{name}: hello"
        assert feed.href("self") == f"/{quote(name)}/feed"
    assert _feed(site, "/e%CC%81/feed").source == _feed(site, "/%C3%A9/feed").source

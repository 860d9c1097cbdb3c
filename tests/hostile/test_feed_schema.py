# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Each feed is valid under the schema of RFC 4287. A news reader shows the messages as their authors wrote them, also
with hostile texts."""

import html
import pathlib
import subprocess
import urllib.parse

import feedparser
import pytest

from support.client import quote
from support.feed import TYPE, Feed, visible

SCHEMA = pathlib.Path(__file__).parents[1] / "support" / "feed.rnc"

# Characters that XML 1.0 cannot have.
FORBIDDEN = "\ufffe\uffff" + "".join(chr(code) for code in range(1, 0x20) if chr(code) not in "\t\n\r")

TEXTS = [
    "",
    " ",
    "plain",
    "]]>",
    "<![CDATA[ x ]]>",
    "</content></entry></feed>",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "&amp; &lt; &#0; &#x1f; &nosuch; &",
    "\"quotes\" and 'apostrophes'",
    "<?xml version='1.1'?><!DOCTYPE feed [<!ENTITY a 'b'>]>&a;",
    FORBIDDEN,
    "\x7f\x80\x9f\ufdd0\ufffd\U0001fffe\U0010ffff",
    "tab\tand\nlines\r\nof\rall kinds\u2028and\u2029others",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 " * 100,
    "e" + "\u0301" * 500,
    "\u05d0\u05d1\u05d2 \u202e override \u2066 isolate without an end",
    "z\u0301\u200b\ufeff",
    "w" * 1000,
    "word " * 200,
    "<" * 1000,
    "https://example.org/?a=b&c=<d>\"' @nobody @\"a <b>\" #tag",
    "javascript:alert(1) data:text/html,x //evil.example/",
]

NAMES = [
    "alice",
    "a&b<c>\"d'",
    "]]>",
    "Roger Histand",
    "100%25 #?",
    "\u05d0\u05d1\u05d2",
    "\u0627\u0644\u0633\u0644\u0627\u0645 1",
    "\U0001f469\u200d\U0001f680",
    "\ufffe\uffff\x01",  # only an import or SQL makes it
    "x\u202e\u2066",  # likewise
]


def _shown(text):
    """The text as XML 1.0 can have it."""
    return "".join("\ufffd" if character in FORBIDDEN else character for character in text)


@pytest.fixture
def hostile(database):
    """Users with hostile names, who have written hostile texts."""
    for name in NAMES:
        database.sql("INSERT INTO users (username, email, password_hash) VALUES (%s, 'a@example.org', '')", name)
        database.add_messages(name, TEXTS)
    # Dates that an import may add.
    far_away = "INSERT INTO messages (author_id, text, pub_date) SELECT id, 'far away', %s FROM users WHERE username = %s"
    for name, date in ((NAMES[1], "0044-03-15 BC"), (NAMES[2], "12345-01-01")):
        database.sql(far_away, date, name)
    database.sql("INSERT INTO users (username, email, password_hash) VALUES ('silent', 'a@example.org', '')")


def _validate(folder, feeds):
    files = []
    for number, feed in enumerate(feeds):
        files.append(folder / f"{number}.xml")
        files[-1].write_bytes(feed.source)
    done = subprocess.run(["jing", "-c", SCHEMA, *files], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return done.returncode, done.stdout


def _get_feeds(site):
    return {name: Feed(site.get(f"/{quote(name)}/feed")) for name in (*NAMES, "silent")}


def test_every_feed_is_valid(site, hostile, tmp_path):
    feeds = [*_get_feeds(site).values(), Feed(site.get("/-/feed"))]
    assert _validate(tmp_path, feeds) == (0, "")
    for feed in feeds:
        # The schema has these rules only as annotations, which jing does not check.
        assert all(entry.author for entry in feed.entries)
        assert len({entry.id for entry in feed.entries}) == len(feed.entries)


def test_the_feed_of_each_tag_is_valid(site, api, people, tmp_path):
    """The feed is also valid if its messages answer others."""
    people("alice", "bob")
    tags = ("plain", "\u05d0\u05d1\u05d2", "\U0001d54f", "_", "e\u0301\u0300")
    assert api.tweet("alice", " ".join(f"#{tag}" for tag in tags)).status_code == 204
    browser = site.sign_in("bob")
    answered = browser.page("/public").one("ul.messages > li")["id"].removeprefix("m")
    assert browser.share("#plain").status_code == 302
    assert browser.post("/add_message", {"text": "#plain answer", "answers": answered}).status_code == 302
    pages = [browser.get("/-/feed"), browser.get("/bob/feed")]
    for link in browser.page("/alice").select("ul.messages > li a"):
        if link["href"].startswith("/-/tag/"):
            pages.append(browser.get(link["href"] + "/feed"))
    assert len(pages) == 2 + len(tags)
    feeds = [Feed(page) for page in pages]
    assert _validate(tmp_path, feeds) == (0, "")
    assert sum(entry.answered is not None for feed in feeds for entry in feed.entries) == 3
    assert len({feed.id for feed in feeds}) == len(feeds)


# Changes of a feed after which it is invalid, at least one for each element of the feeds.
INVALID = [
    (b"<published>", b"<published>x"),
    (b"</title>", b"</title><title/>"),
    (b' type="html"', b' type=""'),
    (b' type="text/html"', b' type="html"'),
    (b"</id>", b"</id><id/>"),
    (b"</updated>", b"</updated><updated>2026-11-30T00:00:00Z</updated>"),
    (b"</published>", b"</published><subtitle/>"),
    (b"</entry>", b"</entry><icon/>"),
    (b"</entry>", b"<nosuch/></entry>"),
    (b"</entry>", b"<link/></entry>"),
    (b"</entry>", b'<link href="x"><id>x</id></link></entry>'),
    (b"<link ", b'<link nosuch="" '),
    (b"<entry>", b'<entry xml:lang="en_GB">'),
    (b"<author>", b"<author><title/>"),
    (b"</uri>", b"</uri><uri/>"),
    (b'<content type="html">', b'<content type="html"><p xmlns=""/>'),
]

# Any element and attribute of another namespace may be inside.
EXTENDED = (
    b"</entry>",
    b'<link href="x" x:a="" xmlns:x="urn:x">text<x:b><x:c/></x:b></link><x:d xmlns:x="urn:x"/></entry>',
)


def test_an_invalid_feed_is_found(site, hostile, tmp_path):
    feed = Feed(site.get("/-/feed"))
    source = feed.source
    for number, change in enumerate([*INVALID, EXTENDED]):
        assert change[0] in source
        feed.source = source.replace(*change)
        folder = tmp_path / str(number)
        folder.mkdir()
        status, said = _validate(folder, [feed])
        assert (status == 1 and "error" in said) if change != EXTENDED else (status, said) == (0, ""), change


def test_dates_that_atom_does_not_have(site, hostile):
    """Such a date becomes the first or the last one that Atom has."""
    for name, year in ((NAMES[1], 1), (NAMES[2], 9999)):
        entries = Feed(site.get(f"/{quote(name)}/feed")).entries
        assert [entry.updated.year for entry in entries if entry.text == "far away"] == [year]


def test_the_texts_stay_the_same(site, hostile):
    for name, feed in _get_feeds(site).items():
        texts = [] if name == "silent" else [_shown(text) for text in reversed(TEXTS)]
        assert [entry.text for entry in feed.entries if entry.text != "far away"] == texts, name
        for entry in feed.entries:
            assert len(entry.title) < len(name) + 100 and "\n" not in entry.title
            assert urllib.parse.unquote(entry.href("alternate")).startswith("/" + name + "/")


def test_a_news_reader_shows_the_texts(site, hostile):
    """feedparser removes everything that is dangerous from a content."""
    for name in ("alice", NAMES[1]):
        path = f"/{quote(name)}/feed"
        answer = site.get(path)
        parsed = feedparser.parse(answer.content, response_headers={"content-type": TYPE, "content-location": site.base + path})
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert html.unescape(parsed.feed.title) == f"{name}'s Timeline | MiniTwit"
        own = Feed(answer)
        assert len(parsed.entries) == len(own.entries)
        for entry, expected in zip(parsed.entries, own.entries):
            assert (entry.id, entry.link) == (expected.id, site.base + expected.href("alternate"))
            # It takes C1 control characters for those of Windows-1252.
            if "\x80" not in expected.text:
                assert visible(entry.content[0].value).split() == expected.text.split()

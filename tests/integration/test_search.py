# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The search for messages and people: the queries, and the pages with the results."""

import pytest

from support import metrics
from support.client import location
from support.search import NOTHING, ON, found, index, names, path_of

NAME = "minitwit_db_query_duration_seconds_count"

TEXTS = [
    "The ferry is late again",
    "FERRY, harbour; gulls!",
    "#Harbour ferry",
    "see https://example.org/late-ferry?x=1 or mail to somebody@example.org",
    "Blåbærgrød for ALLE",
    "don't <b>panic</b> & carry-on 1.5 times",
    "İstanbul ☃ 今日は straße",
]


# Each query and the numbers of the texts that it finds, the newest first.
CASES = [
    ("ferry", [3, 2, 1, 0]),
    ("FERRY late", [3, 0]),
    ("  late \t ferry ", [3, 0]),
    ("gulls harbour ferry", [1]),
    ("harbour", [2, 1]),
    ("#harbour", [2]),
    ("#HARBOUR ferry", [2]),
    ("#harbour gulls", []),
    ("#nothing", []),
    ("example.org", [3]),
    ("late-ferry", [3, 0]),
    ("somebody@example.org", [3]),
    ("https://example.org/late-ferry?x=1", [3]),
    ("blåbærgrød", [4]),
    ("BLÅBÆRGRØD alle", [4]),
    ("bla\u030aba\u0308rgrød", []),
    ("bla\u030abærgrød", [4]),
    ("don't", [5]),
    ("carry on", [5]),
    ("5 times", [5]),
    ("今日は", [6]),
    ("straße", [6]),
    ("ferr", []),
    ("from:alice ferry", [2, 0]),
    ('from:"Roger Histand"', [5, 3, 1]),
    ('FROM:"Roger Histand" #harbour', []),
    ("from:@alice #harbour", [2]),
    ("from:nobody ferry", []),
    ("from:Alice ferry", []),
    # Operators of PostgreSQL are text.
    ("ferry & !late", [3, 0]),
    ("ferry | gulls", [1]),
    ("-gulls ferry", [1]),
    ('"late ferry" OR gulls', []),
    ("ferry <-> is", [0]),
    ("late:*", [3, 0]),
    ("'; drop table users; --", []),
    ("\\ ' \" ( ) & | ! <-> :*", []),
    ("☃", []),
    ("!!!", []),
    ("a " * 9 + "b", []),
]


@pytest.mark.smoke
def test_messages_with_all_terms_are_found(searching, people, database):
    people("alice", "Roger Histand")
    simulator = searching.simulator()
    for number, text in enumerate(TEXTS):
        assert simulator.tweet(("alice", "Roger Histand")[number % 2], text).status_code == 204
    index(database)
    browser = searching.browser()
    for query, numbers in CASES:
        page = browser.page(path_of(query))
        assert [TEXTS.index(text) for text in page.texts] == numbers, query
        assert page.one("div.body form")["action"] == "/-/search"
        assert page.one("input[name=q]")["value"] == query.strip(), query
        assert (NOTHING in page.text) == (not numbers and not names(page)), query
        assert page.errors == []
    # HEAD has the same headers.
    answer = browser.head(path_of("ferry"))
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"


def test_flagged_and_deleted_messages_are_not_found(searching, people, database):
    people("alice")
    ids = [database.add_message("alice", f"needle {number}") for number in range(4)]
    hidden = database.add_message("alice", "needle hidden", flagged=True)
    index(database)
    browser = searching.browser()
    assert found(browser, "needle") == [f"needle {number}" for number in (3, 2, 1, 0)]
    assert database.count("search") == 4
    assert database.ctl("message", "flag", str(ids[1])).returncode == 0
    database.sql("DELETE FROM messages WHERE id = %s", ids[2])
    assert found(browser, "needle") == ["needle 3", "needle 0"]
    assert database.count("search") == 2
    assert database.ctl("message", "unflag", str(hidden)).returncode == 0
    assert found(browser, "needle") == ["needle hidden", "needle 3", "needle 0"]
    database.sql("DELETE FROM messages WHERE id = %s", hidden)
    assert database.ctl("message", "unflag", str(ids[1])).returncode == 0
    assert found(browser, "needle") == ["needle 3", "needle 1", "needle 0"]
    assert database.count("search") == 3
    assert database.ctl("user", "delete", "alice", "--yes").returncode == 0
    assert found(browser, "needle") == []
    assert database.count("search") == 0


def test_people_are_found_by_the_beginning_of_their_names(searching, people):
    people("Roger Histand", "roger", "Roger 2", "rob", "Ærø", "a_b", "axb", "100%", *(f"many{n}" for n in range(12)))
    browser = searching.browser()
    for query, expected in (
        ("rog", ["roger", "Roger 2", "Roger Histand"]),
        ("ROGER H", ["Roger Histand"]),
        ("@rob", ["rob"]),
        ("Ær", ["Ærø"]),
        ("a_", ["a_b"]),
        ("100%", ["100%"]),
        ("%", []),
        ("many", sorted(f"many{n}" for n in range(12))[:10]),
        ("from:roger", []),
        ("#rog", []),
        ("nobody", []),
    ):
        assert names(browser.page(path_of(query))) == expected, query
    page = browser.page(path_of("rob"))
    assert page.one("ul.people strong > a")["href"] == "/rob"
    assert page.one("ul.people img")["src"].startswith("/static/avatar/")


def test_unusable_queries_get_the_form_with_a_hint(searching, database):
    browser = searching.browser()
    page = browser.page("/-/search")
    assert page.errors == [] and page.one("input[name=q]")["value"] == ""
    before = metrics.scrape(searching)
    for query, hint in (
        ("", "Type one or more words."),
        (" \t", "Type one or more words."),
        ("x" * 201, "A search may have at most 200 characters."),
        ("a b c d e f g h i j k", "A search may have at most 10 words and tags."),
        ("from:", "Write the name of a user directly after \"from:\"."),
        ("from:a from:b", "Name only one author, because each message has only one."),
    ):
        page = browser.page(path_of(query))
        assert page.errors == [hint], query
        assert page.messages == [] and NOTHING not in page.text
    after = metrics.scrape(searching)
    assert after.get(NAME, statement="search_messages") == before.get(NAME, statement="search_messages")
    for method, status in (("POST", 405), ("PUT", 405), ("DELETE", 405)):
        assert browser.request(method, path_of("ferry")).status_code == status


def test_hostile_input_is_shown_as_text(searching):
    browser = searching.browser()
    for query in ("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)"):
        page = browser.page(path_of(query))
        assert page.one("input[name=q]")["value"] == query
        assert len(page.select("script")) == 1 and "<img src=x" not in page.source
    # Not UTF-8, a NUL byte, cursors that do not exist.
    for tail in ("?q=%FF", "?q=%00", "?q=a&before=x", "?q=a&before=99999999999999999999-1", "?q=a&before=12", "?q=a&q=b"):
        assert browser.get("/-/search" + tail).status_code == 200, tail
    damaged = "The search could not be read. It must be percent-encoded and valid UTF-8."
    assert browser.page("/-/search?q=%FF").errors == [damaged] and browser.page("/-/search").errors == []


def test_pages_of_results(searching, people, database):
    people("alice")
    database.add_messages("alice", [f"needle {number}" for number in range(75)])
    index(database)
    browser = searching.browser()
    texts = [f"needle {number}" for number in reversed(range(75))]
    first = browser.page(path_of("needle"))
    assert first.texts == texts[:30] and not first.has_link("Newer")
    second = browser.page(first.link("Older"))
    assert second.texts == texts[30:60]
    third = browser.page(second.link("Older"))
    assert third.texts == texts[60:] and not third.has_link("Older")
    assert browser.page(third.link("Newer")).texts == texts[30:60]
    assert location(browser.get(second.link("Newer"))) == "/-/search?q=needle"
    assert browser.page(third.link("Newest")).texts == texts[:30]
    # The message of the cursor may be deleted meanwhile: it is the last one of the first page.
    database.sql("DELETE FROM messages WHERE text = 'needle 45'")
    assert browser.page(first.link("Older")).texts == texts[30:60]


def test_results_in_many_blocks_of_the_index(searching, people, database):
    """The messages are in the oldest block, a middle block and the newest block. The ids between have no message, or
    one with other words."""
    people("alice")
    for number in (3, 4095, 4096, 65535, 65536, 65537, 140000, 300000):
        database.sql(
            "INSERT INTO messages (id, author_id, text) SELECT %s, id, 'needle ' || %s FROM users", number, number
        )
        database.sql("INSERT INTO messages (id, author_id, text) SELECT %s, id, 'hay' FROM users", number + 10)
    index(database)
    browser = searching.browser()
    texts = [f"needle {number}" for number in (300000, 140000, 65537, 65536, 65535, 4096, 4095, 3)]
    assert found(browser, "needle") == texts
    key = database.value("SELECT (extract(epoch FROM pub_date) * 1000000)::bigint || '-' || id FROM messages WHERE id = 65536")
    assert browser.page(path_of("needle", before=key)).texts == texts[4:]
    assert location(browser.get(path_of("needle", after=key))) == "/-/search?q=needle"


def test_a_search_takes_one_round_trip(searching, people):
    people("alice")
    alice = searching.browser().sign_in("alice")
    older = path_of("needle", before="1764530123456789-42")
    for path, last in ((path_of("needle"), "search_messages"), (older, "search_messages")):
        before = metrics.scrape(searching)
        alice.page(path)
        after = metrics.scrape(searching)
        # Statements that are sent together count once, under the name of the last one.
        counts = {
            label: after.get(NAME, statement=label) - (before.get(NAME, statement=label) or 0)
            for label in (last, "sessions_find", "search_people", "search_settings", "users_find")
        }
        assert counts == {label: int(label == last) for label in counts}, path


def test_without_the_search(httpd, make_httpd, people, database):
    people("alice")
    off = make_httpd(directives="MinitwitSearch Off\n")
    on = make_httpd(directives=ON)
    assert on.browser().page("/public").link("search") == "/-/search"
    assert not off.browser().page("/public").has_link("search")
    for path in ("/-/search", path_of("ferry")):
        assert "This site has no search." in off.browser().page(path, 404).text

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A search stops when its budget is used up, and continues at the place where it stopped."""

import contextlib
import urllib.parse

import pytest

from database.conftest import MESSAGES, fill_search
from database.test_plans import ALL_BLOCKS, COARSE, ONE_BLOCK, SEARCHING

PAGE = 30
BLOCKS = 6
STEP = 97  # from a message's id to the next
STOPPED = -1  # the last column

# Each message has a word of two that never meet. One in 50 is flagged. The last two words are in the first and the last
# block only.
_FILL = f"""
insert into users (id, username, email, password_hash) values (1, 'alice', 'alice@example.org', 'none');
insert into messages (id, author_id, text, flagged)
select n, 1, case when n % 2 = 0 then 'even' else 'odd' end
    || case when n < {COARSE} then ' early' when n >= {(BLOCKS - 1) * COARSE} then ' recent' else '' end, n % 50 = 0
from generate_series(1, {BLOCKS * COARSE}, {STEP}) n
"""
QUERIES = ("even", "odd", "even odd", "early", "recent", "early odd", "unknown")


@pytest.fixture
def search(own_cluster, own_database, statements):
    """Runs the statement for a page: search(newer, begin, words, budget)."""
    own_cluster.psql(_FILL, own_database.name)
    fill_search(own_database, statements)
    with contextlib.closing(own_cluster.connect(own_database.name)) as connection, connection.cursor() as cursor:
        # For the whole session.
        cursor.execute("; ".join(SEARCHING).replace(", true)", ", false)"))
        for label in ("search_messages", "search_messages_newer"):
            cursor.execute(f"prepare {label} as {statements[label][1]}")

        def run(newer, begin, words, budget):
            name = "search_messages_newer" if newer else "search_messages"
            cursor.execute(f"execute {name} (%s, %s, %s, '', null, null, %s)", (PAGE + 1, begin, words, budget))
            rows = cursor.fetchall()
            found = [row[0] for row in rows if row[0] is not None]
            stops = [row[STOPPED] for row in rows[len(found) :]]
            assert all(row[0] is None for row in rows[len(found) :]), "rows without a message come last"
            return found, stops[0] if stops else None

        yield run


def _expected(words, newer):
    """The ids that a search finds, in its order."""
    ids = range(1, BLOCKS * COARSE + 1, STEP)
    tests = {
        "even": lambda n: n % 2 == 0, "odd": lambda n: n % 2 == 1, "early": lambda n: n < COARSE,
        "recent": lambda n: n >= (BLOCKS - 1) * COARSE, "unknown": lambda n: False,
    }  # fmt: skip
    found = [n for n in ids if n % 50 and all(tests[word](n) for word in words.split())]
    return found if newer else found[::-1]


def _walk(search, newer, words, budget):
    """(the ids of all pages, the number of pages that stopped early). Follows the links as the site makes them."""
    ids, stopped, begin = [], 0, "0" if newer else None
    while True:
        found, stop = search(newer, begin, words, budget)
        ids += found[:PAGE]
        if len(found) > PAGE:
            begin = str(found[PAGE - 1])
        elif stop is None:
            return ids, stopped
        else:
            stopped += 1
            assert stopped < BLOCKS, "the search does not get further"
            begin = str(stop)


@pytest.mark.parametrize("newer", [False, True])
def test_pages_with_any_budget_have_each_match_once(search, newer):
    for words in QUERIES:
        expected = _expected(words, newer)
        assert _walk(search, newer, words, ALL_BLOCKS) == (expected, 0), words
        # Without time, a page has one block. The pages of a block without a match, and the last page of others, stop.
        assert _walk(search, newer, words, ONE_BLOCK) == (expected, BLOCKS - 1), words


# Searches that try to be slow: very common words, with and without a match, and a common word with rare terms.
SLOW = (
    "the of tar coffee smells late quay harbour it a", "late quay", "the of tar coffee smells and harbour it a fine", "ferry #tag7",
    "from:1 late quay", "#often late quay", "unknown", "from:1 #often the", "a a a a a a a a a a",
)  # fmt: skip


def test_no_search_on_a_large_site_fails(make_httpd, million):
    """The pages of each search lead to its end."""
    options = "MinitwitSearch On\nMinitwitSearchLimit 0\nMinitwitDatabaseTimeout 2s\n"
    browser = make_httpd(over=million, directives=options).browser()
    for query in SLOW:
        path = "/-/search?" + urllib.parse.urlencode({"q": query})
        for _ in range(MESSAGES // COARSE + 1):
            page = browser.page(path)
            assert page.errors == [], query
            if not page.has_link("Search older messages"):
                break
            path = page.link("Search older messages")
        else:
            raise AssertionError(f"{query}: a page did not get further")

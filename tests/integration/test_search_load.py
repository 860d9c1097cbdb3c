# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The load that searches cause: the limits per address, of searches at once, and of the time of one search."""

import concurrent.futures
import contextlib
import re

import pytest

from support import installation, metrics
from support.client import location, read_page
from support.guessing import PROXY, come_from
from support.installation import wait_until
from support.search import NOTHING, ON, index, names, path_of

LIMITED = r"minitwit:warn.*too many searches from this address"
BUSY = "The search is busy. Please try again in a few seconds."


@pytest.mark.expect_log(LIMITED)
def test_searches_from_one_address_are_limited(make_httpd, database):
    httpd = make_httpd(directives=PROXY + "MinitwitSearch On\nMinitwitSearchLimit 3\n", ops=metrics.OPS)
    browser = come_from(httpd, "192.0.2.1")
    for _ in range(3):
        browser.page(path_of("ferry"))
    with database.unchanged():
        answer = browser.get(path_of("ferry"))
        page = read_page(answer, 429)
        seconds = int(answer.headers["Retry-After"])
        assert 1 <= seconds <= 20
        assert f"Please try again in {seconds} second" in page.text
    # The form alone, other pages and other addresses are not limited.
    browser.page("/-/search")
    browser.page("/public")
    come_from(httpd, "192.0.2.2").page(path_of("ferry"))
    for host in ("1::1", "1::2", "1::3"):
        come_from(httpd, f"2001:db8:{host}").page(path_of("ferry"))
    assert come_from(httpd, "2001:db8:1::4").get(path_of("ferry")).status_code == 429
    assert metrics.scrape(httpd).get("minitwit_throttled_total", reason="search") == 2
    assert len(re.findall(LIMITED, httpd.error_log.text)) == 2


@pytest.mark.skipif(installation.MPM == "prefork", reason="a child without threads has one search at a time")
@pytest.mark.expect_log(r"minitwit:warn.*too many searches at once")
def test_searches_leave_connections_and_threads_to_other_pages(make_httpd, people, database):
    """Of 4 connections, searches take 2. Of 8 threads, they take 4."""
    people("alice")
    httpd = make_httpd(start=False, directives=ON + "MinitwitDatabaseTimeout 60s\nMinitwitPoolTimeout 60s\n", ops=metrics.OPS)
    httpd.sizes = (
        "StartServers 1\nServerLimit 1\nThreadLimit 8\nThreadsPerChild 8\nMinSpareThreads 1\nMaxSpareThreads 8\n"
        "MaxRequestWorkers 8\n"
    )
    httpd.cache = "MinitwitCache Off\n"
    httpd.start()
    alice = httpd.browser().sign_in("alice")
    blocked = "query like '%plainto_tsquery%' AND usename = 'minitwit_site'"
    for rounds in (1, 2):
        with concurrent.futures.ThreadPoolExecutor(6) as pool, contextlib.ExitStack() as stack:
            holder = stack.enter_context(database.locked("search"))
            try:
                searches = [pool.submit(httpd.browser().get, path_of("ferry")) for _ in range(6)]
                done = lambda: [search for search in searches if search.done()]  # noqa: E731, B023
                wait_until(lambda: len(done()) == 2, "two searches to be refused")
                wait_until(lambda: database.count_waiting(blocked) == 2, "two searches to wait for the lock")
                for search in done():
                    page = read_page(search.result(), 503)
                    assert int(search.result().headers["Retry-After"]) > 0
                    assert page.errors == [BUSY] and page.one("input[name=q]")["value"] == "ferry"
                assert alice.page("/").has_link("sign out [alice]")
                assert alice.share(f"round {rounds}").status_code == 302
                assert httpd.browser().get("/public").status_code == 200
                assert (len(done()), database.count_waiting(blocked)) == (2, 2)
            finally:
                holder.close()
            assert sorted(search.result().status_code for search in searches) == [200] * 4 + [503] * 2
        assert metrics.scrape(httpd).get("minitwit_throttled_total", reason="searching") == 2 * rounds


@pytest.mark.skipif(installation.MPM == "prefork", reason="a child without threads has one search at a time")
@pytest.mark.expect_log(r"minitwit:warn.*too many searches at once")
def test_a_search_waits_for_its_turn_as_long_as_for_a_connection(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False, directives=ON + "MinitwitDatabaseTimeout 60s\nMinitwitPoolTimeout 200ms\n")
    httpd.sizes = (
        "StartServers 1\nServerLimit 1\nThreadLimit 8\nThreadsPerChild 8\nMinSpareThreads 1\nMaxSpareThreads 8\n"
        "MaxRequestWorkers 8\n"
    )
    httpd.start()
    with concurrent.futures.ThreadPoolExecutor(4) as pool, database.locked("search") as holder:
        try:
            searches = [pool.submit(httpd.browser().get, path_of("ferry")) for _ in range(4)]
            wait_until(lambda: sum(search.done() for search in searches) == 2, "two searches to be refused")
        finally:
            holder.close()
        assert sorted(search.result().status_code for search in searches) == [200, 200, 503, 503]
    assert httpd.browser().get(path_of("ferry")).status_code == 200


def test_a_search_that_takes_too_long(faulty, make_httpd, people, database):
    """It is not an outage: the page says what to do, and other requests use the database as before."""
    people("alice")
    httpd = make_httpd(directives=ON + "MinitwitDatabaseTimeout 2s\n")
    alice = httpd.browser().sign_in("alice")
    with database.locked("search"):
        for browser in (httpd.browser(), alice):
            answer = browser.get(path_of("ferry"))
            page = read_page(answer, 503)
            assert page.errors == [BUSY] and "Retry-After" in answer.headers
            assert page.one("input[name=q]")["value"] == "ferry"
        assert page.has_link("sign out [alice]")
        assert httpd.browser().get("/public").status_code == 200
        assert alice.share("still there").status_code == 302
    assert len(re.findall("a search took too long", httpd.error_log.text)) >= 1


def test_a_search_of_too_many_blocks_ends_early_and_continues(make_httpd, people, database):
    """The ids are so far apart that no machine looks at all blocks between them within the time of a search. A link
    continues at the first message that was not searched, in both directions, and finds each message once."""
    people("alice")
    browser = make_httpd(directives=ON + "MinitwitDatabaseTimeout 3s\n").browser()
    far = 10**13
    add = "INSERT INTO messages (id, author_id, text, pub_date) SELECT %s, id, %s, %s FROM users"
    database.sql(add, 3, "needle old", "2026-01-02 03:04:05Z")
    database.sql(add, far, "needle new", "2026-05-06 07:08:09Z")
    index(database)

    first = browser.page(path_of("needle"))
    assert first.texts == ["needle new"] and not first.has_link("Newer")
    older = first.link("Search older messages")
    assert first.link("Older") == older
    assert "So far, it has come to a message of 2026-01-02 @ 03:04." in first.text
    assert first.one("p.next time")["datetime"] == "2026-01-02T03:04Z"
    last = browser.page(older)
    assert last.texts == ["needle old"] and not last.has_link("Older") and not last.has_link("Search older messages")

    between = browser.page(last.link("Newer"))
    assert between.texts == [] and "No message matches so far." in between.text
    assert "So far, it has come to a message of 2026-05-06 @ 07:08." in between.text
    assert between.link("Newest") == "/-/search?q=needle"
    assert between.link("Newer") == between.link("Search newer messages") and not between.has_link("Older")
    # The first page has all newer messages.
    assert location(browser.get(between.link("Search newer messages"))) == "/-/search?q=needle"

    # The search finds people at once, and nothing else.
    page = browser.page(path_of("alice"))
    assert names(page) == ["alice"] and "No message matches so far." in page.text and NOTHING not in page.text
    page = browser.page(page.link("Search older messages"))
    assert page.texts == [] and "You have seen them all." in page.text and names(page) == []

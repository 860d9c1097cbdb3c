# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The search for messages and people, and its index, which the module fills in the background."""

import concurrent.futures
import contextlib
import re
import urllib.parse

import pytest

from support import installation, metrics
from support.client import location, read_page
from support.guessing import PROXY, come_from
from support.installation import wait_until
from support.original import PBKDF2, import_from

NAME = "minitwit_db_query_duration_seconds_count"
ON = "MinitwitSearch On\nMinitwitSearchLimit 0\n"
NOTHING = "Nothing matches your search."
LIMITED = r"minitwit:warn.*too many searches from this address"
BUSY = "The search is busy. Please try again in a few seconds."


def path_of(query, **more):
    return "/-/search?" + urllib.parse.urlencode({"q": query} | more)


def is_indexed(database):
    return database.value(
        "SELECT complete >= (SELECT coalesce(max(id), 0) FROM messages) AND seen = complete FROM search_progress"
    )


def index(database):
    """Waits until the module has seen all messages, and those committed late."""
    wait_until(lambda: is_indexed(database), "the index of the search to be complete")


@contextlib.contextmanager
def paused(database):
    """Keeps the module from adding messages to the index."""
    with contextlib.closing(database.cluster.connect(database.name)) as holder:
        holder.cursor().execute("BEGIN; SELECT FROM search_progress FOR UPDATE")
        yield


def found(browser, query):
    return browser.page(path_of(query)).texts


def names(page):
    return [link.raw_text for link in page.select("ul.people strong > a")]


@pytest.fixture
def searching(make_httpd):
    """A site with the search."""
    return make_httpd(directives=ON, ops=metrics.OPS)


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


def test_messages_that_are_committed_late_are_indexed(searching, people, database):
    people("alice")
    browser = searching.browser()
    with contextlib.closing(database.cluster.connect(database.name)) as slow:
        slow.cursor().execute(
            "BEGIN; INSERT INTO messages (author_id, text) SELECT id, 'needle late' FROM users WHERE username = 'alice'"
        )
        database.add_message("alice", "needle early")
        wait_until(lambda: found(browser, "needle") == ["needle early"], "the search to find the message")
        slow.cursor().execute("COMMIT")
        wait_until(lambda: found(browser, "needle") == ["needle early", "needle late"], "the search to find both")


def test_a_message_of_the_newest_transaction_is_indexed(searching, people, database):
    """The transaction has an earlier message id, but a later transaction id, than one that is committed before it."""
    people("alice")
    browser = searching.browser()
    add = "INSERT INTO messages (author_id, text) SELECT id, %s FROM users WHERE username = 'alice'"
    with contextlib.closing(database.cluster.connect(database.name)) as quick:
        with contextlib.closing(database.cluster.connect(database.name)) as slow:
            quick.cursor().execute("BEGIN; SELECT pg_current_xact_id()")
            slow.cursor().execute(f"BEGIN; {add}", ["needle late"])
            quick.cursor().execute(f"{add}; COMMIT", ["needle early"])
            wait_until(lambda: found(browser, "needle") == ["needle early"], "the search to find the message")
            early = database.value("SELECT id FROM messages")
            passed = "SELECT next_complete >= %s FROM search_progress"
            wait_until(lambda: database.value(passed, early), "the index to look at the transactions")
            for text in ("next", "last"):
                database.add_message("alice", text)
                wait_until(lambda text=text: found(browser, text) == [text], "the search to find the message")
            slow.cursor().execute("COMMIT")
            wait_until(lambda: found(browser, "needle") == ["needle early", "needle late"], "the search to find both")


def test_imported_messages_are_indexed(searching, people, database, original):
    """An import adds messages below the ids that the index has passed."""
    people("alice")
    database.sql("SELECT setval('messages_id_seq', 100)")
    database.add_message("alice", "needle new")
    index(database)
    original.users((50, "old", "old@x", PBKDF2)).messages((7, 50, "needle imported", 1234567890, 0))
    imported = import_from(database, original)
    assert imported.returncode == 0, imported.stdout
    browser = searching.browser()
    wait_until(lambda: found(browser, "needle") == ["needle new", "needle imported"], "the search to find both")


def test_the_index_of_another_cluster_is_continued(searching, people, database):
    """A restored backup can have a transaction id that this cluster has not reached."""
    people("alice")
    database.sql("UPDATE search_progress SET next_xid = '1000000000000'")
    database.add_message("alice", "needle")
    index(database)
    assert found(searching.browser(), "needle") == ["needle"]


def test_the_metric_of_the_messages_that_wait(make_httpd, people, database):
    people("alice")
    directives = "MinitwitMetricsInterval 1s\n"
    httpd, without = make_httpd(ops=metrics.OPS, directives=directives + ON), make_httpd(ops=metrics.OPS, directives=directives)

    def pending(httpd):
        return metrics.scrape(httpd).get("minitwit_search_pending_messages")

    with paused(database):
        database.add_messages("alice", ["one", "two"])
        wait_until(lambda: pending(httpd) == 2, "the metric to count the messages")
    wait_until(lambda: pending(httpd) == 0, "the metric to count no message")
    # Without the search, the number would grow with each message.
    wait_until(lambda: metrics.scrape(without).get("minitwit_db_up") == 1, "the metrics of the other site")
    assert metrics.scrape(without).get("minitwit_search_pending_messages", default=None) is None


def test_deletions_at_the_same_time_are_no_failure(searching, people, database):
    """The index waits for each deletion. After it is committed, or has taken too long, the index tries again, and logs
    nothing."""
    people("alice")
    waiting = "SELECT query_start FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for takes_long in (False, True):
        with contextlib.ExitStack() as stack:
            operators = [stack.enter_context(contextlib.closing(database.cluster.connect(database.name))) for _ in range(2)]
            with paused(database):
                for operator in operators:
                    gone = database.add_message("alice", "needle gone")
                    operator.cursor().execute("BEGIN; DELETE FROM messages WHERE id = %s", [gone])
                database.add_message("alice", "needle here")
            seen = []
            for operator in operators:
                wait_until(lambda seen=seen: database.sql(waiting) not in ([], seen), "the index to wait for a deletion")
                seen = database.sql(waiting)
                if takes_long and operator is operators[0]:
                    wait_until(lambda seen=seen: database.sql(waiting) != seen, "the index to give up")
                operator.cursor().execute("COMMIT")
        index(database)
        assert found(searching.browser(), "gone") == []
    assert found(searching.browser(), "needle") == ["needle here"] * 2


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


def test_without_the_search(httpd, make_httpd, people, database):
    people("alice")
    off = make_httpd(directives="MinitwitSearch Off\n")
    on = make_httpd(directives=ON)
    assert on.browser().page("/public").link("search") == "/-/search"
    assert not off.browser().page("/public").has_link("search")
    for path in ("/-/search", path_of("ferry")):
        assert "This site has no search." in off.browser().page(path, 404).text


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


def test_two_nodes_share_the_work(make_httpd, people, database):
    people("alice")
    nodes = [make_httpd(directives=ON) for _ in range(2)]
    for number in range(3):
        database.add_messages("alice", [f"needle {number}-{text}" for text in range(20)])
        index(database)
    assert database.count("search") == 60
    assert all(len(found(node.browser(), "needle")) == 30 for node in nodes)
    assert "index of the search failed" not in "".join(node.error_log.text for node in nodes)


@pytest.mark.expect_log(r"minitwit:warn.*index of the search failed.*search_index|minitwit:warn.*search_index.*index of the search")
def test_a_job_that_fails_is_logged_once_and_continues(make_httpd, people, database):
    people("alice")
    database.sql("ALTER TABLE search RENAME TO lost")
    try:
        httpd = make_httpd(directives=ON)
        database.add_message("alice", "needle")
        wait_until(lambda: "index of the search failed" in httpd.error_log.text, "the log to name the failure")
    finally:
        database.sql("ALTER TABLE lost RENAME TO search")
    index(database)
    assert found(httpd.browser(), "needle") == ["needle"]
    assert len(re.findall("index of the search failed", httpd.error_log.text)) == 1


@pytest.mark.expect_log(r"minitwit:warn.*search_settle for the index of the search failed")
def test_the_log_states_that_only_the_merge_failed(make_httpd, people, database):
    """The search still finds new messages. The operator learns the remedy from doctor."""
    people("alice")
    database.sql("REVOKE EXECUTE ON FUNCTION search_settle() FROM minitwit_site")
    try:
        httpd = make_httpd(directives=ON)
        database.add_message("alice", "needle")
        wait_until(lambda: "search_settle" in httpd.error_log.text, "the log to name the failure")
        said = httpd.error_log.text
        assert "The search finds new messages, but reads their entries one by one" in said and "minitwitctl doctor" in said
        assert "does not find new messages" not in said
        assert found(httpd.browser(), "needle") == ["needle"]
        assert "lacks execute on search_settle()" in database.ctl("doctor").stdout
    finally:
        database.sql("GRANT EXECUTE ON FUNCTION search_settle() TO minitwit_site")

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The round trips of a request to PostgreSQL, and the statements in each of them."""

import concurrent.futures
import contextlib

import pytest

from support import installation
from support.client import Browser, location
from support.recorder import Recorder

MANY = 101  # with so many followees, a home timeline is read in another way


@pytest.fixture
def recorded(make_httpd, cluster, database, people):
    """A function that returns the statements of each round trip of an action, the browser of alice, and the simulator.
    alice follows bob, and bob has written a message."""
    people("alice", "bob", "carol")
    with Recorder(cluster.socket_folder) as recorder:
        through = f"host={recorder.folder} dbname={database.name} user=minitwit_site connect_timeout=2"
        httpd = make_httpd(start=False, over=through)
        httpd.cache = "MinitwitCache Off\n"
        # With so few connections, each one soon has prepared every statement.
        httpd.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
        httpd.directives = "MinitwitSiteURL https://minitwit.example\nMinitwitIndexing On\n"
        httpd.start()
        alice, api = httpd.browser().sign_in("alice"), httpd.simulator()
        database.add_message("bob", "of bob", age=10)
        assert api.follow("alice", "bob").status_code == 204

        def statements(act):
            return [[call.label for call in pipeline] for pipeline in recorder.record(act, tries=200)]

        yield statements, alice, api
        httpd.stop()


def _follow_many(database, count):
    """alice follows this number of users. Each has written a message, u1 the newest."""
    database.sql(
        "INSERT INTO users (username, email, password_hash)"
        " SELECT 'u' || n, 'u@example.org', '' FROM generate_series(1, %s) n",
        count,
    )
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date)"
        " SELECT id, username || ' says', now() - id * interval '1 minute' FROM users WHERE username LIKE 'u%'"
    )
    database.sql(
        "INSERT INTO followers (who_id, whom_id) SELECT a.id, b.id FROM users a, users b"
        " WHERE a.username = 'alice' AND b.username LIKE 'u%'"
    )


def test_a_page_takes_one_round_trip(recorded, database):
    statements, alice, _ = recorded
    visitor, owner = ["sessions_find"], ["sessions_find", "users_profile", "follows_exists"]
    older = database.cursor_of(alice.page("/public").messages[0])
    for path, expected in {
        "/": [*visitor, "messages_home_session"],
        f"/?before={older}": [*visitor, "messages_home_session"],
        f"/?after={older}": [*visitor, "messages_home_session_newer"],
        "/public": [*visitor, "messages_public"],
        f"/public?before={older}": [*visitor, "messages_public"],
        "/bob": [*owner, "messages_by_user"],
        "/alice": [*owner, "messages_by_user"],
        "/nobody": [*owner, "messages_by_user"],
        f"/bob?before={older}": [*owner, "messages_by_user"],
        "/bob/followers": [*visitor, "users_profile", "follows_followers"],
        "/bob/following?before=9": [*visitor, "users_profile", "follows_followees"],
        "/bob/followers?after=9": [*visitor, "users_profile", "follows_followers_newer"],
        "/-/profile": ["users_about"],
    }.items():
        assert statements(lambda path=path: alice.get(path)) == [expected], path


def test_pages_of_anonymous_visitors(recorded, site):
    statements, alice, _ = recorded
    site.base = alice.base
    assert statements(lambda: site.get("/")) == []
    assert statements(lambda: site.get("/public")) == [["messages_public"]]
    assert statements(lambda: site.get("/bob")) == [["users_profile", "messages_by_user"]]
    assert statements(lambda: site.get("/bob/followers")) == [["users_profile", "follows_followers"]]
    for path in ("/-/sitemap.xml", "/-/sitemap.xml?page=1"):
        assert statements(lambda path=path: site.get(path)) == [["users_last", "users_names"]]
    for browser in (site, alice):
        assert statements(lambda browser=browser: browser.get("/-/feed")) == [["site_find", "messages_public"]]
        assert statements(lambda browser=browser: browser.get("/-/tag/x/feed")) == [["site_find", "messages_tagged"]]
        for name in ("bob", "nobody"):
            path = f"/{name}/feed"
            expected = [["users_find", "site_find", "messages_by_user"]]
            assert statements(lambda browser=browser, path=path: browser.get(path)) == expected
    unknown = {"Cookie": "minitwit_session=" + "A" * 43}
    assert statements(lambda: site.get("/", headers=unknown)) == [["sessions_find", "messages_home_session"]]


def test_home_needs_a_second_round_trip_if_the_first_finds_nothing(recorded, database):
    """Because the user follows many others, or because there is no message."""
    statements, alice, _ = recorded
    first = ["sessions_find", "messages_home_session"]
    database.sql("UPDATE messages SET flagged = true")
    assert statements(lambda: alice.get("/")) == [first, ["messages_home_few"]]
    _follow_many(database, MANY)
    assert statements(lambda: alice.get("/")) == [first, ["messages_home_many"]]
    database.sql("UPDATE messages SET flagged = true WHERE id % 5 <> 0")
    assert statements(lambda: alice.get("/")) == [first, ["messages_home_many"], ["messages_home_few"]]


def test_a_request_of_the_api_takes_one_round_trip(recorded):
    statements, _, api = recorded
    record = ["simulator_record"]
    for path, expected in {
        "/msgs": ["messages_public"],
        "/msgs/bob": ["users_find", "messages_by_user"],
        "/msgs/nobody": ["users_find", "messages_by_user"],
        "/fllws/alice": ["users_find", "follows_names"],
    }.items():
        assert statements(lambda path=path: api.get(path)) == [expected], path
        assert statements(lambda path=path: api.get(path + "?latest=5")) == [record + expected], path
    for body, expected in (
        ({"follow": "carol"}, ["follows_add_by_username"]),
        ({"unfollow": "carol"}, ["follows_remove_by_username"]),
        ({"follow": "nobody"}, ["follows_add_by_username"]),
        ({}, ["users_find"]),
    ):
        assert statements(lambda body=body: api.post("/fllws/alice?latest=6", json=body)) == [record + expected], body
    assert statements(lambda: api.tweet("bob", "more")) == [["messages_add_by_username"]]
    assert api.latest() == 6


def test_a_write_of_a_signed_in_user_takes_one_round_trip(recorded):
    statements, alice, _ = recorded
    for act, expected in (
        (lambda: alice.share("more"), ["sessions_lock", "messages_add"]),
        (lambda: alice.post("/carol/follow"), ["sessions_lock", "follows_add"]),
        (lambda: alice.post("/carol/unfollow"), ["sessions_lock", "follows_remove"]),
        (lambda: alice.get("/nobody/follow"), ["sessions_lock", "follows_add"]),
        (lambda: alice.post("/-/profile", {"about": "text"}), ["sessions_lock_row", "users_describe"]),
    ):
        assert statements(act) == [expected]
    assert statements(lambda: alice.share("")) == [["sessions_find"]]
    for text in ("#tag", "@bob", '@"nobody"'):
        assert statements(lambda text=text: alice.share(text)) == [["sessions_lock", "messages_add_marked"]]
    answer = {"text": "plain", "answers": "1"}
    assert statements(lambda: alice.post("/add_message", answer)) == [["sessions_lock", "messages_add_marked"]]
    assert statements(lambda: alice.share("mail@example.org 1#2 @ # &#x27; 100%")) == [["sessions_lock", "messages_add"]]


def test_the_pages_of_messages_take_one_round_trip(recorded, database):
    statements, alice, _ = recorded
    path = f"/bob/{database.value('SELECT max(id) FROM messages')}"
    thread = ["messages_answered", "messages_answers", "messages_find"]
    anonymous = Browser(alice.base)
    for browser, found in ((alice, ["sessions_find"]), (anonymous, [])):
        assert statements(lambda browser=browser: browser.get(path)) == [found + thread]
        assert statements(lambda browser=browser: browser.get("/-/tag/one")) == [found + ["messages_tagged"]]
        assert statements(lambda browser=browser: browser.get("/bob/x")) == []
    assert statements(lambda: alice.get("/-/mentions")) == [["sessions_find", "mentions_see", "messages_mentioning"]]
    assert statements(lambda: alice.head("/-/mentions")) == [["sessions_find", "messages_mentioning"]]
    assert statements(lambda: anonymous.get("/-/mentions")) == []


def test_home_before_an_unknown_message_is_page_one(signed_in, database):
    alice = signed_in("alice")
    message = database.add_message("alice", "of alice")
    for count in (0, MANY):
        if count:
            _follow_many(database, count)
        assert location(alice.get("/?before=99999999")) == "/"
        assert alice.page(location(alice.get(f"/?before={message}"))).link("Newest") == "/"


@pytest.fixture
def interrupted(make_httpd, cluster, database):
    """A function that requests a home timeline and returns the answer. It runs a statement after the session was found
    and before the messages are read: the statement that finds the session waits after it has its snapshot."""
    httpd = make_httpd(directives="MinitwitDatabaseTimeout 60s\n")

    def visit(browser, statement):
        browser.base = httpd.web_url
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            with contextlib.closing(cluster.connect(database.name)) as holder:
                holder.cursor().execute("SELECT pg_advisory_lock(7)")
                answer = pool.submit(browser.get, "/")
                installation.wait_until(database.count_waiting, "the first statement to wait")
                database.sql(statement)
            return answer.result()

    policy = "CREATE POLICY patient ON sessions USING (pg_advisory_xact_lock_shared(7)::text IS NOT NULL)"
    database.sql(f"ALTER TABLE sessions ENABLE ROW LEVEL SECURITY; {policy}")
    yield visit
    database.sql("DROP POLICY patient ON sessions; ALTER TABLE sessions DISABLE ROW LEVEL SECURITY")


def _texts(answer):
    assert answer.status_code == 200
    return answer.text.count(" says")


def test_a_user_follows_one_more_between_two_statements(interrupted, signed_in, people, database):
    alice = signed_in("alice")
    people("bob")
    _follow_many(database, MANY - 1)
    assert _texts(alice.get("/")) == 30
    more = (
        "INSERT INTO followers (who_id, whom_id) SELECT a.id, b.id FROM users a, users b"
        " WHERE a.username = 'alice' AND b.username = 'bob'"
    )
    assert _texts(interrupted(alice, more)) == 30


def test_a_session_ends_between_two_statements(interrupted, signed_in, database):
    alice = signed_in("alice")
    _follow_many(database, 5)
    assert _texts(interrupted(alice, "DELETE FROM sessions")) == 5
    assert location(alice.get("/")) == "/public"

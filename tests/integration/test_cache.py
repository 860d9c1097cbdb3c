# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The cache of rendered answers. It shows changes by its own httpd at once, and other changes after its lifetime. Tests
make the latter by SQL."""

import concurrent.futures
import pathlib
import re
import subprocess

import pytest

from support import installation, metrics
from support.httpd import PATIENT
from support.metrics import cache_lookups
from support.mounts import mount
from support.page import Page

_PATHS = ("/public", "/alice", "/msgs", "/msgs/alice")


@pytest.fixture
def make_cached(make_httpd):
    """Starts an httpd with these settings of the cache. Arguments are those of make_httpd."""

    def make(settings="MinitwitCacheLifetime 1h\n", **arguments):
        httpd = make_httpd(start=False, ops=metrics.OPS, **arguments)
        httpd.cache = settings
        return httpd.start()

    return make


@pytest.fixture
def cached(make_cached, people):
    """An httpd whose answers do not expire. alice has posted one message."""
    people("alice", "bob")
    httpd = make_cached()
    assert httpd.simulator().tweet("alice", "the first").status_code == 204
    return httpd


def _get(httpd, path, **options):
    client = httpd.simulator() if path.startswith("/msgs") else httpd.browser()
    answer = client.get(path, **options)
    assert answer.status_code == 200, answer.text
    return answer


def _headers(answer):
    return {name: value for name, value in answer.headers.items() if name not in ("Date", "X-Request-Id")}


def test_every_child_gives_the_cached_answer(cached, database):
    first = {path: _get(cached, path) for path in _PATHS}
    database.add_message("alice", "unseen")
    for path, answer in first.items():
        assert "the first" in answer.text
        for _ in range(30):
            again = _get(cached, path)
            assert (again.content, _headers(again)) == (answer.content, _headers(answer))
    assert cache_lookups(cached) == (30 * len(_PATHS), len(_PATHS))


def test_a_post_is_shown_at_once(cached):
    alice = cached.browser().sign_in("alice")
    for number in range(5):
        for post, text in (
            (lambda text: cached.simulator().tweet("alice", text), f"through the API {number}"),
            (alice.share, f"on the site {number}"),
        ):
            assert not any(text in _get(cached, path).text for path in _PATHS)
            assert post(text).status_code in (204, 302)
            assert all(text in _get(cached, path).text for path in _PATHS)


def test_users_who_post_at_the_same_time_see_their_own_message_at_once(cached, people):
    """No child gives an answer that is older than the post."""
    names = [f"user{number}" for number in range(6)]
    people(*names)

    def post(name, part):
        for number in range(5):
            text = f"{name} number {part}.{number}."
            assert cached.simulator().tweet(name, text).status_code == 204
            assert text in _get(cached, "/public").text
            assert text in _get(cached, f"/{name}").text
            assert text in _get(cached, f"/msgs/{name}").text

    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        for part in range(5):
            # The messages of one part fill the first page, so none of them moves another one to the second page.
            list(pool.map(post, names, [part] * len(names)))


def test_a_message_of_another_user_does_not_end_an_answer(cached, database):
    before = _get(cached, "/alice").content
    database.add_message("alice", "unseen")
    assert cached.simulator().tweet("bob", "something else").status_code == 204
    assert _get(cached, "/alice").content == before
    assert "unseen" in _get(cached, "/public").text


def test_each_part_of_a_timeline_is_an_answer_of_its_own(cached, database):
    database.add_messages("alice", [f"<{number}>" for number in range(100)])
    newest = Page(_get(cached, "/alice").text)
    older = Page(_get(cached, newest.link("Older")).text)
    last = database.cursor_of(older.messages[-1])
    oldest, newer = Page(_get(cached, f"/alice?before={last}").text), Page(_get(cached, f"/alice?after={last}").text)
    assert [page.texts[0] for page in (newest, older, oldest, newer)] == ["<99>", "<69>", "<39>", "<70>"]
    assert len(_get(cached, "/msgs?no=1").json()) == 1
    assert len(_get(cached, "/msgs?no=2").json()) == 2
    assert len(_get(cached, "/msgs/alice?no=3").json()) == 3


def test_a_cursor_of_no_message_takes_up_no_room(cached, database):
    """The cache does not keep the answer, since clients can invent any number of cursors."""
    database.add_messages("alice", [f"number {number}" for number in range(70)])
    for path in ("/public", "/alice"):
        newest = _get(cached, path).text
        *_, gone, begin = map(database.cursor_of, Page(_get(cached, Page(newest).link("Older")).text).messages)
        database.sql("DELETE FROM messages WHERE id = %s", gone.rpartition("-")[2])
        for kind in ("before", "after"):
            hits, misses = cache_lookups(cached)
            for _ in range(2):
                _get(cached, f"{path}?{kind}={gone}")
            assert cache_lookups(cached) == (hits, misses + 2)
            for _ in range(2):
                _get(cached, f"{path}?{kind}={begin}")
            assert cache_lookups(cached) == (hits + 1, misses + 3)
        hits, misses = cache_lookups(cached)
        # These are not cursors, so the cached page one is the answer.
        for before in ("-1", "0", "x", "9" * 30, "7-", "-7-7-7", "9" * 30 + "-1"):
            assert _get(cached, f"{path}?before={before}").text == newest
        assert cache_lookups(cached) == (hits + 7, misses)


def test_visitors_with_a_session_or_a_flash_get_pages_of_their_own(cached, database):
    alice = cached.browser().sign_in("alice")
    _get(cached, "/public")
    database.add_message("alice", "unseen")
    answer = alice.get("/public")
    assert "unseen" in answer.text and "alice" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    alice.get("/logout")
    leaving = alice.get("/public")
    assert "unseen" in leaving.text and "You were logged out" in leaving.text
    stranger = _get(cached, "/public")
    assert "You were logged out" not in stranger.text and "unseen" not in stranger.text
    # The cookie of a session that has ended.
    assert "unseen" in cached.browser().get("/public", headers={"Cookie": "minitwit_session=" + "A" * 43}).text


def test_other_changes_are_shown_after_the_lifetime(make_cached, people, database):
    people("alice")
    httpd = make_cached("MinitwitCacheLifetime 300ms\n")
    for number in range(2):
        _get(httpd, "/public")
        database.add_message("alice", f"number {number}")
        installation.wait_until(lambda text=f"number {number}": text in _get(httpd, "/public").text, "the new message")


def test_it_can_be_switched_off(make_cached, people, database):
    people("alice")
    httpd = make_cached("MinitwitCache Off\n")
    for number in range(2):
        for path in _PATHS:
            _get(httpd, path)
        database.add_message("alice", f"number {number}")
        for path in _PATHS:
            assert f"number {number}" in _get(httpd, path).text
    assert cache_lookups(httpd) == (0, 0)


def test_other_templates_are_used_after_a_graceful_restart(cached, templates):
    before = _get(cached, "/public").text
    layout = templates / "layout.html"
    layout.write_text(layout.read_text().replace("</body>", "<p>Under new management</p></body>"))
    cached.directives += f"MinitwitTemplates {templates}\n"
    assert cached.graceful().returncode == 0
    assert "Under new management" not in before
    installation.wait_until(lambda: "Under new management" in _get(cached, "/public").text, "the new layout")
    for _ in range(20):
        assert "Under new management" in _get(cached, "/public").text


def test_mounts_do_not_share_answers(make_cached, database):
    httpd = make_cached(web=mount("/one", "minitwit-web") + mount("/two", "minitwit-web"))
    for _ in range(2):
        for name in ("one", "two"):
            assert f'href="/{name}/login"' in httpd.browser().get(f"/{name}/public").text


def test_a_cached_answer_of_the_api_needs_the_credentials(cached):
    _get(cached, "/msgs")
    answer = cached.browser().get("/msgs")
    assert answer.status_code == 404
    assert cached.simulator().get("/msgs", auth=("simulator", "wrong")).status_code == 403


def test_a_cached_answer_records_the_simulators_progress(cached, database):
    for number in range(3):
        _get(cached, f"/msgs?latest={number}")
        assert database.latest() == number
        _get(cached, f"/msgs/alice?latest={number + 100}")
        assert database.latest() == number + 100


def test_the_etag_does_not_depend_on_the_cache(cached, make_cached):
    etag = _get(cached, "/public").headers["ETag"]
    other = make_cached("MinitwitCache Off\n")
    assert _get(other, "/public").headers["ETag"] == etag
    assert other.browser().get("/public", headers={"If-None-Match": etag}).status_code == 304


def test_unused_room_takes_no_memory(make_cached):
    httpd = make_cached("MinitwitCacheSize 200\n")
    shared = re.findall(
        r"^[0-9a-f]+-[0-9a-f]+ rw-s .*\nSize: +(\d+) kB\n(?:\w+: .*\n)*?Rss: +(\d+) kB$",
        pathlib.Path(f"/proc/{httpd.process.pid}/smaps").read_text(encoding="ascii"),
        re.MULTILINE,
    )
    ((_, taken),) = [(size, taken) for size, taken in shared if int(size) >= 200 * 1024]
    assert int(taken) < 1024


def test_answers_of_up_to_256_kib_are_kept(cached, database):
    database.add_messages("alice", ['"' * 1000] * 300)
    assert 150 * 1000 < len(_get(cached, "/public").content) < 256 * 1024 < len(_get(cached, "/msgs?no=300").content)
    database.add_message("alice", "unseen")
    assert "unseen" in _get(cached, "/msgs?no=300").text and "unseen" not in _get(cached, "/public").text


def test_a_404_is_not_kept(cached):
    assert cached.browser().get("/somebody").status_code == 404
    assert cached.simulator().register("somebody").status_code == 204
    assert cached.browser().get("/somebody").status_code == 200


@pytest.mark.skipif(installation.SANITIZE, reason="a sanitizer needs the address space")
def test_without_enough_memory_nothing_is_kept(cached, expect_log):
    """A limit of httpd's address space stands for a small machine."""
    expect_log("could not get 4096 MiB of shared memory for the cache.*lower MinitwitCacheSize")
    subprocess.run(["prlimit", f"--pid={cached.process.pid}", f"--as={3 * 1024**3}"], check=True)
    cached.cache = "MinitwitCacheSize 4096\n"
    assert cached.graceful().returncode == 0
    hits, misses = cache_lookups(cached)
    _get(cached, "/public")
    _get(cached, "/public")
    assert cache_lookups(cached) == (hits, misses + 2)


def test_new_answers_replace_old_ones(make_cached, people):
    people("alice")
    httpd = make_cached("MinitwitCacheLifetime 1h\nMinitwitCacheSize 4\n")
    for number in range(1, 100):
        _get(httpd, f"/msgs?no={number}")
    assert cache_lookups(httpd) == (0, 99)
    _get(httpd, "/msgs?no=99")
    assert cache_lookups(httpd) == (1, 99)


def test_another_size_after_a_graceful_restart_and_new_children(cached, database, expect_log):
    expect_log.allow(r"child pid \d+ exit signal Killed", r"AH00095")
    cached.cache = "MinitwitCacheLifetime 1h\nMinitwitCacheSize 16\n"
    assert cached.graceful().returncode == 0
    before = _get(cached, "/public").content
    database.add_message("alice", "unseen")
    children = cached.children()
    cached.kill_children()
    installation.wait_until(lambda: set(cached.children()) - set(children), "new children")
    assert installation.wait_until(lambda: _content_or_none(cached), "an answer") == before
    cached.simulator().tweet("alice", "seen")
    assert "seen" in _get(cached, "/public").text


def _content_or_none(httpd):
    try:
        return _get(httpd, "/public").content
    except OSError:
        return None


def test_a_write_of_unknown_fate_ends_answers_as_well(make_cached, own_database, faulty):
    httpd = make_cached(over=own_database, directives="MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 1s\n")
    # On a busy machine, any request can reach the deadline.
    installation.wait_until(lambda: httpd.simulator().register("alice").status_code in (204, 400), "an account")
    installation.wait_until(lambda: httpd.browser().get("/public").status_code == 200, "an answer")
    with own_database.locked(mode="EXCLUSIVE"):
        assert httpd.simulator().tweet("alice", "perhaps").status_code == 503
    before = cache_lookups(httpd)
    httpd.browser().get("/public")
    assert cache_lookups(httpd) == (before[0], before[1] + 1)


def test_a_write_of_unknown_fate_by_a_session_ends_all_answers(make_cached, own_database, faulty):
    """The module does not know the names of the users whose pages it may have changed: of the author, and of the author
    of the answered message."""
    httpd = make_cached(over=own_database, directives="MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 1s\n")
    for name in ("alice", "bob"):
        # On a busy machine, any request can reach the deadline.
        installation.wait_until(lambda name=name: httpd.simulator().register(name).status_code in (204, 400), "an account")
    own_database.add_message("bob", "question")
    alice = httpd.browser()
    installation.wait_until(lambda: alice.login("alice").status_code == 302, "a login")
    changes = (
        ("/add_message", {"text": "an answer", "answers": "1"}), ("/bob/follow", {}), ("/-/profile", {"about": "text"}),
    )
    pages = ("/public", "/alice", "/bob", "/bob/1")

    def is_of_unknown_fate(path, fields):
        """PostgreSQL may report its own time-out first. Then nothing is written."""
        for page in pages:
            installation.wait_until(lambda page=page: httpd.browser().get(page).status_code == 200, "an answer")
        before = httpd.error_log.text.count("It is unknown whether the write was committed")
        with own_database.locked("messages, followers, users", mode="EXCLUSIVE"):
            assert alice.post(path, fields).status_code == 503, path
        return httpd.error_log.text.count("It is unknown whether the write was committed") > before

    for path, fields in changes:
        installation.wait_until(lambda path=path, fields=fields: is_of_unknown_fate(path, fields), "a write of unknown fate")
        hits, misses = cache_lookups(httpd)
        for page in pages:
            httpd.browser().get(page)
        assert cache_lookups(httpd) == (hits, misses + len(pages)), path


def test_while_the_database_is_away(make_cached, own_database, own_cluster, faulty):
    httpd = make_cached("MinitwitCacheLifetime 2s\n", over=own_database, directives=PATIENT)
    _get(httpd, "/public")
    own_cluster.stop("fast")
    try:
        statuses = set()
        installation.wait_until(
            lambda: statuses.add(httpd.browser().get("/public").status_code) or 503 in statuses, "the end of the answer"
        )
        assert statuses <= {200, 503}
    finally:
        own_cluster.start()
    installation.wait_until(lambda: httpd.browser().get("/public").status_code == 200, "the database")

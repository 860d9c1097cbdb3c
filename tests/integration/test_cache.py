# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The cache of rendered answers: what one httpd changes is seen at once, what it does not know of when the lifetime is over."""

import concurrent.futures
import pathlib
import re
import subprocess
import time

import pytest

from support import installation, metrics

_PATHS = ("/public", "/alice", "/msgs", "/msgs/alice")


@pytest.fixture
def cached(make_httpd, people, database):
    """An httpd in which nothing grows old, where alice has posted one message."""
    people("alice", "bob")
    httpd = make_httpd(start=False, ops=metrics.OPS)
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    httpd.start()
    assert httpd.simulator().tweet("alice", "the first").status_code == 204
    return httpd


def _get(httpd, path, **options):
    client = httpd.simulator() if path.startswith("/msgs") else httpd.browser()
    answer = client.get(path, **options)
    assert answer.status_code == 200, answer.text
    return answer


def _behind(database, text):
    """Posts in alice's name, past httpd."""
    database.sql("INSERT INTO messages (author_id, text) SELECT id, %s FROM users WHERE username = 'alice'", text)


def _lookups(httpd):
    shown = metrics.scrape(httpd)
    return tuple(shown.get("minitwit_cache_lookups_total", outcome=outcome) for outcome in ("hit", "miss"))


@pytest.mark.parametrize("path", _PATHS)
def test_an_answer_is_given_again_by_every_child(cached, database, path):
    first = _get(cached, path)
    _behind(database, "unseen")
    answers = [_get(cached, path) for _ in range(30)]
    assert {answer.content for answer in answers} == {first.content}
    assert "the first" in first.text
    assert _lookups(cached) == (30, 1)
    kept = {name: value for name, value in first.headers.items() if name not in ("Date", "X-Request-Id")}
    for answer in answers:
        assert {name: value for name, value in answer.headers.items() if name not in ("Date", "X-Request-Id")} == kept


@pytest.mark.parametrize("path", _PATHS)
def test_what_is_posted_is_seen_at_once(cached, path):
    alice = cached.browser().sign_in("alice")
    for number in range(10):
        assert f"through the API {number}" not in _get(cached, path).text
        assert cached.simulator().tweet("alice", f"through the API {number}").status_code == 204
        assert f"through the API {number}" in _get(cached, path).text
        assert alice.share(f"on the site {number}").status_code == 302
        assert f"on the site {number}" in _get(cached, path).text


def test_everybody_finds_his_own_message_right_after(cached, people):
    """Many at once, on whatever child: an answer that was made before is never given afterwards."""
    names = [f"user{number}" for number in range(6)]
    people(*names)

    def post(name):
        for number in range(25):
            text = f"{name} number {number}."
            assert cached.simulator().tweet(name, text).status_code == 204
            assert text in _get(cached, "/public").text
            assert text in _get(cached, f"/{name}").text
            assert text in _get(cached, f"/msgs/{name}").text

    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(post, names))


def test_others_messages_do_not_end_an_answer(cached, database):
    before = _get(cached, "/alice").content
    _behind(database, "unseen")
    assert cached.simulator().tweet("bob", "something else").status_code == 204
    assert _get(cached, "/alice").content == before
    assert "unseen" in _get(cached, "/public").text


def test_each_part_of_a_timeline_is_an_answer_of_its_own(cached, database):
    for number in range(40):
        database.add_message("alice", f"<{number}>")
    newest = _get(cached, "/alice").text
    last = database.value("SELECT min(id) FROM (SELECT id FROM messages ORDER BY id DESC LIMIT 30) AS page")
    older = _get(cached, f"/alice?before={last}").text
    assert "&lt;39&gt;" in newest and "&lt;39&gt;" not in older
    assert len(_get(cached, "/msgs?no=1").json()) == 1
    assert len(_get(cached, "/msgs?no=2").json()) == 2
    assert len(_get(cached, "/msgs/alice?no=3").json()) == 3


@pytest.mark.parametrize("path", ["/public", "/alice"])
def test_an_id_of_no_message_takes_up_no_room(cached, database, path):
    """It shows page one, but is not kept as an answer of its own: there is no end of such ids."""
    newest = _get(cached, path).text
    hits, misses = _lookups(cached)
    for _ in range(2):
        assert _get(cached, f"{path}?before=999999999").text == newest
    _behind(database, "unseen")
    assert "unseen" in _get(cached, f"{path}?before=999999999").text
    assert _lookups(cached) == (hits, misses + 3)
    # These are no ids at all: page one itself.
    for before in ("-1", "0", "x", "9" * 30):
        assert _get(cached, f"{path}?before={before}").text == newest
    assert _lookups(cached) == (hits + 4, misses + 3)


def test_visitors_with_a_session_or_a_flash_get_their_own(cached, database):
    alice = cached.browser().sign_in("alice")
    _get(cached, "/public")
    _behind(database, "new")
    answer = alice.get("/public")
    assert "new" in answer.text and "alice" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    alice.get("/logout")
    leaving = alice.get("/public")
    assert "new" in leaving.text and "You were logged out" in leaving.text
    stranger = _get(cached, "/public")
    assert "You were logged out" not in stranger.text and "new" not in stranger.text
    # An end of a session that is only in the browser.
    assert "new" in cached.browser().get("/public", headers={"Cookie": "minitwit_session=" + "A" * 43}).text


def test_what_changes_elsewhere_is_seen_when_the_time_is_over(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False)
    httpd.cache = "MinitwitCacheLifetime 300ms\n"
    httpd.start()
    for number in range(3):
        _get(httpd, "/public")
        _behind(database, f"number {number}")
        installation.wait_until(lambda text=f"number {number}": text in _get(httpd, "/public").text, "the new message")


def test_it_can_be_switched_off(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False, ops=metrics.OPS)
    httpd.cache = "MinitwitCache Off\n"
    httpd.start()
    for number in range(5):
        for path in _PATHS:
            _get(httpd, path)
        _behind(database, f"number {number}")
        for path in _PATHS:
            assert f"number {number}" in _get(httpd, path).text
    assert _lookups(httpd) == (0, 0)


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


def test_mounts_do_not_share_answers(make_httpd, people):
    people("alice")
    web = "".join(f'<Location "/{name}">\n  SetHandler minitwit-web\n</Location>\n' for name in ("one", "two"))
    httpd = make_httpd(start=False, web=web)
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    httpd.start()
    for _ in range(2):
        for name in ("one", "two"):
            assert f'href="/{name}/login"' in httpd.browser().get(f"/{name}/public").text


def test_only_who_has_the_credentials_gets_an_answer(cached):
    _get(cached, "/msgs")
    answer = cached.browser().get("/msgs")
    assert answer.status_code == 404
    assert cached.simulator().get("/msgs", auth=("simulator", "wrong")).status_code == 403


def test_the_simulators_progress_is_recorded_all_the_same(cached, database):
    for number in range(5):
        _get(cached, f"/msgs?latest={number}")
        assert database.latest() == number
        _get(cached, f"/msgs/alice?latest={number + 100}")
        assert database.latest() == number + 100


def test_a_client_that_has_it_already(cached):
    etag = _get(cached, "/public").headers["ETag"]
    answer = cached.browser().get("/public", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert re.split(", ?", answer.headers["Vary"]) == ["Accept-Encoding", "Cookie"]
    cached.simulator().tweet("alice", "another")
    answer = _get(cached, "/public", headers={"If-None-Match": etag})
    assert "another" in answer.text and answer.headers["ETag"] != etag


def test_the_etag_does_not_depend_on_the_cache(cached, make_httpd):
    etag = _get(cached, "/public").headers["ETag"]
    other = make_httpd(start=False)
    other.cache = "MinitwitCache Off\n"
    other.start()
    assert _get(other, "/public").headers["ETag"] == etag
    assert other.browser().get("/public", headers={"If-None-Match": etag}).status_code == 304


def test_head_gets_the_same_headers(cached):
    answer = _get(cached, "/public")
    head = cached.browser().head("/public")
    assert head.content == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Vary", "Cache-Control", "Content-Security-Policy"):
        assert head.headers[name] == answer.headers[name]


def test_what_is_not_used_takes_no_memory(make_httpd):
    httpd = make_httpd(start=False)
    httpd.cache = "MinitwitCacheSize 200\n"
    httpd.start()
    shared = re.findall(
        r"^[0-9a-f]+-[0-9a-f]+ rw-s .*\nSize: +(\d+) kB\n(?:\w+: .*\n)*?Rss: +(\d+) kB$",
        pathlib.Path(f"/proc/{httpd.process.pid}/smaps").read_text(encoding="ascii"),
        re.MULTILINE,
    )
    ((_, taken),) = [(size, taken) for size, taken in shared if int(size) >= 200 * 1024]
    assert int(taken) < 1024


def test_what_is_long_is_made_anew(cached, database):
    for _ in range(300):
        database.add_message("alice", "x" * 900)
    assert len(_get(cached, "/msgs?no=300").content) > 256 * 1024
    _behind(database, "new")
    assert "new" in _get(cached, "/msgs?no=300").text


def test_the_longest_page_is_kept(cached, database):
    for _ in range(30):
        database.add_message("alice", '"' * 1000)
    assert len(_get(cached, "/public").content) > 150 * 1000
    _behind(database, "unseen")
    assert "unseen" not in _get(cached, "/public").text


def test_that_somebody_is_unknown_is_not_kept(cached):
    assert cached.browser().get("/somebody").status_code == 404
    assert cached.simulator().register("somebody").status_code == 204
    assert cached.browser().get("/somebody").status_code == 200


def test_another_size_takes_effect_at_a_graceful_restart(cached, database):
    before = _get(cached, "/public").content
    cached.cache = "MinitwitCacheLifetime 1h\nMinitwitCacheSize 16\n"
    assert cached.graceful().returncode == 0
    assert _get(cached, "/public").content == before
    _behind(database, "unseen")
    assert _get(cached, "/public").content == before
    assert cached.simulator().tweet("alice", "seen").status_code == 204
    assert "seen" in _get(cached, "/public").text


@pytest.mark.skipif(installation.SANITIZE, reason="a sanitizer needs the address space")
def test_more_than_the_system_has_is_done_without(cached, expect_log):
    """The address space of httpd is bounded, as a small machine would bound its memory."""
    expect_log("could not get 4096 MiB of shared memory for the cache.*lower MinitwitCacheSize")
    subprocess.run(["prlimit", f"--pid={cached.process.pid}", f"--as={3 * 1024**3}"], check=True)
    cached.cache = "MinitwitCacheSize 4096\n"
    assert cached.graceful().returncode == 0
    hits, misses = _lookups(cached)
    _get(cached, "/public")
    _get(cached, "/public")
    assert _lookups(cached) == (hits, misses + 2)


def test_more_answers_than_there_is_room_for(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False, ops=metrics.OPS)
    httpd.cache = "MinitwitCacheLifetime 1h\nMinitwitCacheSize 4\n"
    httpd.start()
    for number in range(1, 100):
        _get(httpd, f"/msgs?no={number}")
    assert _lookups(httpd) == (0, 99)
    _get(httpd, "/msgs?no=99")
    assert _lookups(httpd) == (1, 99)


def test_it_outlives_children(cached, database, expect_log):
    expect_log.allow(r"child pid \d+ exit signal Killed", r"AH00095")
    before = _get(cached, "/public").content
    _behind(database, "unseen")
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


def test_a_write_of_unknown_fate_ends_answers_as_well(make_httpd, own_database, own_cluster, faulty):
    httpd = make_httpd(start=False, over=own_database, ops=metrics.OPS, directives="MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 1s\n")
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    httpd.start()
    assert httpd.simulator().register("alice").status_code == 204
    _get(httpd, "/public")
    with own_cluster.connect(own_database.name) as locker:
        locker.autocommit = False
        locker.cursor().execute("LOCK TABLE messages IN EXCLUSIVE MODE")
        assert httpd.simulator().tweet("alice", "perhaps").status_code == 503
        locker.rollback()
    locker.close()
    time.sleep(0.1)
    before = _lookups(httpd)
    _get(httpd, "/public")
    assert _lookups(httpd) == (before[0], before[1] + 1)


def test_while_the_database_is_away(make_httpd, own_database, own_cluster, faulty):
    httpd = make_httpd(start=False, over=own_database)
    httpd.cache = "MinitwitCacheLifetime 3s\n"
    httpd.start()
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

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""PostgreSQL restarted, killed, frozen, absent: requests get 503 in time, nothing is lost or doubled."""

import concurrent.futures
import threading
import time

import pytest

from support import installation
from support.client import Browser
from support.httpd import PATIENT, PATIENT_TIMEOUT

# Far above every deadline of the configurations below, and far below for ever.
BOUND = installation.PATIENCE


@pytest.fixture
def own_httpd(make_httpd, own_database):
    """A database that is away answers at once, so that no deadline has to be short."""
    return _with_accounts(make_httpd(over=own_database, directives=PATIENT))


@pytest.fixture
def hasty_httpd(make_httpd, own_database):
    """With the default deadlines."""
    return _with_accounts(make_httpd(over=own_database))


def _with_accounts(httpd):
    for name in ("alice", "bob"):
        assert httpd.simulator().register(name).status_code == 204
    return httpd


class Poster(threading.Thread):
    """Posts messages, each text once, until it is told to stop, and remembers every answer."""

    def __init__(self, httpd, name):
        super().__init__()
        self.simulator = httpd.simulator()
        self.name = name
        self.answers = {}
        self.ending = threading.Event()

    def run(self):
        number = 0
        while not self.ending.is_set():
            number += 1
            text = f"{self.name} {number}"
            answer = self.simulator.tweet("alice", text, timeout=BOUND)
            self.answers[text] = answer.status_code
            if answer.status_code == 503:
                assert int(answer.headers["Retry-After"]) > 0
                assert answer.json()["status"] == 503
                time.sleep(0.01)

    def finish(self):
        self.ending.set()
        self.join()


def _post_during(httpd, disturb):
    posters = [Poster(httpd, f"poster {number}") for number in range(4)]
    for poster in posters:
        poster.start()
    try:
        installation.wait_until(lambda: all(len(poster.answers) > 5 for poster in posters), "some posts")
        disturb()
        _wait_for_success(httpd)
    finally:
        for poster in posters:
            poster.finish()
    return {text: status for poster in posters for text, status in poster.answers.items()}


def _wait_for_success(httpd):
    """Until the database is back in the eyes of every child."""
    streak = 0
    deadline = time.monotonic() + installation.PATIENCE
    while streak < 20:
        assert time.monotonic() < deadline, "the site did not recover"
        streak = streak + 1 if httpd.simulator().get("/msgs?no=1").status_code == 200 else 0


def _terminate(database, patience=10000):
    """Ends the site's connections, and waits so many milliseconds until they are ended."""
    database.sql(
        "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = 'minitwit_site'",
        patience,
    )


def _stored(database):
    texts = [text for _, text in database.messages()]
    assert len(texts) == len(set(texts)), "stored twice"
    return set(texts)


@pytest.mark.smoke
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restart_under_requests(own_httpd, own_cluster, own_database, faulty, mode):
    answers = _post_during(own_httpd, lambda: own_cluster.restart(mode))
    assert set(answers.values()) <= {204, 503}, set(answers.values())
    stored = _stored(own_database)
    acknowledged = {text for text, status in answers.items() if status == 204}
    assert acknowledged <= stored, "acknowledged, but lost"
    # Each child that found the database away waits before it tries again, a second at most. From then on all is as it was.
    time.sleep(1.1)
    for number in range(40):
        assert own_httpd.simulator().tweet("bob", f"after {number}").status_code == 204
    assert len(own_database.messages()) == len(stored) + 40


def test_terminated_connections_under_requests(own_httpd, own_database, faulty):
    def terminate():
        for _ in range(20):
            _terminate(own_database, patience=0)
            time.sleep(0.02)

    answers = _post_during(own_httpd, terminate)
    assert set(answers.values()) <= {204, 503}
    assert {text for text, status in answers.items() if status == 204} <= _stored(own_database)


@pytest.mark.smoke
def test_an_idle_site_after_a_restart(own_httpd, own_cluster, own_database, faulty):
    """Connections are there, and dead: no request may notice."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: own_httpd.simulator().get("/msgs"), range(60)))
    own_cluster.restart("fast")
    statuses = [own_httpd.simulator().tweet("alice", f"number {number}").status_code for number in range(40)]
    assert statuses == [204] * 40
    assert len(_stored(own_database)) == 40


def _ask_everything(httpd, alice, number):
    """What reads, and may be repeated, each kind of request once."""
    api = httpd.simulator()
    for path in ("/", "/public", "/alice", "/bob"):
        assert alice.get(path).status_code == 200, path
    for path in ("/msgs", "/msgs/alice", "/fllws/alice"):
        assert api.get(path).status_code == 200, path
    follow = api.follow if number % 2 else api.unfollow
    assert follow("alice", "bob").status_code == 204


@pytest.mark.parametrize("restart", [False, True])
def test_idle_connections_terminated(own_httpd, own_cluster, own_database, faulty, restart):
    """By an administrator, a time-out of the server or its restart: what was prepared on them is gone, too."""
    alice = own_httpd.browser().sign_in("alice")
    for number in range(10):
        _ask_everything(own_httpd, alice, number)
    if restart:
        own_cluster.restart("fast")
    else:
        _terminate(own_database)
    for number in range(10):
        assert own_httpd.simulator().tweet("alice", f"number {number}").status_code == 204
        _ask_everything(own_httpd, alice, number)
    assert len(_stored(own_database)) == 10


def test_what_was_prepared_no_longer_fits(own_httpd, own_database):
    """As after a migration that changes what a statement returns: it is prepared anew, also in the midst of others."""
    alice = own_httpd.browser().sign_in("alice")
    for number in range(20):
        _ask_everything(own_httpd, alice, number)
    own_database.sql("ALTER TABLE messages ALTER COLUMN text TYPE varchar(5000)")
    for number in range(20):
        _ask_everything(own_httpd, alice, number)
        latest = own_httpd.simulator().get(f"/msgs/alice?latest={number}")
        assert latest.status_code == 200
        assert own_database.latest() == number


@pytest.mark.smoke
def test_while_it_is_away(own_httpd, own_cluster, own_database, faulty):
    site, api = own_httpd.browser(), own_httpd.simulator()
    site.sign_in("alice")
    own_cluster.stop("fast")
    try:
        for _ in range(10):
            for path in ("/public", "/alice", "/"):
                answer = site.get(path, timeout=BOUND)
                assert answer.status_code == 503
                assert int(answer.headers["Retry-After"]) > 0
                assert answer.headers["Content-Type"].startswith("text/html")
                assert "no-store" in answer.headers["Cache-Control"]
            for answer in (
                api.get("/msgs", timeout=BOUND),
                api.get("/latest", timeout=BOUND),
                api.tweet("alice", "x", timeout=BOUND),
            ):
                assert answer.status_code == 503
                assert int(answer.headers["Retry-After"]) > 0
                assert answer.json()["status"] == 503
        # What needs no database goes on.
        assert Browser(own_httpd.web_url).get("/login", timeout=BOUND).status_code == 200
        assert site.get("/static/style.css", timeout=BOUND).status_code == 200
    finally:
        own_cluster.start()
    _wait_for_success(own_httpd)
    # The session has survived.
    installation.wait_until(lambda: site.get("/").status_code == 200, "the signed-in page")
    assert own_database.messages() == []


def test_many_requests_on_a_dead_server_do_not_queue(own_httpd, own_cluster, faulty):
    own_cluster.stop("immediate")
    began = time.monotonic()
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: own_httpd.browser().get("/public", timeout=BOUND), range(40)))
        assert {answer.status_code for answer in answers} == {503}
        # All of them take less than one that waits for its deadline.
        assert time.monotonic() < began + PATIENT_TIMEOUT
    finally:
        own_cluster.start()
    _wait_for_success(own_httpd)


@pytest.mark.smoke
def test_frozen(hasty_httpd, own_cluster, own_database, faulty):
    """Every wait ends at a deadline, for connections that are open, for new ones and for those who queue."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: hasty_httpd.simulator().get("/msgs"), range(20)))
    own_cluster.freeze()
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(
                    lambda number: hasty_httpd.simulator().tweet("alice", f"frozen {number}", timeout=BOUND), range(24)
                )
            )
        for answer in answers:
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
        assert hasty_httpd.browser().get("/login", timeout=BOUND).status_code == 200
    finally:
        own_cluster.thaw()
    _wait_for_success(hasty_httpd)
    # None of those writes was sent again; whether one of them was committed is unknown.
    assert len(_stored(own_database)) <= 24


def test_a_late_answer_reaches_nobody_else(make_httpd, own_database, own_cluster, faulty):
    """One connection a child, so that the next request gets the very one on which the late answer would arrive."""
    httpd = make_httpd(start=False, over=own_database)
    httpd.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
    httpd.directives = "MinitwitDatabaseTimeout 300ms\nMinitwitPoolTimeout 5s\n"
    httpd.start()
    for name in ("alice", "bob"):
        installation.wait_until(lambda name=name: httpd.simulator().register(name).status_code in (204, 400), "an account")
        own_database.add_message(name, f"of {name}")
    for _ in range(3):
        with own_cluster.connect(own_database.name) as locker:
            locker.autocommit = False
            locker.cursor().execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
            statuses = [httpd.simulator().get("/msgs/alice", timeout=BOUND).status_code for _ in range(6)]
            assert statuses == [503] * 6
            locker.rollback()
        locker.close()
        for _ in range(10):
            answer = installation.wait_until(
                lambda: _unless_503(httpd.simulator().get("/msgs/bob", timeout=BOUND)), "an answer"
            )
            assert [message["content"] for message in answer.json()] == ["of bob"]
            answer = installation.wait_until(
                lambda: _unless_503(httpd.simulator().get("/fllws/bob", timeout=BOUND)), "an answer"
            )
            assert answer.json() == {"follows": []}


def _unless_503(answer):
    return None if answer.status_code == 503 else answer


def test_a_write_of_unknown_fate_is_not_sent_twice(make_httpd, own_database, own_cluster, faulty):
    httpd = make_httpd(over=own_database, directives="MinitwitDatabaseTimeout 500ms")
    installation.wait_until(lambda: httpd.simulator().register("alice").status_code in (204, 400), "an account")
    with own_cluster.connect(own_database.name) as locker:
        locker.autocommit = False
        locker.cursor().execute("LOCK TABLE messages IN EXCLUSIVE MODE")
        assert httpd.simulator().tweet("alice", "perhaps", timeout=BOUND).status_code == 503
        locker.rollback()
    locker.close()
    installation.wait_until(lambda: httpd.simulator().tweet("alice", "surely").status_code == 204, "a success")
    # The backend that held the first one has ended by now, or never will do anything.
    texts = [text for _, text in own_database.messages()]
    assert texts.count("perhaps") <= 1
    assert texts.count("surely") == 1


def test_absent_when_httpd_starts(make_httpd, own_cluster, own_database, faulty):
    own_cluster.stop("fast")
    try:
        httpd = make_httpd(over=own_database)
        assert httpd.operator().get("/livez").status_code == 200
        assert httpd.operator().get("/readyz", timeout=BOUND).status_code == 503
        for _ in range(10):
            assert httpd.browser().get("/public", timeout=BOUND).status_code == 503
            assert httpd.simulator().register("alice", timeout=BOUND).status_code == 503
    finally:
        own_cluster.start()
    installation.wait_until(lambda: httpd.operator().get("/readyz").status_code == 200, "readyz")
    _wait_for_success(httpd)
    assert own_database.usernames() == []
    assert httpd.simulator().register("alice").status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE messages RENAME COLUMN text TO content",
        "DROP TABLE sessions",
        "REVOKE SELECT ON messages FROM minitwit_site",
    ],
)
def test_a_schema_that_does_not_fit_is_503(make_httpd, own_database, faulty, expect_log, change):
    httpd = make_httpd(over=own_database)
    httpd.simulator().register("alice")
    own_database.sql(change)
    expect_log(r"minitwitctl (doctor|migrate)")
    path = "/" if "sessions" in change else "/public"
    answer = httpd.browser().get(path, headers={"Cookie": "minitwit_session=" + "A" * 43})
    assert answer.status_code == 503


def test_a_connection_limit_of_the_server(make_httpd, own_cluster, own_database, faulty):
    httpd = make_httpd(over=own_database)
    httpd.simulator().register("alice")
    own_database.sql("ALTER ROLE minitwit_site CONNECTION LIMIT 0")
    try:
        _terminate(own_database)
        for _ in range(10):
            assert httpd.simulator().get("/msgs", timeout=BOUND).status_code == 503
    finally:
        own_database.sql("ALTER ROLE minitwit_site CONNECTION LIMIT -1")
    _wait_for_success(httpd)


def test_a_server_that_became_read_only(make_httpd, own_database, own_cluster, faulty):
    """As after a failover: writes are refused with 503 and come back when a writable server does."""
    httpd = make_httpd(over=own_database)
    httpd.simulator().register("alice")
    own_database.sql(f'ALTER DATABASE "{own_database.name}" SET default_transaction_read_only = on')
    _terminate(own_database)
    for _ in range(6):
        assert httpd.simulator().tweet("alice", "lost", timeout=BOUND).status_code == 503
    own_cluster.psql(f'ALTER DATABASE "{own_database.name}" RESET default_transaction_read_only')
    installation.wait_until(lambda: httpd.simulator().tweet("alice", "kept").status_code == 204, "writes to work again")
    for _ in range(10):
        assert httpd.simulator().tweet("alice", "kept").status_code == 204
    assert {text for _, text in own_database.messages()} == {"kept"}


def test_texts_are_utf_8_whatever_the_role_says(make_httpd, own_database):
    own_database.sql(f"ALTER ROLE minitwit_site IN DATABASE {own_database.name} SET client_encoding = 'LATIN1'")
    api = make_httpd(over=own_database).simulator()
    name = "\u00e6\U0001f600"
    assert api.register(name).status_code == 204
    assert api.tweet(name, "\u4f60\u597d").status_code == 204
    (message,) = api.get("/msgs").json()
    assert (message["user"], message["content"]) == (name, "\u4f60\u597d")
    assert own_database.messages() == [(name, "\u4f60\u597d")]

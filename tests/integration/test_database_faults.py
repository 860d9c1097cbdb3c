# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""PostgreSQL restarts, is killed, freezes or is absent. Requests get 503 in time, and no message is lost or stored
twice. tests/faults has the same under load."""

import concurrent.futures
import itertools
import re
import threading
import time

import pytest

from support import installation
from support.client import Browser
from support.httpd import PATIENT

# Far above every deadline of the configurations below.
BOUND = installation.PATIENCE


@pytest.fixture
def own_httpd(make_httpd, own_database):
    """An httpd with long deadlines. A stopped database refuses connections at once, so tests need no short ones."""
    return _with_accounts(make_httpd(over=own_database, directives=PATIENT))


@pytest.fixture
def hasty_httpd(make_httpd, own_database):
    """An httpd with the default deadlines. On a busy machine, any request can reach them."""
    return _with_accounts(make_httpd(over=own_database))


def _with_accounts(httpd):
    for name in ("alice", "bob"):
        installation.wait_until(lambda name=name: httpd.simulator().register(name).status_code in (204, 400), "an account")
    return httpd


class Poster(threading.Thread):
    """Posts messages until finish(), each text once. answers has the status of each."""

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
    """Waits until every child is connected to the database again."""
    streak = 0
    deadline = time.monotonic() + installation.PATIENCE
    while streak < 20:
        assert time.monotonic() < deadline, "the site did not recover"
        # The cache never keeps this answer.
        streak = streak + 1 if httpd.simulator().get("/latest").status_code == 200 else 0


def _terminate(database):
    """Ends the site's connections."""
    database.sql(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = 'minitwit_site'"
    )


def _stored(database):
    texts = [text for _, text in database.messages()]
    assert len(texts) == len(set(texts)), "stored twice"
    return set(texts)


@pytest.mark.smoke
def test_restart_under_requests(own_httpd, own_cluster, own_database, faulty):
    answers = _post_during(own_httpd, lambda: own_cluster.restart("immediate"))
    assert set(answers.values()) <= {204, 503}, set(answers.values())
    stored = _stored(own_database)
    acknowledged = {text for text, status in answers.items() if status == 204}
    assert acknowledged <= stored, "acknowledged, but lost"
    # A child that could not connect waits for up to a second before it tries again.
    time.sleep(1.1)
    for number in range(40):
        assert own_httpd.simulator().tweet("bob", f"after {number}").status_code == 204
    assert len(own_database.messages()) == len(stored) + 40


@pytest.mark.smoke
def test_an_idle_site_after_a_restart(own_httpd, own_cluster, own_database, faulty):
    """The connections in the pool are dead. No request fails."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: own_httpd.simulator().get("/msgs"), range(60)))
    own_cluster.restart("fast")
    statuses = [own_httpd.simulator().tweet("alice", f"number {number}").status_code for number in range(40)]
    assert statuses == [204] * 40
    assert len(_stored(own_database)) == 40


def _ask_everything(httpd, alice, number):
    """Sends each kind of request that reads or may be repeated."""
    api = httpd.simulator()
    for path in ("/", "/public", "/alice", "/bob"):
        assert alice.get(path).status_code == 200, path
    for path in ("/msgs", "/msgs/alice", "/fllws/alice"):
        assert api.get(path).status_code == 200, path
    follow = api.follow if number % 2 else api.unfollow
    assert follow("alice", "bob").status_code == 204


def test_idle_connections_terminated(own_httpd, own_cluster, own_database, faulty):
    """Their prepared statements are gone as well. The cause is an administrator or a restart."""
    alice = own_httpd.browser().sign_in("alice")
    for number in range(10):
        _ask_everything(own_httpd, alice, number)
    for cause, terminate in (("command", lambda: _terminate(own_database)), ("restart", lambda: own_cluster.restart("fast"))):
        terminate()
        for number in range(10):
            assert own_httpd.simulator().tweet("alice", f"{cause} {number}").status_code == 204
            _ask_everything(own_httpd, alice, number)
    assert len(_stored(own_database)) == 20


def test_a_migration_changes_the_result_of_prepared_statements(own_httpd, own_database):
    """They are prepared again, even within a pipeline."""
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
def test_an_outage(own_httpd, own_cluster, own_database, faulty):
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
        # None of them has waited until its deadline.
        assert not re.search(r"within \d+ ms|takes longer", own_httpd.error_log.text)
        # These pages need no database.
        assert Browser(own_httpd.web_url).get("/login", timeout=BOUND).status_code == 200
        assert site.get("/static/style.css", timeout=BOUND).status_code == 200
        for path in ("/openapi.json", "/docs?latest=1"):
            assert api.get(path, timeout=BOUND).status_code == 200
    finally:
        own_cluster.start()
    _wait_for_success(own_httpd)
    # The session is still valid.
    installation.wait_until(lambda: site.get("/").status_code == 200, "the signed-in page")
    assert own_database.messages() == []


@pytest.mark.smoke
def test_frozen(hasty_httpd, own_cluster, own_database, faulty):
    """Every wait has a deadline: for an answer, for a new connection, and for a connection of the pool."""
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
    # None of those writes was sent twice. Each may have been committed or not.
    assert len(_stored(own_database)) <= 24


def test_a_late_answer_reaches_no_other_request(make_httpd, own_database, faulty):
    """Each child has one connection, so the next request uses the one on which a late answer would arrive."""
    httpd = make_httpd(start=False, over=own_database)
    httpd.database_pool = "DBDMin 0\nDBDKeep 1\nDBDMax 1\n"
    httpd.directives = "MinitwitDatabaseTimeout 300ms\nMinitwitPoolTimeout 5s\n"
    _with_accounts(httpd.start())
    for name in ("alice", "bob"):
        own_database.add_message(name, f"of {name}")
    for _ in range(3):
        with own_database.locked():
            statuses = [httpd.simulator().get("/msgs/alice", timeout=BOUND).status_code for _ in range(6)]
            assert statuses == [503] * 6
        for _ in range(10):
            assert [message["content"] for message in _get_unless_503(httpd, "/msgs/bob")] == ["of bob"]
            assert _get_unless_503(httpd, "/fllws/bob") == {"follows": []}


def _get_unless_503(httpd, path):
    def get():
        answer = httpd.simulator().get(path, timeout=BOUND)
        return None if answer.status_code == 503 else answer

    return installation.wait_until(get, "an answer").json()


def test_a_write_of_unknown_fate_is_not_sent_twice(make_httpd, own_database, faulty):
    httpd = make_httpd(over=own_database, directives="MinitwitDatabaseTimeout 500ms")
    installation.wait_until(lambda: httpd.simulator().register("alice").status_code in (204, 400), "an account")
    with own_database.locked(mode="EXCLUSIVE"):
        assert httpd.simulator().tweet("alice", "perhaps", timeout=BOUND).status_code == 503
    # On a busy machine, the fate of the next ones may be unknown, too.
    others = (f"number {number}" for number in itertools.count())
    sent = []

    def is_stored():
        sent.append(next(others))
        return httpd.simulator().tweet("alice", sent[-1]).status_code == 204

    installation.wait_until(is_stored, "a success")
    # The backend of the first one has ended.
    assert {"perhaps", *sent} >= _stored(own_database) >= {sent[-1]}


def test_absent_when_httpd_starts(make_httpd, own_cluster, own_database, faulty):
    own_cluster.stop("fast")
    try:
        httpd = make_httpd(over=own_database, directives=PATIENT)
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
    httpd = make_httpd(over=own_database, directives=PATIENT)
    httpd.simulator().register("alice")
    own_database.sql(change)
    expect_log(r"minitwitctl (doctor|migrate)")
    path = "/" if "sessions" in change else "/public"
    answer = httpd.browser().get(path, headers={"Cookie": "minitwit_session=" + "A" * 43})
    assert answer.status_code == 503


def test_a_server_that_became_read_only(make_httpd, own_database, own_cluster, faulty):
    """This happens after a failover. Writes get 503 until the server accepts them again."""
    httpd = make_httpd(over=own_database, directives=PATIENT)
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


def test_texts_are_utf8_for_any_client_encoding_of_the_role(make_httpd, own_database):
    own_database.sql(f"ALTER ROLE minitwit_site IN DATABASE {own_database.name} SET client_encoding = 'LATIN1'")
    api = make_httpd(over=own_database).simulator()
    name = "\u00e6\U0001f600"
    assert api.register(name).status_code == 204
    assert api.tweet(name, "\u4f60\u597d").status_code == 204
    (message,) = api.get("/msgs").json()
    assert (message["user"], message["content"]) == (name, "\u4f60\u597d")
    assert own_database.messages() == [(name, "\u4f60\u597d")]

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Guessing passwords is slowed down: per account and address, per account, and per address, over all children."""

import concurrent.futures
import contextlib
import itertools
import re
import threading
import time

import pytest
import requests

from support import installation, metrics
from support.client import location, read_page

PROXY = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n"

# The lines in the error log, one an episode.
PAIR = r"minitwit:warn.*\[client .*too many wrong passwords for one account from this address"
ACCOUNT = r"minitwit:warn.*too many wrong passwords for one account from many addresses"
ADDRESS = r"minitwit:warn.*too many wrong passwords from this address"


@pytest.fixture
def guarded(make_httpd, people):
    """An httpd behind a proxy, so that a test can come from any address, and with metrics. alice and bob are registered."""
    people("alice", "bob")

    def make(limit=3, delay="60s", more=""):
        limits = f"MinitwitLoginLimit {limit}\nMinitwitLoginDelay {delay}\n"
        return make_httpd(directives=PROXY + limits + more, ops=metrics.OPS)

    return make


def _from(httpd, address):
    browser = httpd.browser()
    browser.session.headers["X-Forwarded-For"] = address
    return browser


def _try(httpd, address, username="alice", password="wrong"):
    """What a login from an address is answered: "in", "wrong", or how many seconds to wait."""
    answer = _from(httpd, address).login(username, password)
    if answer.status_code == 302:
        assert location(answer) == "/"
        return "in"
    if answer.status_code == 200:
        assert "Invalid " in answer.text
        assert "Retry-After" not in answer.headers
        return "wrong"
    assert answer.status_code == 429, answer.text
    return int(answer.headers["Retry-After"])


def _is_wait(outcome, most=60):
    return isinstance(outcome, int) and 1 <= outcome <= most


def _try_until_refused(httpd, address, username="alice"):
    """Returns the seconds to wait."""
    for _ in range(100):
        outcome = _try(httpd, address, username)
        if outcome != "wrong":
            return outcome
    raise AssertionError("never refused")


def _addresses(start="198.51.100"):
    return (f"{start}.{number}" for number in itertools.count(1))


def _logged(httpd, pattern):
    return len(re.findall(pattern, httpd.error_log.text))


@pytest.mark.smoke
@pytest.mark.expect_log(PAIR)
def test_an_account_from_one_address(guarded, database):
    httpd = guarded()
    with database.unchanged():
        assert [_try(httpd, "192.0.2.1") for _ in range(3)] == ["wrong"] * 3
        answer = _from(httpd, "192.0.2.1").login("alice", "wrong")
        page = read_page(answer, 429)
        seconds = int(answer.headers["Retry-After"])
        assert 1 <= seconds <= 60
        assert f"Please try again in {seconds} second" in page.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        # The right one has to wait, too: else it could be told from the others.
        assert _is_wait(_try(httpd, "192.0.2.1", password="secret"))
    # Another account there, and the same one elsewhere, are not concerned.
    assert _try(httpd, "192.0.2.1", "bob", "secret") == "in"
    assert _try(httpd, "192.0.2.2", password="secret") == "in"


@pytest.mark.expect_log(PAIR)
def test_a_name_that_nobody_has_is_treated_alike(guarded, database):
    httpd = guarded()
    known = [_try(httpd, "192.0.2.1", "alice") for _ in range(5)]
    unknown = [_try(httpd, "192.0.2.1", "nobody") for _ in range(5)]
    assert known[:3] == unknown[:3] == ["wrong"] * 3
    assert all(_is_wait(outcome) for outcome in known[3:] + unknown[3:])
    texts = [
        re.sub(r"\d+ second", "N second", _from(httpd, "192.0.2.1").login(name, "wrong").text)
        for name in ("alice", "nobody")
    ]
    assert texts[0] == texts[1]
    # Names are compared as the database does.
    assert _try(httpd, "192.0.2.1", "Alice") == _try(httpd, "192.0.2.1", "alice ") == "wrong"


@pytest.mark.expect_log(PAIR)
def test_what_is_refused_costs_nothing_and_is_counted(guarded):
    httpd = guarded(limit=1)
    assert _try(httpd, "192.0.2.1") == "wrong"
    before = metrics.scrape(httpd)
    assert all(_is_wait(_try(httpd, "192.0.2.1")) for _ in range(6))
    after = metrics.scrape(httpd)
    # A password is compared only once the user was found.
    assert after.get("minitwit_db_query_duration_seconds_count", statement="users_find") == before.get(
        "minitwit_db_query_duration_seconds_count", statement="users_find"
    )
    gained = {
        (name, *labels.values()): after.get(name, **labels) - before.get(name, **labels)
        for name, labels in (
            ("minitwit_throttled_total", {"reason": "account"}),
            ("minitwit_throttled_total", {"reason": "address"}),
            ("minitwit_throttled_total", {"reason": "hashing"}),
            ("minitwit_logins_total", {"result": "throttled"}),
            ("minitwit_logins_total", {"result": "invalid_password"}),
        )
    }
    assert gained == {
        ("minitwit_throttled_total", "account"): 6,
        ("minitwit_throttled_total", "address"): 0,
        ("minitwit_throttled_total", "hashing"): 0,
        ("minitwit_logins_total", "throttled"): 6,
        ("minitwit_logins_total", "invalid_password"): 0,
    }


@pytest.mark.expect_log(PAIR)
def test_the_log_tells_once_and_no_name(guarded):
    """Somebody may have typed his password in the place of his name."""
    httpd = guarded(limit=1)
    assert _try(httpd, "192.0.2.77", "t0p-s3cret", "0ther-s3cret") == "wrong"
    for _ in range(10):
        assert _is_wait(_try(httpd, "192.0.2.77", "t0p-s3cret", "0ther-s3cret"))
    assert _logged(httpd, PAIR) == 1
    assert "s3cret" not in httpd.error_log.text
    (line,) = [line for line in httpd.error_log.text.splitlines() if re.search(PAIR, line)]
    assert "[client 192.0.2.77:" in line


@pytest.mark.expect_log(PAIR)
def test_a_login_that_succeeds_forgets(guarded):
    httpd = guarded()
    for _ in range(3):
        assert [_try(httpd, "192.0.2.1") for _ in range(2)] == ["wrong"] * 2
        assert _try(httpd, "192.0.2.1", password="secret") == "in"
    assert [_try(httpd, "192.0.2.1") for _ in range(3)] == ["wrong"] * 3
    assert _is_wait(_try(httpd, "192.0.2.1"))


@pytest.mark.expect_log(ACCOUNT)
def test_an_account_from_many_addresses(guarded):
    """The tenfold; but where the owner logged in before, nobody shuts him out."""
    httpd = guarded(limit=1)
    assert _try(httpd, "192.0.2.1", password="secret") == "in"
    strangers = _addresses()
    assert [_try(httpd, next(strangers)) for _ in range(10)] == ["wrong"] * 10
    for _ in range(3):
        assert _is_wait(_try(httpd, next(strangers)))
    assert _is_wait(_try(httpd, next(strangers), password="secret"))
    assert _try(httpd, "192.0.2.1", password="secret") == "in"
    # One mistake is his, like everybody's; and what he is refused by is his own count.
    assert _try(httpd, "192.0.2.1") == "wrong"
    assert _try(httpd, next(strangers), "bob", "secret") == "in"
    assert _logged(httpd, ACCOUNT) == 1
    assert metrics.scrape(httpd).get("minitwit_throttled_total", reason="account") == 4


@pytest.mark.expect_log(ADDRESS)
def test_many_accounts_from_one_address(guarded):
    """Twenty times as many; but who logged in there before still can."""
    httpd = guarded(limit=1)
    assert _try(httpd, "192.0.2.1", "bob", "secret") == "in"
    assert [_try(httpd, "192.0.2.1", f"user {number}") for number in range(20)] == ["wrong"] * 20
    for number in range(20, 23):
        # A fifth of the delay.
        assert _is_wait(_try(httpd, "192.0.2.1", f"user {number}"), 12)
    assert _is_wait(_try(httpd, "192.0.2.1", "alice", "secret"), 12)
    assert _try(httpd, "192.0.2.1", "bob", "secret") == "in"
    assert _try(httpd, "192.0.2.2", "alice", "secret") == "in"
    assert _logged(httpd, ADDRESS) == 1
    assert metrics.scrape(httpd).get("minitwit_throttled_total", reason="address") == 4


@pytest.mark.expect_log(PAIR)
def test_the_wait_is_true_and_bounded(guarded):
    """However long somebody hammers, who waits as long as he was told gets his turn."""
    httpd = guarded(limit=2, delay="3s")
    for _ in range(2):
        for _ in range(20):
            seconds = _try_until_refused(httpd, "192.0.2.1")
            assert _is_wait(seconds, 3)
        time.sleep(seconds)
        assert _try(httpd, "192.0.2.1") == "wrong"
    time.sleep(_try_until_refused(httpd, "192.0.2.1"))
    assert _try(httpd, "192.0.2.1", password="secret") == "in"


@pytest.mark.expect_log(PAIR)
def test_it_is_forgotten(guarded):
    httpd = guarded(limit=2, delay="3s")
    for episode in (1, 2):
        _try_until_refused(httpd, "192.0.2.1")
        _try_until_refused(httpd, "192.0.2.1")
        assert _logged(httpd, PAIR) == episode
        time.sleep(2 * 3)
        assert [_try(httpd, "192.0.2.1") for _ in range(2)] == ["wrong"] * 2


@pytest.mark.smoke
@pytest.mark.expect_log(PAIR)
def test_many_at_once_on_all_children(guarded):
    httpd = guarded(more="MinitwitHashQueue 32\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s\n")
    assert len(httpd.children()) >= 2
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(lambda _: _try(httpd, "192.0.2.1"), range(60)))
    assert outcomes.count("wrong") == 3
    assert all(outcome == "wrong" or _is_wait(outcome) for outcome in outcomes)
    assert _logged(httpd, PAIR) == 1


def test_many_right_ones_at_once_are_no_guesses(guarded):
    httpd = guarded(more="MinitwitHashQueue 32\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s\n")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda _: _try(httpd, "192.0.2.1", password="secret"), range(30)))
    assert outcomes == ["in"] * 30


@pytest.mark.smoke
@pytest.mark.expect_log(PAIR)
def test_counts_outlive_children_and_graceful_restarts(guarded):
    httpd = guarded()
    _try_until_refused(httpd, "192.0.2.1")
    old = set(httpd.children())
    httpd.kill_children()
    installation.wait_until(lambda: httpd.children() and not old & set(httpd.children()), "new children")
    assert _is_wait(_try(httpd, "192.0.2.1"))
    assert httpd.graceful().returncode == 0
    assert _is_wait(_try(httpd, "192.0.2.1"))
    # By another rule they count no longer.
    httpd.directives += "MinitwitLoginDelay 30s\n"
    assert httpd.graceful().returncode == 0
    assert _try(httpd, "192.0.2.1", password="secret") == "in"


def test_a_child_that_is_killed_on_the_way(guarded, database, expect_log):
    """What it leaves behind is no worse than a wrong password."""
    httpd = guarded(limit=3, delay="3s", more="MinitwitDatabaseTimeout 60s\nMinitwitPoolTimeout 30s\n")
    expect_log.allow(PAIR)
    with concurrent.futures.ThreadPoolExecutor(3) as pool, _users_locked(database):
        cut = [pool.submit(_try, httpd, "192.0.2.1", "alice", "secret") for _ in range(3)]
        installation.wait_until(lambda: _count_waiting(database) == 3, "the statements to wait")
        old = set(httpd.children())
        httpd.kill_children()
        assert all(request.exception() for request in cut)
    installation.wait_until(lambda: httpd.children() and not old & set(httpd.children()), "new children")
    for _ in range(20):
        outcome = _try(httpd, "192.0.2.1", password="secret")
        if outcome == "in":
            break
        assert _is_wait(outcome, 3)
        time.sleep(outcome)
    assert outcome == "in"


@pytest.mark.expect_log(PAIR)
def test_children_killed_under_fire(guarded):
    """Whatever they were about to do, the table goes on working."""
    httpd = guarded()
    ending = threading.Event()

    def hammer(number):
        for count in itertools.count():
            if ending.is_set():
                return count
            # Its child was killed; or what it tried before was cut off, and counts.
            with contextlib.suppress(requests.ConnectionError):
                _from(httpd, f"203.0.113.{number}").login(f"user {count % 7}", "wrong")

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        hammers = [pool.submit(hammer, number) for number in range(6)]
        try:
            for _ in range(5):
                old = set(httpd.children())
                httpd.kill_children()
                installation.wait_until(lambda: httpd.children() and not old & set(httpd.children()), "new children")
                time.sleep(0.3)
        finally:
            ending.set()
        assert all(future.result() > 0 for future in hammers)
    assert [_try(httpd, "192.0.2.1") for _ in range(3)] == ["wrong"] * 3
    assert _is_wait(_try(httpd, "192.0.2.1"))
    assert _try(httpd, "192.0.2.2", password="secret") == "in"


@contextlib.contextmanager
def _users_locked(database):
    """Nobody can read a user meanwhile."""
    locker = database.cluster.connect(database.name)
    locker.autocommit = False
    try:
        locker.cursor().execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        locker.close()


def _count_waiting(database):
    """How many logins wait for their user."""
    return database.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        " AND query LIKE '%password_hash from users where username%'"
    )


@pytest.mark.expect_log(PAIR)
@pytest.mark.parametrize(
    ("first", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.3"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:3::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::2", "2001:db9::1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
    ],
)
def test_the_network_behind_a_proxy(guarded, first, same, other):
    httpd = guarded(limit=2)
    assert _try(httpd, first) == _try(httpd, same) == "wrong"
    assert _is_wait(_try(httpd, same)) and _is_wait(_try(httpd, first))
    assert _try(httpd, other) == "wrong"


@pytest.mark.expect_log(PAIR)
def test_nobody_chooses_his_address(make_httpd, people):
    """Without mod_remoteip's directives, or from elsewhere than the proxy, what a client says of itself does not count."""
    people("alice")
    httpd = make_httpd(directives="MinitwitLoginLimit 2\nMinitwitLoginDelay 60s\n")
    forged = _addresses()
    assert [_try(httpd, next(forged)) for _ in range(2)] == ["wrong"] * 2
    assert _is_wait(_try(httpd, next(forged)))


@pytest.mark.expect_log(PAIR)
def test_nothing_else_is_slowed_down(guarded, database):
    httpd = guarded(limit=1)
    _try_until_refused(httpd, "192.0.2.1")
    client = _from(httpd, "192.0.2.1")
    for answer in (client.get("/login"), client.head("/login"), client.get("/public"), client.get("/alice")):
        assert answer.status_code == 200
        assert "Retry-After" not in answer.headers
    assert client.post("/login", {"username": "alice"}).status_code == 400
    assert location(client.register("carol")) == "/login"
    assert _is_wait(_try(httpd, "192.0.2.1"))


def test_what_compares_no_password_does_not_count(guarded):
    httpd = guarded(limit=1)
    client = _from(httpd, "192.0.2.1")
    for _ in range(3):
        assert client.get("/login").status_code == 200
        assert client.head("/login").status_code == 200
        assert client.post("/login", {"username": "alice"}).status_code == 400
        assert client.post("/login", {"password": "wrong"}).status_code == 400
        assert client.post("/login", "username=alice", headers={"Content-Type": "text/plain"}).status_code == 415
        elsewhere = client.post(
            "/login", {"username": "alice", "password": "wrong"}, headers={"Origin": "http://elsewhere.example"}
        )
        assert elsewhere.status_code == 403
    signed_in = _from(httpd, "192.0.2.1").sign_in("alice")
    for _ in range(3):
        assert location(signed_in.login("alice", "wrong")) == "/"
    assert _try(httpd, "192.0.2.1", password="secret") == "in"


def test_a_failure_of_ours_does_not_count(guarded, database, faulty):
    httpd = guarded(limit=1, more="MinitwitDatabaseTimeout 300ms\n")
    with _users_locked(database):
        for _ in range(3):
            assert _from(httpd, "192.0.2.1").login("alice", "wrong").status_code == 503
    httpd.directives += "MinitwitDatabaseTimeout 30s\n"
    assert httpd.graceful().returncode == 0
    assert _try(httpd, "192.0.2.1", password="secret") == "in"


@pytest.mark.expect_log(PAIR)
def test_the_simulator_is_never_slowed_down(guarded):
    httpd = guarded(limit=1)
    _try_until_refused(httpd, "127.0.0.1")
    wrong = httpd.simulator()
    wrong.session.auth = ("simulator", "wrong")
    for number in range(30):
        assert wrong.tweet("alice", "hello").status_code == 403
        assert httpd.simulator().register(f"user {number}").status_code == 204
    assert httpd.simulator().tweet("alice", "hello").status_code == 204


def test_it_can_be_switched_off(guarded):
    httpd = guarded(limit=0)
    assert [_try(httpd, "192.0.2.1") for _ in range(30)] == ["wrong"] * 30


@pytest.mark.expect_log(PAIR)
def test_the_default(make_httpd, people):
    people("alice")
    httpd = make_httpd(start=False)
    httpd.login_limit = ""
    httpd.directives = "MinitwitLoginDelay 60s\n"
    httpd.start()
    assert [_try(httpd, "192.0.2.1") for _ in range(5)] == ["wrong"] * 5
    assert _is_wait(_try(httpd, "192.0.2.1"))


@pytest.mark.expect_log(PAIR)
def test_a_host_may_have_its_own_limit(make_httpd, people):
    people("alice")
    httpd = make_httpd(
        directives="MinitwitLoginLimit 1\nMinitwitLoginDelay 60s\n",
        web='MinitwitLoginLimit 3\n<Location "/">\n  SetHandler minitwit-web\n</Location>\n',
    )
    assert [_try(httpd, "192.0.2.1") for _ in range(3)] == ["wrong"] * 3
    assert _is_wait(_try(httpd, "192.0.2.1"))


@pytest.mark.expect_log(PAIR)
def test_each_site_has_its_own_accounts(make_httpd, people, cluster):
    """Two sites of one httpd, with a database each."""
    people("alice")
    other = cluster.create_site_database("guessing_other")
    site = '<Location "/">\n  SetHandler minitwit-web\n</Location>\n'
    httpd = make_httpd(
        directives="MinitwitLoginLimit 2\nMinitwitLoginDelay 60s\n",
        web=site,
        ops=f'DBDriver pgsql\nDBDParams "{other.connection_string}"\nDBDMin 0\nDBDKeep 1\nDBDMax 1\n' + site,
    )
    _try_until_refused(httpd, "192.0.2.1")
    answer = httpd.operator().post("/login", {"username": "alice", "password": "wrong"})
    assert answer.status_code == 200 and "Invalid username" in answer.text

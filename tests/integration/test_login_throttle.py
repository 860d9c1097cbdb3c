# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Guessing passwords is slowed down: per account and address, per account, and per address."""

import re
import time

import pytest

from support import metrics
from support.client import read_page
from support.guessing import ACCOUNT, ADDRESS, NETWORK, PAIR, addresses, come_from, is_wait, logged, try_login, try_until_refused


@pytest.mark.smoke
@pytest.mark.expect_log(PAIR)
def test_an_account_from_one_address(guarded, database):
    httpd = guarded()
    with database.unchanged():
        assert [try_login(httpd, "192.0.2.1") for _ in range(3)] == ["wrong"] * 3
        answer = come_from(httpd, "192.0.2.1").login("alice", "wrong")
        page = read_page(answer, 429)
        seconds = int(answer.headers["Retry-After"])
        assert 1 <= seconds <= 60
        assert f"Please try again in {seconds} second" in page.text
        assert page.one("div.body form")["action"] == "/login"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        # The correct password has to wait as well. Otherwise, an attacker could recognize it.
        assert is_wait(try_login(httpd, "192.0.2.1", password="secret"))
    # Other accounts and other addresses are not slowed down.
    assert try_login(httpd, "192.0.2.1", "bob", "secret") == "in"
    assert try_login(httpd, "192.0.2.2", password="secret") == "in"


@pytest.mark.expect_log(PAIR)
def test_an_unknown_name_gets_the_same_answers(guarded, database):
    httpd = guarded()
    known = [try_login(httpd, "192.0.2.1", "alice") for _ in range(5)]
    unknown = [try_login(httpd, "192.0.2.1", "nobody") for _ in range(5)]
    assert known[:3] == unknown[:3] == ["wrong"] * 3
    assert all(is_wait(outcome) for outcome in known[3:] + unknown[3:])
    texts = [
        re.sub(r"\d+ second", "N second", come_from(httpd, "192.0.2.1").login(name, "wrong").text).replace(name, "NAME")
        for name in ("alice", "nobody")
    ]
    assert texts[0] == texts[1]
    # The throttle compares names as the database does.
    assert try_login(httpd, "192.0.2.1", "Alice") == try_login(httpd, "192.0.2.1", "alice ") == "wrong"


@pytest.mark.expect_log(PAIR)
def test_a_refused_attempt_reads_no_user_and_is_counted(guarded):
    httpd = guarded(limit=1)
    assert try_login(httpd, "192.0.2.1") == "wrong"
    before = metrics.scrape(httpd)
    assert all(is_wait(try_login(httpd, "192.0.2.1")) for _ in range(6))
    after = metrics.scrape(httpd)
    for name, label, gained in (
        ("minitwit_throttled_total", {"reason": "account"}, 6),
        ("minitwit_throttled_total", {"reason": "address"}, 0),
        ("minitwit_throttled_total", {"reason": "hashing"}, 0),
        ("minitwit_logins_total", {"result": "throttled"}, 6),
        ("minitwit_logins_total", {"result": "invalid_password"}, 0),
        # Without the user, the module cannot compare a password.
        ("minitwit_db_query_duration_seconds_count", {"statement": "users_find"}, 0),
    ):
        assert after.get(name, **label) - before.get(name, **label) == gained, (name, label)


@pytest.mark.expect_log(PAIR)
def test_the_log_has_one_line_without_the_name(guarded):
    """A user may type a password into the field of the name."""
    httpd = guarded(limit=1)
    assert try_login(httpd, "192.0.2.77", "t0p-s3cret", "0ther-s3cret") == "wrong"
    for _ in range(10):
        assert is_wait(try_login(httpd, "192.0.2.77", "t0p-s3cret", "0ther-s3cret"))
    assert "s3cret" not in httpd.error_log.text
    (line,) = [line for line in httpd.error_log.text.splitlines() if re.search(PAIR, line)]
    assert "[client 192.0.2.77:" in line


@pytest.mark.expect_log(PAIR)
def test_a_successful_login_resets_the_count(guarded):
    httpd = guarded()
    for _ in range(3):
        assert [try_login(httpd, "192.0.2.1") for _ in range(2)] == ["wrong"] * 2
        assert try_login(httpd, "192.0.2.1", password="secret") == "in"
    assert [try_login(httpd, "192.0.2.1") for _ in range(3)] == ["wrong"] * 3
    assert is_wait(try_login(httpd, "192.0.2.1"))


@pytest.mark.expect_log(ACCOUNT)
def test_an_account_from_many_addresses(guarded):
    """The limit is tenfold. It does not apply to an address from which the user logged in before."""
    httpd = guarded(limit=1)
    assert try_login(httpd, "192.0.2.1", password="secret") == "in"
    strangers = addresses()
    assert [try_login(httpd, next(strangers)) for _ in range(10)] == ["wrong"] * 10
    for _ in range(3):
        assert is_wait(try_login(httpd, next(strangers)))
    assert is_wait(try_login(httpd, next(strangers), password="secret"))
    assert try_login(httpd, "192.0.2.1", password="secret") == "in"
    # For this address, only its own mistakes count.
    assert try_login(httpd, "192.0.2.1") == "wrong"
    assert try_login(httpd, next(strangers), "bob", "secret") == "in"
    assert logged(httpd, ACCOUNT) == 1
    assert metrics.scrape(httpd).get("minitwit_throttled_total", reason="account") == 4


@pytest.mark.expect_log(ADDRESS)
def test_many_accounts_from_one_address(guarded):
    """The limit is twentyfold. It does not apply to users who logged in from this address before."""
    httpd = guarded(limit=1)
    assert try_login(httpd, "192.0.2.1", "bob", "secret") == "in"
    assert [try_login(httpd, "192.0.2.1", f"user {number}") for number in range(20)] == ["wrong"] * 20
    for number in range(20, 23):
        # A fifth of the delay.
        assert is_wait(try_login(httpd, "192.0.2.1", f"user {number}"), 12)
    assert is_wait(try_login(httpd, "192.0.2.1", "alice", "secret"), 12)
    assert try_login(httpd, "192.0.2.1", "bob", "secret") == "in"
    assert try_login(httpd, "192.0.2.2", "alice", "secret") == "in"
    assert logged(httpd, ADDRESS) == 1
    assert metrics.scrape(httpd).get("minitwit_throttled_total", reason="address") == 4


@pytest.mark.expect_log(NETWORK)
def test_many_networks_of_one_ipv6_site(guarded):
    """An attacker who has a whole /48 gains nothing by a new /64 for each attempt. The level of the log is the usual
    one, at which the module counts messages."""
    httpd = guarded(limit=1, more="LogLevel minitwit:info\n")
    assert try_login(httpd, "2001:db8:1:ffff::1", "bob", "secret") == "in"
    outcomes = []
    while len(outcomes) < 400 and not any(map(is_wait, outcomes)):
        number = len(outcomes)
        outcomes.append(try_login(httpd, f"2001:db8:1:{number:x}::1", f"user {number}"))
    # On a slow machine, the first attempts are forgotten meanwhile.
    assert outcomes[:-1] == ["wrong"] * max(100, len(outcomes) - 1)
    assert is_wait(outcomes[-1], 3)
    assert try_login(httpd, "2001:db8:2::1", "alice", "secret") == "in"
    assert try_login(httpd, "2001:db8:1:ffff::1", "bob", "secret") == "in"
    assert logged(httpd, NETWORK) == 1
    assert metrics.scrape(httpd).get("minitwit_throttled_total", reason="address") == 1


@pytest.mark.expect_log(PAIR)
def test_after_the_wait_an_attempt_is_accepted(guarded):
    """Attempts during the wait do not make it longer."""
    httpd = guarded(limit=2, delay="1s")
    for _ in range(2):
        for _ in range(20):
            seconds = try_until_refused(httpd, "192.0.2.1")
            assert is_wait(seconds, 1)
        time.sleep(seconds)
        assert try_login(httpd, "192.0.2.1") == "wrong"
    time.sleep(try_until_refused(httpd, "192.0.2.1"))
    assert try_login(httpd, "192.0.2.1", password="secret") == "in"


@pytest.mark.expect_log(PAIR)
def test_the_count_expires(guarded):
    httpd = guarded(limit=2, delay="2s")
    for episode in (1, 2):
        try_until_refused(httpd, "192.0.2.1")
        try_until_refused(httpd, "192.0.2.1")
        assert logged(httpd, PAIR) == episode
        time.sleep(2 * 2)
        assert [try_login(httpd, "192.0.2.1") for _ in range(2)] == ["wrong"] * 2

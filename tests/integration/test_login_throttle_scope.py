# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The login throttle: addresses, requests and hosts that it applies to."""

import pytest

from support.client import location
from support.guessing import PAIR, addresses, come_from, is_wait, try_login, try_until_refused
from support.mounts import mount


@pytest.mark.expect_log(PAIR)
def test_addresses_of_one_network_count_as_one(guarded):
    httpd = guarded(limit=2)
    for first, same, other in (
        ("192.0.2.1", "192.0.2.1", "192.0.2.3"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:3::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::2", "2001:db9::1"),
        ("::ffff:192.0.2.7", "192.0.2.7", "::ffff:192.0.2.8"),
    ):
        assert try_login(httpd, first) == try_login(httpd, same) == "wrong"
        assert is_wait(try_login(httpd, same)) and is_wait(try_login(httpd, first))
        assert try_login(httpd, other) == "wrong"


@pytest.mark.expect_log(PAIR)
def test_a_client_cannot_choose_its_address(make_httpd, people):
    """Without the directives of mod_remoteip, the client's header does not count."""
    people("alice")
    httpd = make_httpd(directives="MinitwitLoginLimit 2\nMinitwitLoginDelay 60s\n")
    forged = addresses()
    assert [try_login(httpd, next(forged)) for _ in range(2)] == ["wrong"] * 2
    assert is_wait(try_login(httpd, next(forged)))


@pytest.mark.expect_log(PAIR)
def test_other_requests_do_not_count_and_are_not_slowed_down(guarded):
    httpd = guarded(limit=1)
    client = come_from(httpd, "192.0.2.1")

    def send_all():
        elsewhere = {"Origin": "http://elsewhere.example"}
        for answer, status in (
            (client.get("/login"), 200),
            (client.head("/login"), 200),
            (client.get("/public"), 200),
            (client.post("/login", {"username": "alice"}), 400),
            (client.post("/login", {"password": "wrong"}), 400),
            (client.post("/login", "username=alice", headers={"Content-Type": "text/plain"}), 415),
            (client.post("/login", {"username": "alice", "password": "wrong"}, headers=elsewhere), 403),
        ):
            assert answer.status_code == status and "Retry-After" not in answer.headers

    for _ in range(3):
        send_all()
    signed_in = come_from(httpd, "192.0.2.1").sign_in("alice")
    for _ in range(3):
        assert location(signed_in.login("alice", "wrong")) == "/"
    assert try_login(httpd, "192.0.2.1", password="secret") == "in"
    try_until_refused(httpd, "192.0.2.1")
    send_all()
    assert location(client.register("carol")) == "/login"
    assert is_wait(try_login(httpd, "192.0.2.1"))


def test_a_failure_of_the_database_does_not_count(guarded, database, faulty):
    httpd = guarded(limit=1, more="MinitwitDatabaseTimeout 300ms\n")
    with database.locked("users"):
        for _ in range(3):
            assert come_from(httpd, "192.0.2.1").login("alice", "wrong").status_code == 503
    httpd.directives += "MinitwitDatabaseTimeout 30s\n"
    assert httpd.graceful().returncode == 0
    assert try_login(httpd, "192.0.2.1", password="secret") == "in"


@pytest.mark.expect_log(PAIR)
def test_the_simulator_is_never_slowed_down(guarded):
    httpd = guarded(limit=1)
    try_until_refused(httpd, "127.0.0.1")
    wrong = httpd.simulator()
    wrong.session.auth = ("simulator", "wrong")
    for number in range(30):
        assert wrong.tweet("alice", "hello").status_code == 403
        assert httpd.simulator().register(f"user {number}").status_code == 204
    assert httpd.simulator().tweet("alice", "hello").status_code == 204


def test_it_can_be_switched_off(guarded):
    httpd = guarded(limit=0)
    assert [try_login(httpd, "192.0.2.1") for _ in range(30)] == ["wrong"] * 30


@pytest.mark.expect_log(PAIR)
def test_the_default(make_httpd, people):
    people("alice")
    httpd = make_httpd(start=False)
    httpd.login_limit = ""
    httpd.directives = "MinitwitLoginDelay 60s\n"
    httpd.start()
    assert [try_login(httpd, "192.0.2.1") for _ in range(5)] == ["wrong"] * 5
    assert is_wait(try_login(httpd, "192.0.2.1"))


@pytest.mark.expect_log(PAIR)
def test_a_host_may_have_its_own_limit(make_httpd, people):
    people("alice")
    httpd = make_httpd(
        directives="MinitwitLoginLimit 1\nMinitwitLoginDelay 60s\n",
        web="MinitwitLoginLimit 3\n" + mount("/", "minitwit-web"),
    )
    assert [try_login(httpd, "192.0.2.1") for _ in range(3)] == ["wrong"] * 3
    assert is_wait(try_login(httpd, "192.0.2.1"))


@pytest.mark.expect_log(PAIR)
def test_each_site_has_its_own_accounts(make_httpd, people, cluster):
    """Two sites of one httpd have separate databases."""
    people("alice")
    other = cluster.create_site_database("guessing_other")
    site = mount("/", "minitwit-web")
    httpd = make_httpd(
        directives="MinitwitLoginLimit 2\nMinitwitLoginDelay 60s\n",
        web=site,
        ops=f'DBDriver pgsql\nDBDParams "{other.connection_string}"\nDBDMin 0\nDBDKeep 1\nDBDMax 1\n' + site,
    )
    try_until_refused(httpd, "192.0.2.1")
    answer = httpd.operator().post("/login", {"username": "alice", "password": "wrong"})
    assert answer.status_code == 200 and "Invalid username" in answer.text

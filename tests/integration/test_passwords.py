# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Password hashes: those of other programs, their replacement, and the limits of simultaneous hashes."""

import concurrent.futures

import pytest

from support.client import Browser, location

PASSWORD = "sécret pass 1"

# unit/test_password_foreign.c has all forms, right and wrong.
FOREIGN = {
    "werkzeug pbkdf2": "pbkdf2:sha256:260000$4l78XhzG$57ba145dfbb3c25d8d3d15b94c70af3207b50d170c9d93b8b28fda8cfbb5522d",
    "werkzeug scrypt": "scrypt:32768:8:1$aB3dE5gH7jK9mN1p$a870c0037ebf4225b38716a91d1080c137dc95c9203b30675184240ccad128198dd8571e912ed132fe832cdadd558247844696220ed731bcd45f2240b97a746f",
    "django pbkdf2": "pbkdf2_sha256$260000$2KcFQzIs4e0Z2inecQz1SH$dElmqwqyFAhxCIIWATdTlCD3EQlRDNNPam7rrmYRdqY=",
    "bcrypt 2b": "$2b$10$3fDE9NxXchlco/r2mltdJOE8JkwWTl637GHsxlu6zKciLN.WC55JG",
    "bcrypt 2a": "$2a$10$T/ZEq.IKK/eK9xM7rSZ1heaGJmVjN8DqEceDVNCs2xRIpwMDmqcp2",
}  # fmt: skip

REFUSED = {
    "unsalted pbkdf2": "pbkdf2:sha256:50000$971d4f8067313ad75b347149a6e2ee1b1df7c4273ea5c21732f32e47cd98c503",
    "plain sha256": "971d4f8067313ad75b347149a6e2ee1b1df7c4273ea5c21732f32e47cd98c503",
    "plain md5": "7da4fdaf3144cacb97cefa974efa80a0",
    "the password itself": PASSWORD,
    "nothing": "",
    "apr1": "$apr1$abcdefgh$4ZnsmQw0ZBCbTxqHMkBqJ1",
    "scrypt beyond the cap": FOREIGN["werkzeug scrypt"].replace("32768", "1073741824"),
}


def test_a_foreign_hash_verifies_and_is_replaced(httpd, people, database):
    people("alice")
    for kind, foreign in FOREIGN.items():
        database.set_password_hash("alice", foreign)
        with database.unchanged():
            assert "Invalid password" in httpd.browser().login("alice", PASSWORD + "x").text, kind
        httpd.browser().sign_in("alice", PASSWORD)
        replaced = database.password_hash("alice")
        assert replaced.startswith("$argon2id$"), kind
        httpd.browser().sign_in("alice", PASSWORD)
        assert database.password_hash("alice") == replaced


def test_weak_and_too_expensive_hashes_are_never_accepted(site, people, database):
    people("alice")
    for kind, stored in REFUSED.items():
        database.set_password_hash("alice", stored)
        with database.unchanged():
            for password in (PASSWORD, stored):
                assert "Invalid password" in site.login("alice", password).text, kind


def test_a_login_replaces_a_hash_of_another_cost(make_httpd, people, database):
    people("alice")
    cheap = database.password_hash("alice")
    other = make_httpd(directives="MinitwitPasswordMemory 2\nMinitwitPasswordPasses 3").browser()
    other.sign_in("alice")
    replaced = database.password_hash("alice")
    assert replaced != cheap
    assert "m=2048,t=3" in replaced
    other.sign_in("alice")
    assert database.password_hash("alice") == replaced


def test_the_default_cost_is_the_minimum_of_owasp(make_httpd, database):
    httpd = make_httpd(start=False)
    httpd.password_cost = ""
    httpd.start().browser().register("alice")
    assert "m=19456,t=2,p=1" in database.password_hash("alice")


def test_logins_at_the_same_moment_with_an_outdated_hash(httpd, people, database):
    """Only one of them replaces the hash, but all succeed."""
    people("alice")
    database.set_password_hash("alice", FOREIGN["bcrypt 2b"])
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: httpd.browser().login("alice", PASSWORD), range(4)))
    assert "Invalid password" not in "".join(answer.text for answer in answers)
    assert [location(answer) for answer in answers if answer.status_code != 503]
    assert database.password_hash("alice").startswith("$argon2id$")


def test_other_sessions_stay_when_a_hash_is_replaced(httpd, signed_in, database):
    first = signed_in("alice")
    database.set_password_hash("alice", FOREIGN["bcrypt 2a"])
    httpd.browser().sign_in("alice", PASSWORD)
    assert first.page("/").heading == "My Timeline"


# So expensive that several requests overlap on any machine.
SLOW = "MinitwitPasswordMemory 64\nMinitwitPasswordPasses 12\n"


@pytest.fixture
def busy(make_httpd):
    """An httpd that makes one slow hash at a time, and lets one more request wait for a short time."""
    limits = "MinitwitHashLimit 1\nMinitwitHashQueue 1\nMinitwitHashWait 1s\nMinitwitPoolTimeout 30s"
    return make_httpd(directives=SLOW + limits)


def _register_at_once(httpd, count):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda number: httpd.simulator().register(f"user{number}"), range(count)))


@pytest.mark.expect_log("MinitwitHashLimit")
def test_too_many_hashes_at_once(busy, database):
    answers = _register_at_once(busy, 6)
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {204, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json()["status"] == 503
    assert sorted(database.usernames()) == sorted(
        f"user{number}" for number, status in enumerate(statuses) if status == 204
    )
    # All permits have come back.
    assert busy.simulator().register("later").status_code == 204


@pytest.mark.expect_log("MinitwitHashLimit")
def test_too_many_logins_at_once(busy, database):
    """The site answers with a page that says when to try again."""
    assert busy.simulator().register("alice").status_code == 204
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: busy.browser().login("alice"), range(6)))
    assert {answer.status_code for answer in answers} == {302, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["Content-Type"].startswith("text/html")
            assert "Set-Cookie" not in answer.headers
    assert database.count("sessions") == sum(answer.status_code == 302 for answer in answers)


def test_waiting_requests_of_all_children_succeed(make_httpd, database):
    """If enough requests may wait, they are served one after the other."""
    httpd = make_httpd(directives="MinitwitHashLimit 1\nMinitwitHashQueue 20\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s")
    assert {answer.status_code for answer in _register_at_once(httpd, 10)} == {204}
    assert database.count("users") == 10


@pytest.mark.expect_log("MinitwitHashLimit")
def test_the_default_queue_does_not_depend_on_the_order_of_modules(make_httpd, database):
    """By default a tenth of them may wait. The MPM has their number only after all directives are read."""
    patience = "MinitwitHashWait 60s\nMinitwitPoolTimeout 30s\n"
    httpd = make_httpd(start=False, directives=SLOW + "MaxRequestWorkers 16\nMinitwitHashLimit 1\n" + patience)
    httpd.loads_first = True
    httpd.start()
    assert {answer.status_code for answer in _register_at_once(httpd, 8)} == {204, 503}


def test_a_request_that_fails_anyway_needs_no_hash(busy, people, database, expect_log):
    """Otherwise such requests could keep all permits busy."""
    expect_log.allow("MinitwitHashLimit")
    people("alice")
    site = Browser(busy.web_url)
    slow = concurrent.futures.ThreadPoolExecutor(2)
    with slow:
        first = [slow.submit(busy.simulator().register, f"user{number}") for number in range(2)]
        assert site.register("alice", "x", "no at sign").status_code == 200
        assert "already taken" in site.register("alice").text
        assert "Invalid username" in site.login("nobody").text
        assert all(answer.result().status_code in (204, 503) for answer in first)


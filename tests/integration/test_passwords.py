# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Password hashes: those of other programs, their replacement, and the bounds on how many are made at once."""

import concurrent.futures

import pytest

from support.client import Browser, location

PASSWORD = "sécret pass 1"

FOREIGN = {
    "werkzeug pbkdf2": "pbkdf2:sha256:260000$4l78XhzG$57ba145dfbb3c25d8d3d15b94c70af3207b50d170c9d93b8b28fda8cfbb5522d",
    "werkzeug pbkdf2 of fewer rounds": "pbkdf2:sha256:50000$eknrByMm$4927ece7dce876b18b932e88137ecf6780c40ef4bd3a3d55ed739335958f054c",
    "werkzeug scrypt": "scrypt:32768:8:1$aB3dE5gH7jK9mN1p$a870c0037ebf4225b38716a91d1080c137dc95c9203b30675184240ccad128198dd8571e912ed132fe832cdadd558247844696220ed731bcd45f2240b97a746f",
    "django pbkdf2": "pbkdf2_sha256$260000$2KcFQzIs4e0Z2inecQz1SH$dElmqwqyFAhxCIIWATdTlCD3EQlRDNNPam7rrmYRdqY=",
    "bcrypt 2b": "$2b$10$3fDE9NxXchlco/r2mltdJOE8JkwWTl637GHsxlu6zKciLN.WC55JG",
    "bcrypt 2a": "$2a$10$T/ZEq.IKK/eK9xM7rSZ1heaGJmVjN8DqEceDVNCs2xRIpwMDmqcp2",
    "bcrypt 2y": "$2y$10$WDI4HeL.jxl3ZAg7G9Is0.oWLuoMy/YNia3FGPKWJNmC/cyp0UkBG",
}  # fmt: skip

REFUSED = {
    "unsalted pbkdf2": "pbkdf2:sha256:50000$971d4f8067313ad75b347149a6e2ee1b1df7c4273ea5c21732f32e47cd98c503",
    "plain sha256": "971d4f8067313ad75b347149a6e2ee1b1df7c4273ea5c21732f32e47cd98c503",
    "plain md5": "7da4fdaf3144cacb97cefa974efa80a0",
    "the password itself": PASSWORD,
    "nothing": "",
    "crypt md5": "$1$abcdefgh$4ZnsmQw0ZBCbTxqHMkBqJ1",
    "apr1": "$apr1$abcdefgh$4ZnsmQw0ZBCbTxqHMkBqJ1",
    "sha1 as htpasswd": "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    "pbkdf2 beyond the cap": FOREIGN["werkzeug pbkdf2"].replace("260000", "2000000000"),
    "scrypt beyond the cap": FOREIGN["werkzeug scrypt"].replace("32768", "1073741824"),
    "bcrypt beyond the cap": FOREIGN["bcrypt 2b"].replace("$10$", "$31$"),
    "cut off": FOREIGN["werkzeug pbkdf2"][:-2],
    "no hash at all": "pbkdf2:sha256:260000$4l78XhzG$",
    "no rounds": "pbkdf2:sha256:$4l78XhzG$57ba145dfbb3c25d8d3d15b94c70af3207b50d170c9d93b8b28fda8cfbb5522d",
    "negative rounds": "pbkdf2:sha256:-1$4l78XhzG$57ba145dfbb3c25d8d3d15b94c70af3207b50d170c9d93b8b28fda8cfbb5522d",
    "cut argon2": "$argon2id$v=19$m=8,t=1,p=1$",
}


@pytest.fixture
def with_hash(people, database):
    """Registers alice, and gives her this hash."""

    def register(password_hash):
        people("alice")
        database.set_password_hash("alice", password_hash)

    return register


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_hash_verifies_and_is_replaced(httpd, with_hash, database, kind):
    with_hash(FOREIGN[kind])
    with database.unchanged():
        assert "Invalid password" in httpd.browser().login("alice", PASSWORD + "x").text
    httpd.browser().sign_in("alice", PASSWORD)
    replaced = database.password_hash("alice")
    assert replaced.startswith("$argon2id$")
    httpd.browser().sign_in("alice", PASSWORD)
    assert database.password_hash("alice") == replaced
    assert database.count("sessions") == 2


@pytest.mark.parametrize("kind", REFUSED)
def test_never_accepted(site, with_hash, database, kind):
    with_hash(REFUSED[kind])
    with database.unchanged():
        assert "Invalid password" in site.login("alice", PASSWORD).text
        assert "Invalid password" in site.login("alice", REFUSED[kind]).text


def test_another_cost_makes_a_new_hash_at_the_next_login(make_httpd, people, database):
    people("alice")
    cheap = database.password_hash("alice")
    dearer = make_httpd(directives="MinitwitPasswordMemory 2\nMinitwitPasswordPasses 3").browser()
    dearer.sign_in("alice")
    replaced = database.password_hash("alice")
    assert replaced != cheap
    assert "m=2048,t=3" in replaced
    dearer.sign_in("alice")
    assert database.password_hash("alice") == replaced


def test_the_default_is_what_owasp_asks_for(make_httpd, database):
    httpd = make_httpd(start=False)
    httpd.password_cost = ""
    httpd.start().browser().register("alice")
    assert "m=19456,t=2,p=1" in database.password_hash("alice")


def test_logins_at_the_same_moment_with_an_outdated_hash(httpd, with_hash, database):
    """Only one of them replaces the hash; to the others the password is no less right."""
    with_hash(FOREIGN["bcrypt 2b"])
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: httpd.browser().login("alice", PASSWORD), range(4)))
    assert "Invalid password" not in "".join(answer.text for answer in answers)
    assert [location(answer) for answer in answers if answer.status_code != 503]
    assert database.password_hash("alice").startswith("$argon2id$")


def test_other_sessions_stay_when_a_hash_is_replaced(httpd, with_hash, database):
    with_hash(FOREIGN["bcrypt 2b"])
    first = httpd.browser().sign_in("alice", PASSWORD)
    database.set_password_hash("alice", FOREIGN["bcrypt 2a"])
    httpd.browser().sign_in("alice", PASSWORD)
    assert first.page("/").heading == "My Timeline"


# Dear enough that several requests meet in it, on any machine.
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
def test_pages_are_served_while_hashes_wait(busy, database):
    busy.simulator().register("alice")
    database.add_message("alice", "hello")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        logins = [pool.submit(busy.browser().login, "alice") for _ in range(6)]
        seen = [busy.browser().page("/public").texts for _ in range(5)]
        answers = [login.result() for login in logins]
    assert seen == [["hello"]] * 5
    assert {answer.status_code for answer in answers} == {302, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["Content-Type"].startswith("text/html")


def test_the_bound_holds_over_all_children(make_httpd, database):
    """With room to wait, everybody gets his turn, one after the other."""
    httpd = make_httpd(directives="MinitwitHashLimit 1\nMinitwitHashQueue 20\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s")
    assert {answer.status_code for answer in _register_at_once(httpd, 10)} == {204}
    assert database.count("users") == 10


@pytest.mark.expect_log("MinitwitHashLimit")
def test_the_queue_counts_workers_whenever_the_module_is_loaded(make_httpd, database):
    """By default a tenth of them may wait, and how many there are the MPM knows only when all directives are read."""
    patience = "MinitwitHashWait 60s\nMinitwitPoolTimeout 30s\n"
    httpd = make_httpd(start=False, directives=SLOW + "MaxRequestWorkers 16\nMinitwitHashLimit 1\n" + patience)
    httpd.loads_first = True
    httpd.start()
    assert {answer.status_code for answer in _register_at_once(httpd, 8)} == {204, 503}


def test_no_hash_is_made_for_what_is_refused_anyway(busy, people, database, expect_log):
    """Else anybody could keep the permits busy for nothing."""
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


def test_no_log_holds_a_password_or_a_token(httpd, site, people, database):
    people("alice")
    site.register("bob", "hunter2-of-bob")
    site.login("alice", "hunter3-of-alice")
    answer = site.login("bob", "hunter2-of-bob")
    assert location(answer) == "/"
    token = site.cookie("session").value
    site.share("a-text-for-nobody's-log")
    log = httpd.error_log.text
    for secret in ("hunter2", "hunter3", token, "a-text-for-nobody", "super_safe!"):
        assert secret not in log

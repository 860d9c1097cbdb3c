# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Password hashes: those of other programs, their replacement, and the limits of simultaneous hashes."""

import concurrent.futures
import contextlib
import os
import re
import subprocess
import time

import pytest

from support import installation, semaphores
from support.client import Browser, location
from support.httpd import Httpd
from support.rush import Rush
from support.shipped import RunSite

PASSWORD = "sécret pass 1"

# unit/foreign_hashes.h has all forms.
FOREIGN = {
    "werkzeug pbkdf2": "pbkdf2:sha256:260000$4l78XhzG$57ba145dfbb3c25d8d3d15b94c70af3207b50d170c9d93b8b28fda8cfbb5522d",
    "werkzeug scrypt": "scrypt:32768:8:1$aB3dE5gH7jK9mN1p$a870c0037ebf4225b38716a91d1080c137dc95c9203b30675184240ccad128198dd8571e912ed132fe832cdadd558247844696220ed731bcd45f2240b97a746f",
    "django pbkdf2": "pbkdf2_sha256$260000$2KcFQzIs4e0Z2inecQz1SH$dElmqwqyFAhxCIIWATdTlCD3EQlRDNNPam7rrmYRdqY=",
    "bcrypt 2b": "$2b$10$3fDE9NxXchlco/r2mltdJOE8JkwWTl637GHsxlu6zKciLN.WC55JG",
    "bcrypt 2a": "$2a$10$T/ZEq.IKK/eK9xM7rSZ1heaGJmVjN8DqEceDVNCs2xRIpwMDmqcp2",
    "werkzeug before 0.9": "sha1$k3yW0rds$8fb7fe89dcc337e8d9a32505198cdfc9c907ba70",
    "werkzeug without rounds": "pbkdf2:sha256$4l78XhzG$58c926c122a3e8b2479dccf14f9d6be8238efe05c50f784126f7f18cd58c9725",
    "a salt that is decoded": "pbkdf2:sha256:1000$0708090A0B0C0D0E$3C83025C22957479719FE5F2ACE1916B89E29A9E5E0C670D7D4C451E248F6495",
    "django 5.2 pbkdf2": "pbkdf2_sha256$1500000$Qm9vdHN0cmFwU2FsdDEyMw$q+mU5F6P1B4OLVzl+coqfaMLKX4V5xOOb+NXr+1HMPU=",
    "django argon2": "argon2$argon2id$v=19$m=64,t=2,p=8$RVpsNnBzaG5IZkdWQkFaQXU4MkRjTA$ztMyjBQ4E7kspQmpOT3cD0b4A3Qx9zsyDj4sJtFOMTQ",
    "django bcrypt": "bcrypt_sha256$$2b$04$krLkxpD4ctyIZPXdZkF1pOK4CGHmED5WUACbsI7Ob58tTYYxmR6jO",
    "django scrypt": "scrypt$1024$x9LVW84IdSTXWjysmOHkNa$8$5$9i2mFrSHf+Pbp9Xc0jVQ5N2N+l1E9NNohnGSgum4U0ZCVa4QuGryXdntXa0hUXRtENow36XogA3pFnVHu2s9FQ==",
    "django sha1": "sha1$k3yW0rds$300c8bbb9f5af4cdc7e51e260535756450862923",
    "argon2-cffi": "$argon2id$v=19$m=65536,t=3,p=4$EfZvdVEoJuqvJYe0LzFJNg$CF5zfVD1dY9TIJKXr4GnrZbOsLFIAhWB6ePMSsM808w",
    "passlib pbkdf2": "$pbkdf2-sha256$1000$L2WMMaa0lrL2HgNAqPUeww$6CpROhZ4GXjdLTZFaUCT1QrbUhDqb8igKdyZJ46Xqhg",
    "passlib scrypt": "$scrypt$ln=10,r=8,p=1$v1cKgVBqzVnr/d87xxgjhA$T374POFed8nDsAsx0nMnyEzZQgj7zrdAfwXk4ne+goE",
    "passlib sha512_crypt": "$6$MJ5zZLn/12oMi5vb$M/QQD1xvQs00V9cq3suh7qK459zXFhcJIAvnFoxOJYMc/sh89QOYcFDjNucThuWUj0wQ3FBNEE8R6.34daVj9.",
    "passlib bcrypt_sha256": "$bcrypt-sha256$v=2,t=2b,r=4$dzw.1pG4Qy94rKEhpFjK6.$qlJrcJatkVhaa2TPNgXBMEpEVwmu.Wi",
    "ASP.NET Identity 2": "AAABAgMEBQYHCAkKCwwNDg/GRqI4at9CM7sWQ8NDdsiERuYzFLB3sjDIXKyMyHWulQ==",
    "ASP.NET Identity 3": "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+j/f6qCjzIA32uwv/Ys+q3W8Z2k2QfzlKqq3p83Sodbg==",
}  # fmt: skip

REFUSED = {
    "unsalted pbkdf2": "pbkdf2:sha256:50000$971d4f8067313ad75b347149a6e2ee1b1df7c4273ea5c21732f32e47cd98c503",
    "plain sha256": "971d4f8067313ad75b347149a6e2ee1b1df7c4273ea5c21732f32e47cd98c503",
    "plain md5": "7da4fdaf3144cacb97cefa974efa80a0",
    "the password itself": PASSWORD,
    "nothing": "",
    "apr1": "$apr1$abcdefgh$4ZnsmQw0ZBCbTxqHMkBqJ1",
    "a digest without a salt": "sha1$$004eb94c08b6e917536d7f17bdecc9b3ce6b481f",
    "werkzeug's plain text": "plain$$" + PASSWORD,
    "scrypt beyond the limit": FOREIGN["werkzeug scrypt"].replace("32768", "1073741824"),
    "bcrypt beyond the limit": FOREIGN["bcrypt 2b"].replace("$10$", "$24$"),
    "argon2id beyond the limits": "$argon2id$v=19$m=1048576,t=20,p=1$c29tZXNhbHRzb21lc2FsdA$CZiDU1np+ZU2mJhHmY9Q1UBHJYKTkTwmKAhA7i/XeuQ",
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


# Several hashes take longer than the shortest MinitwitHashWait.
SLOW = "MinitwitPasswordMemory 64\nMinitwitPasswordPasses 12\n"


@pytest.fixture
def busy(make_httpd):
    """An httpd that makes one hash at a time, and lets one more request wait for a short time."""
    limits = "MinitwitHashLimit 1\nMinitwitHashQueue 1\nMinitwitHashWait 1s\nMinitwitPoolTimeout 30s"
    return make_httpd(directives=limits)


def _register_at_once(httpd, count):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda number: httpd.simulator().register(f"user{number}"), range(count)))


def _take_permit(busy):
    """Returns the semaphores, whose only permit is in use. alice is registered."""
    assert busy.simulator().register("alice").status_code == 204
    found = semaphores.find_by_user([busy.process.pid, *busy.children()])
    (ours,) = [identity for identity in found if semaphores.read(identity) == (2, 1)]
    semaphores.write(ours, semaphores.PERMITS, 0)
    return ours


@contextlib.contextmanager
def _hashing(busy):
    """As if another request were hashing all the time."""
    ours = _take_permit(busy)
    try:
        yield
        # Each request has given its place back.
        assert semaphores.read(ours) == (2, 0)
    finally:
        semaphores.write(ours, semaphores.PERMITS, 1)


@pytest.mark.expect_log("MinitwitHashLimit")
def test_too_many_hashes_at_once(busy, database):
    """Requests that find the queue full are refused, and so are those whose wait is over."""
    with _hashing(busy), database.unchanged():
        for answer in _register_at_once(busy, 6):
            assert answer.status_code == answer.json()["status"] == 503
            assert int(answer.headers["Retry-After"]) > 0
    assert busy.simulator().register("later").status_code == 204
    assert database.usernames() == ["alice", "later"]


@pytest.mark.expect_log("MinitwitHashLimit")
def test_a_full_queue(make_httpd, database):
    """A request that finds the queue full is refused at once. Those in the queue get their turn."""
    limits = "MinitwitHashLimit 1\nMinitwitHashQueue 1\nMinitwitHashWait 60s\nMinitwitPoolTimeout 30s"
    httpd = make_httpd(directives=limits)
    ours = _take_permit(httpd)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        try:
            answers = [pool.submit(httpd.simulator().register, f"user{number}") for number in range(6)]
            refused = lambda: [answer for answer in answers if answer.done()]  # noqa: E731
            waiting = lambda: semaphores.count_waiting(ours, semaphores.PLACES)  # noqa: E731
            installation.wait_until(lambda: len(refused()) + waiting() >= 4, "the requests")
            assert len(refused()) == 4 and semaphores.read(ours) == (0, 0)
        finally:
            semaphores.write(ours, semaphores.PERMITS, 1)
    assert sorted(answer.result().status_code for answer in answers) == [204] * 2 + [503] * 4
    assert semaphores.read(ours) == (2, 1)


@pytest.mark.expect_log("MinitwitHashLimit")
def test_too_many_logins_at_once(busy, database):
    """The site answers with a page that says when to try again."""
    with _hashing(busy), database.unchanged(), concurrent.futures.ThreadPoolExecutor(6) as pool:
        for answer in pool.map(lambda _: busy.browser().login("alice"), range(6)):
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["Content-Type"].startswith("text/html")
            assert "Set-Cookie" not in answer.headers
    assert busy.browser().login("alice").status_code == 302
    assert database.count("sessions") == 1


def test_waiting_requests_of_all_children_succeed(make_httpd, database):
    """If enough requests may wait, they are served one after the other."""
    httpd = make_httpd(directives="MinitwitHashLimit 1\nMinitwitHashQueue 20\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s")
    assert {answer.status_code for answer in _register_at_once(httpd, 10)} == {204}
    assert database.count("users") == 10


def test_the_default_queue(make_httpd, database):
    """As many may wait as can be hashed meanwhile, but at most half of the workers. The MPM has their number only after
    all directives are read, whatever the order of the modules."""
    for wait, most in ("60s", 8), ("1s", 2), ("1ms", 1):
        sizes = "" if installation.MPM == "prefork" else "ThreadsPerChild 4\nServerLimit 4\n"
        httpd = make_httpd(start=False, directives=f"{SLOW}{sizes}MaxRequestWorkers 16\nMinitwitHashLimit 1\nMinitwitHashWait {wait}\n")
        httpd.loads_first = True
        httpd.start()
        took, told = re.search(r"a password hash takes (\d+) us, so (\d+) requests may wait", httpd.error_log.text).groups()
        fit = float(wait.rstrip("ms")) * (1000 if wait.endswith("ms") else 1000000) // int(took) * 3 // 4
        assert int(told) == max(1, min(8, fit)) <= most
        assert httpd.simulator().register(f"user {wait}").status_code == 204
        assert (1 + int(told), 1) in map(semaphores.read, semaphores.find_by_user([httpd.process.pid, *httpd.children()]))
        httpd.stop()


@pytest.mark.skipif(installation.MPM == "prefork", reason="./run serves with the event MPM")
def test_a_hundred_people_register_at_once(make_httpd, database, expect_log):
    """With the configuration of ./run, all find a place in the queue. Nobody is refused before the wait for a hash is
    over, which a busy machine may need."""
    expect_log.allow("MinitwitHashLimit", "slow request: ")
    wait = 2  # s, MinitwitHashWait's default
    httpd = make_httpd(kind=RunSite)
    assert httpd.simulator().register("first").status_code == 204
    permits = max(2, os.cpu_count())
    found = semaphores.find_by_user([httpd.process.pid, *httpd.children()])
    assert (128 + permits, permits) in map(semaphores.read, found)
    registered = 1
    for port, path, body in (
        (httpd.web_port, "/register", "username={name}&email=a@example.org&password=secret&password2=secret"),
        (httpd.api_port, "/register", '{"username": "{name}", "email": "a@example.org", "pwd": "secret"}'),
    ):
        tries = Rush(port, path, body, f"{port} {{client}} {{turn}}", 100, 0.5).finish()
        assert len(tries) >= 100
        assert [attempt for attempt in tries if attempt.status not in (204, 302) and attempt.seconds < wait] == []
        registered += sum(attempt.status in (204, 302) for attempt in tries)
    assert database.count("users") == registered


def test_slow_hashes_leave_a_permit_to_others(make_httpd, people, database):
    """A hash of another program may take seconds. Such hashes never take the last permit."""
    people("alice", "bob", "carol")
    httpd = make_httpd(directives="MinitwitHashLimit 2\nMinitwitHashQueue 22\nMinitwitHashWait 60s\n")
    httpd.browser().sign_in("carol")
    found = semaphores.find_by_user([httpd.process.pid, *httpd.children()])
    (ours,) = [identity for identity in found if semaphores.read(identity) == (24, 2)]
    # Above the cost of new hashes, although it is of the same form.
    slow = {
        "alice": FOREIGN["werkzeug pbkdf2"].replace("260000", "1000000"),
        "bob": "$argon2id$v=19$m=65536,t=12,p=1$" + "A" * 22 + "$" + "A" * 43,
    }
    for name, stored in slow.items():
        database.set_password_hash(name, stored)
    free = []
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        logins = [pool.submit(httpd.browser().login, name, "wrong") for name in (*slow, *slow, *slow)]
        installation.wait_until(lambda: semaphores.read(ours)[semaphores.PERMITS] < 2, "a slow hash")
        while not all(login.done() for login in logins[:-1]):
            free.append(semaphores.read(ours)[semaphores.PERMITS])
            time.sleep(0.005)
            if len(free) == 20:
                httpd.browser().sign_in("carol")
    assert min(free) == 1
    assert semaphores.read(ours) == (24, 2)
    assert {login.result().status_code for login in logins} == {200}


_ONE_CORE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

long sysconf(int name)
{
    return name == _SC_NPROCESSORS_ONLN ? 1 : ((long (*)(int))dlsym(RTLD_NEXT, "sysconf"))(name);
}
"""


class OneCoreHttpd(Httpd):
    """An httpd that finds one core."""

    def _environment(self):
        library = self.root / "one_core.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=_ONE_CORE, text=True, check=True)
        environment = super()._environment()
        preloaded = [environment["LD_PRELOAD"]] if "LD_PRELOAD" in environment else []
        return environment | {"LD_PRELOAD": ":".join([*preloaded, str(library)])}


def test_one_core_leaves_a_permit_to_others(make_httpd, database):
    """Without MinitwitHashLimit, there are two permits, of which foreign hashes take one. A limit of 1 stays 1."""
    for limit, permits in ("", 2), ("MinitwitHashLimit 1\n", 1):
        httpd = make_httpd(kind=OneCoreHttpd, directives=f"{limit}MinitwitHashQueue 13\n")
        assert httpd.simulator().register(f"user {permits}").status_code == 204
        found = semaphores.find_by_user([httpd.process.pid, *httpd.children()])
        (ours,) = [identity for identity in found if semaphores.read(identity) == (13 + permits, permits)]
        assert semaphores.read_foreign(ours) == (3, 1)
        httpd.stop()


def test_foreign_hashes_have_a_queue_of_their_own(make_httpd, people, database, expect_log):
    """While their queue is full, logins with the site's own hashes succeed. A login that finds the queue full does not
    count as a wrong password, because it takes no place."""
    people("alice", "bob", "carol")
    httpd = make_httpd(
        directives="MinitwitHashLimit 2\nMinitwitHashQueue 6\nMinitwitHashWait 60s\n"
        "MinitwitLoginLimit 5\nMinitwitLoginDelay 60s\n"
    )
    httpd.browser().sign_in("carol")
    found = semaphores.find_by_user([httpd.process.pid, *httpd.children()])
    (ours,) = [identity for identity in found if semaphores.read(identity) == (8, 2)]
    assert semaphores.read_foreign(ours) == (2, 1)
    for name in "alice", "bob":
        database.set_password_hash(name, FOREIGN["bcrypt 2a"])
    expect_log("too many hashes of other programs to verify at once")
    before = database.count("sessions")
    # As if a slow hash were in progress.
    semaphores.write(ours, semaphores.FOREIGN_PERMITS, 0)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        logins = [pool.submit(httpd.browser().login, name, PASSWORD) for name in ("alice", "bob") * 5]
        try:
            installation.wait_until(lambda: sum(login.done() for login in logins) == 8, "the refusals")
            assert [login.result().status_code for login in logins if login.done()] == [503] * 8
            assert httpd.simulator().register("dave").status_code == 204
            assert database.count("sessions") == before
            httpd.browser().sign_in("carol")
            for name in ("alice", "bob") * 5:
                assert httpd.browser().login(name, PASSWORD).status_code == 503
        finally:
            semaphores.write(ours, semaphores.FOREIGN_PERMITS, 1)
    assert sorted(login.result().status_code for login in logins) == [302] * 2 + [503] * 8
    assert semaphores.read(ours) == (8, 2) and semaphores.read_foreign(ours) == (2, 1)


def test_a_wait_in_vain_for_a_foreign_hash_counts(make_httpd, people, database, expect_log):
    """The login had a place in the queue. Otherwise, an attacker could keep the queue full."""
    people("alice")
    httpd = make_httpd(
        directives="MinitwitHashLimit 2\nMinitwitHashQueue 6\nMinitwitHashWait 100ms\n"
        "MinitwitLoginLimit 5\nMinitwitLoginDelay 60s\n"
    )
    found = semaphores.find_by_user([httpd.process.pid, *httpd.children()])
    (ours,) = [identity for identity in found if semaphores.read(identity) == (8, 2)]
    database.set_password_hash("alice", FOREIGN["bcrypt 2a"])
    expect_log("too many hashes of other programs to verify at once", "too many wrong passwords for one account from this address")
    # As if a slow hash were in progress.
    semaphores.write(ours, semaphores.FOREIGN_PERMITS, 0)
    with database.unchanged():
        assert [httpd.browser().login("alice", PASSWORD).status_code for _ in range(6)] == [503] * 5 + [429]
    semaphores.write(ours, semaphores.FOREIGN_PERMITS, 1)
    assert semaphores.read(ours) == (8, 2) and semaphores.read_foreign(ours) == (2, 1)


def test_a_request_that_fails_anyway_needs_no_hash(busy, database):
    """Otherwise such requests could keep all permits busy."""
    site = Browser(busy.web_url)
    with _hashing(busy):
        assert site.register("alice", "x", "no at sign").status_code == 200
        assert "already taken" in site.register("alice").text
        assert "Invalid username" in site.login("nobody").text


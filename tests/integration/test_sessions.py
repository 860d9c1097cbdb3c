# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Sessions: their cookies, their rows in the database, and their end."""

import base64
import hashlib

import pytest

from support.client import Browser, location, set_cookies
from support.mounts import mount

LIFETIME = 30 * 86400


def _hash(token):
    """The bytes that the database holds for a token."""
    return hashlib.sha256(token.encode()).digest()


def _session(answer):
    ((name, (value, attributes)),) = [
        (name, cookie) for name, cookie in set_cookies(answer).items() if name.endswith("session")
    ]
    return name, value, attributes


@pytest.mark.smoke
def test_the_session_cookie(site, people):
    people("alice")
    name, value, attributes = _session(site.login("alice"))
    assert not name.startswith("__")
    assert attributes["path"] == "/"
    assert attributes["httponly"] is True
    assert attributes["samesite"] == "Lax"
    assert "secure" not in attributes and "domain" not in attributes
    assert int(attributes["max-age"]) == LIFETIME
    assert len(value) == 43  # 256 bits in base64 without padding


@pytest.mark.smoke
def test_the_database_holds_only_a_hash_of_the_token(site, people, database):
    people("alice")
    _, token, _ = _session(site.login("alice"))
    ((stored,),) = database.sql("SELECT token_hash FROM sessions")
    assert bytes(stored) == _hash(token)
    assert token not in str(database.snapshot())


def test_a_planted_token_never_becomes_a_session(httpd, people, database):
    """A login begins a session with a new token, wherever the planted one stands among the cookies."""
    people("alice")
    planted = "A" * 42 + "E"
    for cookies in (f"minitwit_session={planted}", f"a=b; minitwit_session={planted}; minitwit_session={planted}"):
        answer = httpd.browser().post(
            "/login", {"username": "alice", "password": "secret"}, headers={"Cookie": cookies}
        )
        assert location(answer) == "/"
        assert _session(answer)[1] != planted
        answer = httpd.browser().get("/", headers={"Cookie": f"minitwit_session={planted}"})
        assert location(answer) == "/public"


def test_a_login_does_not_renew_the_token_of_an_expired_session(httpd, signed_in, database):
    alice = signed_in("alice")
    old = alice.cookie("session").value
    database.sql("UPDATE sessions SET expires_at = now() - interval '1 second'")
    _, fresh, _ = _session(alice.login("alice"))
    assert fresh != old
    assert [bytes(token) for (token,) in database.sql("SELECT token_hash FROM sessions")] == [_hash(fresh)]
    assert location(httpd.browser().get("/", headers={"Cookie": f"minitwit_session={old}"})) == "/public"


def test_a_login_ends_all_but_the_newest_sessions_of_a_user(httpd, signed_in, people, database):
    """A hundred stay. Other users keep theirs."""
    people("bob")
    database.sql(
        "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) SELECT sha256((username || n)::bytea), id,"
        " now() - n * interval '1 minute', now() + n * interval '1 day' FROM users, generate_series(1, 150) n"
    )
    alice = signed_in("alice")
    database.sql(
        "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) SELECT sha256((username || n)::bytea), id,"
        " now() - n * interval '1 minute', now() + n * interval '1 day' FROM users, generate_series(1, 150) n"
        " WHERE username = 'alice'"
    )
    httpd.browser().sign_in("alice")
    kept = "SELECT count(*), count(*) FILTER (WHERE token_hash IN (SELECT sha256((username || n)::bytea) FROM generate_series(1, 98) n))"
    of_users = " FROM sessions JOIN users ON users.id = user_id WHERE username = '{}' GROUP BY username"
    assert database.sql(kept + of_users.format("alice")) == [(100, 98)]
    assert database.sql(kept + of_users.format("bob")) == [(150, 98)]
    assert alice.page("/").heading == "My Timeline"


def test_a_login_with_the_session_of_another_user_does_nothing(signed_in, people, database):
    """After a logout, the login begins a session of its own."""
    mallory = signed_in("mallory")
    planted = mallory.cookie("session").value
    people("alice")
    with database.unchanged():
        answer = mallory.login("alice")
    assert location(answer) == "/"
    assert "Set-Cookie" not in answer.headers
    assert "sign out [mallory]" in mallory.get("/").text
    mallory.get("/logout")
    assert _session(mallory.login("alice"))[1] != planted
    assert "sign out [alice]" in mallory.get("/").text


def test_registering_begins_no_session(site, database):
    assert not any(name.endswith("session") for name in set_cookies(site.register("alice")))
    assert database.count("sessions") == 0


def test_a_session_ends_after_its_lifetime(signed_in, people, database):
    """The browser then gets the pages of an anonymous visitor."""
    alice = signed_in("alice")
    people("bob")
    alice.get("/bob/follow")
    alice.page("/bob")
    ((seconds,),) = database.sql("SELECT extract(epoch FROM expires_at - now()) FROM sessions")
    assert LIFETIME - 300 < seconds <= LIFETIME
    database.sql("UPDATE sessions SET expires_at = now() - interval '1 second'")
    assert location(alice.get("/")) == "/public"
    for path in ("/public", "/bob"):
        page = alice.page(path)
        assert page.select("div.followstatus") == []
        assert page.has_link("sign in") and not page.has_link("sign out [alice]")
    with database.unchanged():
        assert alice.share("hello").status_code == 401


def test_the_lifetime_is_a_directive(make_httpd, people, database):
    people("alice")
    site = make_httpd(directives="MinitwitSessionLifetime 2h").browser()
    _, _, attributes = _session(site.login("alice"))
    assert int(attributes["max-age"]) == 7200
    ((seconds,),) = database.sql("SELECT extract(epoch FROM expires_at - now()) FROM sessions")
    assert 6900 < seconds <= 7200


def test_reading_pages_writes_nothing(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        for path in ("/", "/public", "/alice", "/"):
            answer = alice.get(path)
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers


def test_logout_ends_the_session_on_the_server(httpd, signed_in, database):
    alice = signed_in("alice")
    token = alice.cookie("session").value
    name, value, attributes = _session(alice.get("/logout"))
    assert (value, attributes["max-age"], attributes["path"]) == ("", "0", "/")
    assert alice.cookie("session") is None
    assert database.count("sessions") == 0
    assert location(httpd.browser().get("/", headers={"Cookie": f"{name}={token}"})) == "/public"


def test_logout_ends_no_other_session(httpd, signed_in, people):
    alice = signed_in("alice")
    elsewhere = httpd.browser().sign_in("alice")
    alice.get("/logout")
    assert elsewhere.page("/").heading == "My Timeline"


def test_a_session_begins_and_ends_on_every_node(make_httpd, signed_in):
    alice = signed_in("alice")
    node = make_httpd().browser()
    cookie = alice.cookie("session")
    headers = {"Cookie": f"{cookie.name}={cookie.value}"}
    assert node.get("/", headers=headers).status_code == 200
    alice.get("/logout")
    assert node.get("/", headers=headers).status_code == 302


def test_every_character_of_a_token_counts(site, signed_in, database):
    """The last one counts as well, although 256 bits do not need all its bits."""
    cookie = signed_in("alice").cookie("session")
    with database.unchanged():
        for place, character in enumerate(cookie.value):
            for other in {"A", "B", "_", "=", ".", character.swapcase(), "é"} - {character}:
                changed = cookie.value[:place] + other + cookie.value[place + 1 :]
                answer = site.get("/", headers={"Cookie": f"{cookie.name}={changed}".encode()})
                assert location(answer) == "/public", changed
        for changed in ("", "A" * 5000, cookie.value[:-1], cookie.value[1:], cookie.value + "A", cookie.value.swapcase()):
            assert location(site.get("/", headers={"Cookie": f"{cookie.name}={changed}"})) == "/public"
    assert site.get("/", headers={"Cookie": f"{cookie.name}={cookie.value}"}).status_code == 200


def test_the_hash_of_a_token_is_no_token(site, signed_in, database):
    """An attacker with the table of sessions cannot sign in."""
    signed_in("alice")
    stored = bytes(database.value("SELECT token_hash FROM sessions"))
    for text in (
        stored.hex(),
        base64.urlsafe_b64encode(stored).decode().rstrip("="),
        base64.b64encode(stored).decode(),
        "\\x" + stored.hex(),
    ):
        assert location(site.get("/", headers={"Cookie": f"minitwit_session={text}"})) == "/public"


def test_the_flash_cookie(site):
    cookies = set_cookies(site.get("/logout"))
    value, attributes = cookies["minitwit_flash"]
    assert value == "logged-out"
    assert attributes["httponly"] is True and attributes["samesite"] == "Lax" and attributes["path"] == "/"
    assert 0 < int(attributes["max-age"]) <= 600


@pytest.mark.parametrize(
    ("web", "prefix", "start"),
    [(None, "", "__Host-"), (mount("/twit", "minitwit-web"), "/twit", "__Secure-")],
)
def test_behind_a_proxy_that_ends_tls(make_httpd, people, database, web, prefix, start):
    people("alice")
    httpd = make_httpd(directives="MinitwitProxyTLS On", web=web)
    site = Browser(httpd.web_url + prefix)
    name, value, attributes = _session(site.login("alice"))
    assert name.startswith(start)
    assert attributes["secure"] is True and attributes["httponly"] is True
    assert attributes["path"] == (prefix or "/")
    assert "domain" not in attributes
    # This client does not send a secure cookie over a plain connection, so the test sends it, as the proxy would.
    answer = site.get("/", headers={"Cookie": f"{name}={value}"})
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    # Another host of the domain can plant a cookie without the prefix of the name, so that one does not count.
    for other in {"minitwit_session", "__Host-minitwit_session", "__Secure-minitwit_session"} - {name}:
        assert site.get("/", headers={"Cookie": f"{other}={value}"}).status_code == 302
    for cookie, (_, flags) in set_cookies(site.get("/logout")).items():
        assert cookie.startswith(start) and flags["secure"] is True


def test_the_path_of_a_cookie_is_the_mount(make_httpd, people, database):
    """So a browser does not send it to another mount. If a client does, it is the same session, because both mounts
    have the same database."""
    people("alice")
    httpd = make_httpd(web=mount("/one", "minitwit-web") + mount("/two", "minitwit-web"))
    one, two = Browser(httpd.web_url + "/one"), Browser(httpd.web_url + "/two")
    one.sign_in("alice")
    cookie = one.cookie("session")
    assert (cookie.name, cookie.path) == ("minitwit_session", "/one")
    two.session.cookies = one.session.cookies
    assert location(two.get("/")) == "/two/public"
    headers = {"Cookie": f"{cookie.name}={cookie.value}"}
    assert "sign out [alice]" in Browser(httpd.web_url + "/two").get("/", headers=headers).text
    location(Browser(httpd.web_url + "/two").get("/logout", headers=headers))
    assert location(one.get("/")) == "/one/public"

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Sessions: the cookie, its end, and what the database knows of it."""

import base64
import hashlib

import pytest

from support.client import Browser, location, set_cookies

LIFETIME = 30 * 86400

PREFIXED = '<Location "/twit">\n  SetHandler minitwit-web\n</Location>\n'


@pytest.fixture(scope="module")
def hashed(httpd):
    """Bytes that the database holds for a token."""
    return lambda token: hashlib.sha256(token.encode()).digest()


def _session(answer):
    ((name, (value, attributes)),) = [
        (name, cookie) for name, cookie in set_cookies(answer).items() if name.endswith("session")
    ]
    return name, value, attributes


@pytest.mark.smoke
def test_the_cookie(site, people):
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
def test_the_database_knows_only_a_hash(site, people, database, hashed):
    people("alice")
    _, token, _ = _session(site.login("alice"))
    ((stored,),) = database.sql("SELECT token_hash FROM sessions")
    assert bytes(stored) == hashed(token)
    assert token not in str(database.snapshot())


def test_every_login_has_its_own_token(httpd, people, database):
    people("alice")
    tokens = {_session(httpd.browser().login("alice"))[1] for _ in range(5)}
    assert len(tokens) == 5
    assert database.count("sessions") == 5


def test_a_token_is_never_taken_from_outside(httpd, people, database):
    """Who plants a cookie before somebody logs in does not know the session afterwards."""
    people("alice")
    planted = "A" * 43
    answer = httpd.browser().post(
        "/login", {"username": "alice", "password": "secret"}, headers={"Cookie": f"minitwit_session={planted}"}
    )
    assert _session(answer)[1] != planted


def test_a_planted_token_stays_worthless(httpd, people, database):
    """Wherever it stands among the cookies, the session that begins is another, and the planted one is none."""
    people("alice")
    planted = "A" * 42 + "E"
    for cookies in (f"minitwit_session={planted}", f"a=b; minitwit_session={planted}; minitwit_session={planted}"):
        answer = httpd.browser().post(
            "/login", {"username": "alice", "password": "secret"}, headers={"Cookie": cookies}
        )
        assert location(answer) == "/"
        assert _session(answer)[1] != planted
        thief = httpd.browser().get("/", headers={"Cookie": f"minitwit_session={planted}"})
        assert location(thief) == "/public"


def test_an_ended_session_is_not_begun_again(httpd, signed_in, database, hashed):
    """Its token is still in the browser, when its owner logs in with it."""
    alice = signed_in("alice")
    old = alice.cookie("session").value
    database.sql("UPDATE sessions SET expires_at = now() - interval '1 second'")
    _, fresh, _ = _session(alice.login("alice"))
    assert fresh != old
    assert [bytes(token) for (token,) in database.sql("SELECT token_hash FROM sessions")] == [hashed(fresh)]
    assert location(httpd.browser().get("/", headers={"Cookie": f"minitwit_session={old}"})) == "/public"


def test_who_is_signed_in_keeps_his_session_at_login(signed_in, people, database):
    """With somebody else's session planted, the form does nothing; who logs out and in has one of his own."""
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


def test_a_session_ends_after_its_lifetime(signed_in, database):
    alice = signed_in("alice")
    ((seconds,),) = database.sql("SELECT extract(epoch FROM expires_at - now()) FROM sessions")
    assert LIFETIME - 300 < seconds <= LIFETIME
    database.sql("UPDATE sessions SET expires_at = now() - interval '1 second'")
    assert location(alice.get("/")) == "/public"
    with database.unchanged():
        assert alice.share("hello").status_code == 401


def test_the_lifetime_is_a_directive(make_httpd, people, database):
    people("alice")
    site = make_httpd(directives="MinitwitSessionLifetime 2h").browser()
    _, _, attributes = _session(site.login("alice"))
    assert int(attributes["max-age"]) == 7200
    ((seconds,),) = database.sql("SELECT extract(epoch FROM expires_at - now()) FROM sessions")
    assert 6900 < seconds <= 7200


def test_no_request_writes_to_the_session(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        for path in ("/", "/public", "/alice", "/"):
            answer = alice.get(path)
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers


def test_logout_ends_it_on_the_server(httpd, signed_in, database):
    alice = signed_in("alice")
    token = alice.cookie("session").value
    name, value, attributes = _session(alice.get("/logout"))
    assert (value, attributes["max-age"], attributes["path"]) == ("", "0", "/")
    assert alice.cookie("session") is None
    assert database.count("sessions") == 0
    thief = httpd.browser()
    assert location(thief.get("/", headers={"Cookie": f"{name}={token}"})) == "/public"


def test_logout_ends_this_session_only(httpd, signed_in, people):
    alice = signed_in("alice")
    elsewhere = httpd.browser().sign_in("alice")
    alice.get("/logout")
    assert elsewhere.page("/").heading == "My Timeline"


def test_a_session_counts_on_every_node(make_httpd, signed_in, httpd):
    alice = signed_in("alice")
    node = make_httpd().browser()
    cookie = alice.cookie("session")
    headers = {"Cookie": f"{cookie.name}={cookie.value}"}
    assert node.get("/", headers=headers).status_code == 200
    alice.get("/logout")
    assert node.get("/", headers=headers).status_code == 302


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 42, "A" * 43, "A" * 44, "A" * 5000, "=" * 43, "'; DROP TABLE users; --", "%00" * 15]
)
def test_no_token_of_ours(site, signed_in, token):
    signed_in("alice")
    answer = site.get("/", headers={"Cookie": f"minitwit_session={token}"})
    assert location(answer) == "/public"


def test_a_token_with_one_character_changed(site, signed_in, database):
    """Each of them counts, the last one with the bits that 256 leave unused."""
    cookie = signed_in("alice").cookie("session")
    with database.unchanged():
        for place, character in enumerate(cookie.value):
            for other in {"A", "B", "_", "=", ".", character.swapcase(), "é"} - {character}:
                changed = cookie.value[:place] + other + cookie.value[place + 1 :]
                answer = site.get("/", headers={"Cookie": f"{cookie.name}={changed}".encode()})
                assert location(answer) == "/public", changed
        for changed in (cookie.value[:-1], cookie.value[1:], cookie.value + "A", cookie.value.swapcase()):
            assert location(site.get("/", headers={"Cookie": f"{cookie.name}={changed}"})) == "/public"
    assert site.get("/", headers={"Cookie": f"{cookie.name}={cookie.value}"}).status_code == 200


def test_what_the_database_holds_is_no_token(site, signed_in, database):
    """Who could read the table cannot sign in."""
    signed_in("alice")
    stored = bytes(database.value("SELECT token_hash FROM sessions"))
    for text in (
        stored.hex(),
        base64.urlsafe_b64encode(stored).decode().rstrip("="),
        base64.b64encode(stored).decode(),
        "\\x" + stored.hex(),
    ):
        assert location(site.get("/", headers={"Cookie": f"minitwit_session={text}"})) == "/public"


def test_other_cookies_do_not_matter(site, signed_in):
    alice = signed_in("alice")
    cookie = alice.cookie("session")
    headers = {"Cookie": f'a=b; x{cookie.name}=1; {cookie.name}x=2; {cookie.name}={cookie.value}; z="q;q"'}
    assert site.get("/", headers=headers).status_code == 200


def test_the_flash_cookie(site):
    cookies = set_cookies(site.get("/logout"))
    value, attributes = cookies["minitwit_flash"]
    assert value == "logged-out"
    assert attributes["httponly"] is True and attributes["samesite"] == "Lax" and attributes["path"] == "/"
    assert 0 < int(attributes["max-age"]) <= 600


def test_a_name_in_a_flash_is_encoded(signed_in, people):
    alice = signed_in("alice")
    people('a;b, "c"=ø')
    value, _ = set_cookies(alice.get("/a%3Bb%2C%20%22c%22%3D%C3%B8/follow"))["minitwit_flash"]
    assert all(33 <= ord(character) < 127 and character not in '";,\\' for character in value)


@pytest.mark.parametrize(
    ("web", "prefix", "start"),
    [(None, "", "__Host-"), (PREFIXED, "/twit", "__Secure-")],
)
def test_behind_a_proxy_that_ends_tls(make_httpd, people, database, web, prefix, start):
    people("alice")
    httpd = make_httpd(directives="MinitwitProxyTLS On", web=web)
    site = Browser(httpd.web_url + prefix)
    name, value, attributes = _session(site.login("alice"))
    assert name.startswith(start)
    assert attributes["secure"] is True and attributes["httponly"] is True
    assert attributes["path"] == prefix or (prefix == "" and attributes["path"] == "/")
    assert "domain" not in attributes
    # The client here will not send a secure cookie over a plain connection: the proxy's part is played by hand.
    answer = site.get("/", headers={"Cookie": f"{name}={value}"})
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    # A name without the prefix can be planted by another host of the domain, so it does not count.
    bare = name.removeprefix(start)
    assert site.get("/", headers={"Cookie": f"{bare}={value}"}).status_code == 302
    for cookie, (_, flags) in set_cookies(site.get("/logout")).items():
        assert cookie.startswith(start) and flags["secure"] is True


def test_below_a_prefix(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(web=PREFIXED)
    site = Browser(httpd.web_url + "/twit")
    name, _, attributes = _session(site.login("alice"))
    assert attributes["path"] == "/twit"
    assert not name.startswith("__")
    assert site.page("/").heading == "My Timeline"
    site.get("/logout")
    assert site.cookie("session") is None


TWO_MOUNTS = "".join(f'<Location "/{name}">\n  SetHandler minitwit-web\n</Location>\n' for name in ("one", "two"))


def test_a_cookie_at_another_mount_of_the_same_site(make_httpd, people, database):
    """A browser does not send it there, since its path is the mount. Sent by hand it is the session of the same user of the
    same database, no more, and ends everywhere at once."""
    people("alice")
    httpd = make_httpd(web=TWO_MOUNTS)
    one, two = Browser(httpd.web_url + "/one"), Browser(httpd.web_url + "/two")
    one.sign_in("alice")
    cookie = one.cookie("session")
    assert cookie.path == "/one"
    two.session.cookies = one.session.cookies
    assert location(two.get("/")) == "/two/public"
    headers = {"Cookie": f"{cookie.name}={cookie.value}"}
    assert "sign out [alice]" in Browser(httpd.web_url + "/two").get("/", headers=headers).text
    location(Browser(httpd.web_url + "/two").get("/logout", headers=headers))
    assert location(one.get("/")) == "/one/public"


@pytest.mark.parametrize(("at", "name"), [("/one", "__Host-minitwit_session"), ("/one", "minitwit_session")])
def test_a_secure_cookie_counts_under_its_own_name_only(make_httpd, people, database, at, name):
    people("alice")
    httpd = make_httpd(directives="MinitwitProxyTLS On", web=TWO_MOUNTS)
    made, token, _ = _session(Browser(httpd.web_url + at).login("alice"))
    assert made == "__Secure-minitwit_session"
    anonymous = Browser(httpd.web_url + at).get("/", headers={"Cookie": f"{name}={token}"})
    assert location(anonymous) == at + "/public"


def test_a_cookie_at_a_site_with_another_database(make_httpd, cluster, signed_in, database):
    cookie = signed_in("alice").cookie("session")
    other = cluster.create_site_database("sessions_other")
    stranger = make_httpd(over=other)
    assert stranger.simulator().register("alice").status_code == 204
    answer = stranger.browser().get("/", headers={"Cookie": f"{cookie.name}={cookie.value}"})
    assert location(answer) == "/public"


@pytest.mark.smoke
def test_over_tls(make_httpd, people, database, certificate, expect_log):
    # About the certificate, the session cache and how mod_ssl was built: nothing of ours.
    expect_log.allow("ssl:warn")
    people("alice")
    certificate_file, key_file = certificate
    httpd = make_httpd(start=False)
    httpd.modules += ["socache_shmcb", "ssl"]
    httpd.leaks += ["libcrypto.so", "libssl.so"]
    httpd.web = f"SSLEngine on\nSSLCertificateFile {certificate_file}\nSSLCertificateKeyFile {key_file}\n" + httpd.web
    httpd.start()
    site = Browser(httpd.web_url.replace("http:", "https:"))
    site.session.verify = str(certificate_file)
    name, _, attributes = _session(site.login("alice"))
    assert name.startswith("__Host-")
    assert attributes["secure"] is True and attributes["path"] == "/"
    assert site.page("/").heading == "My Timeline"

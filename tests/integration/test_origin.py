# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Requests that another site's page makes a browser send."""

import itertools

import pytest

from support.client import location

CHANGES = [
    ("POST", "/add_message", {"text": "hello"}),
    ("POST", "/bob/follow", {}),
    ("GET", "/bob/follow", None),
    ("GET", "/bob/unfollow", None),
    ("GET", "/logout", None),
    ("POST", "/logout", {}),
]

HOST = "site.example"

# Value of the header, and whether a request with it (and no other) is served.
SEC_FETCH_SITE = {
    None: True,
    "same-origin": True,
    "none": True,
    "same-site": False,
    "cross-site": False,
    "Cross-Site": False,
}
ORIGIN = {
    None: True,
    f"http://{HOST}": True,
    f"https://{HOST}": True,
    f"http://{HOST}:80": True,
    f"https://{HOST}:443": True,
    f"HTTP://{HOST.upper()}": True,
    "null": False,
    "": False,
    "nonsense": False,
    HOST: False,
    f"//{HOST}": False,
    "http://": False,
    f"http://{HOST}:8080": False,
    f"https://{HOST}:80": False,
    f"http://{HOST}:443": False,
    f"http://{HOST}:x": False,
    f"http://{HOST}:99999999999": False,
    f"http://{HOST}.evil.example": False,
    f"http://evil.{HOST}": False,
    f"http://{HOST}@evil.example": False,
    f"http://evil.example/{HOST}": False,
    f"http://{HOST} http://evil.example": False,
    "http://evil.example": False,
    f"ftp://{HOST}": False,
}
REFERER = {
    None: True,
    f"http://{HOST}/bob": True,
    f"https://{HOST}/": True,
    f"http://{HOST}": True,
    f"http://{HOST}:80/x?y#z": True,
    "http://evil.example/": False,
    f"http://evil.example/?http://{HOST}/": False,
    f"http://{HOST}.evil.example/": False,
    f"http://{HOST}:8080/": False,
    f"http://{HOST}@evil.example/": False,
}


def _headers(**headers):
    return {name.replace("_", "-"): value for name, value in headers.items() if value is not None}


def _is_served(browser, database, headers):
    """Sends a message with these headers: whether it was taken. When not, nothing is written."""
    before = database.snapshot()
    cookie = browser.cookie("session")
    own = {"Host": HOST, "Cookie": f"{cookie.name}={cookie.value}"}
    answer = browser.post("/add_message", {"text": "hello"}, headers=own | headers)
    if answer.status_code == 302:
        assert database.snapshot() != before
        return True
    assert answer.status_code == 403, answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Set-Cookie" not in answer.headers
    assert database.snapshot() == before
    return False


@pytest.mark.smoke
def test_sec_fetch_site_alone(signed_in, database):
    alice = signed_in("alice")
    for value, served in SEC_FETCH_SITE.items():
        assert _is_served(alice, database, _headers(Sec_Fetch_Site=value)) == served, value


@pytest.mark.smoke
def test_origin_alone(signed_in, database):
    alice = signed_in("alice")
    for value, served in ORIGIN.items():
        assert _is_served(alice, database, _headers(Origin=value)) == served, value


@pytest.mark.smoke
def test_referer_alone(signed_in, database):
    alice = signed_in("alice")
    for value, served in REFERER.items():
        assert _is_served(alice, database, _headers(Referer=value)) == served, value


def test_all_together(signed_in, database):
    """The rule: refused for a bad Sec-Fetch-Site; for a bad Origin; and, when neither is there, for a bad Referer."""
    alice = signed_in("alice")
    sites = [None, "same-origin", "none", "same-site", "cross-site"]
    origins = [None, f"https://{HOST}", "http://evil.example", "null"]
    referers = [None, f"https://{HOST}/", "http://evil.example/"]
    for site, origin, referer in itertools.product(sites, origins, referers):
        served = SEC_FETCH_SITE[site] and ORIGIN[origin]
        if site is None and origin is None:
            served = REFERER[referer]
        headers = _headers(Sec_Fetch_Site=site, Origin=origin, Referer=referer)
        assert _is_served(alice, database, headers) == served, headers


@pytest.mark.parametrize(
    ("host", "origin", "served"),
    [
        (f"{HOST}:8080", f"http://{HOST}:8080", True),
        (f"{HOST}:8080", f"https://{HOST}:8080", True),
        (f"{HOST}:8080", f"http://{HOST}", False),
        (f"{HOST}:8080", f"http://{HOST}:8081", False),
        (f"{HOST}:80", f"http://{HOST}", True),
        (f"{HOST}:443", f"https://{HOST}", True),
        (f"{HOST}:80", f"https://{HOST}", True),
        ("[::1]:8080", "http://[::1]:8080", True),
        ("[::1]", "http://[::1]", True),
        ("[::1]", "http://[::2]", False),
        ("127.0.0.1", "http://127.0.0.1", True),
        (HOST.upper(), f"http://{HOST}", True),
    ],
)
def test_ports(signed_in, database, host, origin, served):
    alice = signed_in("alice")
    assert _is_served(alice, database, {"Host": host, "Origin": origin}) == served


@pytest.mark.parametrize(("method", "path", "fields"), CHANGES)
def test_everything_that_changes_something(signed_in, people, database, method, path, fields):
    alice = signed_in("alice")
    people("bob", "carol")
    alice.get("/carol/follow")
    if "unfollow" in path:
        alice.get("/bob/follow")
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {"Referer": "http://evil.example/x"},
    ):
        with database.unchanged():
            answer = alice.request(method, path, data=fields, headers=headers)
            assert answer.status_code == 403
            assert "Set-Cookie" not in answer.headers
    alice.page("/public")
    assert alice.page("/").heading == "My Timeline"
    assert location(alice.request(method, path, data=fields))


def test_login_and_registration_too(site, people, database):
    people("alice")
    with database.unchanged():
        for path, fields in (
            ("/login", {"username": "alice", "password": "secret"}),
            ("/register", {"username": "bob", "email": "a@b", "password": "x", "password2": "x"}),
        ):
            answer = site.post(path, fields, headers={"Origin": "http://evil.example"})
            assert answer.status_code == 403


def test_reading_is_free(site, signed_in):
    """A link from another site is nothing bad."""
    alice = signed_in("alice")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}, {"Referer": "http://evil.example/"}):
        for path in ("/public", "/alice", "/login", "/register", "/robots.txt"):
            assert site.get(path, headers=headers).status_code == 200
        assert alice.get("/", headers=headers).status_code == 200


def test_403_comes_before_who_one_is(site, people, database):
    people("bob")
    with database.unchanged():
        assert site.get("/bob/follow", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_what_a_browser_sends_from_the_sites_own_form(httpd, signed_in, database):
    alice = signed_in("alice")
    own = httpd.web_url
    headers = {"Origin": own, "Referer": own + "/", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    assert location(alice.post("/add_message", {"text": "hello"}, headers=headers)) == "/"
    assert database.messages() == [("alice", "hello")]

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Requests that a page of another site makes a browser send. unit/test_origin.c has all forms of the headers."""

import pytest

from support.client import location, read_page

CHANGES = [
    ("POST", "/add_message", {"text": "hello"}),
    ("POST", "/bob/follow", {}),
    ("GET", "/bob/follow", None),
    ("GET", "/bob/unfollow", None),
    ("GET", "/logout", None),
    ("POST", "/logout", {}),
]

HOST = "site.example"

# Headers, and whether a request with them is served.
CASES = [
    ({}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": f"http://{HOST}"}, True),
    ({"Origin": f"https://{HOST}:443"}, True),
    ({"Origin": "null"}, False),
    ({"Origin": "nonsense"}, False),
    ({"Origin": f"http://{HOST}:8080"}, False),
    ({"Origin": "http://evil.example"}, False),
    ({"Host": f"{HOST}:8080", "Origin": f"https://{HOST}:8080"}, True),
    ({"Host": "[::1]", "Origin": "http://[::1]"}, True),
    ({"Referer": f"https://{HOST}/bob"}, True),
    ({"Referer": "http://evil.example/"}, False),
    # A browser sends these with the site's own form. The Referer counts only if the others are missing.
    ({"Sec-Fetch-Site": "same-origin", "Origin": f"https://{HOST}", "Referer": f"https://{HOST}/"}, True),
    ({"Sec-Fetch-Site": "same-origin", "Referer": "http://evil.example/"}, True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"}, False),
    ({"Origin": f"http://{HOST}", "Referer": "http://evil.example/"}, True),
    # The destination of a form or a link is a document, and that of a script is empty. All others are parts of a page.
    ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"}, True),
    ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty"}, True),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}, False),
    *(({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": dest}, False) for dest in ("image", "iframe", "script", "x", "")),
]

# A browser that loads a page before its user opens it sends one of these.
SPECULATIVE = [
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Sec-Purpose": "prefetch;anonymous-client-ip"},
    {"Purpose": "prefetch"},
    {"X-Purpose": "preview"},
    {"X-Moz": "prefetch"},
]


@pytest.mark.smoke
def test_requests_from_other_sites_are_refused(signed_in, database):
    """A refused request writes nothing and sets no cookie."""
    alice = signed_in("alice")
    cookie = alice.cookie("session")
    own = {"Host": HOST, "Cookie": f"{cookie.name}={cookie.value}"}
    for headers, served in CASES:
        before = database.count("messages")
        answer = alice.post("/add_message", {"text": "hello"}, headers=own | headers)
        assert answer.status_code == (302 if served else 403), headers
        assert database.count("messages") == before + served
        if not served:
            assert answer.headers["Content-Type"].startswith("text/html")
            assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("method", "path", "fields"), CHANGES)
def test_every_route_that_changes_something_is_protected(signed_in, people, database, method, path, fields):
    alice = signed_in("alice")
    people("bob", "carol")
    alice.get("/carol/follow")
    if "unfollow" in path:
        alice.get("/bob/follow")
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {"Referer": "http://evil.example/x"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"},
        *SPECULATIVE,
    ):
        with database.unchanged():
            answer = alice.request(method, path, data=fields, headers=headers)
            assert answer.status_code == (503 if headers in SPECULATIVE else 403), headers
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
    alice.page("/public")
    assert alice.page("/").heading == "My Timeline"
    assert location(alice.request(method, path, data=fields))


def test_anonymous_requests_are_refused_as_well(site, people, database):
    """403 comes before the 401 of an anonymous visitor."""
    people("alice")
    with database.unchanged():
        for path, fields in (
            ("/login", {"username": "alice", "password": "secret"}),
            ("/register", {"username": "bob", "email": "a@b", "password": "x", "password2": "x"}),
        ):
            answer = site.post(path, fields, headers={"Origin": "http://evil.example"})
            assert answer.status_code == 403
        assert site.get("/alice/follow", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_link_of_another_site_to_a_page_is_served(site, signed_in):
    alice = signed_in("alice")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}, {"Referer": "http://evil.example/"}):
        for path in ("/public", "/alice", "/login", "/register", "/robots.txt"):
            assert site.get(path, headers=headers).status_code == 200
        assert alice.get("/", headers=headers).status_code == 200


@pytest.mark.smoke
def test_a_page_that_is_loaded_in_advance_leaves_the_flash(site, signed_in):
    """The user may never see the page. The browser does not keep it, because it lacks the flash."""
    alice = signed_in("alice")
    alice.share("hello")
    for browser, path, flash in ((alice, "/", "Your message was recorded"), (site, "/public", "You were logged out")):
        if browser is site:
            site.get("/logout")
        for headers in SPECULATIVE:
            answer = browser.get(path, headers=headers)
            assert read_page(answer).flashes == []
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
        assert browser.page(path).flashes == [flash]
        assert browser.page(path).flashes == []
    # Without a flash, the browser may keep the page of a visitor without a session.
    assert site.get("/public", headers=SPECULATIVE[0]).headers["Cache-Control"] == "no-cache"


def test_the_log_has_the_values_to_compare(httpd, site, database):
    """The values are escaped and bounded. If the browser names another site as the cause, there is no warning."""
    for headers, line in (
        ({"Host": HOST, "Origin": f"http://{HOST}:8080"}, f'whose Origin is not its Host: Origin "http://{HOST}:8080", Host "{HOST}"'),
        ({"Host": "10.0.0.6", "Referer": f"https://{HOST}/x?secret=1"}, f'Referer "https://{HOST}", Host "10.0.0.6"'),
        ({"Host": HOST, "Sec-Fetch-Site": "same-origin", "Origin": "https://10.0.0.6"}, 'Origin "https://10.0.0.6"'),
        ({"Host": HOST, "Origin": 'x" y%\xe9\\'}, 'Origin "x%22%20y%25%E9%5C"'),
        ({"Host": HOST, "Origin": "http://" + "a" * 1000}, f'Origin "http://{"a" * 246}..."'),
        ({"Host": HOST, "Origin": "null"}, "Referrer-Policy: no-referrer"),
        ({"Host": HOST, "Origin": "http://a", "Sec-Fetch-Site": "cross-site"}, "a page of another site sent"),
    ):
        mark = httpd.error_log.mark()
        with database.unchanged():
            assert site.post("/login", {"username": "a", "password": "b"}, headers=headers).status_code == 403
        (found,) = [text for text in httpd.error_log.since(mark).splitlines() if "refused a request" in text]
        assert line in found
        # httpd's default format, unlike that of conf/, adds the whole Referer.
        assert "secret" not in found.partition(", referer: ")[0]
        assert ("[minitwit:info]" in found) == ("Sec-Fetch-Site" in headers and headers["Sec-Fetch-Site"] == "cross-site")
        if "[minitwit:warn]" in found:
            assert "page of your own site" in found

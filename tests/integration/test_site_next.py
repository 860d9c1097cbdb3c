# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The page that a visitor returns to after a login: the field "next"."""

import pytest

from support.client import Browser, location, quote
from support.mounts import mount

# Values of "next", and the page that each one leads to.
PAGES = {
    "/": "/",
    "/public": "/public",
    "/bob": "/bob",
    "/nobody": "/nobody",
    "/%62ob": "/bob",
    "/Roger%20Histand": "/Roger%20Histand",
    "/Roger Histand": "/Roger%20Histand",
    "/Åse": "/%C3%85se",
    "/a\\b": "/a%5Cb",
    "/-/profile": "/-/profile",
    "/public?before=12-3": "/public?before=12-3",
    "/bob?after=12-3&before=7": "/bob?before=7&after=12-3",
    "/-/search?q=a%20b%26c%3Dd&before=7": "/-/search?before=7&q=a%20b%26c%3Dd",
    "/bob?q=a": "/bob",
    "/bob/7": "/bob/7",
    "/-/tag/bread": "/-/tag/bread",
    "/-/mentions": "/-/mentions",
    "/bob?next=//evil.example&x=y": "/bob",
    "/bob?before=%0d%0aX:y": "/bob?before=%0D%0AX%3Ay",
    "/bob?before=%ff": "/bob",
    "/bob?": "/bob",
    "/bob#m1": "/bob",
    "/bob?before=7#m1": "/bob?before=7",
    "/bob#?before=7": "/bob",
}

# These lead to "/", because no page of the site has this address, or because it changes something. Files and feeds are
# not pages.
OTHERS = (
    "", "public", "bob", "?before=7", "#m1", " /public",
    "//evil.example", "///evil.example", "//evil.example/public", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/%5Cevil.example", "/%5cevil.example", "%2F%2Fevil.example", "/%2Fevil.example", "/%2fevil.example", "/a%2Fb",
    "/\t/evil.example", "/%09/evil.example", "/\n/evil.example", "/%0a/evil.example", "\t//evil.example", "/\tevil.example",
    "http://evil.example", "https://evil.example/public", "http:/public", "https:evil.example", "javascript:alert(1)",
    "data:text/html,x", "evil.example", "@evil.example", ".evil.example", ":80/public",
    "/public%00", "/%ff", "/%", "/%zz", "/public\r\nX: y",
    "/.", "/..", "/../public", "/./bob", "/bob/..", "/%2e%2e", "/%2E", "/..%2Fpublic", "/%2e%2e/%2e%2e/evil.example",
    "/bob/", "/bob//followers", "/a/b/c/d", "/-/nothing", "/login/x",
    "/bob/follow", "/bob/unfollow", "/bob/%66ollow", "/logout", "/logout?x=y", "/%6cogout", "/add_message",
    "/static/style.css", "/static/avatar/1.svg", "/favicon.ico", "/robots.txt", "/-/manifest.webmanifest", "/-/sitemap.xml",
    "/-/feed", "/-/tag/bread/feed", "/bob/feed",
    "/" + "x" * 4001,
)  # fmt: skip


def _next(page):
    """The value of the hidden field, or None."""
    fields = page.select("input[name=next]")
    assert len(fields) <= 1
    assert all(field["type"] == "hidden" for field in fields)
    return fields[0]["value"] if fields else None


@pytest.mark.smoke
def test_a_login_returns_to_the_page(site, people):
    people("alice")
    page = site.page("/login?next=%2Falice")
    inputs = [element.get("name") for element in page.select("input")]
    assert inputs == ["username", "password", None, "next"], "the field comes after all others"
    assert _next(page) == "/alice"
    for username, password in (("nobody", "secret"), ("alice", "wrong")):
        page = site.submit("/login", username=username, password=password, next="/alice")
        assert page.errors and _next(page) == "/alice"
    answer = site.post("/login", {"username": "alice", "password": "secret", "next": "/alice"})
    assert location(answer) == "/alice"
    assert site.follow(answer).flashes == ["You were logged in"]


def test_a_login_without_the_field_leads_to_my_timeline(site, people):
    people("alice")
    page = site.page("/login")
    assert _next(page) is None and "next" not in page.source
    assert location(site.login("alice")) == "/"


def test_only_pages_of_the_site_are_accepted(httpd, signed_in, site, database):
    """A signed-in user is redirected at once. A form shows the page that the login would lead to."""
    alice = signed_in("alice")
    with database.unchanged():
        for value, page in (*PAGES.items(), *((value, "/") for value in OTHERS)):
            shown = None if value in OTHERS else page
            for path in ("/login", "/register"):
                assert location(alice.get(f"{path}?next={quote(value)}")) == page, value
                assert _next(site.page(f"{path}?next={quote(value)}")) == shown, value
            assert location(alice.post("/login", {"username": "x", "password": "x", "next": value})) == page, value
        # The first value counts. A malformed value counts as none.
        assert location(alice.get("/login?next=%2Fbob&next=%2F%2Fevil.example")) == "/bob"
        assert location(alice.get("/login?next=%2Fbob%ff")) == "/"


def test_a_login_does_not_follow_a_hostile_value(httpd, people, database):
    people("alice")
    for value in ("//evil.example", "/\\evil.example", "https://evil.example/", "/bob/follow", "/logout"):
        browser = httpd.browser()
        answer = browser.post("/login", {"username": "alice", "password": "secret", "next": value})
        assert location(answer) == "/", value
        assert browser.follow(answer).has_link("sign out [alice]")
    assert database.follows() == []


def test_a_registration_passes_the_page_on(site):
    page = site.page("/login?next=%2Falice%3Fbefore%3D7")
    (link,) = [link["href"] for link in page.one("div.body").select("a")]
    assert link == "/register?next=%2Falice%3Fbefore%3D7"
    page = site.page(link)
    assert [element.get("name") for element in page.select("input")] == ["username", "email", "password", "password2", None, "next"]
    assert _next(page) == "/alice?before=7"
    (link,) = [link["href"] for link in page.one("div.body").select("a")]
    assert link == "/login?next=%2Falice%3Fbefore%3D7"
    fields = {"username": "bob", "email": "bob@example.org", "password": "secret", "next": "/alice?before=7"}
    page = site.submit("/register", **fields, password2="other")
    assert page.errors and _next(page) == "/alice?before=7"
    answer = site.post("/register", fields | {"password2": "secret"})
    assert location(answer) == "/login?next=%2Falice%3Fbefore%3D7"
    assert _next(site.follow(answer)) == "/alice?before=7"
    answer = site.post("/register", fields | {"username": "carol", "password2": "secret", "next": "//evil.example"})
    assert location(answer) == "/login"


def test_a_refused_page_offers_to_return(site, people):
    people("alice", "Roger Histand")
    for path, link in {
        "/-/profile": "/login?next=%2F-%2Fprofile",
        "/-/mentions?before=7": "/login?next=%2F-%2Fmentions%3Fbefore%3D7",
        "/-/profile?x=y": "/login?next=%2F-%2Fprofile",
        "/alice/follow": "/login?next=%2Falice",
        "/Roger%20Histand/unfollow": "/login?next=%2FRoger%2520Histand",
        # The address of no page.
        "/%5Calice/follow": "/login",
    }.items():
        assert site.page(path, status=401).one("a.way")["href"] == link, path
    page = site.submit("/alice/follow", status=401)
    assert page.one("a.way")["href"] == "/login?next=%2Falice"
    assert site.submit("/add_message", status=401, text="").one("a.way")["href"] == "/login"


def test_the_query_of_one_visitor_does_not_reach_others(site, people, database):
    """The cache keeps these pages, so they must not contain the query of a visitor."""
    people("bob")
    message = database.add_message("bob", "hello")
    for path in ("/bob", "/bob/followers", f"/bob/{message}"):
        expected = f"/login?next={quote(path)}"
        for query in ("?q=evil&next=%2F%2Fevil.example&x=evil", ""):
            links = [link["href"] for link in site.page(path + query).select("a") if "next=" in link["href"]]
            assert links == [expected], path


@pytest.mark.expect_log("too many wrong passwords for one account")
def test_a_throttled_login_keeps_the_page(guarded):
    httpd = guarded(limit=1)
    site = httpd.browser()
    site.submit("/login", username="alice", password="wrong", next="/bob")
    page = site.submit("/login", status=429, username="alice", password="wrong", next="/bob")
    assert _next(page) == "/bob"
    assert page.one("form")["action"] == "/login" and page.select("a.way") == []
    page = site.submit("/login", status=429, username="alice", password="wrong", next="//evil.example")
    assert _next(page) is None


def test_the_page_is_below_the_mount_of_the_site(make_httpd, people, database):
    people("alice")
    web = mount("/twit", "minitwit-web") + mount("/twit/api", "minitwit-api")
    site = Browser(make_httpd(web=web).web_url + "/twit")
    assert site.page("/-/profile", status=401).one("a.way")["href"] == "/twit/login?next=%2F-%2Fprofile"
    assert _next(site.page("/login?next=%2Falice")) == "/alice"
    assert location(site.post("/login", {"username": "alice", "password": "secret", "next": "/alice"})) == "/twit/alice"
    # Pages of the other handler.
    for value in ("/api", "/api/msgs", "/api/latest", "/%61pi", "/api/"):
        assert location(site.get(f"/login?next={quote(value)}")) == "/twit/", value

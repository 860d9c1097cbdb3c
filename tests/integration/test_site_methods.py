# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Methods and content types on the site."""

import pytest

from support.client import allow, raw_request, read_page, set_cookies
from support.mounts import mount

ROUTES = {
    "/": {"GET", "HEAD", "OPTIONS"},
    "/public": {"GET", "HEAD", "OPTIONS"},
    "/alice": {"GET", "HEAD", "OPTIONS"},
    "/alice/follow": {"GET", "HEAD", "POST", "OPTIONS"},
    "/alice/unfollow": {"GET", "HEAD", "POST", "OPTIONS"},
    "/add_message": {"POST", "OPTIONS"},
    "/login": {"GET", "HEAD", "POST", "OPTIONS"},
    "/register": {"GET", "HEAD", "POST", "OPTIONS"},
    "/logout": {"GET", "HEAD", "POST", "OPTIONS"},
    "/robots.txt": {"GET", "HEAD", "OPTIONS"},
    "/favicon.ico": {"GET", "HEAD", "OPTIONS"},
    "/static/style.css": {"GET", "HEAD", "OPTIONS"},
    "/-/manifest.webmanifest": {"GET", "HEAD", "OPTIONS"},
    "/-/sitemap.xml": {"GET", "HEAD", "OPTIONS"},
}


def test_options_and_405_name_the_allowed_methods(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        for path, methods in ROUTES.items():
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "NONSENSE", "OPTIONS"):
                if method == "OPTIONS" or method not in methods:
                    answer = alice.request(method, path)
                    assert allow(answer) == methods, (method, path)
                    assert answer.status_code in ((200, 204) if method == "OPTIONS" else (405,))
                    assert method == "OPTIONS" or answer.headers["Content-Type"].startswith("text/html")


def test_a_failure_page_links_to_the_page_that_the_visitor_comes_from(site, signed_in, people, database):
    alice = signed_in("alice")
    people("bob smith")
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    with database.unchanged():
        for browser, method, path, options, status, way in (
            (site, "POST", "/login", {"data": {}}, 400, "/login"),
            (site, "POST", "/login", {"headers": elsewhere}, 403, "/login"),
            (site, "PUT", "/login", {}, 405, "/login"),
            (site, "POST", "/register", {"data": {"username": "x" * 70000}}, 413, "/register"),
            (site, "POST", "/register", {"data": "x", "headers": {"Content-Type": "text/plain"}}, 415, "/register"),
            (site, "POST", "/add_message", {"data": {"text": ""}}, 401, "/login"),
            (site, "POST", "/bob%20smith/follow", {}, 401, "/login?next=%2Fbob%2520smith"),
            (site, "POST", "/bob%20smith/follow", {"headers": elsewhere}, 403, "/bob%20smith"),
            (alice, "POST", "/bob%20smith/unfollow", {"headers": elsewhere}, 403, "/bob%20smith"),
            (alice, "POST", "/nobody/follow", {}, 404, "/public"),
            (alice, "POST", "/add_message", {"data": {}}, 400, "/"),
            (alice, "POST", "/logout", {"headers": elsewhere}, 403, "/"),
            (site, "POST", "/logout", {"headers": elsewhere}, 403, "/public"),
            (alice, "GET", "/nobody", {}, 404, "/public"),
            (alice, "GET", "/no/such/page", {}, 404, "/public"),
            (site, "DELETE", "/static/style.css", {}, 405, "/public"),
        ):
            page = read_page(browser.request(method, path, **options), status)
            assert page.one("a.way").get("href") == way, (method, path, status)


def test_head_is_get_without_the_body(site, people):
    people("alice")
    for path in ("/", "/public", "/alice", "/login", "/register", "/nobody", "/robots.txt"):
        get, head = site.get(path), site.head(path)
        assert head.status_code == get.status_code
        assert head.content == b""
        for name in ("Content-Type", "Location", "Content-Security-Policy", "Cache-Control"):
            assert head.headers.get(name) == get.headers.get(name), name
        # httpd omits a length of 0.
        assert head.headers.get("Content-Length", "0") == get.headers["Content-Length"]


def test_head_does_not_sign_out(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        answer = alice.head("/logout")
    assert set_cookies(answer) == {}
    assert alice.page("/").heading == "My Timeline"


@pytest.mark.parametrize("path", ["/bob/follow", "/bob/unfollow"])
def test_head_does_not_follow(signed_in, people, database, path):
    alice = signed_in("alice")
    people("bob", "carol")
    alice.get("/carol/follow")
    if "unfollow" in path:
        alice.get("/bob/follow")
    alice.page("/public")
    with database.unchanged():
        answer = alice.head(path)
    assert set_cookies(answer) == {}
    assert alice.page("/bob").flashes == []


def test_head_does_not_clear_the_flash(site):
    answer = site.get("/logout")
    assert set_cookies(site.head("/public")) == {}
    assert site.follow(answer).flashes == ["You were logged out"]
    assert site.page("/public").flashes == []


def test_a_form_that_is_not_urlencoded(signed_in, site, database):
    alice = signed_in("alice")
    body = b"username=bob&email=b%40c&password=x&password2=x&text=hello"
    with database.unchanged():
        for browser, path in ((site, "/login"), (site, "/register"), (alice, "/add_message")):
            for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form", None):
                answer = browser.post(path, body, headers={"Content-Type": kind})
                assert answer.status_code == 415
                assert answer.headers["Content-Type"].startswith("text/html")


def test_the_case_of_a_content_type_does_not_matter(site, people):
    people("alice")
    answer = site.post(
        "/login", b"username=alice&password=secret", headers={"Content-Type": "Application/X-WWW-Form-Urlencoded"}
    )
    assert answer.status_code == 302


def test_a_slash_after_a_page_leads_to_the_page(make_httpd, people, database):
    """The location comes from the route, never from the path of the request."""
    people("alice", "Ærø 50%")
    at_root = make_httpd()
    below = make_httpd(web=mount("/below", "minitwit-web"), api=mount("/api", "minitwit-api"))
    found = {
        "/public/": "/public", "/login/": "/login", "/register/?x=%2F&y": "/register?x=%2F&y", "/alice/?before=7": "/alice?before=7",
        "/%C3%86r%C3%B8 50%25/": "/%C3%86r%C3%B8%2050%25", "/nobody/": "/nobody", "//attacker.example/": "/attacker.example", "/a\\b.example/": "/a%5Cb.example",
        "/public/?//attacker.example": "/public?//attacker.example",
    }  # fmt: skip
    for httpd, prefix in ((at_root, ""), (below, "/below")):
        for path, target in found.items():
            for method in (b"GET", b"HEAD"):
                line = method + b" " + (prefix + path).replace(" ", "%20").encode() + b" HTTP/1.1"
                answer = raw_request(httpd.web_port, line)
                assert (answer.status, answer.headers.get("location")) == (302, prefix + target), path
    with database.unchanged():
        missing = [
            ("GET", "/alice/follow/"), ("GET", "/logout/"), ("GET", "/static/"), ("HEAD", "/static/avatar/"),
            ("GET", "/add_message/"), ("POST", "/login/"), ("POST", "/alice/"), ("OPTIONS", "/public/"), ("GET", "/alice/x/y/"),
        ]  # fmt: skip
        for method, path in missing:
            answer = raw_request(at_root.web_port, f"{method} {path} HTTP/1.1")
            assert (answer.status, answer.headers.get("location")) == (404, None), path
    # The API keeps the exact paths of its contract.
    assert below.simulator().get("/api/msgs/").status_code == 404

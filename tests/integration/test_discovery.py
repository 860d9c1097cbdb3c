# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The data of each page for search engines, link previews and programs."""

import struct
import urllib.parse

import pytest

from support.client import Browser, quote
from support.mounts import mount

URL = "https://minitwit.example"
HOSTILE = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}


def _head(page):
    """The values of the meta elements and of the canonical link."""
    values = {
        element.get("name") or element["property"]: element["content"]
        for element in page.select("head > meta[content]")
        if element.get("name") not in ("viewport", "color-scheme", "theme-color")
    }
    return values | {link["rel"]: link["href"] for link in page.select("head > link[rel=canonical]")}


def _described(title, description, kind="website", **others):
    return {
        "description": description, "og:description": description, "og:title": title, "og:type": kind,
        "og:site_name": "MiniTwit", **others,
    }  # fmt: skip


def _at(url):
    return {"canonical": url, "og:url": url}


def _fill(database):
    """Two pages of messages of alice."""
    for number in range(31):
        database.add_message("alice", f"message {number}")


@pytest.mark.smoke
def test_the_head_of_every_page(make_httpd, site, signed_in, database):
    """Only the canonical URL and og:url differ with MinitwitSiteURL. Personal pages, forms, older pages and errors have
    neither. The Host of the request appears nowhere."""
    signed_in("alice")
    _fill(database)
    named = make_httpd(directives=f"MinitwitSiteURL {URL}\n").browser()
    older = site.page("/public").link("Older"), site.page("/alice").link("Older")
    everybody = _described("Public Timeline", "The newest messages of all users of this MiniTwit.")
    alice = _described("alice's Timeline", "The newest messages of alice.", "profile")
    forms = (
        ("/login", _described("Sign In", "Sign in to MiniTwit, and share short messages.")),
        ("/register", _described("Sign Up", "Sign up for MiniTwit: share short messages, and follow other users.")),
    )
    own = _described("My Timeline", "Your newest messages, and those of the users that you follow.")

    def compare(path, expected, url=None, status=200):
        plain, full = site.page(path, status), named.page(path, status)
        assert _head(plain) == expected
        assert _head(full) == expected | (_at(url) if url else {})
        lines = full.source.splitlines()
        assert [line for line in lines if URL not in line] == plain.source.splitlines()
        for browser in (site, named):
            hostile = browser.get(path, headers=HOSTILE)
            assert "evil.example" not in hostile.text + str(hostile.headers)
        assert "://" not in plain.source

    for who in (None, "alice"):
        if who:
            site.sign_in(who)
            named.sign_in(who)
            compare("/", own)
        else:
            for path, expected in forms:
                compare(path, expected)
        compare("/public", everybody, f"{URL}/public")
        compare("/alice", alice, f"{URL}/alice")
        compare(older[0], everybody)
        compare(older[1], alice)
        compare("/nobody", {}, status=404)


def test_the_canonical_url_has_the_mount_and_the_stored_name(make_httpd, api, database):
    """All forms of a name have the same URL, and every character of a name is harmless there."""
    httpd = make_httpd(
        directives="MinitwitSiteURL HTTPS://MiniTwit.Example:443/\n",
        web=mount("/twit", "minitwit-web") + mount("/other site", "minitwit-web"),
    )
    names = ("b\u00fccher", "a \"b\" <c> & 'd'", "100%", "a?b#c", "\u05d0\u05d1")
    for name in names:
        assert api.register(name).status_code == 204
    message = database.add_message(names[0], "hello")
    for prefix in ("/twit", "/other%20site"):
        browser = Browser(httpd.web_url + prefix)
        for name in names:
            shown = f"\u2068{name}\u2069" if name > "\u0590" else name
            described = _described(f"{shown}'s Timeline", f"The newest messages of {shown}.", "profile")
            assert _head(browser.page("/" + quote(name))) == described | _at(f"{URL}{prefix}/{quote(name)}")
        for headers in (HOSTILE, {}):
            answer = browser.get("/public", headers=headers)
            assert f'href="{URL}{prefix}/public"' in answer.text and "evil" not in answer.text
        decomposed, stored = quote("bu\u0308cher"), f"{URL}{prefix}/{quote(names[0])}"
        assert _head(browser.page("/" + decomposed))["canonical"] == stored
        assert _head(browser.page(f"/{decomposed}/{message}"))["canonical"] == f"{stored}/{message}"


def test_pages_with_a_canonical_url(make_httpd, people, database):
    """Only these pages are for search engines. Each page has a description."""
    people("alice")
    named = make_httpd(directives=f"MinitwitSiteURL {URL}\nMinitwitIndexing On\n").browser().sign_in("alice")
    named.share("hello, #world")
    message = database.value("SELECT max(id) FROM messages")
    assert _head(named.page("/alice"))["description"] == "The newest messages of alice."
    database.sql("UPDATE users SET about = 'I sail & \"sing\".'")
    assert _head(named.page("/alice"))["description"] == 'I sail & "sing".'
    public = {"/public", "/alice", f"/alice/{message}", "/-/tag/world"}
    for path in (*public, "/", "/-/mentions", "/-/profile", "/alice/followers", "/alice/following", "/public?before=1-1"):
        head = _head(named.page(path))
        assert head["og:description"] == head["description"] and head["og:title"], path
        urls = {name: value for name, value in head.items() if name in ("canonical", "og:url", "robots")}
        assert urls == (_at(URL + path) if path in public else {"robots": "noindex"}), path


def test_no_answer_contains_the_host_of_the_request(make_httpd, site, signed_in, database):
    """No answer contains it, with or without MinitwitSiteURL."""
    signed_in("alice").share("hello, #world")
    named = make_httpd(directives=f"MinitwitSiteURL {URL}\nMinitwitIndexing On\n").browser()
    message = database.value("SELECT max(id) FROM messages")
    paths = (
        "/", "/public", "/public/", "/alice", f"/alice/{message}", "/alice/followers", "/-/tag/world", "/-/feed",
        "/alice/feed", "/-/mentions", "/-/sitemap.xml", "/-/sitemap.xml?page=1", "/-/manifest.webmanifest",
        "/robots.txt", "/static/style.css", "/login", "/register", "/nobody", "/alice/follow", "/add_message",
    )  # fmt: skip
    for browser in (site, named):
        for _ in range(2):  # the second time signed in
            for path in paths:
                for method in ("GET", "HEAD"):
                    answer = browser.request(method, path, headers=HOSTILE)
                    assert answer.status_code < 500 and "evil.example" not in answer.text + str(answer.headers), path
            browser.sign_in("alice")


def test_the_navigation_marks_the_present_page(site, signed_in, people):
    people("bob")
    alice = signed_in("alice")
    for browser, path, text, status in (
        (site, "/public", "public timeline", 200),
        (site, "/public?before=1-1", "public timeline", 200),
        (site, "/login", "sign in", 200),
        (site, "/register", "sign up", 200),
        (site, "/bob", None, 200),
        (site, "/nobody", None, 404),
        (site, "/bob/follow", None, 401),
        (alice, "/", "my timeline", 200),
        (alice, "/public", "public timeline", 200),
        (alice, "/-/mentions", "mentions", 200),
        (alice, "/alice", None, 200),
    ):
        marked = browser.page(path, status).one("div.navigation").select("[aria-current]")
        assert [(link.text, link["aria-current"]) for link in marked] == ([(text, "page")] if text else []), path
    refused = site.submit("/login", username="alice", password="wrong")
    assert [link.text for link in refused.one("div.navigation").select("[aria-current]")] == ["sign in"]


def _size(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return "{}x{}".format(*struct.unpack(">II", png[16:24]))


@pytest.mark.smoke
def test_the_web_app_manifest(make_httpd, database):
    """Its URLs fit each mount, and all its icons have the sizes that it states."""
    httpd = make_httpd(web=mount("/", "minitwit-web") + mount("/twit", "minitwit-web"))
    host = Browser(httpd.web_url)
    for prefix in ("", "/twit"):
        page = host.page(prefix + "/public")
        url = page.one("link[rel=manifest]")["href"]
        assert url.startswith(prefix + "/-/manifest.webmanifest?v=")
        answer = host.get(url)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/manifest+json")
        assert "immutable" in answer.headers["Cache-Control"]
        manifest = answer.json()
        assert manifest["name"] == "MiniTwit"
        for name in ("start_url", "scope"):
            assert urllib.parse.urljoin(url, manifest[name]) == prefix + "/"
        for icon in manifest["icons"]:
            image = host.get(urllib.parse.urljoin(url, icon["src"]))
            assert (image.status_code, image.headers["Content-Type"]) == (200, icon["type"])
            assert icon["sizes"] == ("any" if icon["type"] == "image/svg+xml" else _size(image.content))
            assert len(image.content) < 16384
        touch = page.one("link[rel=apple-touch-icon]")["href"]
        assert touch.startswith(prefix + "/static/") and _size(host.get(touch).content) == "180x180"
    assert "no-cache" in host.get("/-/manifest.webmanifest").headers["Cache-Control"]


def test_templates_without_a_manifest_and_icons(make_httpd, templates):
    for name in ("manifest.webmanifest", "apple-touch-icon.png", "favicon.svg"):
        (templates / "static" / name).unlink()
    site = make_httpd(directives=f"MinitwitTemplates {templates}", api="").browser()
    rels = [link["rel"] for link in site.page("/login").select("link")]
    assert rels == ["stylesheet"]
    site.page("/-/manifest.webmanifest", status=404)

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""MinitwitIndexing: the pages that search engines may index, and the sitemap."""

import xml.etree.ElementTree

import pytest

from support.client import Browser, quote
from support.configtest import line_of, refused
from support.mounts import mount

URL = "https://minitwit.example"
ON = f"MinitwitSiteURL {URL}\nMinitwitIndexing On\n"
HOSTILE = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
_NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
PATHS = ("/public", "/alice", "/login", "/nobody", "/static/style.css", "/robots.txt", "/favicon.ico", "/add_message", "/")


def _locations(answer, kind):
    """The URLs of a sitemap, or of its index."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml")
    tree = xml.etree.ElementTree.fromstring(answer.content)
    entry = {"urlset": "url", "sitemapindex": "sitemap"}[kind]
    assert tree.tag == _NAMESPACE + kind and {child.tag for child in tree} == {_NAMESPACE + entry}
    return [location.text for location in tree.iter(_NAMESPACE + "loc")]


@pytest.mark.smoke
def test_nothing_is_indexed_by_default(make_httpd, people, database):
    people("alice")
    for directives in ("", f"MinitwitSiteURL {URL}\n", f"MinitwitSiteURL {URL}\nMinitwitIndexing Off\n"):
        httpd = make_httpd(directives=directives)
        site = httpd.browser()
        for path in PATHS:
            assert site.get(path).headers["X-Robots-Tag"] == "noindex", path
        assert "X-Robots-Tag" not in httpd.simulator().get("/latest").headers
        assert "Sitemap" not in site.get("/robots.txt").text
        for path in ("/-/sitemap.xml", "/-/sitemap.xml?page=1"):
            site.page(path, status=404)


@pytest.mark.smoke
def test_only_public_pages_are_indexed(make_httpd, people, database):
    """Search engines must not index forms, personal pages, errors and older pages."""
    people("alice")
    for number in range(31):
        database.add_message("alice", f"message {number}")
    site = make_httpd(directives=ON).browser()
    for path in PATHS:
        assert "X-Robots-Tag" not in site.get(path).headers
    older = site.page("/public").link("Older"), site.page("/alice").link("Older")

    def indexed(path, status=200):
        robots = [element["content"] for element in site.page(path, status).select("meta[name=robots]")]
        assert robots in ([], ["noindex"])
        return not robots

    for _ in range(2):  # the second time from the cache
        for path in ("/public", "/alice"):
            assert indexed(path), path
        for path in ("/login", "/register", *older):
            assert not indexed(path), path
    assert not indexed("/nobody", 404)
    site.sign_in("alice")
    assert not indexed("/")


def test_robots_txt_names_the_sitemap(make_httpd, site):
    """The other rules come from the file."""
    usual = site.get("/robots.txt").text
    for path in ("/*/follow$", "/login$", "/-/search"):
        assert f"Disallow: {path}\n" in usual
    httpd = make_httpd(directives=ON, web=mount("/", "minitwit-web") + mount("/twit", "minitwit-web"))
    for prefix in ("", "/twit"):
        answer = Browser(httpd.web_url + prefix).get("/robots.txt", headers=HOSTILE)
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.text == f"{usual}\nSitemap: {URL}{prefix}/-/sitemap.xml\n"


def test_the_sitemap(make_httpd, api, database):
    """The index names pages of a thousand ids each, up to the page of the newest user. It names at most a thousand
    pages."""
    httpd = make_httpd(directives=ON, web=mount("/", "minitwit-web") + mount("/twit", "minitwit-web"))
    host, twit = Browser(httpd.web_url), Browser(httpd.web_url + "/twit")
    public = f"{URL}/public"
    assert _locations(host.get("/-/sitemap.xml"), "sitemapindex") == [f"{URL}/-/sitemap.xml?page=1"]
    assert _locations(host.get("/-/sitemap.xml?page=1"), "urlset") == [public]
    names = ["a&b", "<c>", "d e", "\u00fc", "%"]
    add = "INSERT INTO users (id, username, email, password_hash) VALUES (%s, %s, 'user@example.org', '')"
    ids = [1, 1000, 1001, 2000, 2001]
    for number, name in zip(ids, names, strict=True):
        database.sql(add, number, name)
    for browser, prefix in ((host, ""), (twit, "/twit")):
        index = _locations(browser.get("/-/sitemap.xml", headers=HOSTILE), "sitemapindex")
        assert index == [f"{URL}{prefix}/-/sitemap.xml?page={page}" for page in (1, 2, 3)]
        found = []
        for url in index:
            page = _locations(host.get(url.removeprefix(URL), headers=HOSTILE), "urlset")
            assert page[0] == f"{URL}{prefix}/public"
            found.append(page[1:])
        assert found == [[f"{URL}{prefix}/{quote(name)}" for name in names[i : i + 2]] for i in (0, 2, 4)]
    assert host.head("/-/sitemap.xml").status_code == 200
    for page in ("0", "-1", "4", "1.5", "x", "", "9223372036854775807", "9" * 30):
        host.page(f"/-/sitemap.xml?page={page}", status=404)
    database.sql(add, 1_500_001, "late")
    index = _locations(host.get("/-/sitemap.xml"), "sitemapindex")
    assert index == [f"{URL}/-/sitemap.xml?page={page}" for page in range(502, 1502)]
    assert _locations(host.get("/-/sitemap.xml?page=1501"), "urlset") == [public, f"{URL}/late"]
    host.page("/-/sitemap.xml?page=501", status=404)


def test_the_sitemap_needs_the_address_of_the_site(configured):
    httpd = configured(directives="MinitwitIndexing On\n")
    said = refused(httpd, "MinitwitIndexing is On without MinitwitSiteURL.*set MinitwitSiteURL to the address")
    assert f"(MinitwitIndexing at {line_of(httpd, 'MinitwitIndexing')})" in said
    httpd.web = ""
    assert httpd.configtest().returncode == 0

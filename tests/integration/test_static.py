# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The style sheet, the script, icons, robots.txt and avatars."""

import email.utils
import gzip
import hashlib
import re
import time
import xml.etree.ElementTree

import pytest

from support import installation
from support.client import raw_request, set_cookies


def _style(site):
    return site.page("/public").one("link[rel=stylesheet]")["href"]


def _is_immutable(answer):
    control = answer.headers["Cache-Control"]
    return "immutable" in control and re.search(r"max-age=(\d+)", control) and "no-" not in control


def _script(site):
    return site.page("/public").one("script")["src"]


@pytest.mark.smoke
def test_the_versioned_style_sheet_and_script_are_cacheable_for_ever(site):
    for path, content_type in ((_style(site), "text/css;charset=utf-8"), (_script(site), "text/javascript;charset=utf-8")):
        assert path.startswith("/static/")
        answer = site.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].lower().replace(" ", "") == content_type
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"])[1]) >= 365 * 86400
        assert _is_immutable(answer)
        assert len(answer.content) == int(answer.headers["Content-Length"])
        assert set_cookies(answer) == {}


def test_the_script_is_small(site):
    assert len(site.get(_script(site)).content) < 4096


def test_a_site_without_the_script(make_httpd, templates):
    """The pages do not link to a script, and the browser would not run one."""
    (templates / "static" / "script.js").unlink()
    site = make_httpd(directives=f"MinitwitTemplates {templates}").browser()
    assert site.page("/public").select("script") == []
    assert "script-src" not in site.get("/public").headers["Content-Security-Policy"]


def test_the_style_sheet_of_another_version_is_not_cacheable_for_ever(site):
    content = site.get(_style(site)).content
    for query in ("", "?v=", "?v=0123456789abcdef", "?x=1"):
        answer = site.get("/static/style.css" + query)
        assert answer.status_code == 200
        assert not _is_immutable(answer)
        assert answer.content == content


def test_a_failed_precondition_has_a_page_of_the_site(site):
    page = site.page(_style(site), status=412, headers={"If-Match": '"other"'})
    assert page.one("div.page div.body")
    answer = site.get(_style(site), headers={"If-Match": '"other"'})
    assert "ETag" not in answer.headers and answer.headers["Cache-Control"] == "no-store"
    assert site.head(_style(site), headers={"If-Match": '"other"'}).status_code == 412
    assert site.get(_style(site), headers={"If-Match": "*"}).status_code == 200


def test_conditions_on_dates_are_ignored(site):
    """A static file has no date."""
    path = _style(site)
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        for moment in (-86400, 86400):
            headers = {name: email.utils.formatdate(time.time() + moment, usegmt=True)}
            answer = site.get(path, headers=headers)
            assert answer.status_code == 200 and answer.content
            answer = site.get(path, headers=headers | {"Range": "bytes=0-3"})
            assert answer.status_code == 206 and len(answer.content) == 4
            tag = answer.headers["ETag"]
            assert site.get(path, headers=headers | {"If-None-Match": tag}).status_code == 304
            assert site.get(path, headers=headers | {"If-None-Match": '"other"'}).status_code == 200


# ---- compressed


@pytest.fixture(params=["alone", "deflate"])
def compressing(request, make_httpd):
    """A browser of a site without mod_deflate, and of one where it compresses every type."""
    httpd = make_httpd(start=False)
    if request.param == "deflate":
        types = "text/html text/css text/javascript text/plain image/svg+xml application/manifest+json"
        httpd.directives = f"DeflateAlterETag NoChange\nAddOutputFilterByType DEFLATE {types}\n"
    else:
        httpd.modules.remove("deflate")
    return httpd.start().browser()


@pytest.mark.smoke
def test_texts_are_sent_compressed_to_clients_that_accept_it(compressing):
    """unit/test_gzip.c has all forms of Accept-Encoding."""
    for path in (
        "/static/style.css", _style(compressing), _script(compressing), "/static/favicon.svg", "/robots.txt",
        "/-/manifest.webmanifest",
    ):  # fmt: skip
        plain, content = compressing.as_sent(path, "gzip;q=0")
        assert "Content-Encoding" not in plain.headers
        small, packed = compressing.as_sent(path, "br, x-gzip;q=0.1")
        assert small.headers["Content-Encoding"] == "gzip"
        assert len(packed) == int(small.headers["Content-Length"]) < len(content) == int(plain.headers["Content-Length"])
        assert gzip.decompress(packed) == content
        assert small.headers["ETag"] != plain.headers["ETag"]
        for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options", "Vary"):
            assert small.headers[name] == plain.headers[name]
        assert small.headers["Vary"] == "Accept-Encoding"
    head, nothing = compressing.as_sent("/static/style.css", "gzip", "HEAD")
    answer, _ = compressing.as_sent("/static/style.css", "gzip")
    assert (head.status_code, nothing) == (200, b"")
    for name in ("Content-Encoding", "Content-Length", "ETag", "Vary", "Content-Type"):
        assert head.headers[name] == answer.headers[name], name


def test_conditional_requests_of_both_forms(compressing):
    """A failed precondition has a plain page without an ETag."""
    path = _style(compressing)
    forms = ("identity", "gzip")
    tags = {accepted: compressing.as_sent(path, accepted)[0].headers["ETag"] for accepted in forms}
    for accepted in forms:
        for method in ("GET", "HEAD"):
            again, content = compressing.as_sent(path, accepted, method, **{"If-None-Match": tags[accepted]})
            assert (again.status_code, content) == (304, b"")
            assert again.headers["ETag"] == tags[accepted] and again.headers["Vary"] == "Accept-Encoding"
            assert "Content-Encoding" not in again.headers and "Cache-Control" in again.headers
    # A browser that has one form may get the other.
    for accepted, other in zip(forms, reversed(forms), strict=True):
        assert compressing.as_sent(path, accepted, **{"If-None-Match": tags[other]})[0].status_code == 200
    both = ", ".join(tags.values())
    assert compressing.as_sent(path, "gzip", **{"If-None-Match": both})[0].status_code == 304
    answer, content = compressing.as_sent(path, "gzip", **{"If-Match": '"other"'})
    assert answer.status_code == 412 and "ETag" not in answer.headers
    assert "Content-Encoding" not in answer.headers and b"<html" in content


def test_ranges_of_both_forms(compressing):
    for accepted in ("identity", "gzip"):
        whole, content = compressing.as_sent("/static/style.css", accepted)
        part, some = compressing.as_sent("/static/style.css", accepted, Range="bytes=10-29")
        assert part.status_code == 206 and some == content[10:30]
        assert part.headers["Content-Range"] == f"bytes 10-29/{len(content)}"
        assert part.headers["ETag"] == whole.headers["ETag"]
        assert part.headers.get("Content-Encoding") == whole.headers.get("Content-Encoding")


def test_a_sysadmin_can_switch_compression_off(make_httpd):
    site = make_httpd(directives="SetEnvIfExpr \"%{HTTP_USER_AGENT} == 'old'\" no-gzip\n").browser()
    answer, content = site.as_sent("/static/style.css", "gzip", **{"User-Agent": "old"})
    assert "Content-Encoding" not in answer.headers
    assert content == (installation.TEMPLATES / "static" / "style.css").read_bytes()
    assert site.as_sent("/static/style.css", "gzip")[0].headers["Content-Encoding"] == "gzip"


def test_files_that_do_not_get_smaller_stay_plain(make_httpd, templates):
    (templates / "static" / "tiny.txt").write_text("tiny\n")
    (templates / "static" / "empty.txt").write_text("")
    (templates / "static" / "drawing.png").write_text("not really\n" * 1000)
    site = make_httpd(directives=f"MinitwitTemplates {templates}").browser()
    for name in ("tiny.txt", "empty.txt", "drawing.png", "favicon.ico"):
        answer, content = site.as_sent(f"/static/{name}", "gzip")
        assert answer.status_code == 200 and "Content-Encoding" not in answer.headers and "Vary" not in answer.headers
        assert content == (templates / "static" / name).read_bytes()


def test_a_sysadmins_own_style_sheet_has_another_version(make_httpd, site, templates):
    (templates / "static" / "style.css").write_text("body { color: red }\n")
    other = make_httpd(directives=f"MinitwitTemplates {templates}").browser()
    assert _style(other) != _style(site)
    assert other.get(_style(other)).text == "body { color: red }\n"


def test_colours_of_the_original(site):
    style = site.get(_style(site)).text.lower()
    for colour in ("#caece9", "#6eccc4", "#26776f", "#105751", "#b9f3ed", "#fae4e4", "#f0faf9"):
        assert colour in style
    assert "prefers-color-scheme: dark" in style
    assert "url(" not in style and "@import" not in style


def test_unknown_files(site):
    for name in (
        "", "/nothing.css", "/style.css/x", "/.hidden", "/STYLE.CSS", "/avatar", "/avatar/0123456789abcdef",
        "/avatar/0123456789ABCDEF.svg", "/avatar/0123456789abcde.svg", "/avatar/0123456789abcdef.svg.svg",
    ):  # fmt: skip
        site.page("/static" + name, status=404)


def test_no_path_leaves_the_folder(httpd):
    for name in ("../layout.html", "%2e%2e/layout.html", "..%2flayout.html", "/etc/passwd", "%2fetc%2fpasswd", "..\\layout.html"):
        answer = raw_request(httpd.web_port, f"GET /static/{name} HTTP/1.1")
        assert answer.status in (302, 400, 403, 404)
        assert b"{{" not in answer.body and b"root:" not in answer.body


def test_robots_and_icons(site):
    answer = site.get("/robots.txt")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "User-agent" in answer.text
    assert site.get("/favicon.ico").status_code == 200
    assert site.get("/favicon.ico").headers["Content-Type"].startswith("image/")
    icon = site.page("/public").one("link[rel=icon]")["href"]
    answer = site.get(icon)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("image/")


def _may_crawl(rules, path):
    """Applies the rules of a robots.txt as RFC 9309 does: the longest rule that matches counts."""
    found = [(0, True)]
    for line in rules.splitlines():
        kind, _, pattern = line.partition(": ")
        expression = "".join({"*": ".*", "$": "$"}.get(char, re.escape(char)) for char in pattern)
        if kind in ("Allow", "Disallow") and re.match(expression, path):
            found.append((len(pattern), kind == "Allow"))
    return max(found)[1]


def test_robots_read_the_public_pages(site):
    """A rule matches each path that begins like it, so a rule for a form must not match a user of a similar name."""
    rules = site.get("/robots.txt").text
    for path in (
        "/public", "/", "/public?before=1-1", "/alice", "/alice/1", "/alice/followers", "/alice/following?before=7",
        "/alice/feed", "/-/feed", "/-/tag/follow", "/-/tag/unfollow", "/-/tag/followers", "/-/tag/follow/feed",
        "/-/sitemap.xml", "/loginwerner", "/registered", "/logouts/12", "/follow", "/follow/12", "/static/style.css",
    ):  # fmt: skip
        assert _may_crawl(rules, path), path
    for path in (
        "/alice/follow", "/alice/unfollow", "/follow/follow", "/login", "/login?next=%2Falice", "/logout", "/register",
        "/register?next=%2Falice", "/-/mentions", "/-/mentions?before=1-1", "/-/profile", "/-/search", "/-/search?q=a",
    ):  # fmt: skip
        assert not _may_crawl(rules, path), path


def _avatars(site, database, *authors):
    for author in authors:
        database.add_message(author, "hello")
    return {message.author: message.image["src"] for message in site.page("/public").messages}


@pytest.mark.smoke
def test_the_module_draws_avatars(site, people, database):
    people("alice")
    path = _avatars(site, database, "alice")["alice"]
    assert path.startswith("/static/avatar/")
    answer = site.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert _is_immutable(answer)
    drawing = xml.etree.ElementTree.fromstring(answer.content)
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert b"script" not in answer.content and b"href" not in answer.content
    assert answer.content == site.get(path).content


def test_an_avatar_confirms_no_address(api, site, database):
    """Accounts with the same e-mail address have different avatars, and an avatar is no digest of the address."""
    for name in ("alice", "bob"):
        assert api.register(name, "one@example.org").status_code == 204
    avatars = _avatars(site, database, "alice", "bob")
    assert site.get(avatars["alice"]).content != site.get(avatars["bob"]).content
    for avatar in avatars.values():
        identifier = avatar.rpartition("/")[2].partition(".")[0]
        for digest in ("md5", "sha1", "sha256", "sha512"):
            assert not hashlib.new(digest, b"one@example.org").hexdigest().startswith(identifier)
    assert "one@example.org" not in site.get("/public").text
    # The picture stays when the address changes.
    database.sql("UPDATE users SET email = 'two@example.org' WHERE username = 'bob'")
    assert _avatars(site, database)["bob"] == avatars["bob"]


def test_gravatar_opens_the_policy_for_images_only(make_httpd, api, database):
    api.register("alice", "Somebody@Example.org")
    site = make_httpd(directives="MinitwitGravatar On").browser()
    path = _avatars(site, database, "alice")["alice"]
    # Gravatar defines the MD5 of the address in lower case.
    assert re.fullmatch(r"https://(www|secure)\.gravatar\.com/avatar/[0-9a-f]{32,64}\?.*", path)
    assert "s=48" in path or "size=48" in path
    policy = site.get("/public").headers["Content-Security-Policy"]
    (images,) = re.findall(r"img-src [^;]*", policy)
    assert re.search(r"https://(www|secure)\.gravatar\.com", images)
    assert "http" not in policy.replace(images, "")

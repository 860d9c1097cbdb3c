# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The cache of rendered answers holds them compressed as well, for clients who take that."""

import gzip
import json
import re

import pytest

from support import installation, metrics

pytestmark = pytest.mark.skipif(not installation.CACHE, reason="this is about the cache")

_PATHS = ("/public", "/alice", "/msgs", "/msgs/alice")
_PAGES = ("/public", "/alice")
_FORMS = ("identity", "gzip")
_DEFLATE = "AddOutputFilterByType DEFLATE text/html application/json\n"


def _serve(httpd, database):
    """In which nothing grows old, and timelines have a length that is worth it."""
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    for number in range(20):
        database.add_message("alice", f"a usual message, which is number {number}")
    return httpd.start()


@pytest.fixture(params=["alone", "deflate as in conf", "deflate"])
def cached(request, make_httpd, people, database):
    """An httpd without mod_deflate, and two where it compresses whatever it may."""
    people("alice", "bob")
    httpd = make_httpd(start=False, ops=metrics.OPS)
    if request.param == "alone":
        httpd.modules.remove("deflate")
    else:
        httpd.directives = _DEFLATE + ("DeflateAlterETag NoChange\n" if request.param == "deflate as in conf" else "")
    return _serve(httpd, database)


@pytest.fixture
def site(make_httpd, people, database):
    """An httpd as in conf/."""
    people("alice", "bob")
    return _serve(make_httpd(start=False, ops=metrics.OPS, directives=_DEFLATE + "DeflateAlterETag NoChange\n"), database)


def _ask(httpd, path, accepted, method="GET", **headers):
    client = httpd.simulator() if path.startswith("/msgs") else httpd.browser()
    return client.as_sent(path, accepted, method, **headers)


def _unpack(answer, content):
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(content)
    return gzip.decompress(content) if answer.headers.get("Content-Encoding") == "gzip" else content


def _vary(answer):
    return set(re.split(", ?", answer.headers["Vary"]))


def _lookups(httpd):
    shown = metrics.scrape(httpd)
    return tuple(shown.get("minitwit_cache_lookups_total", outcome=outcome) for outcome in ("hit", "miss"))


def _behind(database, text):
    """Posts in alice's name, past httpd."""
    database.sql("INSERT INTO messages (author_id, text) SELECT id, %s FROM users WHERE username = 'alice'", text)


@pytest.mark.smoke
@pytest.mark.parametrize("forms", [_FORMS, _FORMS[::-1]])
@pytest.mark.parametrize("path", _PATHS)
def test_both_forms_are_the_same_answer(cached, path, forms):
    found = {}
    for _ in range(3):
        for accepted in forms:
            answer, content = _ask(cached, path, accepted)
            assert answer.headers.get("Content-Encoding") == (None if accepted == "identity" else "gzip")
            found.setdefault(accepted, (answer, content))
            # The bytes are the same from the first time on.
            assert content == found[accepted][1]
            assert answer.headers.get("ETag") == found[accepted][0].headers.get("ETag")
    (plain, text), (small, packed) = found["identity"], found["gzip"]
    assert len(packed) < len(text) / 2
    assert _unpack(small, packed) == text == _unpack(plain, text)
    assert b"which is number 19" in text
    for name in set(plain.headers) | set(small.headers):
        if name not in ("Date", "X-Request-Id", "Content-Length", "Content-Encoding", "ETag"):
            assert small.headers[name] == plain.headers[name], name
    assert _vary(plain) == {"Accept-Encoding"} | ({"Cookie"} if path in _PAGES else set())
    if path in _PAGES:
        assert {answer.headers["ETag"][:3] for answer in (plain, small)} == {'W/"'}
        assert plain.headers["ETag"] != small.headers["ETag"]
    else:
        assert "ETag" not in small.headers and json.loads(text)


def test_who_asked_for_which_counts_once(site, database):
    """The compressed form is made of the plain one, if that is there; the other way round the database is asked."""
    _ask(site, "/public", "identity")
    _behind(database, "unseen")
    for _ in range(3):
        assert b"unseen" not in _unpack(*_ask(site, "/public", "gzip"))
    assert _lookups(site) == (3, 1)
    for _ in range(2):
        _ask(site, "/msgs", "gzip")
    assert _lookups(site) == (4, 2)
    for _ in range(2):
        _ask(site, "/msgs", "identity")
    assert _lookups(site) == (5, 3)


@pytest.mark.parametrize("path", _PATHS)
def test_a_post_ends_both_forms(site, path):
    for number in range(5):
        texts = [_unpack(*_ask(site, path, accepted)) for accepted in _FORMS]
        assert texts[0] == texts[1] and f"number {number}.".encode() not in texts[0]
        assert site.simulator().tweet("alice", f"number {number}.").status_code == 204
        for accepted in _FORMS[:: 1 if number % 2 else -1]:
            assert f"number {number}.".encode() in _unpack(*_ask(site, path, accepted))


def test_the_compressed_form_is_as_old_as_what_it_was_made_of(make_httpd, people, database):
    people("alice")
    site = make_httpd(start=False)
    _serve(site, database)
    site.stop()
    site.cache = "MinitwitCacheLifetime 1s\n"
    site.start()
    for number in range(2):
        _ask(site, "/public", "identity")
        _behind(database, f"late {number}")
        text = f"late {number}".encode()
        installation.wait_until(lambda sought=text: sought in _unpack(*_ask(site, "/public", "gzip")), "the new message")


@pytest.mark.parametrize("path", _PAGES)
def test_both_forms_can_be_not_modified(cached, path):
    tags = {accepted: _ask(cached, path, accepted)[0].headers["ETag"] for accepted in _FORMS}
    for accepted in _FORMS:
        for method in ("GET", "HEAD"):
            again, content = _ask(cached, path, accepted, method, **{"If-None-Match": tags[accepted]})
            assert (again.status_code, content) == (304, b"")
            assert again.headers["ETag"] == tags[accepted] and _vary(again) == {"Accept-Encoding", "Cookie"}
            assert "Content-Encoding" not in again.headers
    # A browser that has one form may get the other.
    for accepted, other in zip(_FORMS, _FORMS[::-1], strict=True):
        assert _ask(cached, path, accepted, **{"If-None-Match": tags[other]})[0].status_code == 200
        assert _ask(cached, path, accepted, **{"If-None-Match": ", ".join(tags.values())})[0].status_code == 304
    cached.simulator().tweet("alice", "another")
    for accepted in _FORMS:
        answer, content = _ask(cached, path, accepted, **{"If-None-Match": tags[accepted]})
        assert b"another" in _unpack(answer, content) and answer.headers["ETag"] != tags[accepted]


@pytest.mark.parametrize("path", _PAGES)
def test_head_of_both_forms(cached, path):
    for accepted in _FORMS:
        heads = [_ask(cached, path, accepted, "HEAD")]
        answer, _ = _ask(cached, path, accepted)
        heads.append(_ask(cached, path, accepted, "HEAD"))
        for head, nothing in heads:
            assert (head.status_code, nothing) == (200, b"")
            for name in ("Content-Encoding", "Content-Length", "Content-Type", "ETag", "Vary", "Cache-Control"):
                assert head.headers.get(name) == answer.headers.get(name), name


@pytest.mark.parametrize("path", ["/public", "/msgs"])
def test_who_does_not_want_it_has_it_plain(cached, path):
    refusals = ("identity", "br", "gzip;q=0", "*;q=0", "identity;q=0.5, gzip;q=0.4", "gzip;q=nonsense", "", "identity;q=0")
    _ask(cached, path, "gzip")
    for refusal in (*refusals, "gzip;q=0, identity;q=0"):
        answer, content = _ask(cached, path, refusal)
        assert "Content-Encoding" not in answer.headers and b"which is number 19" in content, refusal
        assert "Accept-Encoding" in _vary(answer) and len(content) == int(answer.headers["Content-Length"])


@pytest.mark.parametrize("path", ["/public", "/msgs"])
def test_who_wants_it_has_it_compressed(cached, path):
    for accepted in ("gzip, deflate, br, zstd", "x-gzip", "*", "identity;q=0, gzip"):
        answer, content = _ask(cached, path, accepted)
        assert answer.headers["Content-Encoding"] == "gzip", accepted
        assert b"which is number 19" in gzip.decompress(content)


@pytest.mark.parametrize("path", ["/public", "/msgs"])
def test_a_sysadmin_can_switch_it_off(site, path):
    site.stop()
    site.directives += "SetEnvIfExpr \"%{HTTP_USER_AGENT} == 'old'\" no-gzip\n"
    site.start()
    for _ in range(2):
        answer, content = _ask(site, path, "gzip", **{"User-Agent": "old"})
        assert "Content-Encoding" not in answer.headers and b"which is number 19" in content
        answer, content = _ask(site, path, "gzip", **{"User-Agent": "new"})
        assert answer.headers["Content-Encoding"] == "gzip" and b"which is number 19" in gzip.decompress(content)


def test_what_is_short_stays_plain(cached):
    for _ in range(2):
        answer, content = _ask(cached, "/msgs?no=2", "gzip")
        assert "Content-Encoding" not in answer.headers and len(json.loads(content)) == 2
        assert len(content) == int(answer.headers["Content-Length"]) < 1024


def test_visitors_with_a_session_get_their_own(cached, database):
    alice = cached.browser().sign_in("alice")
    _ask(cached, "/public", "gzip")
    _behind(database, "new")
    answer, content = alice.as_sent("/public", "gzip")
    text = gzip.decompress(content) if "Content-Encoding" in answer.headers else content
    assert b"new" in text and b"sign out [alice]" in text
    assert answer.headers["Cache-Control"] == "no-store"
    # Nor is it compressed by the module.
    assert ("Content-Encoding" in answer.headers) == ("deflate" in cached.modules)


def test_what_is_not_kept_is_left_to_mod_deflate(site, database):
    for _ in range(300):
        database.add_message("alice", "x" * 900)
    for path in ("/msgs?no=300", "/public?before=999999999"):
        answer, content = _ask(site, path, "gzip")
        assert answer.headers["Content-Encoding"] == "gzip" and b"xxx" in gzip.decompress(content)
        _behind(database, f"seen in {path}")
        assert f"seen in {path}".encode() in gzip.decompress(_ask(site, path, "gzip")[1])


def test_a_precondition_that_fails_is_not_marked_as_compressed(cached):
    for _ in range(2):
        answer, content = _ask(cached, "/public", "gzip", **{"If-Match": '"other"'})
        assert answer.status_code == 412 and "ETag" not in answer.headers
        text = gzip.decompress(content) if "Content-Encoding" in answer.headers else content
        assert text.startswith(b"<!") and b"412" in text


def test_a_part_of_another_page_is_plain(make_httpd, people, database):
    """mod_include puts it into a page of its own, in the middle of a request for that."""
    people("alice")
    web = (
        '<Location "/twit">\n  SetHandler minitwit-web\n</Location>\n'
        '<Location "/page.html">\n  Require all granted\n  Options +Includes\n  SetOutputFilter INCLUDES\n</Location>\n'
    )
    httpd = make_httpd(start=False, web=web)
    httpd.modules.append("include")
    (httpd.root / "htdocs" / "page.html").write_text(
        '<!--#include virtual="/twit/public" --><!--#include virtual="/twit/static/robots.txt" -->the end'
    )
    _serve(httpd, database)
    for _ in range(2):
        answer, content = _ask(httpd, "/page.html", "gzip")
        assert answer.status_code == 200 and "Content-Encoding" not in answer.headers
        assert b"which is number 19" in content and b"User-agent" in content and content.endswith(b"the end")

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The cache of rendered answers also keeps them compressed, for clients that accept gzip."""

import gzip
import itertools
import json
import re

import pytest

from support import installation, metrics
from support.metrics import cache_lookups
from support.mounts import mount

_PATHS = ("/public", "/alice", "/msgs", "/msgs/alice")
_PAGES = ("/public", "/alice")
_FORMS = ("identity", "gzip")
_DEFLATE = "AddOutputFilterByType DEFLATE text/html application/json\n"


def _serve(httpd, database):
    """Starts a site whose answers do not expire. Its timelines are long enough for compression."""
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    database.add_messages("alice", [f"a usual message, which is number {number}" for number in range(20)])
    return httpd.start()


@pytest.fixture(params=["alone", "deflate as in conf", "deflate"])
def cached(request, make_httpd, people, database):
    """An httpd without mod_deflate, and two in which mod_deflate compresses all answers that it may."""
    people("alice", "bob")
    httpd = make_httpd(start=False, ops=metrics.OPS)
    if request.param == "alone":
        httpd.modules.remove("deflate")
    else:
        httpd.directives = _DEFLATE + ("DeflateAlterETag NoChange\n" if request.param == "deflate as in conf" else "")
    return _serve(httpd, database)


@pytest.fixture
def site(make_httpd, people, database):
    """An httpd with the settings of conf/."""
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


@pytest.mark.smoke
def test_both_forms_are_the_same_answer(cached):
    for forms in (_FORMS, _FORMS[::-1]):
        for path in _PATHS:
            _compare_forms(cached, path, forms)
        # The next round begins without cached answers.
        assert cached.simulator().tweet("alice", "the end of all of them").status_code == 204


def _compare_forms(cached, path, forms):
    found = {}
    for _ in range(3):
        for accepted in forms:
            answer, content = _ask(cached, path, accepted)
            assert answer.headers.get("Content-Encoding") == (None if accepted == "identity" else "gzip")
            found.setdefault(accepted, (answer, content))
            # The bytes are the same each time.
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


def test_a_compressed_answer_is_made_from_a_cached_plain_one(site, database):
    """That counts as a hit. The reverse is not possible, and counts as a miss."""
    _ask(site, "/public", "identity")
    database.add_message("alice", "unseen")
    for _ in range(3):
        assert b"unseen" not in _unpack(*_ask(site, "/public", "gzip"))
    assert cache_lookups(site) == (3, 1)
    for _ in range(2):
        _ask(site, "/msgs", "gzip")
    assert cache_lookups(site) == (4, 2)
    for _ in range(2):
        _ask(site, "/msgs", "identity")
    assert cache_lookups(site) == (5, 3)


def test_a_post_ends_both_forms(site):
    for number in range(4):
        text = f"number {number}.".encode()
        for path in _PATHS:
            texts = [_unpack(*_ask(site, path, accepted)) for accepted in _FORMS]
            assert texts[0] == texts[1] and text not in texts[0]
        assert site.simulator().tweet("alice", f"number {number}.").status_code == 204
        for path in _PATHS:
            for accepted in _FORMS[:: 1 if number % 2 else -1]:
                assert text in _unpack(*_ask(site, path, accepted))


def test_a_compressed_answer_expires_with_the_plain_one(make_httpd, people, database):
    people("alice")
    site = make_httpd(start=False)
    _serve(site, database)
    site.stop()
    site.cache = "MinitwitCacheLifetime 1s\n"
    site.start()
    for number in range(2):
        _ask(site, "/public", "identity")
        database.add_message("alice", f"late {number}")
        text = f"late {number}".encode()
        installation.wait_until(lambda sought=text: sought in _unpack(*_ask(site, "/public", "gzip")), "the new message")


def test_both_forms_can_be_not_modified(cached):
    for path in _PAGES:
        _revalidate_forms(cached, path)


def _revalidate_forms(cached, path):
    tags = {accepted: _ask(cached, path, accepted)[0].headers["ETag"] for accepted in _FORMS}
    for accepted in _FORMS:
        for method in ("GET", "HEAD"):
            again, content = _ask(cached, path, accepted, method, **{"If-None-Match": tags[accepted]})
            assert (again.status_code, content) == (304, b"")
            assert again.headers["ETag"] == tags[accepted] and _vary(again) == {"Accept-Encoding", "Cookie"}
            assert "Content-Encoding" not in again.headers
    # The tag of one form does not match the other form.
    for accepted, other in zip(_FORMS, _FORMS[::-1], strict=True):
        assert _ask(cached, path, accepted, **{"If-None-Match": tags[other]})[0].status_code == 200
        assert _ask(cached, path, accepted, **{"If-None-Match": ", ".join(tags.values())})[0].status_code == 304
    text = f"new in {path}"
    cached.simulator().tweet("alice", text)
    for accepted in _FORMS:
        answer, content = _ask(cached, path, accepted, **{"If-None-Match": tags[accepted]})
        assert text.encode() in _unpack(answer, content) and answer.headers["ETag"] != tags[accepted]


def test_head_of_both_forms(cached):
    compared = "Content-Encoding Content-Length Content-Type ETag Vary Cache-Control Content-Security-Policy".split()
    for path, accepted in itertools.product(_PAGES, _FORMS):
        heads = [_ask(cached, path, accepted, "HEAD")]
        answer, _ = _ask(cached, path, accepted)
        heads.append(_ask(cached, path, accepted, "HEAD"))
        for head, nothing in heads:
            assert (head.status_code, nothing) == (200, b"")
            for name in compared:
                assert head.headers.get(name) == answer.headers.get(name), name


def test_accept_encoding_decides(cached):
    refusals = ("identity", "br", "gzip;q=0", "*;q=0", "identity;q=0.5, gzip;q=0.4", "gzip;q=nonsense", "", "identity;q=0")
    for path in ("/public", "/msgs"):
        for accepted in ("gzip, deflate, br, zstd", "x-gzip", "*", "identity;q=0, gzip"):
            answer, content = _ask(cached, path, accepted)
            assert answer.headers["Content-Encoding"] == "gzip", accepted
            assert b"which is number 19" in gzip.decompress(content)
        for refusal in (*refusals, "gzip;q=0, identity;q=0"):
            answer, content = _ask(cached, path, refusal)
            assert "Content-Encoding" not in answer.headers and b"which is number 19" in content, refusal
            assert "Accept-Encoding" in _vary(answer) and len(content) == int(answer.headers["Content-Length"])


def test_no_gzip_in_the_environment_switches_it_off(site):
    site.stop()
    site.directives += "SetEnvIfExpr \"%{HTTP_USER_AGENT} == 'old'\" no-gzip\n"
    site.start()
    for path in ("/public", "/msgs") * 2:
        answer, content = _ask(site, path, "gzip", **{"User-Agent": "old"})
        assert "Content-Encoding" not in answer.headers and b"which is number 19" in content
        answer, content = _ask(site, path, "gzip", **{"User-Agent": "new"})
        assert answer.headers["Content-Encoding"] == "gzip" and b"which is number 19" in gzip.decompress(content)


def test_a_short_answer_stays_plain(cached):
    for _ in range(2):
        answer, content = _ask(cached, "/msgs?no=2", "gzip")
        assert "Content-Encoding" not in answer.headers and len(json.loads(content)) == 2
        assert len(content) == int(answer.headers["Content-Length"]) < 1024


def test_pages_of_a_session_are_not_compressed_by_the_module(cached, database):
    alice = cached.browser().sign_in("alice")
    _ask(cached, "/public", "gzip")
    database.add_message("alice", "new")
    answer, content = alice.as_sent("/public", "gzip")
    text = gzip.decompress(content) if "Content-Encoding" in answer.headers else content
    assert b"new" in text and b"sign out [alice]" in text
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Content-Encoding" in answer.headers) == ("deflate" in cached.modules)


def test_a_long_answer_is_kept_if_its_compressed_form_is_short(cached, database):
    """A page of hostile messages must not be made anew for each browser."""
    database.add_messages("alice", ["&" * 4000] * 30)
    for path in _PAGES:
        assert len(_ask(cached, path, "identity")[1]) > 512 * 1024
        kept = _unpack(*_ask(cached, path, "gzip"))
        database.add_message("alice", f"unseen in {path}")
        assert _unpack(*_ask(cached, path, "gzip")) == kept
        assert f"unseen in {path}".encode() in _ask(cached, path, "identity")[1]


def test_mod_deflate_compresses_answers_that_are_not_kept(site, database):
    database.add_messages("alice", ["x" * 4000] * 300)
    for path in ("/msgs?no=300", "/public?before=253402300799999999-1"):
        answer, content = _ask(site, path, "gzip")
        assert answer.headers["Content-Encoding"] == "gzip" and b"xxx" in gzip.decompress(content)
        database.add_message("alice", f"seen in {path}")
        assert f"seen in {path}".encode() in gzip.decompress(_ask(site, path, "gzip")[1])


def test_a_precondition_that_fails_is_not_marked_as_compressed(cached):
    for _ in range(2):
        answer, content = _ask(cached, "/public", "gzip", **{"If-Match": '"other"'})
        assert answer.status_code == 412 and "ETag" not in answer.headers
        text = gzip.decompress(content) if "Content-Encoding" in answer.headers else content
        assert text.startswith(b"<!") and b"Precondition Failed" in text


def test_a_page_that_mod_include_inserts_is_plain(make_httpd, people, database):
    people("alice")
    web = mount("/twit", "minitwit-web") + (
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

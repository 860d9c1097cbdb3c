# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Virtual hosts of one httpd share the memory of the cache. Hosts with different settings share no answers."""

import itertools

import pytest

from support import metrics
from support.client import Browser, Simulator
from support.mounts import mount

_PATHS = ("/public", "/alice")


def _host(httpd, name, directives="", mount="/"):
    return (
        f"<VirtualHost 127.0.0.1:{httpd.web_port}>\nServerName {name}.example\n{directives}"
        f'<Location "{mount}">\n  SetHandler minitwit-web\n</Location>\n</VirtualHost>\n'
    )


@pytest.fixture
def hosts(make_httpd, templates, people, database):
    """An httpd with a host of each kind. alice has posted one message."""
    people("alice")
    database.add_message("alice", "hello")
    layout = templates / "layout.html"
    layout.write_text(layout.read_text().replace("<title>", "<title>Elsewhere: "))
    httpd = make_httpd(start=False, ops=metrics.OPS)
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    # The first host also serves unknown names.
    httpd.web = ""
    httpd.extra = (
        _host(httpd, "plain")
        + _host(httpd, "gravatar", "MinitwitGravatar On\n")
        + _host(httpd, "templates", f"MinitwitTemplates {templates}\n")
        + _host(httpd, "prefix", mount="/twit")
        + _host(httpd, "same")
    )
    httpd.start()
    return httpd


_PREFIX = {"prefix": "/twit"}
_NAMES = ("plain", "gravatar", "templates", "prefix", "same")


def _get(httpd, name, path):
    answer = Browser(httpd.web_url).get(_PREFIX.get(name, "") + path, headers={"Host": f"{name}.example"})
    assert answer.status_code == 200
    return answer


def _traits(text):
    """The features in which the hosts' pages differ."""
    return ("gravatar.com" in text, "<title>Elsewhere: " in text, 'href="/twit/login"' in text, 'href="/login"' in text)


_TRAITS = {
    "plain": (False, False, False, True),
    "gravatar": (True, False, False, True),
    "templates": (False, True, False, True),
    "prefix": (False, False, True, False),
    "same": (False, False, False, True),
}


def test_each_host_gets_its_own_pages(hosts):
    """The order of two hosts does not matter, nor whether the answer of the other is already in the cache."""
    for first, second in itertools.permutations(_NAMES, 2):
        assert hosts.simulator().tweet("alice", f"{first}, then {second}").status_code == 204
        for name, path in itertools.product((first, second, first, second), _PATHS):
            answer = _get(hosts, name, path)
            assert _traits(answer.text) == _TRAITS[name], name
            assert f"{first}, then {second}" in answer.text


def test_etags_differ_where_pages_differ(hosts):
    etags = {name: _get(hosts, name, "/public").headers["ETag"] for name in _NAMES}
    assert len({etags[name] for name in _NAMES if name != "same"}) == len(_NAMES) - 1
    assert etags["same"] == etags["plain"]
    for name, etag in etags.items():
        for other in ("plain", "gravatar"):
            headers = {"Host": f"{other}.example", "If-None-Match": etag}
            answer = Browser(hosts.web_url).get("/public", headers=headers)
            assert answer.status_code == (304 if etag == etags[other] else 200), (name, other)


@pytest.mark.parametrize("path", _PATHS)
def test_after_a_head_the_whole_answer_is_in_the_cache(hosts, path):
    host = {"Host": "plain.example"}
    head = Browser(hosts.web_url).head(path, headers=host)
    assert (head.status_code, head.content, metrics.cache_lookups(hosts)[0]) == (200, b"", 0)
    answer = Browser(hosts.web_url).get(path, headers=host)
    assert metrics.cache_lookups(hosts)[0] == 1
    assert answer.status_code == 200 and "hello" in answer.text and answer.text.rstrip().endswith("</html>")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    for name in ("Content-Length", "Content-Type", "ETag", "Vary", "Cache-Control"):
        assert head.headers[name] == answer.headers[name]
    # The same holds after a conditional request.
    assert hosts.simulator().tweet("alice", "another").status_code == 204
    etag = answer.headers["ETag"]
    assert Browser(hosts.web_url).head(path, headers=host | {"If-None-Match": etag}).status_code == 200
    again = Browser(hosts.web_url).get(path, headers=host)
    assert "another" in again.text and int(again.headers["Content-Length"]) == len(again.content)


def test_a_head_before_a_get_of_the_api(hosts):
    for path in ("/msgs", "/msgs/alice"):
        head = hosts.simulator().head(path)
        assert (head.status_code, head.content) == (200, b"")
        answer = hosts.simulator().get(path)
        assert [message["content"] for message in answer.json()] == ["hello"]


def test_dates_of_the_api(make_httpd, people, database):
    """Each host answers with its own form of dates, whichever of them fills the cache first, in the plain and in the
    compressed form."""
    people("alice")
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date)"
        " SELECT id, 'n', '2019-12-01 12:00 UTC' FROM users, generate_series(1, 30)"
    )
    httpd = make_httpd(start=False, ops=metrics.OPS)
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    httpd.directives = "MinitwitApiDates Text\n"
    httpd.api = "MinitwitApiDates epoch\n" + mount("/", "minitwit-api")
    httpd.web = mount("/", "minitwit-api")
    httpd.start()
    dates = {httpd.simulator(): 1575201600, Simulator(httpd.web_url): "2019-12-01 12:00:00"}
    for order in itertools.permutations(dates):
        # Ends the answers in the cache.
        assert order[0].tweet("alice", "another").status_code == 204
        for client, path, coding in itertools.product(order * 2, ("/msgs", "/msgs/alice"), ("identity", "gzip")):
            answer = client.get(path, headers={"Accept-Encoding": coding})
            assert answer.headers.get("Content-Encoding", "identity") == coding
            assert answer.json()[-1]["pub_date"] == dates[client]
    # Of the 16 answers of each order, the first of each host and path was not in the cache.
    assert metrics.cache_lookups(httpd) == (24, 8)

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Every request has a name: in the answer, in the access log and in the error log."""

import concurrent.futures
import re

import pytest

from support import installation
from support.client import raw_request

WITH_IDS = 'ErrorLogFormat "[%t] [%-m:%l] [pid %P] %E: [id %L] %M"\n'
MADE = r"[A-Za-z0-9_-]{12}-[0-9a-f]+"


@pytest.mark.smoke
def test_one_is_made(httpd, database):
    mark = httpd.access_log.mark()
    clients = (httpd.browser(), httpd.simulator(), httpd.operator())
    answers = [client.get(path) for client, path in zip(clients, ("/public", "/nowhere", "/livez"))]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(re.fullmatch(MADE, made) for made in ids)
    assert len(set(ids)) == 3
    # Each child writes its lines when it comes to it.
    assert sorted(entry["request_id"] for entry in httpd.access_log.wait(mark, 3)) == sorted(ids)


@pytest.mark.parametrize("sent", ["a", "0af7651916cd43dd8448eb211c80319c", "AZaz09._~+/=-", "x" * 128])
def test_that_of_a_proxy_is_kept(httpd, database, sent):
    mark = httpd.access_log.mark()
    answer = httpd.browser().get("/public", headers={"X-Request-Id": sent})
    assert answer.headers["X-Request-Id"] == sent
    assert httpd.access_log.wait(mark)[0]["request_id"] == sent


@pytest.mark.parametrize("sent", ["", "a b", 'a"b', "x" * 129, "a,b", "\u00e6".encode(), "a\tb", "<x>", "a\\b", "%41"])
def test_an_invalid_one_is_replaced(httpd, database, sent):
    answer = httpd.browser().get("/public", headers={"X-Request-Id": sent})
    assert re.fullmatch(MADE, answer.headers["X-Request-Id"])


def test_two_are_none(httpd, database):
    answer = raw_request(httpd.web_port, "GET /public HTTP/1.1", "X-Request-Id: a", "X-Request-Id: b")
    assert re.fullmatch(MADE, answer.headers["x-request-id"])


def test_all_kinds_of_answers_carry_it(signed_in):
    alice = signed_in("alice")
    for answer in (
        alice.head("/public"),
        alice.get("/favicon.ico", headers={"If-None-Match": alice.get("/favicon.ico").headers["ETag"]}),
        alice.share("hello"),
        alice.post("/login", "x" * 70000),
        alice.get("/nobody"),
        alice.request("OPTIONS", "/login"),
        alice.get("/public", headers={"X-Request-Id": "no id"}),
    ):
        assert re.fullmatch(MADE, answer.headers["X-Request-Id"]), answer.status_code


def test_they_differ_over_children_and_restarts(make_httpd, database):
    httpd = make_httpd()
    seen = []

    def ask(_):
        return httpd.operator().get("/livez").headers["X-Request-Id"]

    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        seen += clients.map(ask, range(200))
        assert httpd.graceful().returncode == 0
        seen += clients.map(ask, range(200))
        httpd.stop()
        httpd.start()
        seen += clients.map(ask, range(200))
    assert len(set(seen)) == 600
    assert len({made[:12] for made in seen}) >= 3


@pytest.mark.expect_log("client denied")
def test_the_error_log_names_it(make_httpd, database):
    httpd = make_httpd(directives=WITH_IDS + '<Location "/forbidden">\n  Require all denied\n</Location>\n')
    mark = httpd.error_log.mark()
    for sent in ("of-the-proxy", None):
        answer = httpd.browser().get("/forbidden", headers={"X-Request-Id": sent})
        assert answer.status_code == 403
        found = installation.wait_until(
            lambda: re.findall(r"\[id ([^]]*)\] AH01630: client denied", httpd.error_log.since(mark)), "the line"
        )
        assert found == [answer.headers["X-Request-Id"]] == [sent or found[0]]
        mark = httpd.error_log.mark()


def test_what_is_logged_early_names_it_too(make_httpd, database):
    """mod_rewrite looks at a request before the mount is found."""
    httpd = make_httpd(directives=WITH_IDS)
    httpd.web += "RewriteEngine On\nRewriteRule ^/nothing$ - [F]\nLogLevel debug rewrite:trace8\n"
    assert httpd.graceful().returncode == 0
    mark = httpd.error_log.mark()
    for sent in ("of-the-proxy", None):
        answer = httpd.browser().get("/public", headers={"X-Request-Id": sent})
        lines = [line for line in httpd.error_log.since(mark).splitlines() if "rewrite:trace" in line]
        assert lines
        assert {re.search(r"\[id ([^]]*)\]", line)[1] for line in lines} == {answer.headers["X-Request-Id"]}
        assert sent in (None, answer.headers["X-Request-Id"])
        mark = httpd.error_log.mark()


def test_an_httpd_without_a_mount_is_left_alone(make_httpd, database):
    httpd = make_httpd(directives=WITH_IDS + "LogLevel debug\n", web="", api="", ops="", start=False)
    (httpd.root / "htdocs" / "file.txt").write_text("hello")
    httpd.extra = f"<Directory {httpd.root}/htdocs>\n  Require all granted\n</Directory>\n"
    httpd.start()
    answer = httpd.browser().get("/file.txt", headers={"X-Request-Id": "of-the-proxy"})
    assert answer.status_code == 200
    assert "X-Request-Id" not in answer.headers
    assert "of-the-proxy" not in httpd.error_log.text

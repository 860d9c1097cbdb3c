# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Each request has an id, in the answer, in the access log and in the error log."""

import concurrent.futures
import re

import pytest

from support import installation
from support.client import raw_request, read_page

WITH_IDS = 'ErrorLogFormat "[%t] [%-m:%l] [pid %P] %E: [id %L] %M"\n'
MADE = r"[A-Za-z0-9_-]{12}-[0-9a-f]+"


@pytest.mark.smoke
def test_each_request_gets_an_id(httpd, database):
    mark = httpd.access_log.mark()
    clients = (httpd.browser(), httpd.simulator(), httpd.operator())
    answers = [client.get(path) for client, path in zip(clients, ("/public", "/nowhere", "/livez"))]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(re.fullmatch(MADE, made) for made in ids)
    assert len(set(ids)) == 3
    # The children may write their lines in another order.
    assert sorted(entry["request_id"] for entry in httpd.access_log.wait(mark, 3)) == sorted(ids)


def test_a_valid_id_of_a_proxy_is_kept(httpd, database):
    sent = "AZaz09._~+/=-" + "x" * 115
    mark = httpd.access_log.mark()
    answer = httpd.browser().get("/public", headers={"X-Request-Id": sent})
    assert answer.headers["X-Request-Id"] == sent
    assert httpd.access_log.wait(mark)[0]["request_id"] == sent


def test_an_invalid_id_is_replaced(httpd, database):
    for sent in (["a b"], [""], ["x" * 129], ["a", "b"]):
        answer = raw_request(httpd.web_port, "GET /public HTTP/1.1", *[f"X-Request-Id: {one}" for one in sent])
        assert re.fullmatch(MADE, answer.headers["x-request-id"]), sent


def test_every_kind_of_answer_carries_the_id(signed_in):
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


def test_ids_differ_between_children_and_after_restarts(make_httpd, database):
    httpd = make_httpd()
    seen = []

    def ask(_):
        return httpd.operator().get("/livez").headers["X-Request-Id"]

    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        seen += clients.map(ask, range(100))
        assert httpd.graceful().returncode == 0
        seen += clients.map(ask, range(100))
        httpd.stop()
        httpd.start()
        seen += clients.map(ask, range(100))
    assert len(set(seen)) == 300
    assert len({made[:12] for made in seen}) >= 3


@pytest.mark.expect_log("client denied")
def test_the_error_log_names_the_id(make_httpd, database):
    """It is also in lines that are written before the mount is found, for example by mod_rewrite."""
    httpd = make_httpd(directives=WITH_IDS + '<Location "/forbidden">\n  Require all denied\n</Location>\n')
    httpd.web += "RewriteEngine On\nRewriteRule ^/nothing$ - [F]\nLogLevel debug rewrite:trace8\n"
    assert httpd.graceful().returncode == 0
    mark = httpd.error_log.mark()
    for sent in ("of-the-proxy", None):
        answer = httpd.browser().get("/forbidden", headers={"X-Request-Id": sent})
        assert answer.status_code == 403
        found = installation.wait_until(
            lambda: re.findall(r"\[id ([^]]*)\] AH01630: client denied", httpd.error_log.since(mark)), "the line"
        )
        assert found == [answer.headers["X-Request-Id"]] == [sent or found[0]]
        lines = [line for line in httpd.error_log.since(mark).splitlines() if "rewrite:trace" in line]
        assert lines and {re.search(r"\[id ([^]]*)\]", line)[1] for line in lines} == set(found)
        mark = httpd.error_log.mark()


@pytest.mark.expect_log("permission denied for table messages")
def test_a_page_about_an_error_of_the_site_shows_the_id(make_httpd, own_database):
    """A reader can give the id to the operators. No page shows a status code."""
    httpd = make_httpd(over=own_database)
    own_database.sql("REVOKE SELECT ON messages FROM minitwit_site")
    answer = httpd.browser().get("/public")
    page = read_page(answer, 503)
    assert page.heading == "Out of Order"
    reference = answer.headers["X-Request-Id"]
    assert page.one("div.body > p.aside").text == f"Reference: {reference}"
    missing = httpd.browser().page("/static/nothing", 404)
    assert missing.select("div.body > p.aside") == []
    assert "503" not in page.one("div.body").text.replace(reference, "") and "404" not in missing.one("div.body").text

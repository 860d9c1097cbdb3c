# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Refusals that the operator's own set-up can cause: the error log states the values to compare, and the remedy.
test_origin.py has those of requests from other sites."""

import pytest

from support.client import Client


def logged(httpd, mark):
    return [line for line in httpd.error_log.since(mark).splitlines() if "[minitwit:warn]" in line]


def test_credentials(httpd, people, database):
    """No line holds what the client sent."""
    client = Client(httpd.api_url)
    for headers, text in (
        ({}, "without credentials: if your own client sent it, the client must send those in"),
        ({"Authorization": "Basic c2VjcmV0OnNlY3JldA=="}, "with wrong credentials: if your own client sent it, compare"),
        ({"Authorization": "Bearer secret"}, "with wrong credentials (its header Authorization is not of the type Basic)"),
    ):
        mark = httpd.error_log.mark()
        with database.unchanged():
            assert client.post("/msgs/alice", json={"content": "x"}, headers=headers).status_code == 403
        (line,) = logged(httpd, mark)
        assert text in line and f'"{httpd.credentials}"' in line
        assert "secret" not in line and "c2VjcmV0" not in line


@pytest.mark.expect_log("a login over (plain HTTP|https), with MinitwitProxyTLS")
def test_a_cookie_that_does_not_fit_the_scheme(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False)
    httpd.api = "MinitwitProxyTLS On\n" + httpd.web
    httpd.start()
    behind_tls, plain = Client(httpd.api_url), Client(httpd.web_url)
    for client, page, text in (
        (behind_tls, "http://site.example", 'a user logged in at "http://site.example", but browsers send'),
        (behind_tls, "https://site.example", None),
        (plain, "http://site.example", None),
        (plain, "https://site.example", "set \"MinitwitProxyTLS On\""),
    ):
        mark = httpd.error_log.mark()
        answer = client.post(
            "/login", {"username": "alice", "password": "secret"}, headers={"Host": "site.example", "Origin": page}
        )
        assert answer.status_code == 302
        client.session.cookies.clear()
        found = logged(httpd, mark)
        assert len(found) == (text is not None), (page, found)
        assert text is None or text in found[0]


@pytest.mark.expect_log("too many wrong passwords")
def test_the_address_of_a_proxy(make_httpd, people, database):
    """Without mod_remoteip, the throttle counts all clients of a proxy as one."""
    people("alice")
    httpd = make_httpd(directives="MinitwitLoginLimit 1\n")
    for headers, text in (
        ({"X-Forwarded-For": '203.0.113.9, "1"'}, 'X-Forwarded-For: "203.0.113.9,%20%221%22". So 127.0.0.1 is probably a proxy'),
        ({"Forwarded": "for=203.0.113.9"}, 'set "RemoteIPHeader X-Forwarded-For" and "RemoteIPInternalProxy 127.0.0.1"'),
        ({}, None),
    ):
        mark = httpd.error_log.mark()
        name = str(len(headers)) + "".join(headers)
        for _ in range(2):
            answer = httpd.browser().post("/login", {"username": name, "password": "x"}, headers=headers)
        assert answer.status_code == 429
        (line,) = logged(httpd, mark)
        assert text in line if text else "The request has the header" not in line


@pytest.mark.expect_log("refused a body of more than MinitwitBodyLimit")
def test_a_body_limit_below_the_message_limit(make_httpd, people, database):
    people("alice")
    httpd = make_httpd(start=False)
    httpd.api = "MinitwitBodyLimit 4096\n" + httpd.api
    httpd.start()
    for client, size, count in ((httpd.browser(), 70000, 0), (httpd.simulator(), 5000, 1)):
        mark = httpd.error_log.mark()
        with database.unchanged():
            assert client.post("/register", {"username": "x" * size}).status_code == 413
        found = logged(httpd, mark)
        assert len(found) == count
    assert '(4096 bytes), which does not fit MinitwitMessageLimit (1000 characters): set "MinitwitBodyLimit 12256"' in found[0]

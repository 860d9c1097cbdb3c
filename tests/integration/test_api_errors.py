# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Requests that the API refuses, and the order of its checks."""

import base64

import pytest

from support.client import Simulator, allow, raw_request, refusal

UNAUTHORIZED = "You are not authorized to use this resource!"


def _basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


RIGHT = _basic("simulator:super_safe!")

PROTECTED = [("GET", "/msgs"), *((method, path) for path in ("/msgs/alice", "/fllws/alice") for method in ("GET", "POST"))]


@pytest.mark.smoke
def test_without_credentials(httpd, people, database):
    people("alice", "bob")
    stranger = Simulator(httpd.api_url, None)
    with database.unchanged():
        for method, path in PROTECTED:
            answer = stranger.request(method, path, json={"content": "x", "follow": "bob"})
            assert refusal(answer, 403) == UNAUTHORIZED
            assert "WWW-Authenticate" not in answer.headers


def test_wrong_credentials(httpd, people, database):
    people("alice")
    client = Simulator(httpd.api_url, None)
    wrong = ["", "Basic !!!", _basic("simulator:super_safe"), _basic("Simulator:super_safe!"), RIGHT + " more"]
    with database.unchanged():
        for header in (*wrong, RIGHT.replace("Basic", "Bearer"), "Basic " + "A" * 4000):
            answer = client.tweet("alice", "hello", headers={"Authorization": header})
            assert refusal(answer, 403) == UNAUTHORIZED, header
    assert client.tweet("alice", "hello", headers={"Authorization": RIGHT.replace("Basic", "bAsIc")}).status_code == 204


def test_403_comes_before_404_and_before_the_body(httpd, people, database):
    people("alice")
    stranger = Simulator(httpd.api_url, None)
    for answer in (stranger.get("/msgs/nobody"), stranger.get("/fllws/nobody"), stranger.post("/msgs/alice", "no JSON")):
        assert refusal(answer, 403) == UNAUTHORIZED


def test_unknown_paths(api):
    for path in ("/", "/nothing", "/msgs/a/b", "/msgs/", "/fllws", "/fllws/", "/latest/", "/register/x"):
        refusal(api.get(path), 404)


def test_wrong_methods(api, people, database):
    people("alice")
    with database.unchanged():
        for method, path, methods in (
            ("POST", "/latest", {"GET", "HEAD", "OPTIONS"}),
            ("HEAD", "/register", {"POST", "OPTIONS"}),
            ("PUT", "/register", {"POST", "OPTIONS"}),
            ("POST", "/msgs", {"GET", "HEAD", "OPTIONS"}),
            ("DELETE", "/msgs/alice", {"GET", "HEAD", "POST", "OPTIONS"}),
            ("PROPFIND", "/fllws/alice", {"GET", "HEAD", "POST", "OPTIONS"}),
            ("NONSENSE", "/fllws/alice", {"GET", "HEAD", "POST", "OPTIONS"}),
        ):
            answer = api.request(method, path, json={"content": "x"})
            assert answer.status_code == 405
            assert allow(answer) == methods
            if method != "HEAD":
                refusal(answer, 405)


def test_head_is_served(api, people):
    people("alice")
    for path in ("/latest", "/msgs", "/msgs/alice", "/fllws/alice"):
        head, answer = api.head(path), api.get(path)
        assert (head.status_code, head.content, head.headers["Content-Type"]) == (200, b"", answer.headers["Content-Type"])
    assert api.head("/msgs/nobody").status_code == 404


def test_options(api, people):
    people("alice")
    for path, methods in (("/msgs", {"GET", "HEAD", "OPTIONS"}), ("/fllws/alice", {"GET", "HEAD", "POST", "OPTIONS"})):
        answer = api.request("OPTIONS", path)
        assert answer.status_code in (200, 204)
        assert allow(answer) == methods


# unit/test_json.c has many more.
NO_JSON_OBJECT = [
    b"", b"[]", b"{", b"content=x", b'{"content": "x",}', b'{"content": "x"} more', b'{"content": "x", "n": NaN}',
    b'{"content": "x" /* comment */}', b'{"content": "x", "n": ' + b"[" * 20000 + b"]" * 20000 + b"}",
    b'{"content": "x\ny"}', b'{"content": "\xff"}', b'{"content": "a\0b"}', b'{"content": "a\\u0000b"}',
    b'{"content": "\\ud800"}', b'{"content": "x", "\\ud800": 1}', '{"content": "x"}'.encode("utf-16"),
]  # fmt: skip


def test_bodies_that_are_not_a_json_object(api, people, database):
    people("alice")
    with database.unchanged():
        for body in NO_JSON_OBJECT:
            refusal(api.post("/msgs/alice", body), 400)
        for path in ("/register", "/fllws/alice"):
            for body in (b"", b'{"follow": "\xff"}', b'{"username": "\\ud800"}', b'{"follow": "alice"} x'):
                refusal(api.post(path, body), 400)


def test_the_content_type_does_not_matter(api, people, database):
    people("alice")
    types = [None, "text/plain", "application/x-www-form-urlencoded", "nonsense", "application/json"]
    for content_type in types:
        answer = api.post("/msgs/alice", b' {"content": "hello"}\r\n', headers={"Content-Type": content_type})
        assert answer.status_code == 204
    assert database.messages() == [("alice", "hello")] * len(types)


def test_a_byte_order_mark_is_skipped(api, people, database):
    people("alice", "bob")
    assert api.post("/register", '{"username": "carol", "email": "a@b", "pwd": "x"}'.encode("utf-8-sig")).status_code == 204
    assert api.post("/msgs/alice", '{"content": "\ufeffhello"}'.encode("utf-8-sig")).status_code == 204
    assert api.post("/fllws/alice", '{"follow": "bob"}'.encode("utf-8-sig")).status_code == 204
    assert (database.messages(), database.follows()) == ([("alice", "\ufeffhello")], [("alice", "bob")])


def test_the_largest_body_is_a_directive(make_httpd, people, database):
    people("alice")
    api = make_httpd(directives="MinitwitBodyLimit 2000\nMinitwitMessageLimit 100\n").simulator()
    body = b'{"content": "x"}'
    assert api.post("/msgs/alice", body + b" " * (2000 - len(body))).status_code == 204
    with database.unchanged():
        refusal(api.post("/msgs/alice", body + b" " * (2001 - len(body))), 413)
        refusal(api.post("/msgs/alice", iter([body] + [b" " * 1000] * 2)), 413)


def test_an_incomplete_body_writes_nothing(httpd, people, database):
    people("alice")
    with database.unchanged():
        answer = raw_request(
            httpd.api_port, "POST /msgs/alice HTTP/1.1", f"Authorization: {RIGHT}", "Content-Length: 500", body=b""
        )
        assert answer.status == 400


def test_paths_that_are_not_utf8(httpd, database):
    for path in ("/msgs/%FF", "/msgs/%C0%AF", "/fllws/a%80"):
        answer = raw_request(httpd.api_port, f"GET {path} HTTP/1.1", f"Authorization: {RIGHT}")
        assert answer.status in (400, 404)


def test_there_are_no_default_credentials(make_httpd, database):
    httpd = make_httpd(start=False)
    httpd.credentials.write_text("other:secret\n")
    httpd.start()
    assert refusal(httpd.simulator().get("/msgs"), 403) == UNAUTHORIZED
    assert Simulator(httpd.api_url, ("other", "secret")).get("/msgs").status_code == 200


def test_answers_are_not_cached(api, people):
    people("alice")
    for path in ("/latest", "/msgs", "/fllws/alice"):
        assert "no-store" in api.get(path).headers["Cache-Control"]

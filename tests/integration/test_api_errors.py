# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What the API refuses, and in what order."""

import base64

import pytest

from support.client import Simulator, allow, raw_request, refusal

UNAUTHORIZED = "You are not authorized to use this resource!"


def _basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


RIGHT = _basic("simulator:super_safe!")

PROTECTED = [
    ("GET", "/msgs"),
    ("GET", "/msgs/alice"),
    ("POST", "/msgs/alice"),
    ("GET", "/fllws/alice"),
    ("POST", "/fllws/alice"),
]


@pytest.mark.smoke
@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_without_credentials(httpd, people, database, method, path):
    people("alice")
    with database.unchanged():
        answer = Simulator(httpd.api_url, None).request(method, path, json={"content": "x", "follow": "alice"})
        assert refusal(answer, 403) == UNAUTHORIZED
        assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        _basic("simulator:super_safe"),
        _basic("simulator:super_safe!!"),
        _basic("Simulator:super_safe!"),
        _basic("simulator:"),
        _basic("simulator"),
        _basic(""),
        _basic(":super_safe!"),
        _basic("simulator:super_safe!\0"),
        "Bearer " + RIGHT.split()[1],
        RIGHT.split()[1],
        RIGHT + " more",
        "Basic " + "A" * 4000,
    ],
)
def test_wrong_credentials(httpd, people, database, header):
    people("alice")
    with database.unchanged():
        answer = Simulator(httpd.api_url, None).tweet("alice", "hello", headers={"Authorization": header})
        assert refusal(answer, 403) == UNAUTHORIZED


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "bAsIc"])
def test_the_scheme_in_any_case(httpd, people, scheme):
    people("alice")
    header = RIGHT.replace("Basic", scheme)
    answer = Simulator(httpd.api_url, None).tweet("alice", "hello", headers={"Authorization": header})
    assert answer.status_code == 204


@pytest.mark.parametrize("path", ["/msgs/nobody", "/fllws/nobody"])
def test_403_comes_before_404(httpd, database, path):
    assert refusal(Simulator(httpd.api_url, None).get(path), 403) == UNAUTHORIZED


def test_403_comes_before_the_body(httpd, people, database):
    people("alice")
    assert refusal(Simulator(httpd.api_url, None).post("/msgs/alice", "no JSON"), 403) == UNAUTHORIZED


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/msgs/a/b", "/msgs/", "/fllws", "/fllws/", "/latest/", "/register/x"]
)
def test_unknown_paths(api, path):
    refusal(api.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path", "methods"),
    [
        ("POST", "/latest", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/register", {"POST", "OPTIONS"}),
        ("HEAD", "/register", {"POST", "OPTIONS"}),
        ("PUT", "/register", {"POST", "OPTIONS"}),
        ("POST", "/msgs", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/msgs", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/msgs/alice", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("PATCH", "/fllws/alice", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("PROPFIND", "/fllws/alice", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("NONSENSE", "/fllws/alice", {"GET", "HEAD", "POST", "OPTIONS"}),
    ],
)
def test_wrong_methods(api, people, database, method, path, methods):
    people("alice")
    with database.unchanged():
        answer = api.request(method, path, json={"content": "x"})
        assert answer.status_code == 405
        assert allow(answer) == methods
        if method != "HEAD":
            refusal(answer, 405)


def test_options(api, people):
    people("alice")
    for path, methods in (("/msgs", {"GET", "HEAD", "OPTIONS"}), ("/fllws/alice", {"GET", "HEAD", "POST", "OPTIONS"})):
        answer = api.request("OPTIONS", path)
        assert answer.status_code in (200, 204)
        assert allow(answer) == methods


NO_JSON_OBJECT = [
    b"",
    b"   ",
    b"null",
    b"[]",
    b'"text"',
    b"1",
    b"true",
    b"{",
    b'{"content"}',
    b'{"content": }',
    b"{'content': 'x'}",
    b'{content: "x"}',
    b'{"content": "x",}',
    b'{"content": "x"} more',
    b'{"content": "x"}{"content": "y"}',
    b'{"content": "x"}\0',
    b'{"content": "x", "n": NaN}',
    b'{"content": "x", "n": Infinity}',
    b'{"content": "x", "n": -Infinity}',
    b'{"content": "x", "n": 01}',
    b'{"content": "x", "n": 1.}',
    b'{"content": "x", "n": +1}',
    b'{"content": "x" /* comment */}',
    b'// comment\n{"content": "x"}',
    b'{"content": "x", "n": ' + b"[" * 17 + b"]" * 17 + b"}",
    b'{"content": "x", "n": ' + b"[" * 20000 + b"]" * 20000 + b"}",
    b'{"content": "x\ny"}',
    b'{"content": "x\ty"}',
    b'{"content": "\x01"}',
    b'{"content": "\xff"}',
    b'{"content": "\xc0\xaf"}',
    b'{"content": "\xed\xa0\x80"}',
    b'{"content": "\xf4\x90\x80\x80"}',
    b'{"content": "\xe2\x82"}',
    b'{"content": "a\0b"}',
    b'{"content": "a\\u0000b"}',
    b'{"content": "\\ud800"}',
    b'{"content": "\\udc00"}',
    b'{"content": "\\ud800\\ud800"}',
    b'{"content": "\\udc00\\ud800"}',
    b'{"content": "\\ud83dx"}',
    b'{"content": "x", "\\ud800": 1}',
    b'{"content": "x", "a": ["\\u0000"]}',
    b'{"content": "\\x41"}',
    b'{"content": "\\u12"}',
    b'{"content": "x" "y"}',
    b'{"content": TRUE}',
    b'\xef\xbb\xbf{"content": "x"}',
    '{"content": "x"}'.encode("utf-16"),
    b"content=x",
]


@pytest.mark.parametrize("body", NO_JSON_OBJECT)
def test_bodies_that_are_no_json_object(api, people, database, body):
    people("alice")
    with database.unchanged():
        refusal(api.post("/msgs/alice", body), 400)


@pytest.mark.parametrize("path", ["/register", "/fllws/alice"])
@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"follow": "\xff"}', b'{"username": "\\ud800"}', b'{"follow": "alice"} x']
)
def test_every_route_is_strict(api, people, database, path, body):
    people("alice")
    with database.unchanged():
        refusal(api.post(path, body), 400)


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "nonsense", "application/json"]
)
def test_the_content_type_does_not_matter(api, people, database, content_type):
    people("alice")
    answer = api.post("/msgs/alice", b' {"content": "hello"}\r\n', headers={"Content-Type": content_type})
    assert answer.status_code == 204
    assert database.messages() == [("alice", "hello")]


def test_a_body_too_large(api, people, database):
    people("alice")
    with database.unchanged():
        refusal(api.post("/msgs/alice", b'{"content": "x"}' + b" " * 66000), 413)
        refusal(api.post("/register", b" " * 1000000), 413)
        refusal(api.post("/fllws/alice", b" " * 66000), 413)


def test_a_chunked_body_too_large(api, people, database):
    people("alice")
    with database.unchanged():
        refusal(api.post("/msgs/alice", iter([b'{"content": "x"}'] + [b" " * 1000] * 70)), 413)


def test_a_chunked_body(api, people, database):
    people("alice")
    assert api.post("/msgs/alice", iter([b'{"cont', b'ent": "he', b'llo"}'])).status_code == 204
    assert database.messages() == [("alice", "hello")]


def test_the_largest_body_is_a_directive(make_httpd, people, database):
    people("alice")
    api = make_httpd(directives="MinitwitBodyLimit 2000").simulator()
    body = b'{"content": "x"}'
    assert api.post("/msgs/alice", body + b" " * (2000 - len(body))).status_code == 204
    with database.unchanged():
        refusal(api.post("/msgs/alice", body + b" " * (2001 - len(body))), 413)


def test_a_client_that_breaks_off_writes_nothing(httpd, people, database):
    people("alice")
    with database.unchanged():
        answer = raw_request(
            httpd.api_port, "POST /msgs/alice HTTP/1.1", f"Authorization: {RIGHT}", "Content-Length: 500", body=b""
        )
        assert answer.status == 400


def test_paths_that_are_no_utf8(httpd, database):
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

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The id of the simulator's newest action."""

import pytest

from support.client import Simulator, quote, refusal


def test_is_minus_one_before_any(api):
    answer = api.get("/latest")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    assert answer.json() == {"latest": -1}


@pytest.mark.smoke
def test_needs_no_credentials(httpd, database):
    assert Simulator(httpd.api_url, None).latest() == -1


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("0", 0),
        ("1", 1),
        ("1337", 1337),
        ("007", 7),
        ("-2", -2),
        ("-5", -5),
        ("%207%20", 7),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_integers_count(api, sent, read):
    assert api.get(f"/msgs?latest={sent}").status_code == 200
    assert api.latest() == read


@pytest.mark.parametrize(
    "sent",
    [
        "-1",
        "",
        "abc",
        "1.5",
        "1e3",
        "0x10",
        "12abc",
        "--3",
        "9223372036854775808",
        "-9223372036854775809",
        "%00",
        "%FF",
        "%",
    ],
)
def test_anything_else_is_ignored(api, sent):
    api.get("/msgs?latest=42")
    api.get(f"/msgs?latest={sent}")
    assert api.latest() == 42


def test_goes_back_too(api):
    api.get("/msgs?latest=42")
    api.get("/msgs?latest=41")
    assert api.latest() == 41


def test_stays_without_the_parameter(api):
    api.get("/msgs?latest=42")
    api.get("/msgs")
    assert api.latest() == 42


def test_latest_itself_records_nothing(api):
    api.get("/msgs?latest=42")
    assert api.get("/latest?latest=7").json() == {"latest": 42}
    assert api.latest() == 42


def test_every_route_records(api, people):
    people("alice", "bob")
    requests = [
        lambda n: api.register("carol", params={"latest": n}),
        lambda n: api.get("/msgs", params={"latest": n}),
        lambda n: api.get("/msgs/alice", params={"latest": n}),
        lambda n: api.tweet("alice", "hello", params={"latest": n}),
        lambda n: api.get("/fllws/alice", params={"latest": n}),
        lambda n: api.follow("alice", "bob", params={"latest": n}),
        lambda n: api.unfollow("alice", "bob", params={"latest": n}),
    ]
    for number, request in enumerate(requests, 100):
        assert request(number).status_code in (200, 204)
        assert api.latest() == number


def test_advances_on_requests_that_fail(httpd, api, people, database):
    people("alice")
    stranger = Simulator(httpd.api_url, ("simulator", "wrong"))
    failing = [
        (403, lambda n: stranger.get("/msgs", params={"latest": n})),
        (403, lambda n: stranger.tweet("alice", "hello", params={"latest": n})),
        (403, lambda n: stranger.get("/fllws/nobody", params={"latest": n})),
        (404, lambda n: api.get("/msgs/nobody", params={"latest": n})),
        (404, lambda n: api.tweet("nobody", "hello", params={"latest": n})),
        (404, lambda n: api.get("/fllws/nobody", params={"latest": n})),
        (404, lambda n: api.follow("nobody", "alice", params={"latest": n})),
        (404, lambda n: api.follow("alice", "nobody", params={"latest": n})),
        (400, lambda n: api.post("/msgs/alice", "{", params={"latest": n})),
        (400, lambda n: api.post("/fllws/alice", "[]", params={"latest": n})),
        (400, lambda n: api.post("/register", "nonsense", params={"latest": n})),
        (400, lambda n: api.register("alice", params={"latest": n})),
        (400, lambda n: api.register("", params={"latest": n})),
        (413, lambda n: api.post("/msgs/alice", "x" * 70000, params={"latest": n})),
    ]
    with database.unchanged():
        for number, (status, request) in enumerate(failing, 500):
            assert request(number).status_code == status
            assert api.latest() == number


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/register", {"username": "bob", "email": "bob@example.org", "pwd": "secret"}),
        ("/msgs/alice", {"content": "hello"}),
        ("/fllws/alice", {"follow": "bob"}),
    ],
)
def test_advances_on_requests_of_another_site(api, people, database, path, body):
    people("alice")
    with database.unchanged():
        answer = api.post(path, json=body, params={"latest": 5}, headers={"Origin": "http://elsewhere.example"})
        refusal(answer, 403)
        assert database.latest() == 5
        refusal(api.post(path, json=body, headers={"Origin": "http://elsewhere.example"}), 403)
    assert database.latest() == 5


def test_name_is_decoded_like_any_field(api):
    api.get(f"/msgs?{quote('l')}atest=9&no=1")
    assert api.latest() == 9


def test_head_is_served(api):
    answer = api.head("/latest")
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""GET /latest: the id of the simulator's newest action."""

import pytest

from support.client import Simulator, refusal


@pytest.mark.smoke
def test_is_minus_one_at_first_and_needs_no_credentials(httpd, database):
    answer = Simulator(httpd.api_url, None).get("/latest")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    assert answer.json() == {"latest": -1}


def test_integers_count(api):
    """A smaller number counts as well."""
    for sent, read in {
        "0": 0,
        "1337": 1337,
        "007": 7,
        "-2": -2,
        "%207%20": 7,
        "9223372036854775807": 2**63 - 1,
        "-9223372036854775808": -(2**63),
    }.items():
        assert api.get(f"/msgs?latest={sent}").status_code == 200
        assert api.latest() == read


def test_other_values_are_ignored(api):
    api.get("/msgs?latest=42")
    for sent in ("-1", "", "abc", "1.5", "12abc", "9223372036854775808", "-9223372036854775809", "%00", "%FF", "%"):
        api.get(f"/msgs?latest={sent}")
        assert api.latest() == 42, sent
    api.get("/msgs")
    assert api.latest() == 42


def test_the_request_for_latest_records_nothing(api):
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


def test_advances_on_requests_of_another_site(api, people, database):
    people("alice")
    bodies = {
        "/register": {"username": "bob", "email": "bob@example.org", "pwd": "secret"},
        "/msgs/alice": {"content": "hello"},
        "/fllws/alice": {"follow": "bob"},
    }
    elsewhere = {"Origin": "http://elsewhere.example"}
    with database.unchanged():
        for number, (path, body) in enumerate(bodies.items(), 5):
            refusal(api.post(path, json=body, params={"latest": number}, headers=elsewhere), 403)
            assert database.latest() == number
            refusal(api.post(path, json=body, headers=elsewhere), 403)
            assert database.latest() == number


def test_the_name_may_be_percent_encoded(api):
    api.get("/msgs?%6Catest=9&no=1")
    assert api.latest() == 9

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Following through the API."""

import pytest

from support import installation, processes
from support.client import refusal


@pytest.mark.smoke
def test_follow_and_unfollow(api, people, database):
    people("alice", "bob")
    answer = api.follow("alice", "bob")
    assert answer.status_code == 204
    assert answer.content == b""
    assert database.follows() == [("alice", "bob")]
    answer = api.get("/fllws/alice")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    assert answer.json() == {"follows": ["bob"]}
    assert api.get("/fllws/bob").json() == {"follows": []}
    assert api.unfollow("alice", "bob").status_code == 204
    assert database.follows() == []
    assert api.get("/fllws/alice").json() == {"follows": []}


def test_repeating_and_following_oneself_change_nothing(api, people, database):
    people("alice", "bob")
    api.follow("alice", "bob")
    with database.unchanged():
        assert api.follow("alice", "bob").status_code == 204
    api.unfollow("alice", "bob")
    with database.unchanged():
        assert api.unfollow("alice", "bob").status_code == 204
        assert api.follow("alice", "alice").status_code == 204
        assert api.unfollow("alice", "alice").status_code == 204


def test_both_keys_mean_follow(api, people, database):
    people("alice", "bob", "carol")
    assert api.post("/fllws/alice", json={"unfollow": "carol", "follow": "bob"}).status_code == 204
    assert database.follows() == [("alice", "bob")]
    assert api.post("/fllws/alice", json={"follow": "carol", "unfollow": "bob"}).status_code == 204
    assert database.follows() == [("alice", "bob"), ("alice", "carol")]


def test_null_means_that_the_key_is_absent(api, people, database):
    people("alice", "bob")
    assert api.post("/fllws/alice", json={"follow": "bob", "unfollow": None}).status_code == 204
    assert database.follows() == [("alice", "bob")]
    assert api.post("/fllws/alice", json={"follow": None, "unfollow": "bob"}).status_code == 204
    assert database.follows() == []
    with database.unchanged():
        refusal(api.post("/fllws/alice", json={"follow": None, "unfollow": None}), 400)
        refusal(api.post("/fllws/alice", json={"follow": 1, "unfollow": "bob"}), 400)


def test_unknown_actor(api, people, database):
    people("bob")
    with database.unchanged():
        refusal(api.get("/fllws/nobody"), 404)
        refusal(api.follow("nobody", "bob"), 404)
        refusal(api.unfollow("nobody", "bob"), 404)
        refusal(api.post("/fllws/nobody", "no JSON at all"), 404)
        refusal(api.post("/fllws/nobody", json={}), 404)


def test_unknown_target(api, people, database):
    people("alice")
    with database.unchanged():
        refusal(api.follow("alice", "nobody"), 404)
        refusal(api.unfollow("alice", "nobody"), 404)
        refusal(api.follow("alice", ""), 404)


def test_a_key_missing_or_of_a_wrong_type(api, people, database):
    people("alice", "bob")
    api.follow("alice", "bob")
    bodies = ({}, {"follows": "bob"}, {"follow": None}, {"follow": 1}, {"unfollow": ["bob"]}, {"unfollow": True})
    with database.unchanged():
        for body in bodies:
            refusal(api.post("/fllws/alice", json=body), 400)


def test_how_many(api, people, database):
    people("alice")
    database.sql(
        "INSERT INTO users (username, email, password_hash)"
        " SELECT 'u' || n, 'u@example.org', '' FROM generate_series(1, 110) n"
    )
    database.sql(
        "INSERT INTO followers (who_id, whom_id)"
        " SELECT a.id, b.id FROM users a, users b WHERE a.username = 'alice' AND a.id <> b.id"
    )
    for query, count in {
        "": 100, "?no=0": 0, "?no=2": 2, "?no=101": 101, "?no=-3": 110, "?no=1000": 110, "?no=x": 100
    }.items():  # fmt: skip
        answer = api.get("/fllws/alice" + query).json()
        assert len(answer["follows"]) == count, query
        assert set(answer["follows"]) <= {f"u{n}" for n in range(1, 111)}


def test_the_ceiling(make_httpd, people, database):
    people("alice", "bob", "carol", "dave")
    api = make_httpd(directives="MinitwitApiRowLimit 2").simulator()
    for name in ("bob", "carol", "dave"):
        api.follow("alice", name)
    assert len(api.get("/fllws/alice").json()["follows"]) == 2
    assert len(api.get("/fllws/alice?no=-1").json()["follows"]) == 2


def _follow_many(database, count, width):
    """Makes alice follow this number of users, in the order of their numbers. Returns their names."""
    database.sql(
        "INSERT INTO users (username, email, password_hash)"
        " SELECT n || repeat('x', %s), '', '' FROM generate_series(1, %s) n", width, count,
    )  # fmt: skip
    database.sql(
        "INSERT INTO followers (who_id, whom_id) SELECT a.id, b.id FROM users a, users b"
        " WHERE a.username = 'alice' AND b.username <> 'alice' ORDER BY b.id"
    )
    return [f"{n}{'x' * width}" for n in range(1, count + 1)]


def test_a_long_answer_is_complete(api, people, database):
    """The module reads the answer in parts. No name is missing or repeated between parts."""
    people("alice")
    expected = _follow_many(database, 20000, 0)
    for rows in (9999, 10000, 10001, 20000, -1):
        assert api.get(f"/fllws/alice?no={rows}").json()["follows"] == expected[: rows if rows > 0 else None]


def test_the_size_of_an_answer_is_limited(make_httpd, people, database):
    """The memory is limited, too. The answer is valid and ends after the names that fit."""
    people("alice")
    expected = _follow_many(database, 100000, 240)
    httpd = make_httpd(directives="MinitwitApiSizeLimit 1\n")
    assert httpd.simulator().get("/fllws/alice").status_code == 200
    before = {child: processes.peak_memory(child) for child in httpd.children()}
    answer = httpd.simulator().get("/fllws/alice?no=-1")
    assert 2**20 <= len(answer.content) < 2**20 + 400
    names = answer.json()["follows"]
    assert names == expected[: len(names)]
    if not installation.SANITIZE:
        # All names together have 24 MB.
        assert max(processes.peak_memory(child) - used for child, used in before.items()) < 20 * 2**20


def test_odd_names(api, people):
    people("Roger Histand", "ø&.", '"quoted"')
    assert api.follow("Roger Histand", "ø&.").status_code == 204
    assert api.follow("Roger Histand", '"quoted"').status_code == 204
    assert set(api.get("/fllws/Roger%20Histand").json()["follows"]) == {"ø&.", '"quoted"'}

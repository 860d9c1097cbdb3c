# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Reading and posting messages through the API."""

import time

import pytest

from support import installation, processes
from support.client import refusal


@pytest.mark.smoke
def test_a_message_is_posted_and_read(api, people):
    people("alice")
    before = int(time.time())
    answer = api.tweet("alice", "Hello, world")
    assert answer.status_code == 204
    assert answer.content == b""
    answer = api.get("/msgs")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    (message,) = answer.json()
    assert set(message) == {"content", "pub_date", "user"}
    assert message["content"] == "Hello, world"
    assert message["user"] == "alice"
    assert isinstance(message["pub_date"], int)
    assert before - 1 <= message["pub_date"] <= time.time() + 1


def test_none_is_an_empty_array(api, people):
    assert api.get("/msgs").json() == []
    people("alice")
    assert api.get("/msgs/alice").json() == []


def test_order_of_messages(api, people, database):
    people("alice", "bob")
    database.add_message("alice", "old", age=100)
    database.add_message("bob", "first of two", age=50.5)
    database.add_message("bob", "new", age=10)
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date)"
        " SELECT author_id, 'second of two', pub_date FROM messages WHERE text = 'first of two'"
    )
    texts = [message["content"] for message in api.get("/msgs").json()]
    assert texts == ["new", "second of two", "first of two", "old"]
    texts = [message["content"] for message in api.get("/msgs/bob").json()]
    assert texts == ["new", "second of two", "first of two"]


def test_one_users_messages(api, people):
    people("alice", "bob")
    api.tweet("alice", "mine")
    api.tweet("bob", "his")
    assert [(m["user"], m["content"]) for m in api.get("/msgs/alice").json()] == [("alice", "mine")]
    assert [(m["user"], m["content"]) for m in api.get("/msgs/bob").json()] == [("bob", "his")]


def test_flagged_messages_are_hidden(api, people, database):
    people("alice")
    database.add_message("alice", "shown")
    database.add_message("alice", "hidden", flagged=True)
    assert [message["content"] for message in api.get("/msgs").json()] == ["shown"]
    assert [message["content"] for message in api.get("/msgs/alice").json()] == ["shown"]
    assert ("alice", "hidden") in database.messages()


def test_how_many(api, people, database):
    people("alice")
    database.sql("INSERT INTO messages (author_id, text) SELECT id, 'n' FROM users, generate_series(1, 130)")
    counts = {
        "": 100, "?no=0": 0, "?no=3": 3, "?no=120": 120, "?no=1000": 130, "?no=-1": 130, "?no=abc": 100, "?no=": 100,
        "?no=1.5": 100, "?no=99999999999999999999": 130, "?latest=7&no=2": 2,
    }  # fmt: skip
    for path in ("/msgs", "/msgs/alice"):
        for query, count in counts.items():
            assert len(api.get(path + query).json()) == count, path + query


def test_the_ceiling(make_httpd, people, database):
    people("alice")
    database.sql("INSERT INTO messages (author_id, text) SELECT id, 'n' FROM users, generate_series(1, 9)")
    api = make_httpd(directives="MinitwitApiRowLimit 5").simulator()
    for number, count in {-1: 5, 6: 5, 1000000: 5, 4: 4}.items():
        assert len(api.get(f"/msgs?no={number}").json()) == count


def test_unknown_users(api, database):
    """The API looks for the user before it reads the body."""
    with database.unchanged():
        refusal(api.get("/msgs/nobody"), 404)
        refusal(api.tweet("nobody", "hello"), 404)
        refusal(api.post("/msgs/nobody", "no JSON at all"), 404)


def test_empty_content_is_stored(api, people, database):
    people("alice")
    assert api.tweet("alice", "").status_code == 204
    assert database.messages() == [("alice", "")]


def test_content_missing_or_of_a_wrong_type(api, people, database):
    people("alice")
    with database.unchanged():
        for body in ({}, {"text": "hello"}, *({"content": value} for value in (None, 1, True, [], {}, ["text"]))):
            refusal(api.post("/msgs/alice", json=body), 400)


def test_text_is_stored_as_typed(api, people, database):
    people("alice")
    for text in (
        "Ærø 💙 \u202e", "<script>alert('x')</script> & \"quotes\"", "line\nend\ttab", " spaces kept ", "back\\slash \\u0041",
        "\u2028", "\x01\x08\x0c\x1f\x7f", "💙" * 1000,
    ):  # fmt: skip
        assert api.tweet("alice", text).status_code == 204
        assert database.messages()[-1] == ("alice", text)
        assert api.get("/msgs/alice").json()[0]["content"] == text


def test_the_longest_message_is_a_directive(make_httpd, people, database):
    people("alice")
    api = make_httpd(directives="MinitwitMessageLimit 5").simulator()
    assert api.tweet("alice", "12345").status_code == 204
    with database.unchanged():
        refusal(api.tweet("alice", "123456"), 400)


def test_an_encoded_name(api, people):
    people("Roger Histand", "a+b")
    assert api.post("/msgs/Roger%20Histand", json={"content": "hello"}).status_code == 204
    assert api.post("/msgs/a+b", json={"content": "plus"}).status_code == 204
    assert api.post("/msgs/a%2Bb", json={"content": "plus too"}).status_code == 204
    assert [m["user"] for m in api.get("/msgs").json()] == ["a+b", "a+b", "Roger Histand"]


def test_a_long_answer_is_complete(api, people, database):
    """The module reads the answer in parts. No message is missing or repeated between parts, even within one second."""
    people("alice", "bob")
    database.sql(
        "INSERT INTO messages (author_id, text, pub_date) SELECT u.id, n::text, now() - n / 700 * interval '1 second'"
        " FROM generate_series(1, 4000) n JOIN users u ON u.username = CASE WHEN n % 2 = 0 THEN 'alice' ELSE 'bob' END"
    )
    expected = [text for _, text in database.sql("SELECT id, text FROM messages ORDER BY pub_date DESC, id DESC")]
    for rows in (999, 1000, 1001, 2000, 4000, -1):
        count = rows if rows > 0 else None
        assert [row["content"] for row in api.get(f"/msgs?no={rows}").json()] == expected[:count]
        of_alice = [text for text in expected if int(text) % 2 == 0]
        assert [row["content"] for row in api.get(f"/msgs/alice?no={rows}").json()] == of_alice[:count]


def test_the_size_of_an_answer_is_limited(make_httpd, people, database):
    """The memory is limited, too. The answer is valid and ends after the newest messages that fit."""
    people("alice")
    database.sql(
        "INSERT INTO messages (author_id, text) SELECT id, n || repeat('x', 1000) FROM users, generate_series(1, 60000) n"
    )
    httpd = make_httpd(directives="MinitwitApiSizeLimit 1\n")
    assert httpd.simulator().get("/msgs").status_code == 200
    before = {child: processes.peak_memory(child) for child in httpd.children()}
    for path in ("/msgs?no=-1", "/msgs/alice?no=-1"):
        answer = httpd.simulator().get(path)
        assert 2**20 <= len(answer.content) < 2**20 + 1100
        rows = answer.json()
        assert [int(row["content"].rstrip("x")) for row in rows] == list(range(60000, 60000 - len(rows), -1))
    if not installation.SANITIZE:
        # All rows have 60 MB.
        assert max(processes.peak_memory(child) - used for child, used in before.items()) < 30 * 2**20

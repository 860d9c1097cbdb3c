# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Reading and posting messages through the API."""

import time

import pytest

from support.client import Simulator, refusal


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


def test_newest_first_and_the_later_of_one_second_before(api, people, database):
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


@pytest.mark.parametrize("path", ["/msgs", "/msgs/alice"])
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 100),
        ("?no=0", 0),
        ("?no=1", 1),
        ("?no=3", 3),
        ("?no=120", 120),
        ("?no=1000", 130),
        ("?no=-1", 130),
        ("?no=-9223372036854775808", 130),
        ("?no=9223372036854775807", 130),
        ("?no=abc", 100),
        ("?no=", 100),
        ("?no=1.5", 100),
        ("?no=99999999999999999999", 130),
        ("?latest=7&no=2", 2),
    ],
)
def test_how_many(api, people, database, path, query, count):
    people("alice")
    database.sql("INSERT INTO messages (author_id, text) SELECT id, 'n' FROM users, generate_series(1, 130)")
    assert len(api.get(path + query).json()) == count


@pytest.mark.parametrize("number", [-1, 6, 1000000])
def test_the_ceiling(make_httpd, people, database, number):
    people("alice")
    database.sql("INSERT INTO messages (author_id, text) SELECT id, 'n' FROM users, generate_series(1, 9)")
    api = make_httpd(directives="MinitwitApiRowLimit 5").simulator()
    assert len(api.get(f"/msgs?no={number}").json()) == 5
    assert len(api.get("/msgs?no=4").json()) == 4


def test_unknown_users(api, database):
    with database.unchanged():
        refusal(api.get("/msgs/nobody"), 404)
        refusal(api.tweet("nobody", "hello"), 404)


def test_an_unknown_user_is_found_out_before_the_body_is_read(api, database):
    with database.unchanged():
        refusal(api.post("/msgs/nobody", "no JSON at all"), 404)


def test_empty_content_is_stored(api, people, database):
    people("alice")
    assert api.tweet("alice", "").status_code == 204
    assert database.messages() == [("alice", "")]


@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["text"]])
def test_content_of_a_wrong_type(api, people, database, value):
    people("alice")
    with database.unchanged():
        refusal(api.tweet("alice", value), 400)


def test_content_missing(api, people, database):
    people("alice")
    with database.unchanged():
        refusal(api.post("/msgs/alice", json={}), 400)
        refusal(api.post("/msgs/alice", json={"text": "hello"}), 400)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "Ærø 💙 \u202e",
        "<script>alert('x')</script> & \"quotes\"",
        "line\nend\ttab",
        " spaces kept ",
        "back\\slash \\u0041",
        "\u2028",
        "\x01\x1f\x7f",
        "x" * 1000,
        "💙" * 1000,
    ],
)
def test_text_is_stored_as_typed(api, people, database, text):
    people("alice")
    assert api.tweet("alice", text).status_code == 204
    assert database.messages() == [("alice", text)]
    assert api.get("/msgs/alice").json()[0]["content"] == text


@pytest.mark.parametrize("text", ["x" * 1001, "💙" * 1001])
def test_too_long_a_message(api, people, database, text):
    people("alice")
    with database.unchanged():
        assert "1000" in refusal(api.tweet("alice", text), 400).replace(",", "")


def test_the_longest_message_is_a_directive(make_httpd, people, database):
    people("alice")
    api = make_httpd(directives="MinitwitMessageLimit 5").simulator()
    assert api.tweet("alice", "12345").status_code == 204
    with database.unchanged():
        refusal(api.tweet("alice", "123456"), 400)


def test_escapes_in_json_are_understood(api, people, database):
    people("alice")
    body = rb'{"content": "\ud83d\udc99 \u00e6 \" \\ \/ \b\f\n\r\t"}'
    assert api.post("/msgs/alice", body).status_code == 204
    assert database.messages() == [("alice", '💙 æ " \\ / \b\f\n\r\t')]


def test_other_credentials_write_nothing(httpd, people, database):
    people("alice")
    with database.unchanged():
        refusal(Simulator(httpd.api_url, None).tweet("alice", "hello"), 403)


def test_an_encoded_name(api, people):
    people("Roger Histand", "a+b")
    assert api.post("/msgs/Roger%20Histand", json={"content": "hello"}).status_code == 204
    assert api.post("/msgs/a+b", json={"content": "plus"}).status_code == 204
    assert api.post("/msgs/a%2Bb", json={"content": "plus too"}).status_code == 204
    assert [m["user"] for m in api.get("/msgs").json()] == ["a+b", "a+b", "Roger Histand"]


def test_head_is_served(api, people):
    people("alice")
    for path in ("/msgs", "/msgs/alice"):
        answer = api.head(path)
        assert answer.status_code == 200
        assert answer.content == b""
    assert api.head("/msgs/nobody").status_code == 404

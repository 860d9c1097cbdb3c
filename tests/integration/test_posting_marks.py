# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A post stores the users and the tags that its text mentions, and the message that it answers."""

import pytest

from support.client import location

QUOTES = "O'Brien \\ {x},y"
COMPOSED, DECOMPOSED = "zo\u00eb", "zoe\u0308"

# (text of a message by alice, mentioned users, tags)
CASES = [
    ("plain", [], []),
    ("@bob and @bob, @nobody, @alice", ["bob"], []),
    ("(@bob) mail@bob.example @Bob", ["bob"], []),
    (f'@"{QUOTES}" @"Roger Histand"!', ["Roger Histand", QUOTES], []),
    (f"@{DECOMPOSED} @{COMPOSED}", [COMPOSED], []),
    ('@"bob\\" @" bob"', [], []),
    ("#One #one #\u00dcBER #stra\u00dfe #x'y", [], ["one", "strasse", "x", "\u00fcber"]),
    ("#<script> #a{b} #c\\d #1", [], ["a", "c"]),
    ("@bob #one https://example.org/#two", ["bob"], ["one"]),
]


@pytest.mark.smoke
def test_mentions_and_tags_are_stored(signed_in, people, api, database):
    """This applies to posts on the site and through the API. A name means the user with exactly this name, otherwise
    the user with its NFC."""
    alice = signed_in("alice")
    people("bob", "Roger Histand", QUOTES, COMPOSED)
    for text, mentions, tags in CASES:
        for post in (alice.share, lambda text: api.tweet("alice", text)):
            assert post(text).status_code in (204, 302)
            assert sorted(database.mentions()) == sorted((name, text) for name in mentions), text
            assert database.tags() == [(tag, text) for tag in tags], text
            assert database.messages() == [("alice", text)]
            database.sql("DELETE FROM messages")
            assert database.mentions() == database.tags() == []


def test_the_exact_name_comes_before_its_nfc(signed_in, people, database):
    """Another program may have stored a name that is not in NFC."""
    alice = signed_in("alice")
    people(COMPOSED, "other")
    database.sql("UPDATE users SET username = %s WHERE username = 'other'", DECOMPOSED)
    for name in (COMPOSED, DECOMPOSED):
        alice.share(f"@{name}")
    assert [name for name, _ in database.mentions()] == [COMPOSED, DECOMPOSED]


def test_many_mentions_and_tags(make_httpd, people, database):
    """Only the first 50 different users and the first 50 different tags are stored."""
    names = [f"user{number}" for number in range(60)]
    people("alice")
    database.sql("INSERT INTO users (username, email, password_hash) SELECT name, '', '*' FROM unnest(%s) name", names)
    alice = make_httpd(directives="MinitwitMessageLimit 20000").browser().sign_in("alice")
    text = " ".join(f"@{name} #{name}" for name in names for _ in range(20))
    assert location(alice.share(text)) == "/"
    assert sorted(name for name, _ in database.mentions()) == sorted(names[:50])
    assert sorted(tag for tag, _ in database.tags()) == sorted(names[:50])


def test_a_user_who_is_deleted_at_the_same_moment(signed_in, people, database, api):
    """The post succeeds without the mention."""
    alice = signed_in("alice")
    for post in (alice.share, lambda text: api.tweet("alice", text)):
        people("bob")
        lock = "SELECT FROM users WHERE username = 'bob' FOR UPDATE; DELETE FROM users WHERE username = 'bob'"
        assert database.meet(lock, lambda: post("@bob")).status_code in (204, 302)
    assert database.messages() == [("alice", "@bob")] * 2 and database.mentions() == []


def _answer(browser, text, answers):
    return browser.post("/add_message", {"text": text, "answers": answers})


@pytest.mark.smoke
def test_an_answer(signed_in, people, database):
    """An answer stores the answered message and its author. The author counts as mentioned, unless they answer
    themselves."""
    alice = signed_in("alice")
    bob = signed_in("bob")
    people("carl")
    alice.share("question")
    question = database.value("SELECT id FROM messages")
    answer = _answer(bob, "@carl @alice yes", question)
    assert location(answer) == f"/alice/{question}"
    page = bob.follow(answer)
    assert page.flashes == ["Your message was recorded"] and page.texts == ["question", "@carl @alice yes"]
    assert location(_answer(alice, "thanks", question)) == f"/alice/{question}"
    found = database.sql(
        "SELECT m.text, a.text, u.username FROM messages m JOIN messages a ON a.id = m.answers_id"
        " JOIN users u ON u.id = m.answers_author_id ORDER BY m.id"
    )
    assert found == [("@carl @alice yes", "question", "alice"), ("thanks", "question", "alice")]
    assert sorted(database.mentions()) == [("alice", "@carl @alice yes"), ("carl", "@carl @alice yes")]


def test_an_answer_that_is_refused(signed_in, site, database):
    """The page has the text, and a form that can send it. Nothing is stored."""
    alice = signed_in("alice")
    alice.share("question")
    question = database.value("SELECT id FROM messages")
    cases = [(value, 400, {}) for value in ("", "0", "-1", "x", "1.5", "9" * 20, "1 or 1=1")]
    cases += [(str(question + 1), 410, {})]
    for value, status, hidden in cases:
        with database.unchanged():
            page = alice.submit("/add_message", status=status, text='"mine"', answers=value)
        assert page.one(".problem").text in (
            'The form is damaged: its field "answers" is not the number of a message.',
            "The message that you reply to no longer exists.",
        )
        assert page.one("form")["action"] == "/add_message" and page.one("textarea").text.strip() == '"mine"'
        assert {field["name"]: field["value"] for field in page.select("input[type=hidden]")} == hidden
    database.sql("UPDATE messages SET flagged = true")
    with database.unchanged():
        alice.submit("/add_message", status=410, text="mine", answers=question)
        page = site.submit("/add_message", status=401, text="mine", answers=question)
        assert page.one("form")["action"] == "/login"
        assert [field["value"] for field in page.select("input[name=answers]")] == [str(question)]


def test_an_answer_after_the_end_of_the_session(signed_in, people, site, database):
    """The login keeps the answered message, also if only the second attempt succeeds."""
    signed_in("alice").share("question")
    people("bob")
    question = database.value("SELECT id FROM messages")
    fields = {"username": "bob", "text": "yes", "answers": str(question)}
    page = site.submit("/login", **fields, password="wrong")
    assert page.errors == ["Error: Invalid password"] and page.one("textarea[name=text]").text.strip() == "yes"
    assert page.one("input[name=answers]")["value"] == str(question)
    assert location(site.post("/login", fields | {"password": "secret"})) == f"/alice/{question}"
    assert database.sql("SELECT text, answers_id FROM messages ORDER BY id")[1:] == [("yes", question)]


def test_an_answered_user_who_is_deleted_at_the_same_moment(signed_in, database):
    alice, bob = signed_in("alice"), signed_in("bob")
    alice.share("question")
    question, author = database.sql("SELECT id, author_id FROM messages")[0]
    delete = (
        f"SELECT FROM users WHERE id = {author} FOR UPDATE; DELETE FROM messages WHERE author_id = {author};"
        f" DELETE FROM sessions WHERE user_id = {author}; DELETE FROM users WHERE id = {author}"
    )
    assert database.meet(delete, lambda: _answer(bob, "yes", question)).status_code == 410
    assert database.messages() == [] == database.mentions()


def test_answers_outlive_the_answered_message(signed_in, database):
    alice = signed_in("alice")
    alice.share("question")
    question = database.value("SELECT id FROM messages")
    _answer(alice, "yes", question)
    assert database.ctl("message", "delete", "--yes", str(question)).returncode == 0
    assert database.sql("SELECT text, answers_id FROM messages") == [("yes", question)]

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Posting messages on the site."""

import pytest

from support.client import location


@pytest.mark.smoke
def test_a_message_is_posted_and_shown(signed_in, database):
    alice = signed_in("alice")
    answer = alice.share("my first words")
    assert location(answer) == "/"
    page = alice.follow(answer)
    assert page.flashes == ["Your message was recorded"]
    assert page.texts == ["my first words"]
    assert alice.page("/").flashes == []
    assert database.messages() == [("alice", "my first words")]


def test_the_form_for_a_message(signed_in, site, people):
    alice = signed_in("alice")
    people("bob")
    page = alice.page("/")
    box = page.one("div.twitbox")
    assert "What's on your mind alice?" in page.source
    assert "What's on your mind alice?" in box.text
    assert box.one("form")["action"] == "/add_message"
    assert box.one("form")["method"].lower() == "post"
    assert box.one("[name=text]")
    assert box.one("input[type=submit]")["value"] == "Share"
    for path in ("/public", "/alice", "/bob"):
        assert alice.page(path).select("div.twitbox") == []
    assert site.page("/public").select("div.twitbox") == []


def test_anonymous_visitors_may_not_post(site, database):
    with database.unchanged():
        page = site.submit("/add_message", status=401, text="hello")
        assert page.one("div.page div.body")
        site.submit("/add_message", status=401, text="")
        site.submit("/add_message", status=401)


def test_a_missing_text_field_is_refused(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        alice.submit("/add_message", status=400)
        alice.submit("/add_message", status=400, content="hello")


def test_an_empty_text_is_ignored_silently(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        answer = alice.share("")
        assert location(answer) == "/"
    assert alice.follow(answer).flashes == []


def test_text_is_stored_as_typed(signed_in, database):
    alice = signed_in("alice")
    texts = [" ", "💙" * 1000, "line\r\nend", "a=b&c+d%20", "0"]
    for text in texts:
        assert location(alice.share(text)) == "/"
    assert database.messages() == [("alice", text) for text in texts]


def test_the_longest_message_is_a_directive(make_httpd, people, database):
    people("alice")
    alice = make_httpd(directives="MinitwitMessageLimit 5").browser().sign_in("alice")
    assert location(alice.share("12345")) == "/"
    with database.unchanged():
        alice.submit("/add_message", status=400, text="123456")


def test_malformed_text_is_refused(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        for body in (b"text=a%00b", b"text=%FF", b"text=\xff", b"text=%4"):
            answer = alice.post("/add_message", body, headers={"Content-Type": "application/x-www-form-urlencoded"})
            assert answer.status_code == 400, body


def test_a_body_too_large(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        alice.submit("/add_message", status=413, text="x" * 70000)

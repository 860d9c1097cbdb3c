# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Writing messages on the site."""

import pytest

from support.client import location


@pytest.mark.smoke
def test_share(signed_in, database):
    alice = signed_in("alice")
    answer = alice.share("my first words")
    assert location(answer) == "/"
    page = alice.follow(answer)
    assert page.flashes == ["Your message was recorded"]
    assert page.texts == ["my first words"]
    assert alice.page("/").flashes == []
    assert database.messages() == [("alice", "my first words")]


def test_the_box_to_write_in(signed_in, site, people):
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


def test_anonymous(site, people, database):
    people("alice")
    with database.unchanged():
        page = site.submit("/add_message", status=401, text="hello")
        assert page.one("div.page div.body")
        site.submit("/add_message", status=401, text="")
        site.submit("/add_message", status=401)


def test_no_text_field(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        alice.submit("/add_message", status=400)
        alice.submit("/add_message", status=400, content="hello")


def test_an_empty_text_is_silently_nothing(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        answer = alice.share("")
        assert location(answer) == "/"
    assert alice.follow(answer).flashes == []


@pytest.mark.parametrize("text", [" ", "x" * 1000, "💙" * 1000, "line\r\nend", "a=b&c+d%20", "0"])
def test_text_is_stored_as_typed(signed_in, database, text):
    alice = signed_in("alice")
    assert location(alice.share(text)) == "/"
    assert database.messages() == [("alice", text)]


@pytest.mark.parametrize("text", ["x" * 1001, "💙" * 1001])
def test_too_long(signed_in, database, text):
    alice = signed_in("alice")
    with database.unchanged():
        page = alice.submit("/add_message", status=400, text=text)
    assert "1000" in page.one("div.body").text.replace(",", "")


def test_the_longest_message_is_a_directive(make_httpd, people, database):
    people("alice")
    alice = make_httpd(directives="MinitwitMessageLimit 5").browser().sign_in("alice")
    assert location(alice.share("12345")) == "/"
    with database.unchanged():
        alice.submit("/add_message", status=400, text="123456")


def test_a_nul_or_no_utf8(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        for body in ("text=a%00b", "text=%FF", "text=%ED%A0%80", "text=%", "text=%4"):
            answer = alice.post("/add_message", body, headers={"Content-Type": "application/x-www-form-urlencoded"})
            assert answer.status_code == 400, body


def test_a_body_too_large(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        alice.submit("/add_message", status=413, text="x" * 70000)

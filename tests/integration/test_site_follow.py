# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Follow and unfollow on the site."""

import pytest

from support.client import location, quote


@pytest.mark.smoke
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_follow_and_unfollow(signed_in, people, database, method):
    alice = signed_in("alice")
    people("bob")
    page = alice.page("/bob")
    assert "You are not yet following this user." in page.one("div.followstatus").text
    link = page.one("div.followstatus .follow")
    assert (link.text, link["href"]) == ("Follow user", "/bob/follow")

    answer = alice.request(method, "/bob/follow")
    assert location(answer) == "/bob"
    assert database.follows() == [("alice", "bob")]
    page = alice.follow(answer)
    assert page.flashes == ['You are now following "bob"']
    assert "You are now following &#34;bob&#34;" in page.source
    assert "You are currently following this user." in page.one("div.followstatus").text
    link = page.one("div.followstatus .unfollow")
    assert (link.text, link["href"]) == ("Unfollow user", "/bob/unfollow")
    assert alice.page("/bob").flashes == []

    answer = alice.request(method, "/bob/unfollow")
    assert location(answer) == "/bob"
    assert database.follows() == []
    page = alice.follow(answer)
    assert page.flashes == ['You are no longer following "bob"']
    assert page.select(".follow")


def test_the_users_own_page(signed_in):
    page = signed_in("alice").page("/alice")
    assert page.one("div.followstatus").text == "This is you!"
    assert not page.select(".follow") and not page.select(".unfollow")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_anonymous_visitors_and_unknown_users(site, signed_in, people, database, method):
    """The 401 of an anonymous visitor comes before the 404 of an unknown user."""
    alice = signed_in("alice")
    people("bob")
    with database.unchanged():
        for path in ("/bob/follow", "/bob/unfollow", "/nobody/follow", "/nobody/unfollow"):
            answer = site.request(method, path)
            assert answer.status_code == 401
            assert "div" in answer.text
        for path in ("/nobody/follow", "/nobody/unfollow", "/Bob/follow"):
            assert alice.request(method, path).status_code == 404


def test_repeating_changes_nothing(signed_in, people, database):
    alice = signed_in("alice")
    people("bob")
    alice.get("/bob/follow")
    with database.unchanged():
        answer = alice.get("/bob/follow")
        assert location(answer) == "/bob"
        assert alice.follow(answer).flashes == ['You are now following "bob"']
    alice.get("/bob/unfollow")
    with database.unchanged():
        answer = alice.get("/bob/unfollow")
        assert location(answer) == "/bob"
        assert alice.follow(answer).flashes == ['You are no longer following "bob"']


def test_following_oneself_changes_nothing(signed_in, database):
    alice = signed_in("alice")
    with database.unchanged():
        assert location(alice.get("/alice/follow")) == "/alice"
        assert location(alice.get("/alice/unfollow")) == "/alice"


def test_names_with_special_characters(signed_in, people, database):
    alice = signed_in("alice")
    for name in ("Roger Histand", "Ærø 💙", "a+b", '50%;b,"c"', "O'Hara", "<b>&?#\\"):
        people(name)
        path = "/" + quote(name)
        answer = alice.get(path + "/follow")
        assert location(answer) == path
        assert alice.follow(answer).flashes == [f'You are now following "{name}"']
        assert database.follows() == [("alice", name)]
        assert location(alice.get(path + "/unfollow")) == path
        assert database.follows() == []


def test_a_forged_flash_shows_nothing(site):
    """unit/test_flash.c has more of them."""
    for value in ("Free text", "following:%ff", "following:<b>", "following:" + "x" * 300, "recorded:bob"):
        page = site.page("/public", headers={"Cookie": f"minitwit_flash={value}"})
        assert page.flashes == []

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The page of a user: its head, and the lists of followers and followees."""

import pytest

from support.client import location, quote
from support.mounts import mount

HEBREW = "שלום"


def _head(page):
    """(name, date, text, messages, followers, following) of the head of a user's page."""
    head = page.one("div.profile")
    joined, about = ([element.text for element in head.select(selector)] for selector in ("p.since", "p.about"))
    counts = [link.text for link in head.select("p.counts a")]
    return (head.one("p.name").text, *(found[0] if found else None for found in (joined, about)), *counts)


def _people(page):
    return [(item.one("strong > a").text, *[about.text for about in item.select("span")]) for item in page.select("ul.people > li")]


def _empty(page):
    (item,) = page.select("ul.people > li")
    return item.one("em").text


def _add_followers(database, count, whom="alice"):
    """Makes the users "u1" to the newest one follow a user."""
    database.sql(
        "INSERT INTO users (username, email, password_hash)"
        " SELECT 'u' || n, 'u@example.org', '' FROM generate_series(1, %s) n ON CONFLICT DO NOTHING",
        count,
    )
    database.sql(
        "INSERT INTO followers (who_id, whom_id) SELECT u.id, a.id FROM users u, users a"
        " WHERE u.username LIKE 'u%%' AND a.username = %s ORDER BY u.id",
        whom,
    )


@pytest.mark.smoke
def test_the_head_of_a_users_page(site, signed_in, api, database):
    alice, bob = signed_in("alice"), signed_in("bob")
    database.sql("UPDATE users SET joined_at = '2026-11-30 23:59:59Z' WHERE username = 'alice'")
    database.sql("UPDATE users SET joined_at = NULL WHERE username = 'bob'")
    assert _head(site.page("/bob")) == ("bob", None, None, "0 messages", "0 followers", "0 following")
    alice.post("/-/profile", {"about": "Baker. See http://example.org/a, @bob and #bread\n<b>"})
    api.tweet("alice", "one")
    api.follow("bob", "alice")
    database.add_message("alice", "flagged", flagged=True)
    about = "Baker. See http://example.org/a, @bob and #bread <b>"
    expected = ("alice", "Member since November 2026", about, "1 message", "1 follower", "0 following")
    for browser in (site, alice, bob):
        assert _head(browser.page("/alice")) == expected
    links = {link.text: link["href"] for link in site.page("/alice").one("div.profile p.about").select("a")}
    assert links == {"http://example.org/a": "http://example.org/a", "@bob": "/bob", "#bread": "/-/tag/bread"}
    api.tweet("alice", "two")
    api.follow("alice", "bob")
    assert _head(site.page("/alice"))[3:] == ("2 messages", "1 follower", "1 following")
    # Only the page of one user has a head.
    for path in ("/public", "/"):
        assert alice.page(path).select("div.profile") == []


def test_the_head_has_what_each_visitor_can_do(site, signed_in, people):
    alice, bob = signed_in("alice"), signed_in("bob")
    head = alice.page("/alice").one("div.profile")
    assert head.one("a[href=/-/profile]").text == "Write something about yourself"
    alice.post("/-/profile", {"about": "Baker"})
    page = alice.page("/alice")
    assert page.link("Edit your profile") == "/-/profile"
    assert page.one("div.followstatus").text == "This is you!"
    for browser in (site, bob):
        assert browser.page("/alice").select("a[href=/-/profile]") == []
    for browser in (alice, bob):
        assert not browser.page("/alice").has_link("Sign in to follow")
    assert bob.page("/alice").one("a.follow")["href"] == "/alice/follow"
    page = site.page("/alice")
    assert page.select("div.followstatus") == [] and page.select("a.follow") == []
    assert page.link("Sign in to follow") == "/login?next=%2Falice"


def test_an_anonymous_visitor_returns_to_the_page(site, people, database):
    people("bob", "Roger Histand")
    for _ in range(2):
        database.add_messages("Roger Histand", [f"text {number}" for number in range(31)])
    older = site.page("/Roger%20Histand").link("Older")
    link = site.page(older).link("Sign in to follow")
    assert link == "/login?next=" + quote(older)
    next_ = site.page(link).one("input[name=next]")["value"]
    answer = site.post("/login", {"username": "bob", "password": "secret", "next": next_})
    assert location(answer) == older
    assert site.follow(answer).one("a.follow")["href"] == "/Roger%20Histand/follow"


def test_a_change_shows_at_once(site, signed_in, api, database):
    """The change also shows on a cached page."""
    alice = signed_in("alice")
    signed_in("bob")
    for change, expected in (
        (lambda: alice.post("/-/profile", {"about": "one"}), (("one", "0 followers"), (None, "0 following"))),
        (lambda: api.follow("bob", "alice"), (("one", "1 follower"), (None, "1 following"))),
        (lambda: alice.get("/bob/follow"), (("one", "1 follower"), (None, "1 following"))),
        (lambda: api.unfollow("bob", "alice"), (("one", "0 followers"), (None, "0 following"))),
        (lambda: alice.post("/-/profile", {"about": ""}), ((None, "0 followers"), (None, "0 following"))),
    ):
        for path in ("/alice", "/bob", "/alice/followers"):
            site.page(path)
        assert change().status_code in (204, 302)
        alice_head, bob_head = _head(site.page("/alice")), _head(site.page("/bob"))
        assert ((alice_head[2], alice_head[4]), (bob_head[2], bob_head[5])) == expected
        listed = [link.text for link in site.page("/alice/followers").select("ul.people strong > a")]
        assert listed == (["bob"] if alice_head[4] == "1 follower" else [])


def test_counts_have_a_limit(site, people, database):
    people("alice")
    database.sql("INSERT INTO messages (author_id, text) SELECT id, '' FROM users, generate_series(1, 9999)")
    _add_followers(database, 10_001)
    database.sql(
        "INSERT INTO followers (who_id, whom_id) SELECT a.id, u.id FROM users u, users a"
        " WHERE u.username LIKE 'u%' AND a.username = 'alice' LIMIT 9999"
    )
    assert _head(site.page("/alice"))[3:] == ("9,999 messages", "9,999+ followers", "9,999 following")
    database.add_message("alice", "one more")
    assert _head(site.page("/alice"))[3] == "9,999+ messages"


def test_hostile_texts(site, signed_in, database):
    """The markup in a text stays text, and a name does not change the direction of the text around it."""
    alice = signed_in(HEBREW)
    public = site.page("/public")
    for text in (
        "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', 'javascript:alert(1) http://x"onclick=alert(1)',
        "{{name}}", "\u202eevil",
    ):  # fmt: skip
        alice.post("/-/profile", {"about": text})
        page = site.page("/" + quote(HEBREW))
        assert page.one("p.about").raw_text == text
        assert len(page.select("script")) == len(public.select("script")) and len(page.select("img")) == 1
        assert all(link["href"].startswith(("/", "http://x", "#")) for link in page.select("a"))
    assert f'<p class="name" dir="auto"><bdi>{HEBREW}</bdi></p>' in page.source
    page = site.page(f"/{quote(HEBREW)}/following")
    assert page.title == f"People \u2068{HEBREW}\u2069 Follows | MiniTwit"
    assert f"<h2>People <bdi>{HEBREW}</bdi> Follows</h2>" in page.source
    assert f"<bdi>{HEBREW}</bdi> does not follow anybody yet." in page.source


@pytest.mark.smoke
def test_lists_of_followers_and_followees(site, signed_in, api, database):
    alice = signed_in("alice")
    signed_in("bob").post("/-/profile", {"about": "Sailor, see @alice"})
    signed_in("carol")
    for who, whom in (("bob", "alice"), ("carol", "alice"), ("alice", "carol"), ("alice", "bob")):
        api.follow(who, whom)
    for browser in (site, alice):
        page = browser.page("/alice/followers")
        assert (page.title, page.heading) == ("alice's Followers | MiniTwit", "alice's Followers")
        assert _people(page) == [("carol",), ("bob", "Sailor, see @alice")], "the newest is the first"
        assert page.one("ul.people > li strong > a[href=/bob]").text == "bob"
        assert page.one("ul.people span a")["href"] == "/alice"
        page = browser.page("/alice/following")
        assert (page.title, page.heading) == ("People alice Follows | MiniTwit", "People alice Follows")
        assert _people(page) == [("bob", "Sailor, see @alice"), ("carol",)]
    avatar = site.page("/bob").one("div.profile img")["src"]
    assert site.page("/alice/followers").select("ul.people img")[1]["src"] == avatar
    # The head is on all pages of the user, and marks the present one.
    for path in ("/alice", "/alice/followers", "/alice/following"):
        links = site.page(path).select("div.profile p.counts a")
        assert [link["href"] for link in links] == ["/alice", "/alice/followers", "/alice/following"]
        assert [link["href"] for link in links if link.get("aria-current") == "page"] == [path]


def test_an_empty_list_says_what_to_do(site, signed_in):
    alice = signed_in("alice")
    for browser, path, text in (
        (alice, "/alice/followers", "Nobody follows you yet."),
        (alice, "/alice/following", "You do not follow anybody yet."),
        (site, "/alice/followers", "Nobody follows alice yet."),
        (site, "/alice/following", "alice does not follow anybody yet."),
        (site, "/alice/followers?before=1", "There are no more people in this list."),
    ):
        page = browser.page(path)
        assert _empty(page) == text
        (link,) = page.select("p.next a")
        assert browser.get(link["href"]).status_code == 200


def test_paging_through_a_list(site, people, database):
    people("alice")
    _add_followers(database, 65)
    names = [f"u{number}" for number in range(65, 0, -1)]
    first = site.page("/alice/followers")
    assert [name for (name,) in _people(first)] == names[:30]
    assert not first.has_link("Newest") and not first.has_link("Newer")
    second = site.page(first.link("Older"))
    assert [name for (name,) in _people(second)] == names[30:60]
    assert second.link("Newest") == "/alice/followers"
    # Page one has all users of a page that would be newer.
    assert location(site.get(second.link("Newer"))) == "/alice/followers"
    third = site.page(second.link("Older"))
    assert [name for (name,) in _people(third)] == names[60:]
    assert not third.has_link("Older")
    back = site.page(third.link("Newer"))
    assert [name for (name,) in _people(back)] == names[30:60]
    assert back.link("Older") == second.link("Older")
    # The place of a follow that has ended stays valid.
    (place,) = database.sql("SELECT f.id FROM followers f JOIN users u ON u.id = f.who_id WHERE u.username = 'u36'")[0]
    assert first.link("Older").endswith(f"?before={place}")
    database.sql("DELETE FROM followers WHERE id = %s", place)
    assert [name for (name,) in _people(site.page(first.link("Older")))] == names[30:60]
    page = site.page("/alice/followers?before=1")
    assert _empty(page) == "There are no more people in this list." and page.link("Newest") == "/alice/followers"


def test_other_values_show_the_first_page(site, people, database):
    people("alice")
    _add_followers(database, 31)
    for query in ("before=0", "before=-5", "before=x", "before=", "before=99999999999999999999", "after=0", "after=-1", "after=x", "x=y"):
        page = site.page(f"/alice/followers?{query}")
        assert len(_people(page)) == 30 and not page.has_link("Newest"), query
    assert len(_people(site.page("/alice/followers?before=9223372036854775807"))) == 30
    assert location(site.get("/alice/followers?after=9223372036854775807")) == "/alice/followers"
    assert len(_people(site.page("/alice/followers?before=9223372036854775807&after=1"))) == 30


def test_only_the_first_page_of_a_list_is_cached(make_httpd, people, database):
    """Otherwise a client could invent any number of places and evict all other answers."""
    people("alice")
    _add_followers(database, 40)
    httpd = make_httpd(start=False)
    httpd.cache = "MinitwitCacheLifetime 60s\n"
    site = httpd.start().browser()
    pages = {path: site.get(path).text for path in ("/alice/followers", "/alice/followers?before=30", "/alice/following")}
    database.sql("DELETE FROM followers")
    for path, text in pages.items():
        assert (site.get(path).text == text) == (path != "/alice/followers?before=30"), path


def test_refusals(site, people, database):
    people("alice")
    with database.unchanged():
        for list_ in ("followers", "following"):
            page = site.page(f"/nobody/{list_}", status=404)
            assert 'There is no user named "nobody".' in page.text
            assert site.post(f"/alice/{list_}").status_code == 405
            assert site.head(f"/alice/{list_}").status_code == 200
            assert site.page(f"/alice/{list_}x", status=404)


def test_lists_below_a_prefix_and_with_gravatars(make_httpd, people, database):
    people("alice", "bob")
    database.sql("INSERT INTO followers (who_id, whom_id) VALUES (2, 1)")
    httpd = make_httpd(directives="MinitwitGravatar On\n", web=mount("/twit", "minitwit-web"))
    site = httpd.browser()
    site.base += "" if site.base.endswith("/twit") else "/twit"
    for path in ("/alice", "/alice/followers"):
        page = site.page(path)
        for element in page.descendants():
            for name in ("href", "action"):
                value = element.get(name)
                assert value is None or value.startswith(("/twit/", "#")), element.attributes
    assert site.page("/alice").one("div.profile img")["src"].startswith("https://www.gravatar.com/avatar/")
    assert "s=192" in site.page("/alice").one("div.profile img")["src"]
    assert "s=48" in site.page("/alice/followers").one("ul.people img")["src"]

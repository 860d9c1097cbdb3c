# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Names that change the text around them. unit/test_name.c has all kinds of characters."""

import re

from support.client import quote, read_page

HEBREW = "\u05d3\u05d5\u05d3"
FSI, PDI = "\u2068", "\u2069"

def _insert(database, *names):
    """Adds users as an import does, which keeps names."""
    for name in names:
        database.sql("INSERT INTO users (username, email, password_hash) SELECT %s, %s, password_hash FROM users WHERE username = 'alice'",
                     name, f"{len(name)}@example.org")  # fmt: skip


def _isolated(page, name):
    """The page shows the name only in <bdi>, in a title only between U+2068 and U+2069."""
    title, rest = re.fullmatch(r"(?s).*?<title>(.*?)</title>(.*)", page.source).groups()
    assert title.count(name) == title.count(f"{FSI}{name}{PDI}")
    assert rest.count(name) == rest.count(f"<bdi>{name}</bdi>") > 0
    assert FSI not in rest


def test_a_name_of_another_direction_is_isolated(httpd, api, people, database):
    people("alice")
    override = "\u202eevil\u2069\u2067"
    _insert(database, override)
    assert api.register(HEBREW).status_code == 204
    shown = {HEBREW: HEBREW, override: f"\u202eevil\u2067{PDI}"}  # the isolate ends with the name
    for name, text in shown.items():
        assert api.tweet(name, "hello").status_code == 204
        path = "/" + quote(name)
        browser = httpd.browser().sign_in(name)
        page = browser.page("/")
        assert page.raw_text.count(f"What's on your mind {text}?") == 1
        assert page.has_link(f"sign out [{text}]")
        _isolated(page, text)
        page = browser.page(path)
        assert page.title == f"{FSI}{text}{PDI}'s Timeline | MiniTwit"
        assert f"<h2><bdi>{text}</bdi>'s Timeline</h2>" in page.source
        _isolated(page, text)
        _isolated(browser.page("/nobody", status=404), text)
        alice = httpd.browser().sign_in("alice")
        for verb, sentence in (("follow", "You are now following"), ("unfollow", "You are no longer following")):
            page = alice.follow(alice.get(f"{path}/{verb}"))
            assert f"<li>{sentence} &#34;<bdi>{text}</bdi>&#34;</li>" in page.source
            _isolated(page, text)
    _isolated(httpd.browser().page(f"/{quote(HEBREW)}x", status=404), HEBREW + "x")
    # The API sends names as they are.
    assert {row["user"] for row in api.get("/msgs").json()} == {HEBREW, override}
    # Forms keep the name as it was typed.
    page = read_page(httpd.browser().login(override + "x", "wrong"))
    assert page.one("#username")["value"] == override + "x"

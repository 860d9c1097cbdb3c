# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The characters of usernames: names that look the same, that are invisible, or that change the text around them.
unit/test_name.c has all kinds of characters."""

import concurrent.futures
import json
import re

import pytest

from support.client import location, quote, read_page, refusal
from support.guessing import PAIR, is_wait, try_login

# The same name in Unicode NFC and NFD.
NFC, NFD = "Andr\u00e9", "Andre\u0301"
OLD_NFC, OLD_NFD = "Zo\u00eb", "Zoe\u0308"
# In NFC and in another order of its marks.
MARKS, OTHER_MARKS = "q\u0323\u0307", "q\u0307\u0323"
HEBREW = "\u05d3\u05d5\u05d3"
FSI, PDI = "\u2068", "\u2069"

_SPACE = "The username may not begin or end with white space"
_HIDDEN = "The username may not contain invisible characters"
_UNDEFINED = "The username may not contain characters that Unicode does not define"

REFUSED = {
    " alice": _SPACE,
    "alice\u00a0": _SPACE,
    " ": _SPACE,
    "al\u200bice": _HIDDEN,
    "\u202eecila": _HIDDEN,
    "al\u2066ice\u2069": _HIDDEN,
    "al\u200cice": _HIDDEN,
    "alice\ufe0f": _HIDDEN,
    "\U0001f3f4\U000e0061\U000e007f": _HIDDEN,  # a flag with tags of no region
    "\u2800": _HIDDEN,
    "\u3164": _HIDDEN,
    "alice\u0378": _UNDEFINED,
    "\u0301": "The username must contain a visible character",
}
ACCEPTED = [
    "a  b",
    HEBREW,
    "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc",  # Persian, with a ZWNJ
    "\u0915\u094d\u200d\u0937",  # Devanagari, with a ZWJ
    "\U0001f468\U0001f3fd\u200d\U0001f680",  # an emoji with a joiner
    "\u2764\ufe0f",  # an emoji with a variation selector
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
]


def _ctl_add(database, name):
    return database.ctl("user", "add", "--stdin", "--", name, "a@b", typed="secret\n")


def _insert(database, *names):
    """Adds users as an import does, which keeps names."""
    for name in names:
        database.sql("INSERT INTO users (username, email, password_hash) SELECT %s, %s, password_hash FROM users WHERE username = 'alice'",
                     name, f"{len(name)}@example.org")  # fmt: skip


@pytest.mark.smoke
def test_names_that_are_refused(api, site, people, database):
    people("alice")
    with database.unchanged():
        for name, problem in REFUSED.items():
            assert refusal(api.register(name), 400) == problem
            assert read_page(site.register(name)).errors == [f"Error: {problem}"]
        result = _ctl_add(database, " alice")
        assert (result.returncode, _SPACE in result.stdout) == (1, True)
        # The checks before and after these keep their order.
        assert refusal(api.register("al\u200b/ice"), 400) == "The username may not contain a slash"
        assert refusal(api.register(" alice", email="none", pwd=""), 400) == _SPACE
        assert refusal(api.register("\u212a" * 256), 400) == "The username may have at most 255 characters"


def test_names_that_are_accepted(api, database):
    for name in ACCEPTED:
        assert api.register(name).status_code == 204, name
        assert api.tweet(name, "hello").status_code == 204
    assert database.usernames() == ACCEPTED


def test_both_spellings_of_a_name_mean_the_same_user(httpd, api, site, people, database):
    people("alice")
    assert api.register(NFD).status_code == 204
    assert location(site.register(OTHER_MARKS)) == "/login"
    assert _ctl_add(database, "e\u0301").returncode == 0
    assert database.usernames() == ["alice", NFC, MARKS, "\u00e9"]
    with database.unchanged():
        for name in (NFC, NFD):
            assert refusal(api.register(name), 400) == "The username is already taken"
            assert read_page(site.register(name)).errors == ["Error: The username is already taken"]
        assert "already taken" in _ctl_add(database, NFD).stdout
    for name in (NFC, NFD):
        assert api.tweet(name, name).status_code == 204
        assert [row["content"] for row in api.get("/msgs/" + quote(name)).json()][0] == name
        assert api.follow(name, "alice").status_code == 204
        assert api.follow("alice", name).status_code == 204
        assert api.get("/fllws/" + quote(name)).json() == {"follows": ["alice"]}
        browser = httpd.browser().sign_in(name)
        page = browser.page("/" + quote(name))
        assert (page.heading, page.one("div.followstatus").text) == (f"{NFC}'s Timeline", "This is you!")
        browser.get("/alice/unfollow")
        assert api.unfollow("alice", name).status_code == 204
    assert database.follows() == []
    alice = httpd.browser().sign_in("alice")
    for verb, sentence, follows in (("follow", "now following", [("alice", NFC)]), ("unfollow", "no longer following", [])):
        # The redirect and the flash show the stored name.
        assert location(alice.head(f"/{quote(NFD)}/{verb}")) == "/" + quote(NFC)
        answer = alice.get(f"/{quote(NFD)}/{verb}")
        assert location(answer) == "/" + quote(NFC)
        assert alice.follow(answer).flashes == [f'You are {sentence} "{NFC}"']
        assert database.follows() == follows
        assert ("currently following" in alice.page("/" + quote(NFD)).one("div.followstatus").text) == (verb == "follow")
    assert [json.loads(line)["username"] for line in database.ctl("user", "show", "--json", NFD).stdout.splitlines()] == [NFC]
    assert NFC in database.ctl("user", "list", "--prefix", NFD).stdout


def test_both_spellings_registered_at_the_same_moment(httpd, database):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda name: httpd.simulator().register(name), (NFC, NFD) * 3))
    assert sorted(answer.status_code for answer in answers) == [204] + [400] * 5
    assert {refusal(answer, 400) for answer in answers if answer.status_code == 400} == {"The username is already taken"}
    assert database.usernames() == [NFC]


def test_existing_names_stay(httpd, api, people, database):
    """The exact name comes before its NFC."""
    people("alice")
    odd = [NFC, NFD, " blank ", "\u200b", "\u202eevil"]
    _insert(database, *odd)
    for name in odd:
        assert api.tweet(name, f"by {name}").status_code == 204
        assert httpd.browser().sign_in(name).page("/" + quote(name)).raw_text.count("This is you!") == 1
    assert database.messages() == [(name, f"by {name}") for name in odd]
    # Nobody can take a name beside an existing name in NFD.
    _insert(database, OLD_NFD)
    with database.unchanged():
        for name in (NFC, NFD, OLD_NFC, OLD_NFD):
            assert refusal(api.register(name), 400) == "The username is already taken"
            assert read_page(httpd.browser().register(name)).errors == ["Error: The username is already taken"]
        assert "already taken" in _ctl_add(database, OLD_NFC).stdout


@pytest.mark.expect_log(PAIR)
def test_spellings_share_one_limit_of_guesses(guarded):
    """A name with many marks has many spellings."""
    httpd = guarded()
    outcomes = [try_login(httpd, "192.0.2.1", name) for name in (MARKS, OTHER_MARKS, MARKS, OTHER_MARKS)]
    assert outcomes[:3] == ["wrong"] * 3
    assert is_wait(outcomes[3])


def test_a_post_ends_cached_answers_under_every_spelling(make_httpd, api, people, database):
    people("alice")
    api.register(NFC)
    httpd = make_httpd(start=False)
    httpd.cache = "MinitwitCacheLifetime 1h\n"
    httpd.start()
    path = "/msgs/" + quote(NFD)
    for number in range(3):
        assert len(httpd.simulator().get(path).json()) == number
        assert httpd.simulator().tweet(NFC, "hello").status_code == 204


def _isolated(page, name):
    """The page shows the name only in <bdi>. In its head and in attributes, the name is between U+2068 and U+2069."""
    head, rest = re.fullmatch(r"(?s)(.*?)</head>(.*)", page.source).groups()
    assert head.count(name) == head.count(f"{FSI}{name}{PDI}")
    labels = re.findall(r'="([^"]*)"', rest)
    assert sum(label.count(name) for label in labels) == sum(label.count(f"{FSI}{name}{PDI}") for label in labels)
    rest = re.sub(r'="[^"]*"', "", rest)
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
        refused = read_page(alice.get(f"{path}/follow", headers={"Sec-Fetch-Site": "cross-site"}), status=403)
        assert f"Go to <bdi>{text}</bdi>'s timeline" in refused.source or f"Go to <bdi>{text}</bdi>&#39;s timeline" in refused.source
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

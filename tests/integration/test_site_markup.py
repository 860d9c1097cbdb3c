# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The structure and the texts of the pages, as clients select and match them."""

import pytest

SPECIAL = "<b>&amp; \"double\" & 'single' {{&text}} </b>"
ESCAPED = "&lt;b&gt;&amp;amp; &#34;double&#34; &amp; &#39;single&#39; {{&amp;text}} &lt;/b&gt;"


@pytest.mark.smoke
def test_every_page_has_the_same_frame(site, signed_in):
    """It has landmarks, no inline code and no address of another site."""
    alice = signed_in("alice")
    alice.share("hello")
    for browser, path, status in (
        (site, "/public", 200),
        (site, "/alice", 200),
        (site, "/login", 200),
        (site, "/register", 200),
        (site, "/nobody", 404),
        (site, "/alice/follow", 401),
        (alice, "/", 200),
        (alice, "/public", 200),
        (alice, "/alice", 200),
        (alice, "/nobody", 404),
    ):
        page = browser.page(path, status)
        assert page.source.lower().startswith("<!doctype html>")
        assert page.one("html")["lang"] == "en"
        assert page.one("meta[charset]")["charset"].lower() == "utf-8"
        assert page.title.endswith(" | MiniTwit")
        frame = page.one("div.page")
        assert frame.one("h1").text == "MiniTwit"
        assert frame.one("div.navigation")
        assert frame.one("div.body")
        assert frame.one("div.footer")
        for role, tag in (("main", "main"), ("navigation", "nav"), ("contentinfo", "footer")):
            assert page.select(tag) or page.select(f"[role={role}]")
        assert page.one("script")["src"].startswith("/static/script.js?") and page.one("script").raw_text == ""
        assert page.select("style") == []
        for element in page.descendants():
            for name, value in element.attributes.items():
                assert name != "style" and not name.startswith("on"), element.tag
                assert name not in ("src", "href", "action") or value.startswith(("/", "#")), element.attributes


def test_the_footer_shows_the_version(httpd, site):
    version = httpd.operator().get("/readyz").json()["version"]
    assert site.page("/public").one("div.footer").text.startswith(f"MiniTwit {version} ")


def test_a_message(site, people, database):
    people("alice")
    database.add_message("alice", "日本語 \u202e 🏳️\u200d🌈 é")
    page = site.page("/public")
    assert page.texts == ["日本語 \u202e 🏳️\u200d🌈 é"]
    item = page.one("ul.messages > li")
    image, paragraph, tools = [child for child in item.children if not isinstance(child, str)]
    assert image.tag == "img" and paragraph.tag == "p" and tools["class"] == "tools"
    assert image.get("alt") is not None
    link = paragraph.one("strong > a")
    assert (link.text, link["href"]) == ("alice", "/alice")
    assert paragraph.one("small")


def test_the_registration_form_is_filled_by_index(site):
    page = site.page("/register")
    inputs = page.select("input")
    assert [(field.get("name"), field["type"]) for field in inputs[:4]] == [
        ("username", "text"),
        ("email", "text"),
        ("password", "password"),
        ("password2", "password"),
    ]
    assert inputs[4]["type"] == "submit" and len(inputs) == 5
    assert page.one("div.actions").one("input[type=submit]")["value"] == "Sign Up"
    assert page.one("form")["method"].lower() == "post"
    assert page.one("form")["action"] == "/register"


def test_the_login_form(site):
    page = site.page("/login")
    assert [(field.get("name"), field["type"]) for field in page.select("input")] == [
        ("username", "text"),
        ("password", "password"),
        (None, "submit"),
    ]
    assert page.one("div.actions").one("input[type=submit]")["value"] == "Sign In"
    assert page.one("form")["action"] == "/login"


def test_every_input_has_a_label_and_ids_are_unique(site, signed_in):
    alice = signed_in("alice")
    for page in (site.page("/register"), site.submit("/login", username="x", password="y"), alice.page("/")):
        identifiers = [element["id"] for element in page.descendants() if element.get("id")]
        assert len(identifiers) == len(set(identifiers))
        labelled = [label["for"] for label in page.select("label")]
        for field in page.select("input"):
            assert field["type"] == "submit" or field["id"] in labelled


@pytest.mark.smoke
def test_text_is_escaped(site, people, database):
    people("alice")
    database.add_message("alice", SPECIAL)
    for path in ("/public", "/alice"):
        page = site.page(path)
        assert ESCAPED in page.source
        assert page.texts == [SPECIAL]


def test_a_name_is_escaped_everywhere(httpd, site, people, database):
    people(SPECIAL.replace("/", "|"))
    name, escaped = SPECIAL.replace("/", "|"), ESCAPED.replace("/", "|")
    database.add_message(name, "hello")
    page = site.page("/public")
    assert f">{escaped}</a>" in page.source
    page = site.page(page.messages[0].author_link["href"])
    assert page.title == f"{name}'s Timeline | MiniTwit"
    assert f"<h2>{escaped}'s Timeline</h2>" in page.source
    page = httpd.browser().sign_in(name).page("/")
    assert page.has_link(f"sign out [{name}]")
    assert f"What's on your mind {escaped}?" in page.source


def test_a_field_that_is_shown_again_is_escaped(site):
    page = site.submit("/login", username=SPECIAL, password="x")
    assert page.one("input[name=username]")["value"] == SPECIAL
    assert f'value="{ESCAPED}"' in page.source


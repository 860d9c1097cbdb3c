# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Markup in names and texts is text."""

import urllib.parse

import pytest

ATTACKS = (
    "<script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "'><svg onload=window.ran=1>",
    "</title></textarea><script>window.ran = 1</script>",
    "<a href='javascript:window.ran=1' autofocus onfocus='window.ran=1'>x</a>",
    "{{{text}}}{{#messages}}&lt;b&gt;&#60;b&#62;",
)


# No "/" may stand in a name, since no address could reach it.
NAMES = tuple(attack.replace("</", "<") for attack in ATTACKS)


def harmless(chrome):
    """The page holds nothing that came out of an attack."""
    assert chrome.run("return window.ran") is None
    assert not chrome.all("script, svg, textarea, b, [onerror], [onload], [onfocus], a[href^='javascript:']")
    sources = chrome.run("return [...document.images].map(image => new URL(image.src).pathname)")
    assert all(source.startswith("/static/avatar/") for source in sources), sources


@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without the policy"])
def test_shows_markup_as_text_and_runs_nothing(chrome, api, people, policy):
    """Escaping alone must do it: the Content-Security-Policy is a second line of defence, and off in one of the runs."""
    chrome.devtools("Page.setBypassCSP", enabled=not policy)
    people(*NAMES)
    for name in NAMES:
        for text in ATTACKS[:4]:
            assert api.tweet(name, text).status_code == 204
    chrome.open("/public")
    assert chrome.messages == [(name, text) for name in reversed(NAMES) for text in reversed(ATTACKS[:4])]
    harmless(chrome)
    for name in NAMES:
        chrome.open("/" + urllib.parse.quote(name, safe=""))
        assert chrome.heading == f"{name}'s Timeline"
        assert chrome.driver.title == f"{name}'s Timeline | MiniTwit"
        assert chrome.messages == [(name, text) for text in reversed(ATTACKS[:4])]
        harmless(chrome)


@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without the policy"])
def test_shows_markup_that_was_typed_into_a_form(chrome, policy):
    chrome.devtools("Page.setBypassCSP", enabled=not policy)
    name, email = NAMES[1], ATTACKS[0] + "@example.org"
    chrome.open("/register")
    chrome.fill(username=name, email=email, password="1", password2="2")
    chrome.click("Sign Up")
    assert chrome.errors == ["Error: The two passwords do not match"]
    assert chrome.texts("#username, #email") == [name, email]
    harmless(chrome)
    chrome.fill(password="secret", password2="secret")
    chrome.click("Sign Up")
    chrome.fill(username=name, password="wrong")
    chrome.click("Sign In")
    assert chrome.texts("#username") == [name]
    harmless(chrome)
    chrome.fill(password="secret")
    chrome.click("Sign In")
    assert chrome.navigation[-1] == f"sign out [{name}]"
    assert chrome.texts("div.twitbox label") == [f"What's on your mind {name}?"]
    harmless(chrome)
    for text in ATTACKS:
        chrome.fill(text=text)
        chrome.click("Share")
        harmless(chrome)
    assert chrome.messages == [(name, text) for text in reversed(ATTACKS)]


def test_the_policy_forbids_scripts_and_styles_in_the_page(chrome, people):
    """And the browser's complaint arrives where every other test looks for one."""
    chrome.open("/public")
    chrome.run(
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        "const style = document.createElement('style'); style.textContent = 'body { display: none }';"
        "document.body.append(script, style);"
    )
    assert chrome.run("return window.ran") is None
    assert chrome.one("body").is_displayed()
    complaints = chrome.console()
    assert len(complaints) == 2 and all("Content Security Policy" in line for line in complaints), complaints

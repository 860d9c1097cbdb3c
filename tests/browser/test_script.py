# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The site's script. test_journeys.py shows that the site works without it."""

from support import installation

# The browser's driver types no characters outside of the BMP.
PASTE = """
const field = document.querySelector('#text');
field.value = arguments[0];
field.dispatchEvent(new Event('input'));
"""


def sign_in(chrome, name="Ada"):
    chrome.open("/login")
    chrome.fill(username=name, password="secret")
    chrome.click("Sign In")


def shown(chrome):
    """The number of characters beside the field, and the sentence that a screen reader speaks."""
    return chrome.texts("output.left") + chrome.texts("[role=status].unseen")


def test_characters_left(chrome, people, database):
    """A screen reader speaks the number only near the limit, and after a pause. No text is cut off."""
    people("Ada")
    sign_in(chrome)
    assert shown(chrome) == ["1000 characters left", ""]
    assert chrome.one("output.left").get_attribute("aria-live") == "off"
    for left, text in ((21, ""), (20, "20 characters left"), (1, "1 character left"), (-1, "1 character too many"), (50, "")):
        chrome.fill(text="x" * (1000 - left))
        installation.wait_until(lambda text=text: shown(chrome)[1] == text, f"the sentence {text!r}")
        assert chrome.has("output.left.over") == (left < 0)
    chrome.fill(text="y" * 1003)
    assert shown(chrome)[0] == "3 characters too many"
    chrome.click("Share")
    assert chrome.texts("textarea") == ["y" * 1003]
    assert shown(chrome)[0] == "3 characters too many"
    assert database.messages() == []
    # A form sends a line break as two characters.
    for text, sent in (("a\nb" + "c" * 996, "a\r\nb" + "c" * 996), ("e\u0301🏳️\u200d🌈" + "x" * 994,) * 2):
        chrome.run(PASTE, text)
        assert shown(chrome)[0] == "0 characters left"
        chrome.click("Share")
        assert database.messages()[-1] == ("Ada", sent)
    # The browser restores the text of the page that the user goes back to.
    chrome.fill(text="z" * 10)
    chrome.click("public timeline")
    chrome.driver.back()
    assert (chrome.texts("#text"), shown(chrome)[0]) == (["z" * 10], "990 characters left")


def test_the_limit_is_that_of_the_site(start_chrome, make_httpd, people):
    httpd = make_httpd(directives="MinitwitMessageLimit 140\n")
    people("Ada")
    with start_chrome(httpd) as chrome:
        sign_in(chrome)
        assert chrome.texts("output.left") == ["140 characters left"]
        assert chrome.console() == []

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Two browsers serve all tests. The second one runs no scripts. Both have no cookies when a test begins. After each
test, the browser's console must be empty."""

import contextlib
import re

import pytest

from support import chrome as chromes

# A user without messages.
QUIET_NAME = "quiet " + "i" * 100

# The longest name, and a text without a place for a line break.
LONG_NAME = "W" * 255
LONG_TEXT = "unbreakable" * 60


@contextlib.contextmanager
def _started(httpd, **arguments):
    missing = chromes.missing()
    if missing and _is_ubuntu():
        pytest.skip(f"{missing}. Ubuntu packages both as a snap only: sudo snap install chromium")
    if missing:
        pytest.fail(f"{missing}. Install the packages chromium and chromium-driver")
    browser = chromes.Chrome(httpd.web_url, **arguments)
    try:
        yield browser
    finally:
        browser.quit()


@pytest.fixture(scope="session")
def start_chrome():
    """Starts another browser: with start_chrome(httpd, flags=...) as browser."""
    return _started


def _is_ubuntu():
    with contextlib.suppress(OSError), open("/etc/os-release", encoding="utf-8") as file:
        return re.search(r'^ID="?ubuntu"?$', file.read(), re.MULTILINE) is not None
    return False


@pytest.fixture(scope="session")
def _chrome(httpd):
    with _started(httpd) as browser:
        yield browser


@pytest.fixture(scope="session")
def _chrome_without_scripts(httpd):
    with _started(httpd, scripts=False) as browser:
        yield browser


@pytest.fixture
def chrome(_chrome, database):
    """The browser, on the empty site."""
    yield from _watched(_chrome)


@pytest.fixture
def chrome_without_scripts(_chrome_without_scripts, database):
    """The browser that runs no scripts, on the empty site."""
    yield from _watched(_chrome_without_scripts)


def _watched(browser):
    browser.reset()
    yield browser
    # The console also has a line for each page with an error status.
    usual = r"/(nobody|add_message) - Failed to load resource:.* 40[014]"
    # A test that leaves a page at once cancels the download of an icon.
    usual += "|trying to use the following icon from the Manifest"
    complaints = [line for line in browser.console() if not re.search(usual, line)]
    assert not complaints, "the browser's console:\n" + "\n".join(complaints)


@pytest.fixture
def tour(chrome, api, people):
    """Opens one page after the other in the browser and yields its name: every template in every state, with contents
    that are hard to lay out."""

    def walk():
        chrome.open("/public")
        assert chrome.texts("ul.messages > li") == ["There's no message so far."] and chrome.has("p.next")
        yield "empty public timeline"
        people("Grace Hopper", "Ada", LONG_NAME, QUIET_NAME)
        for number in range(32):
            api.tweet("Grace Hopper", f"Number {number}")
        api.tweet("Ada", LONG_TEXT)
        api.tweet("Ada", "שלום\u202e <b>world</b>\n\tand more")
        api.tweet(LONG_NAME, LONG_TEXT)
        api.follow("Ada", LONG_NAME)

        def shown(name, path, heading):
            chrome.open(path)
            assert chrome.heading == heading
            return name

        yield shown("public timeline", "/public", "Public Timeline")
        yield shown("older page", "/public?before=20", "Public Timeline")
        yield shown("past the end", "/public?before=1-1", "Public Timeline")
        assert chrome.texts("ul.messages > li") == ["There are no older messages."]
        yield shown("followers past the end", f"/{LONG_NAME}/followers?before=1", f"{LONG_NAME}'s Followers")
        assert chrome.texts("ul.people > li") == ["There are no more people in this list."]
        yield shown("empty profile", f"/{QUIET_NAME}", f"{QUIET_NAME}'s Timeline")
        assert chrome.has("p.next")
        yield shown("profile", "/Ada", "Ada's Timeline")
        yield shown("profile of a long name", f"/{LONG_NAME}", f"{LONG_NAME}'s Timeline")
        yield shown("followers", f"/{LONG_NAME}/followers", f"{LONG_NAME}'s Followers")
        yield shown("nobody is followed", f"/{LONG_NAME}/following", f"People {LONG_NAME} Follows")
        yield shown("404", "/nobody", "Not Found")
        yield shown("sign up", "/register", "Sign Up")
        chrome.fill(username="Ada", email="ada@example.org", password="secret", password2="secret")
        chrome.click("Sign Up")
        assert chrome.errors == ["Error: The username is already taken"]
        yield "sign up with an error"
        yield shown("sign in, then return", "/login?next=%2FAda", "Sign In")
        yield shown("sign in", "/login", "Sign In")
        chrome.fill(username=LONG_NAME, password="wrong")
        chrome.click("Sign In")
        assert chrome.errors == ["Error: Invalid password"]
        yield "sign in with an error"
        chrome.fill(username=LONG_NAME, password="secret")
        chrome.click("Sign In")
        assert chrome.flashes == ["You were logged in"]
        yield "my timeline with a flash"
        yield shown("profile, not followed", "/Ada", "Ada's Timeline")
        chrome.click("Follow user")
        assert chrome.flashes == ['You are now following "Ada"']
        yield "profile, followed"
        message = chrome.one("ul.messages small a").get_attribute("pathname")
        yield shown("message without replies", message, "Ada's Message")
        chrome.fill(text=f"{LONG_TEXT} #{'t' * 100}")
        chrome.enter()
        assert chrome.flashes == ["Your message was recorded"]
        assert chrome.path == message
        yield "message with a reply"
        answer = chrome.one("div.answers ul.messages small a").get_attribute("pathname")
        yield shown("reply", answer, f"{LONG_NAME}'s Message")
        yield shown("tag", f"/-/tag/{'t' * 100}", "#" + "t" * 100)
        yield shown("no mentions", "/-/mentions", "Mentions")
        api.tweet("Ada", f"@{LONG_NAME}\n{LONG_TEXT}")
        yield shown("new mention", "/", "My Timeline")
        assert chrome.has("div.navigation span.count")
        yield shown("mentions", "/-/mentions", "Mentions")
        chrome.open("/")
        chrome.fill(text=LONG_TEXT * 2)
        chrome.click("Share")
        assert chrome.heading == "That Did Not Work"
        yield "a message that is too long"
        chrome.open("/")
        chrome.fill(text="x" + LONG_TEXT * 2)
        chrome.click("Share")
        assert chrome.heading == "That Did Not Work"
        yield "a message that is too long"
        chrome.open("/-/profile")
        chrome.fill(about=LONG_TEXT)
        chrome.click("Save")
        assert chrome.errors == ["Error: The text about you may have at most 160 characters"]
        yield "a text about oneself that is too long"
        chrome.fill(about=LONG_TEXT[:160])
        chrome.click("Save")
        assert chrome.flashes == ["Your profile was saved"]
        yield shown("own profile", f"/{LONG_NAME}", f"{LONG_NAME}'s Timeline")
        yield shown("own followers", f"/{LONG_NAME}/followers", f"{LONG_NAME}'s Followers")
        yield shown("followed users", f"/{LONG_NAME}/following", f"People {LONG_NAME} Follows")
        chrome.open("/logout")
        yield "public timeline with a flash"
        chrome.open("/login")
        chrome.fill(username=QUIET_NAME, password="secret")
        chrome.click("Sign In")
        for path, heading in (
            ("/", "My Timeline"), (f"/{QUIET_NAME}", f"{QUIET_NAME}'s Timeline"), ("/-/mentions", "Mentions"),
            (f"/{QUIET_NAME}/followers", f"{QUIET_NAME}'s Followers"),
            (f"/{QUIET_NAME}/following", f"People {QUIET_NAME} Follows"),
        ):  # fmt: skip
            name = shown(f"{path} of a new user", path, heading)
            assert chrome.has("p.next"), name
            yield name
        chrome.open("/docs", api.base)
        assert chrome.heading == "The MiniTwit simulator's API"
        chrome.run("for (const details of document.querySelectorAll('details')) details.open = true;")
        yield "description of the API"

    return walk

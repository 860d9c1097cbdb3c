# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A visit from the registration to the logout, without scripts and with the keyboard."""

import pytest
from selenium.webdriver.common.keys import Keys

from support import installation

VISITOR = ["public timeline", "sign up", "sign in"]
MEMBER = ["my timeline", "public timeline", "mentions", "sign out [Ada]"]


@pytest.fixture
def grace(api, people):
    """Another user, with two pages of messages."""
    people("Grace Hopper")
    for number in range(1, 36):
        assert api.tweet("Grace Hopper", f"Number {number}").status_code == 204


def numbers(first, last):
    return [("Grace Hopper", f"Number {number}") for number in range(first, last - 1, -1)]


def flashed(chrome, *texts):
    """The page shows these flashes, but not after a reload."""
    assert chrome.flashes == list(texts)
    chrome.reload()
    assert chrome.flashes == []


class Keyboard:
    """Acts as Chrome.click and Chrome.fill do, but with the keyboard alone."""

    def __init__(self, chrome):
        self.chrome = chrome

    def click(self, name, within="body"):
        self.chrome.tab_to(name, within)
        self.chrome.enter()

    def fill(self, **fields):
        for name, text in fields.items():
            label = self.chrome.one(f"[name={name}]").accessible_name
            assert label, f"the field {name} has no name"
            self.chrome.tab_to(label)
            self.chrome.type(text)


def test_a_visit_without_scripts(chrome_without_scripts, database, grace):
    chrome = chrome_without_scripts
    # Shows that the browser runs no scripts.
    chrome.driver.get("data:text/html,<title>before</title><script>document.title = 'after'</script>")
    assert chrome.driver.title == "before"
    chrome.open("/")
    assert (chrome.path, chrome.heading, chrome.navigation) == ("/public", "Public Timeline", VISITOR)
    chrome.click("sign up")
    chrome.fill(username="Ada", email="ada@example.org", password="secret", password2="secret")
    chrome.click("Sign Up")
    assert (chrome.path, chrome.heading) == ("/login", "Sign In")
    flashed(chrome, "You were successfully registered and can login now")

    chrome.fill(username="Ada", password="wrong")
    chrome.click("Sign In")
    assert chrome.errors == ["Error: Invalid password"]
    assert chrome.one("#username").get_attribute("value") == "Ada"
    assert chrome.one("#password").get_attribute("value") == ""
    chrome.fill(password="secret")
    chrome.click("Sign In")
    assert (chrome.path, chrome.heading, chrome.navigation) == ("/", "My Timeline", MEMBER)
    flashed(chrome, "You were logged in")
    assert chrome.texts("ul.messages > li") == ["There's no message so far."]

    chrome.fill(text="Hello, world")
    chrome.click("Share")
    assert chrome.messages == [("Ada", "Hello, world")]
    flashed(chrome, "Your message was recorded")

    chrome.click("public timeline")
    assert chrome.messages == [("Ada", "Hello, world"), *numbers(35, 7)]
    chrome.click("Older")
    assert chrome.messages == numbers(6, 1)
    assert not chrome.has("a[rel=next]")
    chrome.click("Newest")
    assert (chrome.path, len(chrome.messages)) == ("/public", 30)

    chrome.open("/Grace%20Hopper")
    assert "You are not yet following this user." in chrome.one("div.followstatus").text
    chrome.click("Follow user")
    assert (chrome.path, chrome.heading) == ("/Grace%20Hopper", "Grace Hopper's Timeline")
    assert "You are currently following this user." in chrome.one("div.followstatus").text
    flashed(chrome, 'You are now following "Grace Hopper"')
    assert database.follows() == [("Ada", "Grace Hopper")]
    chrome.click("my timeline")
    assert chrome.messages == [("Ada", "Hello, world"), *numbers(35, 7)]

    chrome.open("/Grace%20Hopper")
    chrome.click("Unfollow user")
    flashed(chrome, 'You are no longer following "Grace Hopper"')
    assert database.follows() == []
    chrome.click("my timeline")
    assert chrome.messages == [("Ada", "Hello, world")]

    chrome.click("sign out [Ada]")
    assert (chrome.path, chrome.navigation) == ("/public", VISITOR)
    flashed(chrome, "You were logged out")
    assert database.count("sessions") == 0


def test_an_anonymous_visitor_signs_in_to_follow(chrome_without_scripts, database, grace, people):
    """After a login, also one that follows a registration, the visitor is back on the same page."""
    chrome = chrome_without_scripts
    chrome.open("/Grace%20Hopper")
    chrome.click("Sign in to follow")
    assert chrome.heading == "Sign In"
    chrome.click("Sign up")
    chrome.fill(username="Ada", email="ada@example.org", password="secret", password2="secret")
    chrome.click("Sign Up")
    chrome.fill(username="Ada", password="wrong")
    chrome.click("Sign In")
    assert chrome.errors == ["Error: Invalid password"]
    chrome.fill(password="secret")
    chrome.click("Sign In")
    assert (chrome.path, chrome.heading) == ("/Grace%20Hopper", "Grace Hopper's Timeline")
    assert chrome.flashes == ["You were logged in"] and not chrome.has("p.signin")
    chrome.click("Follow user")
    assert database.follows() == [("Ada", "Grace Hopper")]
    chrome.click("1 follower")
    assert (chrome.path, chrome.heading) == ("/Grace%20Hopper/followers", "Grace Hopper's Followers")
    assert chrome.texts("ul.people li") == ["Ada"]

    chrome.click("Ada")
    assert chrome.path == "/Ada"
    chrome.click("Write something about yourself")
    chrome.fill(about="Mathematician\nin London")
    chrome.click("Save")
    assert (chrome.path, chrome.texts("p.about")) == ("/Ada", ["Mathematician in London"])
    flashed(chrome, "Your profile was saved")
    assert database.value("SELECT about FROM users WHERE username = 'Ada'") == "Mathematician\nin London"


def test_a_refused_message_is_not_lost(chrome_without_scripts, database, people):
    chrome = chrome_without_scripts
    people("Ada")
    chrome.open("/login")
    chrome.fill(username="Ada", password="secret")
    chrome.click("Sign In")
    too_long = "word " * 200 + "!"
    for _ in range(2):
        chrome.fill(text=too_long)
        chrome.click("Share")
        assert chrome.texts("#text") == [too_long]
        # The browser keeps the text, too.
        chrome.driver.back()
        assert (chrome.heading, chrome.texts("#text")) == ("My Timeline", [too_long])
    database.sql("DELETE FROM sessions")
    chrome.fill(text="one line")
    chrome.click("Share")
    assert (chrome.heading, chrome.texts("#text")) == ("Please Sign In", ["one line"])
    chrome.fill(username="Ada", password="wrong")
    chrome.click("Sign In and Share")
    assert chrome.errors == ["Error: Invalid password"]
    chrome.fill(text="\ntwo\nlines", password="secret")
    chrome.click("Sign In and Share")
    flashed(chrome, "Your message was recorded")
    assert database.messages() == [("Ada", "\r\ntwo\r\nlines")]


def test_a_visit_with_the_keyboard_alone(chrome, database, grace):
    keyboard = Keyboard(chrome)
    chrome.open("/public")
    keyboard.click("sign up")
    keyboard.fill(username="Ada", email="ada@example.org", password="secret", password2="secret")
    keyboard.click("Sign Up")
    flashed(chrome, "You were successfully registered and can login now")

    keyboard.fill(username="Ada", password="secret")
    chrome.enter()
    flashed(chrome, "You were logged in")

    keyboard.fill(text="Hello, world")
    keyboard.click("Share")
    assert chrome.messages == [("Ada", "Hello, world")]
    flashed(chrome, "Your message was recorded")

    keyboard.click("public timeline")
    keyboard.click("Older")
    assert chrome.messages == numbers(6, 1)
    keyboard.click("Grace Hopper")
    assert chrome.heading == "Grace Hopper's Timeline"
    keyboard.click("Follow user")
    assert database.follows() == [("Ada", "Grace Hopper")]
    flashed(chrome, 'You are now following "Grace Hopper"')
    keyboard.click("Unfollow user")
    assert database.follows() == []
    flashed(chrome, 'You are no longer following "Grace Hopper"')
    keyboard.click("sign out [Ada]")
    flashed(chrome, "You were logged out")
    assert chrome.navigation == VISITOR


@pytest.mark.parametrize("has_keyboard_alone", [False, True], ids=["without scripts", "keyboard alone"])
def test_a_conversation(make_httpd, start_chrome, database, has_keyboard_alone):
    """Ada replies to Grace. Grace sees the mention, finds the reply again, follows Ada, and writes about herself."""
    httpd = make_httpd(directives="MinitwitSearch On\nMinitwitSearchLimit 0\n")
    api = httpd.simulator()
    for name in ("Ada", "Grace"):
        assert api.register(name).status_code == 204
    assert api.tweet("Grace", "What flies over the harbour?").status_code == 204
    with start_chrome(httpd, scripts=has_keyboard_alone) as chrome:
        chrome.open("/public")
        converse(chrome, Keyboard(chrome) if has_keyboard_alone else chrome)
        assert chrome.console() == []
    assert database.follows() == [("Grace", "Ada")]
    assert database.value("SELECT about FROM users WHERE username = 'Grace'") == "I watch gulls."


def converse(chrome, hands):
    """hands: has click and fill."""
    question, reply = ("Grace", "What flies over the harbour?"), ("Ada", "Gulls, and a heron")

    def sign_in(name):
        hands.click("sign in")
        hands.fill(username=name, password="secret")
        hands.click("Sign In")
        flashed(chrome, "You were logged in")

    def open_message(message):
        """The date of a message links to its page."""
        number = chrome.messages.index(message)
        item = "#" + chrome.all("ul.messages > li")[number].get_attribute("id")
        hands.click(*chrome.texts(f"{item} small a"), within=item)
        assert chrome.texts("ul.main p > span") == [message[1]]

    sign_in("Ada")
    hands.click("public timeline")
    open_message(question)
    hands.fill(text=reply[1])
    hands.click("Reply", within="form")
    flashed(chrome, "Your message was recorded")
    open_message(reply)
    assert chrome.messages == [question, reply]
    open_message(question)
    assert chrome.texts("div.answers p > span") == [reply[1]]
    hands.click("sign out [Ada]")

    sign_in("Grace")
    hands.click("mentions 1 new")
    assert (chrome.heading, chrome.messages, chrome.texts("b.new")) == ("Mentions", [reply], ["New"])
    assert "mentions" in chrome.navigation
    chrome.reload()
    assert (chrome.messages, chrome.texts("b.new")) == ([reply], [])

    def found():
        chrome.reload()
        return chrome.messages

    hands.click("search")
    hands.fill(q="heron")
    hands.click("Search")
    assert installation.wait_until(found, "the index of the search") == [reply]
    hands.click("Ada", within="ul.messages")
    hands.click("Follow user")
    flashed(chrome, 'You are now following "Ada"')
    hands.click("1 follower")
    assert (chrome.heading, chrome.texts("ul.people li")) == ("Ada's Followers", ["Grace"])

    hands.click("Grace", within="ul.people")
    hands.click("Write something about yourself")
    hands.fill(about="I watch gulls.")
    hands.click("Save")
    flashed(chrome, "Your profile was saved")
    assert (chrome.path, chrome.texts("p.about")) == ("/Grace", ["I watch gulls."])
    hands.click("1 following")
    assert (chrome.heading, chrome.texts("ul.people li")) == ("People Grace Follows", ["Ada"])


def test_the_skip_link_is_first_and_skips_the_navigation(chrome, grace):
    chrome.open("/public")
    chrome.type(Keys.TAB)
    assert chrome.driver.switch_to.active_element.accessible_name == "Skip to the content"
    chrome.type(Keys.ENTER)
    chrome.type(Keys.TAB)
    assert chrome.driver.switch_to.active_element.accessible_name == "Grace Hopper"


def test_the_browser_accepts_the_web_app_manifest(chrome):
    """The policy of the page allows the manifest, and the browser can install the site."""
    chrome.open("/public")
    manifest = chrome.devtools("Page.getAppManifest")
    assert manifest["errors"] == [] and '"MiniTwit"' in manifest["data"]
    assert manifest["url"].startswith(chrome.base + "/-/manifest.webmanifest")
    problems = [error["errorId"] for error in chrome.devtools("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert set(problems) <= {"in-incognito"}

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The site's script. test_journeys.py shows that the site works without it."""

import json

import pytest

from support import freshness, installation

# The browser's driver cannot type characters outside the BMP.
PASTE = """
const field = document.querySelector('#text');
field.value = arguments[0];
field.dispatchEvent(new Event('input'));
"""

# The test decides when long timers end. Records the status of each request of the script, and whether the request had
# an ETag. window.answer replaces the next answers.
CLOCK = """
window.timers = [];
window.asked = [];
const start = window.setTimeout, send = window.fetch;
window.setTimeout = (action, time) => (time < 10000 ? start(action, time) : window.timers.push({action, time}));
window.fetch = async (url, options) => {
    const answer = window.answer ? new Response('', window.answer) : await send(url, options);
    window.asked.push([answer.status, 'If-None-Match' in options.headers]);
    return answer;
};
"""


@pytest.fixture
def clocked(chrome):
    script = chrome.devtools("Page.addScriptToEvaluateOnNewDocument", source=CLOCK)["identifier"]
    yield chrome
    chrome.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    chrome.devtools("Emulation.setTimezoneOverride", timezoneId="")


def waiting(chrome):
    """The seconds of each long timer."""
    return [time / 1000 for time in chrome.run("return window.timers.map(timer => timer.time)")]


def asked(chrome):
    return [tuple(request) for request in chrome.run("return window.asked")]


def pass_time(chrome):
    """Ends the only timer, and waits for the answer to the request. Returns its status, and whether it had an ETag."""
    freshness.wait()
    before = len(asked(chrome))
    chrome.run("const [timer] = window.timers.splice(0); timer.action();")
    installation.wait_until(lambda: len(asked(chrome)) > before and waiting(chrome), "the next timer")
    assert len(waiting(chrome)) == 1
    return asked(chrome)[-1]


def news(chrome):
    """The text about new messages in the page's place for it."""
    (text,) = chrome.texts("p.news")
    return text


def set_window(chrome, state):
    window = chrome.devtools("Browser.getWindowForTarget")["windowId"]
    chrome.devtools("Browser.setWindowBounds", windowId=window, bounds={"windowState": state})
    hidden = state == "minimized"
    installation.wait_until(lambda: chrome.run("return document.hidden") == hidden, f"the window to be {state}")


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


def test_the_limit_is_that_of_the_site(start_chrome, make_httpd, people, database):
    httpd = make_httpd(directives="MinitwitMessageLimit 140\n")
    people("Ada")
    database.add_message("Ada", "hello")
    ((number,),) = database.sql("SELECT id FROM messages")
    with start_chrome(httpd) as chrome:
        sign_in(chrome)
        assert chrome.texts("output.left") == ["140 characters left"]
        # The form for an answer, the refusal, and the form after the end of the session.
        chrome.open(f"/Ada/{number}")
        assert chrome.texts("output.left") == ["140 characters left"]
        chrome.fill(text="x" * 141)
        chrome.enter()
        assert chrome.texts("output.left") == ["1 character too many"]
        chrome.fill(text="x" * 140)
        database.sql("DELETE FROM sessions")
        chrome.one("form").submit()
        installation.wait_until(lambda: chrome.texts("output.left") == ["0 characters left"], "the form to sign in")
        chrome.console()
        chrome.open("/public")
        assert chrome.console() == []


def test_the_local_time_of_a_message(clocked, people, database):
    """The text of the date stays in UTC."""
    chrome = clocked
    people("Ada")
    database.add_message("Ada", "hello")
    database.sql("UPDATE messages SET pub_date = '2026-11-30 18:45:12Z'")
    for zone, time in (("Asia/Tokyo", "Tuesday, December 1, 2026 at 3:45 AM"), ("UTC", "Monday, November 30, 2026 at 6:45 PM")):
        chrome.devtools("Emulation.setTimezoneOverride", timezoneId=zone)
        chrome.open("/public")
        # Chromium's blank before "AM" depends on its version.
        assert time in " ".join(chrome.one("small time").get_attribute("title").split())
        assert chrome.texts("small") == ["— 2026-11-30 @ 18:45"]


@pytest.mark.parametrize("visitor", ["anonymous", "signed in"])
def test_new_messages(clocked, people, api, database, visitor):
    chrome = clocked
    people("Ada", "Grace")
    if visitor == "signed in":
        sign_in(chrome)
    for number in range(3):
        assert api.tweet("Grace", f"old {number}").status_code == 204
    for path in ("/public", "/Grace"):
        chrome.open(path)
        messages = chrome.messages
        (time,) = waiting(chrome)
        assert 60 <= time <= 75
        assert asked(chrome) == []
        assert pass_time(chrome) == (200, False)
        assert pass_time(chrome) == (304, True)
        assert news(chrome) == ""
        for number, text in enumerate(("1 new message", "2 new messages", "3 new messages")):
            assert api.tweet("Grace", f"new {number}").status_code == 204
            assert pass_time(chrome) == (200, True)
            assert news(chrome) == text
        # A deleted message brings an older one onto the page, which is not new.
        database.sql("UPDATE messages SET flagged = true WHERE text IN ('old 2', 'new 2')")
        freshness.note_change()
        pass_time(chrome)
        assert news(chrome) == "2 new messages"
        assert chrome.messages == messages
        chrome.click("2 new messages")
        assert (chrome.path, news(chrome)) == (path, "")
        assert chrome.messages[:3] == [("Grace", "new 1"), ("Grace", "new 0"), ("Grace", "old 1")]
        database.sql("UPDATE messages SET flagged = true WHERE text LIKE 'new%%'")
        database.sql("UPDATE messages SET flagged = false WHERE text LIKE 'old%%'")
        freshness.note_change()


def test_more_new_messages_than_a_page_holds(clocked, people, api):
    """The number cannot grow any more, so the script ends its requests."""
    chrome = clocked
    people("Grace")
    api.tweet("Grace", "old")
    chrome.open("/public")
    for number in range(31):
        assert api.tweet("Grace", f"new {number}").status_code == 204
    chrome.run("const [timer] = window.timers.splice(0); timer.action();")
    installation.wait_until(lambda: news(chrome) == "30+ new messages", "the news")
    assert waiting(chrome) == []
    # Older pages have no news.
    chrome.click("30+ new messages")
    chrome.click("Older")
    assert chrome.messages == [("Grace", "new 0"), ("Grace", "old")]
    assert waiting(chrome) == [] and not chrome.all("p.news")


def test_the_first_message_of_an_empty_timeline(clocked, people, api):
    chrome = clocked
    people("Grace")
    chrome.open("/public")
    api.tweet("Grace", "hello")
    pass_time(chrome)
    assert news(chrome) == "1 new message"
    chrome.tab_to("1 new message")
    chrome.enter()
    assert (chrome.messages, news(chrome)) == ([("Grace", "hello")], "")


def test_no_request_while_nobody_sees_the_page(clocked, people, api):
    chrome = clocked
    people("Grace")
    chrome.open("/public")
    set_window(chrome, "minimized")
    try:
        chrome.run("const [timer] = window.timers.splice(0); timer.action();")
        api.tweet("Grace", "hello")
        assert (asked(chrome), waiting(chrome)) == ([], [])
    finally:
        set_window(chrome, "normal")
    installation.wait_until(lambda: news(chrome) == "1 new message", "the news")
    installation.wait_until(lambda: waiting(chrome), "the next timer")
    # The time is not yet over again.
    set_window(chrome, "minimized")
    set_window(chrome, "normal")
    assert len(asked(chrome)) == len(waiting(chrome)) == 1


def test_a_busy_server_gets_fewer_requests(clocked, people, api):
    chrome = clocked
    people("Grace")
    chrome.open("/public")

    def waits_after(answer):
        chrome.run(f"window.answer = {json.dumps(answer)}")
        pass_time(chrome)
        return waiting(chrome)[0]

    for status, least in ((503, 120), (429, 240), (500, 480), (502, 960), (503, 1800), (503, 1800)):
        assert least <= waits_after({"status": status}) <= 1.25 * least
    api.tweet("Grace", "hello")
    assert waits_after(None) <= 75
    assert news(chrome) == "1 new message"
    assert 300 <= waits_after({"status": 503, "headers": {"Retry-After": "300"}}) <= 375
    assert 600 <= waits_after({"status": 503, "headers": {"Retry-After": "Mon, 30 Nov 2026 18:45:00 GMT"}}) <= 750
    chrome.devtools("Network.enable")
    try:
        chrome.devtools("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
        chrome.run("window.answer = null; const [timer] = window.timers.splice(0); timer.action();")
        (time,) = installation.wait_until(lambda: waiting(chrome), "the next timer")
        assert 1200 <= time <= 1500
    finally:
        chrome.devtools("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    assert [line for line in chrome.console() if "ERR_INTERNET_DISCONNECTED" not in line] == []


def test_the_script_does_not_use_up_the_flash(clocked, people, database):
    chrome = clocked
    people("Ada")
    sign_in(chrome)
    assert chrome.flashes == ["You were logged in"]
    # As in another tab, whose next page is not yet there.
    chrome.driver.execute_async_script(
        "const done = arguments[0];"
        "const options = {method: 'POST', body: new URLSearchParams({text: 'hello'}), redirect: 'manual', headers: {}};"
        "fetch('/add_message', options).then(done, done);"
    )
    assert database.messages() == [("Ada", "hello")]
    pass_time(chrome)
    assert news(chrome) == "1 new message"
    chrome.open("/public")
    assert chrome.flashes == ["Your message was recorded"]


def test_new_mentions_stay_new(clocked, people, api, database):
    """A request of the script does not count as a view of the page."""
    chrome = clocked
    people("Ada", "Grace")
    sign_in(chrome)
    chrome.open("/-/mentions")
    seen = database.sql("SELECT mentions_seen FROM users WHERE username = 'Ada'")
    assert api.tweet("Grace", "Hello @Ada").status_code == 204
    pass_time(chrome)
    assert news(chrome) == "1 new message"
    assert database.sql("SELECT mentions_seen FROM users WHERE username = 'Ada'") == seen
    chrome.click("1 new message")
    assert chrome.messages == [("Grace", "Hello @Ada")]
    assert database.sql("SELECT mentions_seen FROM users WHERE username = 'Ada'") != seen


def test_the_end_of_a_session_ends_the_requests(clocked, people, database):
    chrome = clocked
    people("Ada")
    sign_in(chrome)
    database.sql("DELETE FROM sessions")
    chrome.run("const [timer] = window.timers.splice(0); timer.action();")
    installation.wait_until(lambda: asked(chrome), "the request")
    # The status of a redirect that the script does not follow.
    assert asked(chrome) == [(0, False)]
    assert waiting(chrome) == []


def test_other_pages_send_no_requests(clocked, people):
    chrome = clocked
    people("Ada")
    for path in ("/login", "/register", "/nobody"):
        chrome.open(path)
        assert waiting(chrome) == [] and not chrome.all("p.news")

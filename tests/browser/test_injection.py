# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Script in the input of a user never runs: in names, texts, e-mail addresses, flashes, paths, queries and cookies. On
each page, nothing has run, the Content-Security-Policy had nothing to stop, and all elements and attributes come from
the templates. Each test runs with the policy, and without it, when escaping alone must suffice."""

import re
import urllib.parse

import pytest

RUN = "window.pwned=1,alert(1)"
SCRIPTS = (
    f"<script>{RUN}</script>",
    f"</title></textarea></style></noscript></template><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"\"><img src=x onerror='{RUN}'>",
    f"'><svg/onload={RUN}>",
    f"\" onfocus=\"{RUN}\" autofocus x=\"",
    f"' onmouseover='{RUN}' style='position:fixed;inset:0' x='",
    f"` onclick=`{RUN}`",
    f"java\tscript:{RUN}//",
    f"<math><mtext><mglyph><style><img src=x onerror={RUN}>",
    "<base href='http://attacker.example/'>",
    "<meta http-equiv=refresh content='0;url=http://attacker.example/'>",
    f"&lt;script&gt;{RUN}&lt;/script&gt; &#60;script&#62; &#x3c;b&#x3e; &amp;lt;i&amp;gt;",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e \u2028{RUN}\u2029",
    "{{{text}}} {{#messages}} {{> page}} ${7*7} <%= 7*7 %>",
    "%3Cscript%3E" + RUN + "%3C/script%3E",
)

# A name may have no control character, no "/" and no white space at an end.
NAMES = tuple(dict.fromkeys(re.sub(r"[\t\n/]", "", text).strip() for text in SCRIPTS))

# The elements and attributes of the templates, of the site's script, and of httpd's own error pages.
ELEMENTS = (
    "html head meta title link body a div header h1 h2 h3 ul li p form input label img strong span small em br "
    "hr address pre textarea script output time".split()
)
ATTRIBUTES = (
    "lang charset name content media rel href type class role aria-label id tabindex action method size value for src alt "
    "width height dir autocomplete autocapitalize spellcheck maxlength required autofocus aria-describedby aria-invalid "
    "enterkeyhint inputmode rows readonly defer data-max aria-live property aria-current datetime title".split()
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
    if (element.localName === 'script' && !element.matches('head > script[src^="/static/script.js?"]:empty'))
        found.push(`<script>: ${element.outerHTML}`);
    for (const {name, value} of element.attributes) {
        if (!attributes.includes(name)) found.push(`${name}=${value}`);
        if (['href', 'src', 'action'].includes(name) && new URL(value, document.baseURI).origin !== location.origin &&
            !element.matches(':is(ul.messages span, ul.people span, p.about) > a[href^="http"][rel="nofollow noopener ugc"]'))
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
    """A browser that records the scripts that ran, and those that the policy stopped."""
    script = chrome.devtools("Page.addScriptToEvaluateOnNewDocument", source=WATCH)["identifier"]
    chrome.devtools("Page.setBypassCSP", enabled=not policy)
    yield chrome
    chrome.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    # The console also has a line for each page with an error status.
    complaints = [line for line in chrome.console() if "Failed to load resource: the server responded" not in line]
    assert complaints == []


def harmless(chrome, page):
    assert chrome.run(FOUND, ELEMENTS, ATTRIBUTES) == [], page


def quote(text):
    return urllib.parse.quote(text, safe="")


def words(text):
    """The text without the differences in white space that come from its layout."""
    return " ".join(text.split())


def test_names_texts_and_the_title_show_script_as_text(watched, api, people):
    people(*NAMES)
    for number, name in enumerate(NAMES):
        # Each user has other texts, and each text occurs.
        for text in (SCRIPTS[number], SCRIPTS[-1 - number]):
            assert api.tweet(name, text).status_code == 204
    watched.open("/public")
    assert len(watched.messages) == 30
    harmless(watched, "/public")
    watched.open("/public?before=25")
    harmless(watched, "/public?before=25")
    for number, name in enumerate(NAMES):
        watched.open("/" + quote(name))
        assert words(watched.heading) == words(f"{name}'s Timeline")
        assert watched.run("return document.title").endswith("'s Timeline | MiniTwit")
        if "\u2028" not in name:
            assert watched.run("return document.querySelector('title').text") == f"{name}'s Timeline | MiniTwit"
        texts = [words(text) for text in (SCRIPTS[-1 - number], SCRIPTS[number])]
        assert [words(text) for _, text in watched.messages] == texts
        harmless(watched, name)


def test_texts_about_users_show_script_as_text(watched, api, people, database):
    people("alice", *NAMES)
    texts = {name: text[:160] for name, text in zip(NAMES, SCRIPTS, strict=True)}
    for name, text in texts.items():
        database.sql("UPDATE users SET about = %s WHERE username = %s", text, name)
        assert api.follow(name, "alice").status_code == 204
    watched.open("/alice/followers")
    assert [words(text) for text in watched.texts("ul.people span")] == [words(text) for text in reversed(texts.values())]
    harmless(watched, "/alice/followers")
    for name, text in texts.items():
        for page in ("", "/followers", "/following"):
            watched.open(f"/{quote(name)}{page}")
            assert [words(shown) for shown in watched.texts("p.about")] == [words(text)]
            harmless(watched, f"{name}{page}")
        watched.open("/login?next=" + quote("/" + quote(name)))
        harmless(watched, f"login, then {name}")
    watched.fill(username=NAMES[-1], password="secret")
    watched.click("Sign In")
    assert watched.path == "/" + quote(NAMES[-1])
    for text in SCRIPTS:
        watched.open("/-/profile")
        # The tabulator would leave the field.
        watched.fill(about=text.replace("\t", " ") + "x" * 160)
        watched.click("Save")
        assert watched.errors == ["Error: The text about you may have at most 160 characters"]
        harmless(watched, f"refused: {text}")


def test_forms_flashes_and_the_navigation(watched, policy, database):
    for name in NAMES[policy::2]:
        email = name.replace("<script", "</title><script") + "@example.org"
        watched.open("/register")
        watched.fill(username=name, email=email, password="1", password2="2")
        watched.click("Sign Up")
        assert watched.texts("#username, #email") == [name, email]
        harmless(watched, f"refused registration: {name}")
    for name in (NAMES[4], NAMES[6]):
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


def test_refused_messages(watched, policy, people, database):
    """The page of the refusal shows the message in a form, and so does the next failed login."""
    people("alice")
    watched.open("/login")
    watched.fill(username="alice", password="secret")
    watched.click("Sign In")
    for script in SCRIPTS[policy::2]:
        text = script.replace("\t", " ")
        watched.fill(text=text + "x" * 1000)
        watched.click("Share")
        assert watched.texts("textarea") == [text + "x" * 1000]
        harmless(watched, f"too long: {script}")
        watched.open("/")
    database.sql("DELETE FROM sessions")
    watched.fill(text=SCRIPTS[1])
    watched.click("Share")
    harmless(watched, "after the session")
    watched.fill(username=SCRIPTS[1], password="wrong")
    watched.click("Sign In and Share")
    assert watched.texts("#username, textarea") == [SCRIPTS[1]] * 2
    harmless(watched, "after the session, refused login")
    assert database.count("messages") == 0


def test_forged_flashes(watched, policy, httpd):
    """A page on another host name of the domain may set cookies for this one."""

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
        # Without the characters that a cookie cannot hold.
        raw = re.sub(r'[\s;,"\\]|[^\x20-\x7e]', "", script)
        for value in (raw, f"following:{raw}", f"recorded{raw}"):
            assert [text for text in show(value) if "<" in text] == []


def test_paths_and_queries(watched, policy, people, api):
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
        # The two runs together try each script in each address.
        for path in paths[(number + policy) % 2 :: 2]:
            watched.open(path)
            harmless(watched, path)


def test_the_api_shown_in_a_browser(watched, httpd, people, api):
    """Every answer is JSON, which a browser does not run."""
    people(*NAMES[:3])
    for name in NAMES[:8]:
        for path in (f"/{quote(name)}", f"/msgs/{quote(name)}?no={quote(name)}", f"/latest?latest={quote(name)}"):
            watched.driver.get(httpd.api_url + path)
            assert watched.run("return document.contentType") == "application/json"
            assert watched.run("return [window.pwned, window.alerts]") == [None, []]


def test_the_policy_stops_injected_scripts_and_styles(chrome):
    """The tests of this file would notice such a script, also one that the policy stops."""
    script = chrome.devtools("Page.addScriptToEvaluateOnNewDocument", source=WATCH)["identifier"]
    inject = (
        "const script = document.createElement('script'), style = document.createElement('style');"
        "script.textContent = arguments[0]; style.textContent = 'body { display: none }';"
        "document.body.append(script, style); document.body.setAttribute('onclick', arguments[0]);"
    )
    try:
        chrome.open("/public")
        chrome.run(inject, RUN)
        assert chrome.one("body").is_displayed()
        found = chrome.run(FOUND, ELEMENTS, ATTRIBUTES)
        stopped = {line.split()[5] for line in found if line.startswith("the policy had to stop ")}
        assert stopped == {"script-src-elem:", "script-src-attr:", "style-src-elem:"}, found
        assert {line.split()[0] for line in found} == {"the", f"onclick={RUN}", "<script>:", "<style>:"}, found
        complaints = chrome.console()
        assert len(complaints) == 3 and all("Content Security Policy" in line for line in complaints), complaints
        chrome.devtools("Page.setBypassCSP", enabled=True)
        chrome.open("/public")
        chrome.run(inject, RUN)
        found = chrome.run(FOUND, ELEMENTS, ATTRIBUTES)
        assert found[:2] == ["a script has run", "alert: 1"]
        chrome.console()
    finally:
        chrome.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script)

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""In a real browser, pages of other sites try to act in the name of a signed-in user, in every way that a page has.
Browsers make exceptions for localhost, so the sites have other names, which the browser resolves to this machine."""

import contextlib
import urllib.parse

import pytest
from selenium.common.exceptions import NoSuchFrameException

from support import errorlog, installation
from support.attackers import ELSEWHERE, GET_WAYS, LEAVING_WAYS, POST_WAYS, SITE, SUBDOMAIN, Sites

# The browser sends OPTIONS first, and the request itself only with permission.
ASKING = {"fetch-json"}
# The site accepts no other type of form.
URLENCODED = {"form", "form-window", "form-hop", "fetch-form", "fetch-keepalive", "xhr-form", "beacon"}

# Over https, the browser reports that these requests are for a part of a page.
GET_PARTS = {
    "get-form", "get-frame", "get-image", "get-image-hop", "get-script", "get-style", "get-background", "get-object",
    "get-embed", "get-poster",
}  # fmt: skip
POST_PARTS = {"form", "form-multipart", "form-text", "form-hop"}

SIGNED_IN = [
    {"kind": "POST", "path": "/add_message", "fields": {"text": "by WAY"}},
    {"kind": "POST", "path": "/WAY/follow", "fields": {}},
    {"kind": "POST", "path": "/friend/unfollow", "fields": {}},
    {"kind": "POST", "path": "/logout", "fields": {}},
    {"kind": "GET", "path": "/WAY/follow", "fields": {}},
    {"kind": "GET", "path": "/friend/unfollow", "fields": {}},
    {"kind": "GET", "path": "/logout", "fields": {}},
]
ANONYMOUS = [
    {"kind": "POST", "path": "/login", "fields": {"username": "mallory", "password": "secret"}},
    {
        "kind": "POST",
        "path": "/register",
        "fields": {"username": "new-WAY", "email": "new@example.org", "password": "x", "password2": "x"},
    },
]


@pytest.fixture(scope="module")
def sites(_shared_database, certificate):
    sites = Sites(_shared_database, certificate)
    try:
        sites.httpd.start()
        yield sites
        sites.httpd.stop()
        # mod_ssl warns of the certificate and of the missing cache. An attacker has no icon.
        allowed = (r"\[ssl:warn\]", r"AH01630: .*/favicon\.ico")
        bad, _ = errorlog.unexpected(sites.httpd.error_log.take_news(), (), allowed)
        assert not (found := bad + sites.httpd.sanitizer_reports()), "\n".join(found)
    finally:
        sites.httpd.destroy()


@pytest.fixture(scope="module")
def _traveller(sites, start_chrome):
    with start_chrome(
        sites.httpd,
        flags=(
            "--host-resolver-rules=MAP * 127.0.0.1",
            "--ignore-certificate-errors",
            # Otherwise the browser tries https first.
            "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,HttpsFirstBalancedMode",
        ),
    ) as browser:
        yield browser


@pytest.fixture
def traveller(_traveller, sites, database, api, people):
    """A browser without cookies, on a site with a user for the name of each way."""
    _traveller.reset()
    people("alice", "mallory", "friend", *POST_WAYS, *GET_WAYS, *LEAVING_WAYS)
    yield _traveller
    _close_other_windows(_traveller)
    _traveller.console()


def _close_other_windows(chrome):
    first, *others = chrome.driver.window_handles
    for handle in others:
        chrome.driver.switch_to.window(handle)
        chrome.driver.close()
    chrome.driver.switch_to.window(first)


def sign_in(chrome, database, base):
    """alice logs in with the site's own form and follows friend."""
    chrome.base = base
    chrome.open("/login")
    chrome.fill(username="alice", password="secret")
    chrome.click("Sign In")
    assert chrome.flashes == ["You were logged in"]
    chrome.open("/friend")
    chrome.click("Follow user")
    assert database.follows() == [("alice", "friend")]


def works(chrome, database, base):
    """The user is still signed in, and the site's own forms and links work."""
    chrome.base = base
    chrome.open("/")
    chrome.fill(text="my own words")
    chrome.click("Share")
    assert database.messages()[-1] == ("alice", "my own words")
    chrome.open("/friend")
    chrome.click("Unfollow user")
    assert ("alice", "friend") not in database.follows()
    chrome.click("sign out [alice]")
    assert chrome.flashes == ["You were logged out"]
    assert database.count("sessions") == 0


def expected(requests, missing=()):
    """(method, path, way) of each request."""
    ways = {"POST": POST_WAYS, "GET": GET_WAYS}
    return {
        (request["kind"], request["path"].replace("WAY", way), way)
        for request in requests
        for way in ways[request["kind"]]
        if way not in missing
    }


def attack(chrome, sites, database, url, wanted):
    """Opens a page that attacks, and waits until all these requests have arrived at the site. Nothing may change
    meanwhile. Returns the requests that arrived."""
    mark = sites.mark()
    with database.unchanged():
        chrome.driver.get(url)

        def have_arrived():
            return wanted <= {(method, path, way) for _, method, path, way, _ in sites.arrived(mark)}

        with contextlib.suppress(AssertionError):
            installation.wait_until(have_arrived, "the attacks")
        arrived = sites.arrived(mark)
        missing = wanted - {(method, path, way) for _, method, path, way, _ in arrived}
        assert not missing, f"never arrived: {sorted(missing)}"
        served = [row for row in arrived if not _is_refused(*row)]
        assert not served, served
    _close_other_windows(chrome)
    return arrived


def _is_refused(status, method, _path, way, _cookie):
    # OPTIONS only prepares a request and gets no permission. The ping of a data: URL has that URL in a header, which is
    # too long for httpd.
    return status == 403 or method == "OPTIONS" or (status == 400 and way == "ping")


def framed(sites, inner, how):
    """A page with another page in a frame without an origin."""
    if how == "sandbox":
        source = f'<iframe src="{sites.page(inner)}" sandbox="allow-scripts allow-forms allow-popups"></iframe>'
    else:
        source = f'<iframe src="data:text/html;charset=utf-8,{urllib.parse.quote(inner)}"></iframe>'
    return sites.page(source)


ATTACKERS = ("another site", "a subdomain", "another port", "a sandbox", "a data: URL")


def attacker_of(sites, scheme, kind):
    if kind == "another port":
        return sites.url(scheme, SITE, sites.other_ports[scheme])
    return sites.url(scheme, SUBDOMAIN if kind == "a subdomain" else ELSEWHERE)


def page_of(sites, target, kind, attacker, requests, **options):
    source = sites.attack(target, attacker, requests, **options)
    if kind in ("a sandbox", "a data: URL"):
        return attacker + framed(sites, source, kind.split()[1].removesuffix(":"))
    return attacker + sites.page(source)


@pytest.mark.parametrize("attacker", ATTACKERS)
@pytest.mark.parametrize(("scheme", "referrer"), [("https", "no-referrer"), ("http", "unsafe-url")])
def test_another_site_cannot_act_for_a_signed_in_user(traveller, sites, database, scheme, referrer, attacker):
    base = sites.url(scheme)
    sign_in(traveller, database, base)
    # Over plain HTTP, the requests of a page without an origin do not show where they come from, except forms: see
    # test_a_link_over_plain_http.
    hides = scheme == "http" and attacker in ("a sandbox", "a data: URL")
    requests = [request for request in SIGNED_IN if request["kind"] == "POST" or not hides]
    page = page_of(sites, scheme, attacker, attacker_of(sites, scheme, attacker), requests, referrer=referrer)
    arrived = attack(traveller, sites, database, page, expected(requests, ASKING))
    assert hides or any(row[4] for row in arrived), "no request had the session"
    works(traveller, database, base)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_another_site_cannot_log_a_visitor_in_or_register(traveller, sites, database, scheme):
    attacker = ATTACKERS[0]
    page = page_of(sites, scheme, attacker, attacker_of(sites, scheme, attacker), ANONYMOUS)
    attack(traveller, sites, database, page, expected(ANONYMOUS, ASKING))
    traveller.base = sites.url(scheme)
    traveller.open("/public")
    assert "sign in" in traveller.navigation
    sign_in(traveller, database, sites.url(scheme))


def test_plain_http_is_another_site_to_https(traveller, sites, database):
    """An attacker on the network can change pages of plain HTTP that have the name of the site."""
    base = sites.url("https")
    sign_in(traveller, database, base)
    attacker = sites.url("http")
    page = page_of(sites, "https", "plain", attacker, SIGNED_IN, referrer="unsafe-url")
    attack(traveller, sites, database, page, expected(SIGNED_IN, ASKING))
    works(traveller, database, base)


# Over plain HTTP only one way for each kind of headers.
LEAVING = [("https", way) for way in LEAVING_WAYS] + [("http", way) for way in ("leave-link", "leave-refresh", "leave-form")]


@pytest.mark.parametrize(("scheme", "way"), LEAVING)
def test_a_page_that_leads_the_browser_to_the_site(traveller, sites, database, scheme, way):
    """The browser sends the session, because the user goes to the site itself."""
    base = sites.url(scheme)
    sign_in(traveller, database, base)
    posts = "-form" in way and "get" not in way
    paths = ["/add_message"] * 3 if posts else [f"/{way}/follow", "/friend/unfollow", "/logout"]
    # Each way begins with another attacker.
    first = LEAVING_WAYS.index(way) % 3
    for path, attacker in zip(paths, (ATTACKERS[:3] * 2)[first:]):
        requests = [{"kind": "LEAVE", "path": path, "fields": {"text": "by WAY"}}]
        referrer = "no-referrer" if scheme == "https" else "strict-origin-when-cross-origin"
        page = page_of(
            sites, scheme, attacker, attacker_of(sites, scheme, attacker), requests, referrer=referrer, only=way
        )
        arrived = attack(traveller, sites, database, page, {("POST" if posts else "GET", path, way)})
        assert [row[0] for row in arrived] == [403]
        refusal = ["This request came from a page of another site."]
        installation.wait_until(lambda: traveller.texts(".problem") == refusal, "the page of the refusal")
    works(traveller, database, base)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_same_attacks_work_from_the_site_itself(traveller, sites, database, scheme):
    """So the other tests see a refusal, not a mistake in the attack."""
    base = sites.url(scheme)
    sign_in(traveller, database, base)
    requests = [SIGNED_IN[0], next(request for request in SIGNED_IN if request["path"] == "/WAY/follow" and request["kind"] == "GET")]
    mark = sites.mark()
    traveller.driver.get(base + sites.page(sites.attack(scheme, base, requests)))
    parts = GET_PARTS | POST_PARTS if scheme == "https" else set()
    refused = {way: 415 for way in set(POST_WAYS) - URLENCODED} | {way: 403 for way in parts} | {"get-prefetch": 503}
    followed = {("alice", way) for way in GET_WAYS if way not in refused} | {("alice", "friend")}
    posted = {("alice", f"by {way}") for way in URLENCODED if way not in refused}
    wanted = {way for _, _, way in expected(requests)}
    with contextlib.suppress(AssertionError):
        installation.wait_until(
            lambda: wanted <= {row[3] for row in sites.arrived(mark)}
            and followed <= set(database.follows())
            and posted <= set(database.messages()),
            "the requests",
        )
    assert {way: status for status, _, _, way, _ in sites.arrived(mark) if status != 302} == refused
    assert set(database.follows()) == followed
    assert set(database.messages()) == posted


# Posts a message without loading the page with the flash. Then the browser loads pages in advance.
EARLY = """<!doctype html><title>early</title><body><script>
function early(rules) {
    document.body.append(Object.assign(document.createElement('link'), {rel: 'prefetch', href: '/?way=link'}));
    const script = Object.assign(document.createElement('script'), {type: 'speculationrules'});
    script.textContent = JSON.stringify(rules);
    document.body.append(script);
}
const list = (path, way) => [{source: 'list', eagerness: 'immediate', urls: [`${path}?way=${way}`]}];
fetch('/add_message', {method: 'POST', body: new URLSearchParams({text: 'hello'}), redirect: 'manual'}).then(
    () => early({prefetch: list('/friend/unfollow', 'prefetch'), prerender: list('/logout', 'prerender')}));
</script>"""


def test_pages_that_the_browser_loads_in_advance(traveller, sites, database):
    """A page that the user has not opened does not unfollow anybody, log out, or use up the flash."""
    base = sites.url("https")
    sign_in(traveller, database, base)
    mark = sites.mark()
    traveller.driver.get(base + sites.page(EARLY))
    early = {"link": 200, "prefetch": 503, "prerender": 503}

    def arrived():
        return {way: status for status, _, _, way, _ in sites.arrived(mark)}

    with contextlib.suppress(AssertionError):
        installation.wait_until(lambda: arrived() == early, "the requests")
    assert arrived() == early
    traveller.open("/?way=link")
    assert traveller.flashes == ["Your message was recorded"]
    works(traveller, database, base)


def test_a_link_over_plain_http(traveller, sites, database):
    """A browser sends only Referer with a link, and a page can suppress it. So a link can follow a user and log out. It
    cannot post, because forms have Origin. See docs/security.md; the remedy is https."""
    sign_in(traveller, database, sites.url("http"))
    attacker = sites.url("http", ELSEWHERE)

    def lure(path, kind="LEAVE", only="leave-link"):
        requests = [{"kind": kind, "path": path, "fields": {"text": "by WAY"}}]
        mark = sites.mark()
        traveller.driver.get(attacker + sites.page(sites.attack("http", attacker, requests, "no-referrer", only)))
        installation.wait_until(lambda: len(sites.arrived(mark)) == 1, "the request")
        return sites.arrived(mark)[0][0]

    assert lure("/add_message", only="leave-form") == 403
    assert database.messages() == []
    # A request for a part of the attacker's page has no session.
    assert lure("/leave-link/follow", kind="GET", only="get-image") == 401
    assert database.follows() == [("alice", "friend")]
    assert lure("/leave-link/follow") == 302
    assert database.follows() == [("alice", "friend"), ("alice", "leave-link")]
    assert lure("/logout") == 302
    assert database.count("sessions") == 0


# ---- frames

FRAMED_PATHS = ("/public", "/", "/alice", "/login", "/register", "/nobody", "/add_message", "/?before=7", "/friend/follow")


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_page_of_the_site_can_be_framed(traveller, sites, database, scheme):
    base = sites.url(scheme)
    sign_in(traveller, database, base)
    harmless = sites.page("<title>harmless</title><p>shown</p>")
    elements = {"iframe": "src", "object": "data", "embed": "src"}
    for outer in (base, *(attacker_of(sites, scheme, kind) for kind in ATTACKERS[:3])):
        for element, attribute in elements.items():
            sources = [base + path for path in (*FRAMED_PATHS, harmless)]
            page = sites.page(
                "<!doctype html><title>clickjacking</title>"
                + "".join(f'<{element} {attribute}="{source}" type="text/html"></{element}>' for source in sources)
            )
            with database.unchanged():
                traveller.driver.get(outer + page)
                shown = _shown(traveller, element)
            assert shown.pop() == "shown"
            assert not any("MiniTwit" in text for text in shown), (outer, element, shown)
            assert len(shown) == len(FRAMED_PATHS)
    works(traveller, database, base)


def _shown(chrome, element):
    """The text in each of the frames, once the last one is loaded."""

    def texts():
        found = []
        for frame in chrome.all(element):
            try:
                chrome.driver.switch_to.frame(frame)
                found.append(chrome.run("return document.readyState === 'complete' ? document.body.innerText.trim() : null"))
            except NoSuchFrameException:
                found.append("")  # a refused object has no frame
            chrome.driver.switch_to.default_content()
        return found

    installation.wait_until(lambda: (found := texts()) and found[-1] == "shown" and None not in found, "the frames")
    return texts()

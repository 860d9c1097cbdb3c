# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Pages of other sites, in a real browser, try whatever a page can do to act in the name of somebody who is signed in. Names
are not those of this machine, for which browsers make exceptions; the browser is told that all of them are here."""

import contextlib
import urllib.parse

import pytest
from selenium.common.exceptions import NoSuchFrameException

from support import errorlog, installation
from support.attackers import ELSEWHERE, GET_WAYS, LEAVING_WAYS, POST_WAYS, SITE, SUBDOMAIN, Sites

# A page cannot send these to another site without asking first, by OPTIONS.
ASKING = {"fetch-json"}
# The site takes no other form.
URLENCODED = {"form", "form-window", "form-hop", "fetch-form", "fetch-keepalive", "xhr-form", "beacon"}

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
        # mod_ssl minds the certificate, and that there is no cache; an attacker has no icon.
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
            # It would go to https by itself, and ask before it does not.
            "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,HttpsFirstBalancedMode",
        ),
    ) as browser:
        yield browser


@pytest.fixture
def traveller(_traveller, sites, database, api, people):
    """A browser that has been nowhere, on a site where people have the names of the ways."""
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
    """By the site's own form. She follows her friend."""
    chrome.base = base
    chrome.open("/login")
    chrome.fill(username="alice", password="secret")
    chrome.click("Sign In")
    assert chrome.flashes == ["You were logged in"]
    chrome.open("/friend")
    chrome.click("Follow user")
    assert database.follows() == [("alice", "friend")]


def works(chrome, database, base):
    """The site's own forms and links do what they are there for, and who was signed in still is."""
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
    """(method, path, way) of each."""
    ways = {"POST": POST_WAYS, "GET": GET_WAYS}
    return {
        (request["kind"], request["path"].replace("WAY", way), way)
        for request in requests
        for way in ways[request["kind"]]
        if way not in missing
    }


def attack(chrome, sites, database, url, wanted):
    """Opens a page that attacks, and waits until all of this has arrived at the site; nothing may change meanwhile. Returns
    what arrived."""
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
    # A question that comes before a request is none itself, and gets no permission. What a ping says of a page that is all in
    # its address is too long for httpd.
    return status == 403 or method == "OPTIONS" or (status == 400 and way == "ping")


def framed(sites, inner, how):
    """A page that holds another in a frame that has no origin."""
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
def test_who_is_signed_in_does_nothing_unawares(traveller, sites, database, scheme, referrer, attacker):
    base = sites.url(scheme)
    sign_in(traveller, database, base)
    # By plain http, a page without an origin does not say where it is in any way, but for forms: see test_what_is_left.
    hides = scheme == "http" and attacker in ("a sandbox", "a data: URL")
    requests = [request for request in SIGNED_IN if request["kind"] == "POST" or not hides]
    page = page_of(sites, scheme, attacker, attacker_of(sites, scheme, attacker), requests, referrer=referrer)
    arrived = attack(traveller, sites, database, page, expected(requests, ASKING))
    assert hides or any(row[4] for row in arrived), "no request carried the session, so nothing was at stake"
    works(traveller, database, base)


@pytest.mark.parametrize("attacker", ATTACKERS)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_nobody_is_signed_in_or_registered_by_another_site(traveller, sites, database, scheme, attacker):
    page = page_of(sites, scheme, attacker, attacker_of(sites, scheme, attacker), ANONYMOUS)
    attack(traveller, sites, database, page, expected(ANONYMOUS, ASKING))
    traveller.base = sites.url(scheme)
    traveller.open("/public")
    assert "sign in" in traveller.navigation
    sign_in(traveller, database, sites.url(scheme))


def test_plain_http_is_another_site_to_https(traveller, sites, database):
    """Whoever can put words into what comes by plain http, under the very name of the site."""
    base = sites.url("https")
    sign_in(traveller, database, base)
    attacker = sites.url("http")
    page = page_of(sites, "https", "plain", attacker, SIGNED_IN, referrer="unsafe-url")
    attack(traveller, sites, database, page, expected(SIGNED_IN, ASKING))
    works(traveller, database, base)


@pytest.mark.parametrize("way", LEAVING_WAYS)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_page_itself_leaves_for_the_site(traveller, sites, database, scheme, way):
    """The browser hands over the session, since it goes where its address says it goes."""
    base = sites.url(scheme)
    sign_in(traveller, database, base)
    posts = "-form" in way and "get" not in way
    paths = ["/add_message"] * 3 if posts else [f"/{way}/follow", "/friend/unfollow", "/logout"]
    # Each way has another one begin.
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
        installation.wait_until(lambda: traveller.texts(".problem") == refusal, "the page that refuses")
    works(traveller, database, base)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_same_attacks_work_from_the_site_itself(traveller, sites, database, scheme):
    """So it is the refusal that the others see, and no mistake in the attack."""
    base = sites.url(scheme)
    sign_in(traveller, database, base)
    requests = [SIGNED_IN[0], next(request for request in SIGNED_IN if request["path"] == "/WAY/follow" and request["kind"] == "GET")]
    mark = sites.mark()
    traveller.driver.get(base + sites.page(sites.attack(scheme, base, requests)))
    followed = {("alice", way) for way in GET_WAYS} | {("alice", "friend")}
    posted = {("alice", f"by {way}") for way in URLENCODED}
    with contextlib.suppress(AssertionError):
        installation.wait_until(
            lambda: followed <= set(database.follows()) and posted <= set(database.messages()), "what was sent"
        )
    assert set(database.follows()) == followed
    assert set(database.messages()) == posted
    refused = {way: status for status, method, _, way, _ in sites.arrived(mark) if method == "POST" and status != 302}
    assert refused == {way: 415 for way in set(POST_WAYS) - URLENCODED}


def test_what_is_left(traveller, sites, database):
    """By plain http a browser does not say where a request came from, unless by its Referer, which a page may suppress; for
    forms there is still Origin. So there such a link follows, and logs out, but cannot post. docs/security.md tells it;
    https is the remedy."""
    sign_in(traveller, database, sites.url("http"))
    attacker = sites.url("http", ELSEWHERE)

    def lure(path, kind="LEAVE", only="leave-link"):
        requests = [{"kind": kind, "path": path, "fields": {"text": "by WAY"}}]
        mark = sites.mark()
        traveller.driver.get(attacker + sites.page(sites.attack("http", attacker, requests, "no-referrer", only)))
        installation.wait_until(lambda: len(sites.arrived(mark)) == 1, "what was sent")
        return sites.arrived(mark)[0][0]

    assert lure("/add_message", only="leave-form") == 403
    assert database.messages() == []
    # What is part of the attacker's page comes without the session.
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
    """What stands in each of the frames, once the last one is there."""

    def texts():
        found = []
        for frame in chrome.all(element):
            try:
                chrome.driver.switch_to.frame(frame)
                found.append(chrome.run("return document.readyState === 'complete' ? document.body.innerText.trim() : null"))
            except NoSuchFrameException:
                found.append("")  # an object that was refused is no frame at all
            chrome.driver.switch_to.default_content()
        return found

    installation.wait_until(lambda: (found := texts()) and found[-1] == "shown" and None not in found, "the frames")
    return texts()

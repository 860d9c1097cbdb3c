# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Names that cannot be registered, because another mount or the site's own pages have the path of their page."""

from support import installation
from support.client import refusal
from support.mounts import mount


def _refuses(httpd, name):
    """True if the site and the API refuse the name as reserved, False if they accept it."""
    message = "The username is reserved"
    answer = httpd.simulator().register(name)
    page = httpd.browser().register(name)
    if answer.status_code == 204:
        assert "The username is already taken" in page.text
        return False
    assert refusal(answer, 400) == message
    assert page.status_code == 200 and message in page.text
    return True


def test_names_that_other_mounts_hide_are_reserved(make_httpd, people, database):
    """Only at registration: a user with such a name keeps it."""
    people("files")
    httpd = make_httpd(
        directives=mount("/state", "server-status"),
        web=mount("/", "minitwit-web")
        + mount("/api/", "minitwit-api")
        + mount("/files", "none")
        + mount("/deep/down", "none")
        + '<Location "/rules">\n  Require all granted\n</Location>\n<Location "/wild*">\n  SetHandler none\n</Location>\n',
    )
    for name in ("state", "api", "public", "static"):
        assert _refuses(httpd, name), name
    # livez is mounted on another listener, which has no site.
    for name in ("apis", "API", "deep", "down", "rules", "wild", "wild*", "livez"):
        assert not _refuses(httpd, name), name
    httpd.browser().sign_in("files")
    httpd.web += mount("/later", "none")
    old = set(httpd.children())
    assert httpd.graceful().returncode == 0
    installation.wait_until(lambda: not old & set(httpd.children()), "the old children to end")
    assert _refuses(httpd, "later")


def test_names_are_reserved_below_the_prefix_of_the_site(make_httpd, database):
    """All hosts count, because their sites have the same users."""
    httpd = make_httpd(
        web=mount("/", "minitwit-web"),
        ops='<Location "/livez">\n  SetHandler minitwit-health\n</Location>\n'
        + mount("/twit", "minitwit-web")
        + mount("/twit/api", "minitwit-api")
        + mount("/other", "none"),
    )
    assert _refuses(httpd, "api")
    for name in ("twit", "other", "livez"):
        assert not _refuses(httpd, name), name


def test_fixed_pages_are_below_a_reserved_name(httpd, people, database):
    """An existing user keeps the name "-", but has no page below this path."""
    people("alice", "old")
    database.sql("UPDATE users SET username = '-' WHERE username = 'old'")
    browser = httpd.browser()
    browser.sign_in("-")
    assert browser.post("/add_message", {"text": "still here"}).status_code == 302
    assert "still here" in httpd.browser().page("/-").source
    assert _refuses(httpd, "-")
    browser.sign_in("alice")
    with database.unchanged():
        for visitor in (browser, httpd.browser()):
            for path in ("/-/nothing", "/-/nothing/", "/-/a/b", "/-/1", "/-/follow", "/-/unfollow", "/-/follow/", "/-/-"):
                assert "There is nothing at this address." in visitor.page(path, 404).source, path
            for path in ("/-/nothing", "/-/follow", "/-/unfollow"):
                assert visitor.post(path).status_code == 404, path
    assert httpd.simulator().follow("alice", "-").status_code == 204

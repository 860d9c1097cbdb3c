# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Headers that keep browsers from doing harm."""

import pytest

from support.client import Browser


def _policy(answer):
    directives = {}
    for part in answer.headers["Content-Security-Policy"].split(";"):
        name, *values = part.split()
        assert name not in directives
        directives[name] = values
    return directives


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/public", 200),
        ("/login", 200),
        ("/register", 200),
        ("/alice", 200),
        ("/nobody", 404),
        ("/alice/follow", 401),
        ("/add_message", 405),
    ],
)
def test_every_page(site, people, path, status):
    people("alice")
    answer = site.get(path)
    assert answer.status_code == status
    policy = _policy(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert policy["base-uri"] == ["'none'"]
    for values in policy.values():
        assert set(values) <= {"'none'", "'self'"}
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_refused_forms_too(site, people):
    people("alice")
    for answer in (
        site.post("/login", {"username": "alice"}),
        site.post("/login", {"username": "alice", "password": "wrong"}),
        site.post("/login", b"{}", headers={"Content-Type": "application/json"}),
        site.post("/login", {"username": "a", "password": "x" * 70000}),
        site.post("/login", {}, headers={"Origin": "null"}),
    ):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/public", "/alice", "/nobody"])
def test_pages_of_who_is_signed_in_are_stored_nowhere(signed_in, path):
    assert "no-store" in signed_in("alice").get(path).headers["Cache-Control"]


def test_redirects_and_forms_are_stored_nowhere(site, people, signed_in):
    alice = signed_in("alice")
    people("bob")
    for answer in (
        site.get("/"),
        site.get("/logout"),
        site.register("carol"),
        site.login("carol"),
        alice.get("/bob/follow"),
        alice.share("hello"),
        site.post("/login", {"username": "x", "password": "y"}),
    ):
        assert "no-store" in answer.headers["Cache-Control"]


def test_a_page_with_a_flash_is_stored_nowhere(site):
    answer = site.get("/public", headers={"Cookie": "minitwit_flash=logged-out"})
    assert "You were logged out" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_public_page_is_never_taken_for_another_visitors(site):
    answer = site.get("/public")
    assert "Cookie" in answer.headers.get("Vary", "") or "no-store" in answer.headers["Cache-Control"]
    assert "max-age" not in answer.headers["Cache-Control"] or "max-age=0" in answer.headers["Cache-Control"]


def test_files_and_the_api_are_not_sniffed(site, api):
    for answer in (
        site.get("/robots.txt"),
        site.get("/static/style.css"),
        api.get("/latest"),
        api.get("/nothing"),
        api.get("/msgs"),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_gravatar_opens_the_policy_for_images_only(make_httpd, database):
    policy = _policy(make_httpd(directives="MinitwitGravatar On").browser().get("/public"))
    for name, values in policy.items():
        if name != "img-src":
            assert set(values) <= {"'none'", "'self'"}


def test_no_session_cookie_on_answers_that_begin_none(site, people):
    people("alice")
    for path in ("/public", "/alice", "/login", "/register", "/nobody"):
        assert "Set-Cookie" not in site.get(path).headers


def test_health_needs_no_frame_either(httpd, database):
    answer = Browser(httpd.ops_url).get("/livez")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The headers that protect a browser and its user."""

import pytest

from support.client import Browser


@pytest.mark.smoke
def test_every_page_has_a_strict_policy(site, people):
    """The policy allows no inline code, no other site and no frame. Scripts may come only from the site itself."""
    people("alice")
    answers = [site.get(path) for path in ("/public", "/login", "/register", "/alice", "/nobody", "/alice/follow", "/add_message")]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 404, 401, 405]
    answers += [
        site.post("/login", {"username": "alice"}),
        site.post("/login", {"username": "alice", "password": "wrong"}),
        site.post("/login", b"{}", headers={"Content-Type": "application/json"}),
        site.post("/login", {"username": "a", "password": "x" * 70000}),
        site.post("/login", {}, headers={"Origin": "null"}),
    ]
    for answer in answers:
        policy = {}
        for part in answer.headers["Content-Security-Policy"].split(";"):
            name, *values = part.split()
            assert name not in policy
            policy[name] = values
        for name, value in (
            ("default-src", "'none'"), ("frame-ancestors", "'none'"), ("form-action", "'self'"), ("base-uri", "'none'"),
            ("script-src", "'self'"), ("connect-src", "'self'"),
        ):  # fmt: skip
            assert policy[name] == [value]
        for values in policy.values():
            assert set(values) <= {"'none'", "'self'"}
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_no_cache_stores_personal_answers(site, people, signed_in):
    """Pages of signed-in users, redirects, answers to forms, and pages with a flash."""
    alice = signed_in("alice")
    people("bob")
    flash = site.get("/public", headers={"Cookie": "minitwit_flash=logged-out"})
    assert "You were logged out" in flash.text
    for answer in (
        *[alice.get(path) for path in ("/", "/public", "/alice", "/nobody")],
        site.get("/"),
        site.get("/logout"),
        site.register("carol"),
        site.login("carol"),
        alice.get("/bob/follow"),
        alice.share("hello"),
        site.post("/login", {"username": "x", "password": "y"}),
        flash,
    ):
        assert "no-store" in answer.headers["Cache-Control"]


def test_a_cache_keeps_public_pages_apart_by_cookie(site):
    answer = site.get("/public")
    assert "Cookie" in answer.headers.get("Vary", "") or "no-store" in answer.headers["Cache-Control"]
    assert "max-age" not in answer.headers["Cache-Control"] or "max-age=0" in answer.headers["Cache-Control"]


def test_browsers_do_not_guess_content_types(httpd, site, api):
    for answer in (
        site.get("/robots.txt"),
        site.get("/static/style.css"),
        api.get("/latest"),
        api.get("/nothing"),
        api.get("/msgs"),
        Browser(httpd.ops_url).get("/livez"),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_of_anonymous_visitors_set_no_cookie(site, people):
    people("alice")
    for path in ("/public", "/alice", "/login", "/register", "/nobody"):
        assert "Set-Cookie" not in site.get(path).headers

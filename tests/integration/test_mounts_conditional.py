# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Mounts in <If>: by host and by path."""

import html

import pytest

from support.client import Client, location, refusal
from support.mounts import mount


def _get(httpd, host, path):
    return Client(httpd.web_url).get(path, headers={"Host": host})


@pytest.mark.expect_log("client denied by server configuration")
def test_a_mount_in_an_if(make_httpd, people, database):
    people("alice")
    conditional = (
        "  <If \"%{HTTP_HOST} == 'site.example'\">\n    SetHandler minitwit-web\n  </If>\n"
        "  <ElseIf \"%{HTTP_HOST} == 'api.example'\">\n    SetHandler minitwit-api\n  </ElseIf>\n"
    )
    httpd = make_httpd(web=f'<Location "/some">\n{conditional}</Location>\n')
    answer = _get(httpd, "site.example", "/some/alice")
    assert answer.status_code == 200
    assert "alice's Timeline" in html.unescape(answer.text)
    assert location(_get(httpd, "site.example", "/some")) == "/some/public"
    assert _get(httpd, "api.example", "/some/latest").json() == {"latest": -1}
    refusal(_get(httpd, "api.example", "/some/public"), 404)
    answer = _get(httpd, "neither.example", "/some/public")
    assert answer.status_code == 403
    assert "MiniTwit" not in answer.text
    assert _get(httpd, "site.example", "/public").status_code == 403


@pytest.mark.expect_log("client denied by server configuration")
def test_an_if_outside_of_a_location(make_httpd, database):
    httpd = make_httpd(
        web="<If \"%{REQUEST_URI} =~ m#^/api/#\">\n  SetHandler none\n</If>\n<Else>\n  SetHandler minitwit-web\n</Else>\n"
    )
    assert httpd.browser().page("/public").heading == "Public Timeline"
    answer = httpd.browser().get("/api/latest")
    assert answer.status_code == 403
    assert "MiniTwit" not in answer.text


@pytest.mark.parametrize("is_inside", [True, False], ids=["inside", "beside"])
def test_an_if_excludes_paths_from_a_mount(make_httpd, people, database, is_inside):
    people("alice")
    httpd = make_httpd(start=False)
    folder = httpd.root / "htdocs" / ".well-known"
    folder.mkdir()
    (folder / "security.txt").write_text("a plain file")
    out = '  <If "%{REQUEST_URI} =~ m#^/\\.well-known/#">\n    SetHandler none\n    Require all granted\n  </If>\n'
    httpd.web = mount("/", "minitwit-web", out) if is_inside else mount("/", "minitwit-web") + out
    httpd.directives = f'<Directory "{httpd.root / "htdocs"}">\n  Require all granted\n</Directory>'
    site = httpd.start().browser()
    assert site.get("/.well-known/security.txt").text == "a plain file"
    answer = site.get("/.well-known/nothing")
    assert answer.status_code == 404
    assert "MiniTwit" not in answer.text
    assert site.page("/alice").heading == "alice's Timeline"


@pytest.mark.expect_log("AH01630")
def test_an_error_document_in_an_if(make_httpd, database):
    """The condition sees the path of the error document, not the path of the request."""
    site = "  <If \"%{REQUEST_URI} == '/site/public'\">\n    SetHandler minitwit-web\n  </If>\n"
    httpd = make_httpd(
        web=f'<Location "/site">\n{site}</Location>\n<Location "/secret">\n  Require all denied\n</Location>\n'
        "ErrorDocument 403 /site/public\n"
    )
    answer = Client(httpd.web_url).get("/secret")
    assert answer.status_code == 403
    assert "Public Timeline" in answer.text

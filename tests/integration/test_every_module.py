# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The site in an httpd that loads all other modules of this system. Systems enable different modules, and each module
may take part in every request."""

import re

import pytest

from support import installation, metrics
from support.client import location

# Features for files. They must not apply to the site's pages.
_DIRECTIVES = """
DirectoryIndex index.html
AddEncoding x-gzip .gz
AddLanguage de .de
AddHandler cgi-script .cgi
AddHandler type-map .var
UserDir {folder}
CheckSpelling On
MimeMagicFile {folder}/magic
<Directory "{folder}/htdocs">
    Options +MultiViews +Indexes +Includes +ExecCGI
</Directory>
"""


@pytest.fixture
def crowded(make_httpd, expect_log):
    """An httpd, not yet started, with all modules except the other MPMs, in the order of Debian's a2enmod."""
    # mod_ssl warns of an older library and of a missing session cache, and mod_http2 of prefork.
    expect_log.allow("AH01882", "AH01873")
    if installation.MPM == "prefork":
        expect_log.allow("AH10034")
    httpd = make_httpd(start=False, ops=metrics.OPS)
    found = [re.fullmatch(r"mod_(\w+)\.so", file.name) for file in sorted(installation.module_folder().iterdir())]
    names = [match[1] for match in found if match and match[1] != "minitwit" and not match[1].startswith("mpm_")]
    assert len(names) > 80, names
    # The default list has some that this httpd may have compiled in.
    httpd.modules = sorted({*httpd.modules, *names})
    (httpd.root / "magic").write_text("0 string GIF image/gif\n")
    for name in ("index.html", "alice.html", "page.cgi"):
        (httpd.root / "htdocs" / name).write_text("a file of httpd's")
    httpd.directives = _DIRECTIVES.format(folder=httpd.root)
    httpd.leaks = ["libssl", "libcrypto", "libjansson", "libcurl", "libxml2", "liblua5"]
    return httpd


def test_the_site(crowded, people, database):
    people("alice", "bob.de.gz", "page.cgi")
    httpd = crowded.start()
    site = httpd.browser()
    assert location(site.get("/")) == "/public"
    site.sign_in("alice")
    site.share("beside all of them")
    assert site.page("/public").texts == ["beside all of them"]
    assert location(site.get("/bob.de.gz/follow")) == "/bob.de.gz"
    for name in ("bob.de.gz", "page.cgi"):
        answer = site.get(f"/{name}")
        assert answer.status_code == 200 and f"{name}'s Timeline" in answer.text.replace("&#39;", "'"), answer.text
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert not {"Content-Language", "Content-Location", "TCN"} & set(answer.headers)
    # mod_speling corrects no path, and httpd serves neither a home folder nor a file.
    for path in ("/alicf", "/~htdocs", "/alice.html", "/Alice"):
        assert site.get(path).status_code == 404, path
        assert "MiniTwit" in site.get(path).text


def test_the_api_and_the_pages_of_operators(crowded, people, database):
    people("alice")
    httpd = crowded.start()
    simulator = httpd.simulator()
    assert simulator.tweet("alice", "grün", params={"latest": 7}).status_code == 204
    assert simulator.latest() == 7
    assert [message["content"] for message in simulator.get("/msgs").json()] == ["grün"]
    assert simulator.get("/msgs/nobody").status_code == 404
    assert "minitwit_db_up 1" in httpd.operator().get("/metrics").text
    assert httpd.operator().get("/readyz").status_code == 200
    entries = httpd.access_log.wait()
    assert {entry["handler"] for entry in entries} >= {"minitwit-api", "minitwit-metrics", "minitwit-health"}

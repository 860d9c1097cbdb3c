# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""sqlmap and wapiti scan a real site with the session of a user. Only ./check --long runs these tests, with
MINITWIT_SCANNERS=1. docs/security.md explains the reports."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from support.client import SIMULATOR

pytestmark = pytest.mark.skipif(os.environ.get("MINITWIT_SCANNERS") != "1", reason="only with MINITWIT_SCANNERS=1")

_PATIENCE = 900  # s; sqlmap usually takes one minute for each target

# Reports of wapiti that are no faults. docs/security.md has the reasons.
_EXPLAINED = {
    "Cross Site Request Forgery": "Lack of anti CSRF token",
    "HTTP Secure Headers": "(X-XSS-Protection|Strict-Transport-Security) is not set",
    "Secure Flag cookie": "Secure flag is not set in the cookie",
}

# All modules except those that need a server on the Internet, guess thousands of names, or test for one product.
_MODULES = (
    "backup,blindsql,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,permanentxss,redirect,shellshock,sql,xss"
)


@pytest.fixture
def scanned(make_httpd, people):
    """A site with some messages, and the session of a user."""
    people("alice", "bob")
    httpd = make_httpd(start=False)
    httpd.directives = "MinitwitHashQueue 32\nMinitwitHashWait 30s\nMinitwitPoolTimeout 30s\n"
    # A scanner follows every link, also the one that ends its session. The option --exclude of wapiti fails with Python
    # 3.11.
    httpd.web += "RewriteEngine On\nRewriteRule ^/logout$ - [R=404,L]\n"
    httpd.start()
    alice = httpd.browser().sign_in("alice")
    for number in range(40):
        assert alice.share(f"message {number}").status_code == 302
    return httpd, alice.cookie("session").value


def _run(program, *arguments, folder, timeout=_PATIENCE):
    if shutil.which(program) is None:
        pytest.fail(f"{program} is not installed (Debian: {program})")
    # wapiti tries to update itself, which must fail: nothing leaves this machine.
    environment = {"HOME": str(folder), "https_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=os.environ | environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False, timeout=timeout,
    )  # fmt: skip
    print(done.stdout[-6000:])
    return done.stdout


_TARGETS = [
    ("web", "/public?before=5*", None, ()),
    ("web", "/login", "username=alice*&password=secret*", ()),
    ("web", "/register", "username=carol*&email=c*@example.org&password=x&password2=x", ()),
    ("web", "/add_message", "text=hello*", ()),
    ("web", "/alice*", None, ()),
    ("web", "/bob*/follow", None, ()),
    ("web", "/public", None, ("--param-filter=COOKIE", "--level=2", "--cookie=minitwit_session=x*; minitwit_flash=recorded*")),
    ("api", "/msgs/alice*?no=5*&latest=3*", None, ()),
    ("api", "/msgs/alice", '{"content":"hello*"}', ()),
    ("api", "/fllws/alice*", '{"follow":"bob*"}', ()),
    ("api", "/register", '{"username":"dave*","email":"d@example.org*","pwd":"x"}', ()),
]


@pytest.mark.parametrize(("where", "path", "data", "options"), _TARGETS)
def test_sqlmap_finds_nothing(scanned, database, tmp_path, where, path, data, options):
    httpd, session = scanned
    arguments = ["--url", (httpd.web_url if where == "web" else httpd.api_url) + path]
    if data:
        arguments += ["--data", data]
    if where == "web" and not options:
        arguments += ["--cookie", f"minitwit_session={session}"]
    if where == "api":
        arguments += ["--auth-type=basic", "--auth-cred=" + ":".join(SIMULATOR)]
    said = _run(
        "sqlmap", *arguments, *options, "--batch", "--flush-session", "--dbms=PostgreSQL", "--technique=BEUS", "--threads=2", "--level=3", "--risk=2",
        "--ignore-code=*", "--ignore-redirects", "--disable-coloring", f"--output-dir={tmp_path}",
        folder=tmp_path,
    )  # fmt: skip
    assert "all tested parameters do not appear to be injectable" in said, said[-3000:]
    assert "is vulnerable" not in said and "sqlmap identified the following injection point" not in said
    # The tables still exist, and the site serves.
    assert {"alice", "bob"} <= set(database.usernames())
    assert httpd.browser().get("/public").status_code == 200


def _is_debian_13():
    return "VERSION_CODENAME=trixie" in pathlib.Path("/etc/os-release").read_text(encoding="utf-8").splitlines()


@pytest.mark.skipif(
    _is_debian_13() and shutil.which("wapiti") is None, reason="Debian 13 has no package of wapiti"
)
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_wapiti_finds_nothing(scanned, tmp_path, is_signed_in):
    httpd, session = scanned
    # Without a session it finds the forms to register and to log in.
    cookie = ["--header", f"Cookie: minitwit_session={session}"] if is_signed_in else []
    report = tmp_path / "report.json"
    _run(
        "wapiti", "--url", httpd.web_url + "/", *cookie, "--scope", "folder", "--module", _MODULES, "--level", "1",
        "--depth", "3", "--max-links-per-page", "30", "--max-scan-time", "180", "--max-attack-time", "30", "--format", "json",
        "--output", str(report), "--flush-session", "--no-bugreport", "--verbose", "1", folder=tmp_path,
    )  # fmt: skip
    found = json.loads(report.read_text())
    unexplained = [
        f"{kind}: {entry['info']} {entry['method']} {entry['path']} {entry['parameter']}"
        for part in ("vulnerabilities", "anomalies")
        for kind, entries in found[part].items()
        for entry in entries
        if not re.search(_EXPLAINED.get(kind, "(?!)"), entry["info"])
    ]
    assert not unexplained, "\n".join(unexplained)
    assert httpd.browser().get("/public").status_code == 200

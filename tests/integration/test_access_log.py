# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The access log as JSON: the format of conf/, the letter of LogFormat, and the fields of each kind of request."""

import datetime
import json
import re
import socket
import subprocess
import time

import pytest

from support import accesslog, installation
from support.client import raw_request, send_raw
from support.guessing import PROXY, come_from
from support.mounts import mount


@pytest.fixture
def log(httpd):
    """Calls a function that sends one request, and returns its entry in the access log."""
    return lambda action: entry_of(httpd, action)


def entry_of(httpd, action):
    mark = httpd.access_log.mark()
    action()
    return one_after(httpd, mark)


def one_after(httpd, mark):
    """The only entry after a mark."""
    entries = installation.wait_until(lambda: httpd.access_log.since(mark), "a line in the access log")
    assert len(entries) == 1, entries
    return entries[0]


@pytest.mark.smoke
def test_a_page(signed_in, log):
    alice = signed_in("alice")
    before = datetime.datetime.now(datetime.timezone.utc)
    entry = log(lambda: alice.get("/?before=1-1", headers={"User-Agent": "a browser"}))
    assert list(entry) == accesslog.FIELDS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", entry["time"])
    written = datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00"))
    assert abs(written - before) < datetime.timedelta(seconds=installation.PATIENCE)
    assert entry["request_id"]
    assert entry["duration_ms"] >= entry["database_ms"] > 0
    assert entry["bytes_in"] > 100 and entry["bytes_out"] > 1000
    expected = {
        "client": "127.0.0.1", "user": "alice", "handler": "minitwit-web", "route": "/", "method": "GET", "path": "/",
        "status": 200, "content_type": "text/html; charset=utf-8", "redirect": None, "user_agent": "a browser",
    }  # fmt: skip
    assert {name: entry[name] for name in expected} == expected


@pytest.mark.smoke
def test_every_handler(httpd, database, log):
    for client, path, handler in (
        (httpd.browser(), "/public", "minitwit-web"),
        (httpd.simulator(), "/msgs", "minitwit-api"),
        (httpd.operator(), "/livez", "minitwit-health"),
    ):
        entry = log(lambda: client.get(path))
        assert (entry["handler"], entry["route"], entry["path"], entry["status"]) == (handler, path, path, 200)


def test_an_answer_without_a_body(site, log):
    head = log(lambda: site.head("/public"))
    assert (head["method"], head["status"], head["content_type"]) == ("HEAD", 200, "text/html; charset=utf-8")
    style = site.get("/favicon.ico")
    entry = log(lambda: site.get("/favicon.ico", headers={"If-None-Match": style.headers["ETag"]}))
    assert (entry["status"], entry["content_type"], entry["route"]) == (304, None, "/favicon.ico")
    assert entry["bytes_out"] < 1000


def test_a_post(httpd, people, log):
    entry = log(lambda: people("alice"))
    assert (entry["method"], entry["status"], entry["content_type"], entry["route"]) == ("POST", 204, None, "/register")
    assert entry["user"] is None, "a registration has no user yet"
    long = log(lambda: httpd.simulator().tweet("alice", "x" * 900))
    assert (long["route"], long["path"], long["user"]) == ("/msgs/<username>", "/msgs/alice", "simulator")
    assert long["bytes_in"] > 900


def test_failures(httpd, site, log):
    for action, status, route in (
        (lambda: site.get("/nobody"), 404, "/<username>"),
        (lambda: site.get("/no/such/page"), 404, "other"),
        (lambda: site.request("DELETE", "/public"), 405, "/public"),
        (lambda: site.request("PURGE", "/public"), 405, "/public"),
        (lambda: site.post("/add_message", {"text": "x"}), 401, "/add_message"),
        (lambda: site.post("/login", "x" * 70000), 413, "/login"),
        (lambda: site.request("OPTIONS", "/login"), 200, "/login"),
    ):
        entry = log(action)
        assert (entry["status"], entry["route"], entry["handler"]) == (status, route, "minitwit-web")


def test_the_path_is_logged_as_sent_without_the_query(httpd, database, log):
    sent = b"/%41%20b\\\xff\xc3\xa6\"'%3f"
    entry = log(lambda: raw_request(httpd.web_port, b"GET " + sent + b"?token=1 HTTP/1.1"))
    assert entry["path"] == "/%41%20b\\\\\\xff\u00e6\"'%3f"
    assert accesslog.restore(entry["path"]) == sent
    entry = log(lambda: raw_request(httpd.web_port, "GET http://localhost/x/y?token=1 HTTP/1.1"))
    assert entry["path"] == "/x/y"
    entry = log(lambda: raw_request(httpd.web_port, "GET http://localhost?token=1 HTTP/1.1"))
    assert "token" not in json.dumps(entry)
    entry = log(lambda: raw_request(httpd.web_port, "GET http://me:secret@localhost/x HTTP/1.1"))
    assert (entry["path"], entry["status"]) == ("/x", 400)


def test_requests_that_httpd_refuses(httpd, database, log):
    host = b"Host: localhost\r\n\r\n"
    for request, status, method, path in (
        (b"GET /a\x01b HTTP/1.1\r\n" + host, 400, "GET", "/a\x01b"),
        (b"GET /a b HTTP/1.1\r\n" + host, 400, "GET", "/a"),
        (b"GET /a\0b HTTP/1.1\r\n" + host, 400, "GET", "/a"),
        (b"G\xffT /a HTTP/1.1\r\n" + host, 400, "G\\xffT", "/a"),
        (b"nonsense\r\n" + host, 400, "nonsense", None),
        (b"\x16\x03\x01\r\n\r\n", 400, "\x16\x03\x01", None),
        (b"GET /a HTTP/1.1\r\nBad\x02Header: x\r\n" + host, 400, "GET", "/a"),
        (b"GET /a HTTP/1.1\r\nX: " + b"y" * 9000 + b"\r\n" + host, 400, "GET", "/a"),
        (b"GET /a HTTP/1.1\r\n" + b"X: y\r\n" * 200 + host, 400, "GET", "/a"),
        (b"GET /a HTTP/1.1\r\n\r\n", 400, "GET", "/a"),
    ):
        entry = log(lambda: send_raw(httpd.web_port, request))
        assert (entry["status"], entry["method"], entry["path"]) == (status, method, path), request[:50]
        assert (entry["handler"], entry["route"], entry["user"], entry["database_ms"]) == (None, None, None, None)
    entry = log(lambda: raw_request(httpd.web_port, "GET /a%2fb HTTP/1.1"))
    assert (entry["status"], entry["path"], entry["handler"]) == (404, "/a%2fb", None)
    entry = log(lambda: send_raw(httpd.web_port, b"GET /" + b"\xff" * 9000 + b" HTTP/1.1\r\n" + host))
    assert entry["status"] == 414 and entry["path"].startswith("/\\xff\\xff")


def test_a_request_that_times_out(make_httpd, database):
    httpd = make_httpd(directives="RequestReadTimeout header=1\n")

    def stall():
        with socket.create_connection(("127.0.0.1", httpd.web_port), installation.PATIENCE) as connection:
            connection.sendall(b"GE")
            while connection.recv(1000):
                pass

    entry = entry_of(httpd, stall)
    assert (entry["status"], entry["method"], entry["path"]) == (408, None, None)


@pytest.mark.expect_log("client denied")
def test_a_path_outside_the_mounts(httpd, database, log):
    entry = log(lambda: httpd.operator().get("/index.txt"))
    assert (entry["status"], entry["path"]) == (403, "/index.txt")
    assert (entry["handler"], entry["route"], entry["user"], entry["database_ms"]) == (None, None, None, None)
    assert entry["duration_ms"] >= 0


@pytest.mark.expect_log("client denied")
def test_the_entry_describes_the_request_and_not_its_error_document(make_httpd, database):
    documents = {"/none": "", "/page": "ErrorDocument 403 /public", "/file": "ErrorDocument 403 /static/style.css"}
    httpd = make_httpd(
        directives="".join(
            f'<Location "{path}">\n  Require all denied\n  {document}\n</Location>\n' for path, document in documents.items()
        )
    )
    for path in documents:
        mark = httpd.access_log.mark()
        answer = httpd.browser().get(path, headers={"X-Request-Id": "abc/1"})
        entry = one_after(httpd, mark)
        assert answer.headers["X-Request-Id"] == entry["request_id"] == "abc/1"
        assert (entry["method"], entry["path"], entry["status"]) == ("GET", path, 403)
        assert (entry["handler"], entry["route"]) == ("minitwit-web", "other")
        assert entry["content_type"] == answer.headers["Content-Type"]
        assert entry["duration_ms"] >= 0


def test_redirects_behind_a_proxy(make_httpd, database):
    """The proxy names the client. A path of the site keeps its prefix. A redirect to another site loses its query."""
    redirect = 'Redirect permanent "/reset" "https://minitwit.example/reset"\n'
    httpd = make_httpd(directives=PROXY, web=mount("/some where/site", "minitwit-web") + redirect)
    browser = come_from(httpd, "2001:db8::7")
    entry = entry_of(httpd, lambda: browser.get("/some%20where/site/"))
    assert (entry["client"], entry["status"], entry["user"]) == ("2001:db8::7", 302, None)
    assert (entry["route"], entry["path"], entry["redirect"]) == ("/", "/some%20where/site/", "/some%20where/site/public")
    entry = entry_of(httpd, lambda: browser.get("/reset?token=1"))
    assert (entry["status"], entry["redirect"]) == (301, "https://minitwit.example/reset")


def test_names_of_users(httpd, api, log):
    for name in ("Roger \"Histand\"", "back\\slash", "\u00e6\u2028\U0001f600", "x" * 255, "\\" * 255, "\U0001f600" * 255):
        assert api.register(name).status_code == 204
        browser = httpd.browser().sign_in(name)
        entry = log(lambda: browser.get("/"))
        assert accesslog.restore(entry["user"]).decode() == name


# ---- the letter ------------------------------------------------------------------------------------------------------


def test_formats_of_a_sysadmin(make_httpd, database):
    """They may use nicknames, logs of one virtual host, pipes, single items and headers."""
    httpd = make_httpd(start=False)
    own, piped = httpd.root / "own.log", httpd.root / "piped.log"
    httpd.directives += (
        'LogFormat "{\\"at\\":%{time}^mt,\\"ms\\":%{duration_ms}^mt,\\"referer\\":%{req:Referer}^mt,'
        '\\"cache\\":%{resp:Cache-Control}^mt,\\"none\\":%{resp:X-None}^mt,\\"pid\\":%P}" short\n'
    )
    httpd.web += f'CustomLog {own} short\nCustomLog "|$cat >>{piped}" "{{%^mt}} %>s"\n'
    httpd.start()
    httpd.browser().get("/public", headers={"Referer": 'x"\\y'})
    httpd.simulator().get("/msgs")
    installation.wait_until(lambda: piped.exists() and piped.read_bytes().endswith(b" 200\n"), "the piped log")
    entry = accesslog.parse(own.read_bytes())
    assert list(entry) == ["at", "ms", "referer", "cache", "none", "pid"]
    assert accesslog.restore(entry["referer"]) == b'x"\\y'
    assert (entry["cache"], entry["none"]) == ("no-cache", None)
    assert isinstance(entry["ms"], float) and entry["at"].endswith("Z")
    entry = accesslog.parse(piped.read_bytes().removesuffix(b" 200\n"))
    assert list(entry) == accesslog.FIELDS[:-2]
    assert entry["route"] == "/public"
    # A host without a log of its own uses the main server's.
    installation.wait_until(lambda: len(httpd.access_log.since()) == 2, "two lines in the main server's log")
    assert {entry["handler"] for entry in httpd.access_log.since()} == {"minitwit-health", "minitwit-api"}


def test_unknown_items_and_secret_headers_are_null(make_httpd, people, database):
    """httpd starts with such a format, and the line is valid JSON. The case of a header's name does not matter."""
    people("alice")
    httpd = make_httpd(start=False)
    unknown = ["nonsense", "Time", "req:", "resp:", "req"]
    secrets = ["req:Cookie", "req:cookie", "req:Authorization", "req:PROXY-AUTHORIZATION", "resp:Set-Cookie"]
    own = httpd.root / "own.log"
    items = [*unknown, *secrets, "req:Host", "status"]
    members = ",".join(f'\\"{number}\\":%{{{item}}}^mt' for number, item in enumerate(items))
    httpd.web += f'CustomLog {own} "{{{members}}}"\n'
    httpd.start()
    sent = {"Cookie": "a=s3cr3t", "Authorization": "Basic s3cr3t", "Proxy-Authorization": "Basic s3cr3t"}
    answer = httpd.browser().post("/login", {"username": "alice", "password": "secret"}, headers=sent)
    assert "Set-Cookie" in answer.headers
    installation.wait_until(lambda: own.exists() and own.read_bytes().endswith(b"}\n"), "a line in the log")
    values = list(accesslog.parse(own.read_bytes()).values())
    assert values == [None] * len(unknown + secrets) + [f"127.0.0.1:{httpd.web_port}", answer.status_code]
    assert b"s3cr3t" not in own.read_bytes()


def test_the_documented_code_restores_the_bytes():
    """docs/logging.md shows Python code that restores the bytes of a string."""
    (code,) = re.findall(r"```python\n(.*?)```", (installation.SOURCE / "docs" / "logging.md").read_text(), re.DOTALL)
    namespace = {}
    exec(code, namespace)
    for text in ("", "plain", "\\xff\\x00", "\\\\xff", "a\\\\\\\\b", "\u00e6\\xe6\U0001f600", "\\\\\\x5c"):
        assert namespace["restore"](text) == accesslog.restore(text)
    assert namespace["restore"]("\\\\\\xff\u00e6") == b"\\\xff\xc3\xa6"


# ---- long lines ------------------------------------------------------------------------------------------------------


def kept(text, sent):
    """Returns how many bytes of sent a field contains. A shortened field must begin as sent does and state the rest."""
    found = re.fullmatch(r"(.*)\\\+([0-9]+)", text, re.DOTALL)
    restored = accesslog.restore(found[1] if found else text)
    assert sent.startswith(restored)
    assert len(restored) + (int(found[2]) if found else 0) == len(sent)
    return len(restored)


def test_a_long_line_is_shortened_to_4096_bytes(httpd, database):
    """The kernel keeps so many bytes of a pipe together."""
    for byte in (b"x", b"\xff", b"\\", b'"', "\U0001f600".encode()):
        sent = (byte * 8000)[:7996]
        agent = (byte * 8000)[:7000]
        mark = httpd.access_log.mark()
        answer = raw_request(
            httpd.web_port, b"GET /" + sent + b" HTTP/1.1", b"User-Agent: " + agent, "X-Request-Id: " + "x" * 128
        )
        assert answer.status == 404
        entry = one_after(httpd, mark)
        assert len(httpd.access_log.path.read_bytes()) - mark.offset <= 4096
        assert kept(entry["path"], b"/" + sent) > 200
        assert kept(entry["user_agent"], agent) > 100


def test_a_line_that_fits_is_not_shortened(httpd, database, log):
    path, agent = b"/" + b"p" * 1700, b"a" * 1700
    entry = log(lambda: raw_request(httpd.web_port, b"GET " + path + b" HTTP/1.1", b"User-Agent: " + agent))
    assert (entry["path"].encode(), entry["user_agent"].encode()) == (path, agent)


def test_the_longest_line(httpd, api):
    """Every field has its maximal length."""
    name = "\U0001f600" * 255
    assert api.register(name).status_code == 204
    browser = httpd.browser().sign_in(name)
    begin = httpd.access_log.size
    headers = {"User-Agent": "\\" * 4000, "X-Request-Id": "i" * 128}
    for path, status in (("/no/" + "\\" * 2000, 404), ("/" + "%F0%9F%98%80" * 255 + "/follow", 302)):
        mark = httpd.access_log.mark()
        assert browser.get(path, headers=headers).status_code == status
        entry = one_after(httpd, mark)
        if status == 302:
            assert accesslog.restore(entry["user"]).decode() == name
            assert entry["redirect"].startswith("/%F0%9F%98%80")
    lines = httpd.access_log.path.read_bytes()[begin:].splitlines(keepends=True)
    assert 3500 < max(len(line) for line in lines) <= 4096


def test_http2(make_httpd, database):
    httpd = make_httpd(start=False)
    if installation.MPM == "prefork" or not (installation.module_folder() / "mod_http2.so").exists():
        pytest.skip("no HTTP/2 with this MPM, or mod_http2 is not installed")
    httpd.modules.append("http2")
    httpd.web += "Protocols h2c http/1.1\n"
    httpd.start()
    mark = httpd.access_log.mark()
    fetched = subprocess.run(
        [
            "curl", "-s", "--noproxy", "*", "--http2-prior-knowledge", "-D", "-", "-A", "a \\ b", "-H", "X-Request-Id: h2",
            f"{httpd.web_url}/no/%41?x=1",
        ],
        stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    assert fetched.startswith("HTTP/2 404") and "x-request-id: h2" in fetched.lower()
    entry = one_after(httpd, mark)
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/no/%41", 404)
    assert (entry["request_id"], entry["user_agent"]) == ("h2", "a \\\\ b")
    assert entry["bytes_in"] > 0 and entry["bytes_out"] > 500

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""No log ever contains a password, a token or the text of a message. The tests send marked values to every route, in
each part of a request, and then search all logs. httpd logs as much as it can, and PostgreSQL logs each statement."""

import base64
import re

import pytest

from support import accesslog, installation, metrics
from support.client import SIMULATOR, Client, raw_request, send_raw

MARK = "s3cr3t"
ROUTE = re.compile(r'^    \{ (\w+), ([A-Z_ |]+), "([^"]+)", \w+ \},$', re.MULTILINE)

TALKATIVE = (
    "LogLevel debug minitwit:trace8 dbd:trace8\n"
    'ErrorLogFormat "[%t] [%-m:%l] [pid %P] %E: [id %L] %M"\n'
)  # fmt: skip


def routes():
    """(handler, method, path) of every row of the routing table."""
    table = (installation.SOURCE / "mod_minitwit" / "routes.c").read_text().split("mt_routes[]")[1]
    rows = ROUTE.findall(table)
    assert len(rows) == len(re.findall(r"^    \{ [A-Z]", table, re.MULTILINE)) > 20
    return [
        (handler, method, path)
        for handler, methods, path in rows
        for method in methods.replace(" ", "").split("|")
        if method in ("GET", "POST")
    ]


def client_of(httpd, handler):
    makers = {
        "WEB": httpd.browser,
        "API": httpd.simulator,
        "HEALTH": httpd.operator,
        "METRICS": lambda: Client(httpd.ops_url + "/metrics"),
    }
    return makers[handler]()


@pytest.fixture
def logs(make_httpd, own_cluster, own_database):
    """An httpd that logs as much as it can, and a function that returns the contents of all logs."""
    own_cluster.psql("ALTER SYSTEM SET log_min_duration_statement = 0")
    own_cluster.psql("SELECT pg_reload_conf()")
    own_database.ctl("status")
    httpd = make_httpd(over=own_database, directives=TALKATIVE, ops=metrics.OPS, start=False)
    httpd.slow_request = "MinitwitSlowRequest 1ms\n"
    httpd.start()

    def read():
        # A worker of httpd writes its line after the answer, and becomes idle afterwards.
        installation.wait_until(lambda: _is_idle(httpd), "httpd to be idle")
        files = [file for file in httpd.root.iterdir() if file.suffix == ".log"] + [own_cluster.log]
        assert len(files) >= 4
        return {file.name: file.read_bytes() for file in files}

    yield httpd, read
    own_cluster.psql("ALTER SYSTEM RESET log_min_duration_statement")
    own_cluster.psql("SELECT pg_reload_conf()")


def _is_idle(httpd):
    """Whether only one worker is busy: the one that answers this request."""
    return re.search("^BusyWorkers: 1$", httpd.operator().get("/server-status?auto").text, re.MULTILINE)


def assert_silent(written, *also):
    """The logs contain neither marked values nor the other secrets, plain or in base64."""
    for secret in (MARK, *also):
        for form in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")):
            for name, text in written.items():
                found = text.find(form.encode())
                assert found < 0, f"{name}: {text[max(found - 300, 0):found + 100]!r}"


@pytest.fixture(autouse=True)
def _allow_errors(expect_log):
    expect_log.allow("slow request", "minitwit:error", "dbd:")


def test_marks_on_every_route(logs):
    httpd, read = logs
    assert httpd.simulator().register("alice", pwd=MARK + "-alice").status_code == 204
    sent = 0
    for handler, method, path in routes():
        path = re.sub("<username>", "alice", path)
        for credentials in (SIMULATOR, ("simulator", MARK + "-wrong"), None):
            client = client_of(httpd, handler)
            client.session.auth = credentials
            headers = {
                "Cookie": f"minitwit_session={MARK}-session; minitwit_flash={MARK}-flash; other={MARK}",
                "Referer": f"{client.base}/login?password={MARK}",
                "Proxy-Authorization": "Bearer " + MARK,
                "X-Auth-Token": MARK,
            }
            if credentials is None:
                headers["Authorization"] = "Bearer " + MARK
            address = f"{path}?password={MARK}&token={MARK}&text={MARK}"
            fields = {"username": "bob", "email": f"{MARK}@example.org", "password": MARK, "password2": MARK, "text": MARK}
            body = {"username": "carol", "email": f"{MARK}@example.org", "pwd": MARK, "content": MARK, "follow": MARK}
            bodies = [{}] if method == "GET" else [{"data": fields}, {"json": body}, {"data": f"{MARK} %zz {{"}]
            for options in bodies:
                answer = client.request(method, address, headers=headers, **options)
                assert answer.status_code < 600
                sent += 1
    written = read()
    assert len(written["access.log"].splitlines()) >= sent
    assert_silent(written)
    # The search covers the right files.
    assert b"/msgs/alice" in written["access.log"] and b"alice" in written["error.log"] + written["access.log"]
    assert b"minitwit_" in written["postgresql.log"] and b"insert into" in written["postgresql.log"].lower()


def test_visits_and_guesses(logs, own_database, expect_log):
    """The visits use valid and invalid passwords, a session and messages. A guess has a password as the name."""
    httpd, read = logs
    browser = httpd.browser()
    password = MARK + "-password"
    assert browser.register("alice", password).status_code == 302
    assert browser.login("alice", MARK + "-guess").status_code == 200
    assert browser.login("alice", password).status_code == 302
    session = browser.cookie("session").value
    assert browser.share(MARK + " is what I write").status_code == 302
    assert MARK in browser.get("/").text
    assert browser.get("/alice").status_code == 200
    simulator = httpd.simulator()
    assert simulator.register("bob", pwd=password).status_code == 204
    assert simulator.tweet("bob", MARK + " is what bob writes").status_code == 204
    assert MARK in simulator.get("/msgs").text
    browser.post("/logout")
    httpd.directives += "MinitwitLoginLimit 1\nMinitwitLoginDelay 60s\n"
    assert httpd.graceful().returncode == 0
    expect_log("too many wrong passwords")
    answers = [browser.login(MARK + "-name", MARK + "-guess").status_code for _ in range(3)]
    assert answers == [200, 429, 429]
    first = own_database.password_hash("alice")
    assert own_database.ctl("user", "passwd", "--stdin", "alice", typed=MARK + "-changed\n").returncode == 0
    written = read()
    assert b"update public.users" in written["postgresql.log"]
    assert_silent(written, session, SIMULATOR[1], first, own_database.password_hash("alice"))


def test_statements_that_fail_and_an_absent_database(logs, own_cluster, own_database, expect_log):
    """By default, PostgreSQL quotes rows and parameters in error messages."""
    httpd, read = logs
    simulator, browser = httpd.simulator(), httpd.browser()
    assert simulator.register("alice", pwd=MARK + "-password").status_code == 204
    browser.sign_in("alice", MARK + "-password")
    session = browser.cookie("session").value
    own_cluster.stop("immediate")
    try:
        assert browser.share(MARK).status_code == 503
        assert simulator.tweet("alice", MARK).status_code == 503
        assert browser.login("alice", MARK).status_code == 503
    finally:
        own_cluster.start()
    expect_log.allow("minitwit:warn", "the database", r"^WARNING:  terminating connection")
    installation.wait_until(lambda: browser.get("/").status_code == 200, "the database")
    own_database.sql("ALTER TABLE messages ADD CHECK (text = 'nothing')")
    own_database.sql("ALTER TABLE users ADD CHECK (username = 'alice')")
    assert simulator.tweet("alice", MARK).status_code >= 500
    assert browser.share(MARK).status_code >= 500
    assert simulator.register("bob", email=MARK + "@example.org", pwd=MARK).status_code >= 500
    assert simulator.register("alice", email=MARK + "@example.org", pwd=MARK).status_code == 400
    own_database.sql("ALTER TABLE messages RENAME TO gone")
    assert simulator.tweet("alice", MARK).status_code >= 500
    assert browser.share(MARK).status_code >= 500
    own_database.sql("DROP TABLE sessions")
    assert browser.get("/").status_code >= 500
    written = read()
    assert b"violates check constraint" in written["postgresql.log"]
    assert_silent(written, session)


def test_requests_that_httpd_refuses(logs):
    """The logs omit the query of such requests, too, at httpd's default level. At info and debug, httpd quotes them."""
    httpd, read = logs
    # After a graceful restart, an old child could still accept a request.
    httpd.stop()
    httpd.directives = httpd.directives.replace("LogLevel debug", "LogLevel warn")
    httpd.start()
    query = f"?password={MARK}"
    for line in (
        f"GET /a{query} HTTP/9.9", f"GET /a\x01{query} HTTP/1.1", f"GET /a{query}\x01 HTTP/1.1",
        f"GET /a{query} b HTTP/1.1", f"G\x01T /a{query} HTTP/1.1", f"GET /%00{query} HTTP/1.1", f"GET /%2f{query} HTTP/1.1",
        f"GET http://{MARK}:{MARK}@localhost/a{query} HTTP/1.1", f"GET /a{query}#x HTTP/1.1",
        "GET /" + "x" * 100 + query + "x" * 9000 + " HTTP/1.1",
    ):  # fmt: skip
        raw_request(httpd.web_port, line)
    host = f"GET /a{query} HTTP/1.1\r\nHost: localhost\r\n".encode()
    for rest in (
        b"Authorization: Bearer " + MARK.encode() + b"\x01\r\n\r\n",
        b"Cookie: minitwit_session=" + MARK.encode() + b"\0\r\n\r\n",
        b"X-Token " + b": \x7f" + MARK.encode() + b"\r\n\r\n",
        b"Content-Length: x\r\n\r\npassword=" + MARK.encode(),
    ):
        send_raw(httpd.web_port, host + rest)
    assert_silent(read())
    for line in (httpd.root / "access.log").read_bytes().splitlines():
        accesslog.parse(line)

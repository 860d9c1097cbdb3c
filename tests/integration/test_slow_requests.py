# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""MinitwitSlowRequest: the requests that are logged, and the text of the line."""

import re
import socket
import time

import pytest

from support import installation
from support.client import SIMULATOR

SLOW = r"minitwit:warn.*slow request: (\S+) (\S+) took ([0-9.]+) ms(.*)"


def slow_lines(httpd, mark, count):
    return installation.wait_until(
        lambda: (found := re.findall(SLOW, httpd.error_log.since(mark))) and len(found) >= count and found,
        f"{count} lines of slow requests",
    )


def slow_httpd(make_httpd, threshold, **arguments):
    httpd = make_httpd(start=False, **arguments)
    httpd.slow_request = f"MinitwitSlowRequest {threshold}\n" if threshold else ""
    return httpd.start()


@pytest.mark.expect_log("slow request")
def test_the_line_shows_the_parts_of_the_time(make_httpd, database):
    httpd = slow_httpd(make_httpd, "1ms")
    httpd.password_cost = "MinitwitPasswordMemory 8\n"
    assert httpd.graceful().returncode == 0
    mark = httpd.error_log.mark()
    assert httpd.simulator().register("alice").status_code == 204
    ((method, route, total, parts),) = slow_lines(httpd, mark, 1)
    assert (method, route) == ("POST", "/register")
    spent = dict(re.findall(r"[:,] (\w+) ([0-9.]+) ms", parts))
    assert {"connection", "hashing", "users_add"} <= set(spent)
    assert float(spent["hashing"]) > 1
    assert sum(map(float, spent.values())) <= float(total) + 0.1 * len(spent)


@pytest.mark.expect_log("slow request")
def test_a_slow_statement(make_httpd, people, database):
    people("alice")
    httpd = slow_httpd(make_httpd, "500ms", directives="MinitwitDatabaseTimeout 30s\n")
    httpd.browser().get("/login")
    with socket.create_connection(("127.0.0.1", httpd.web_port)) as client:
        with database.locked("messages"):
            client.sendall(b"GET /public HTTP/1.0\r\n\r\n")
            installation.wait_until(database.count_waiting, "the statement to wait")
            time.sleep(0.6)
        while client.recv(65536):
            pass
    httpd.stop()
    # On a busy machine, other requests may be slow, too.
    slow = [entry for entry in httpd.access_log.since() if entry["duration_ms"] >= 500]
    lines = re.findall(SLOW, httpd.error_log.text)
    assert sorted((entry["method"], entry["route"]) for entry in slow) == sorted(line[:2] for line in lines)
    ((total, parts),) = [line[2:] for line in lines if line[:2] == ("GET", "/public")]
    waited = float(re.search(r"messages_public ([0-9.]+) ms", parts)[1])
    assert 600 <= waited <= float(total)
    (entry,) = [entry for entry in slow if entry["route"] == "/public"]
    assert abs(entry["duration_ms"] - float(total)) < 0.1
    assert waited - 0.1 <= entry["database_ms"] <= entry["duration_ms"]


def test_a_slow_client_makes_no_slow_request(make_httpd, people, database):
    """The time in which a client sends the body or reads the answer does not count."""
    people("alice")
    httpd = slow_httpd(make_httpd, "1s")
    body = b"text=" + b"x" * 500
    mark = httpd.access_log.mark()
    with socket.create_connection(("127.0.0.1", httpd.web_port)) as client:
        client.sendall(b"POST /login HTTP/1.0\r\n")
        time.sleep(1.2)
        client.sendall(
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 505\r\n\r\n" + body[:100]
        )
        time.sleep(1.2)
        client.sendall(body[100:])
        time.sleep(0.1)
        while client.recv(10):
            pass
    (entry,) = [entry for entry in httpd.access_log.wait(mark) if entry["path"] == "/login"]
    assert entry["duration_ms"] < 1000
    assert "slow request" not in httpd.error_log.text


@pytest.mark.expect_log("slow request")
def test_each_host_has_its_own_threshold(make_httpd, database):
    httpd = slow_httpd(make_httpd, "1h")
    httpd.api += "MinitwitSlowRequest 1ms\n"
    httpd.password_cost = "MinitwitPasswordMemory 8\n"
    assert httpd.graceful().returncode == 0
    httpd.browser().register("alice")
    httpd.simulator().register("bob", auth=SIMULATOR)
    ((_, route, _, _),) = slow_lines(httpd, 0, 1)
    assert route == "/register"


def test_an_invalid_time_is_refused(make_httpd):
    httpd = make_httpd(start=False)
    for text in ("0", "2h", "soon"):
        httpd.slow_request = f"MinitwitSlowRequest {text}\n"
        tested = httpd.configtest()
        assert tested.returncode != 0
        assert "MinitwitSlowRequest" in tested.stdout and "greater than 0s and at most 3600s" in tested.stdout

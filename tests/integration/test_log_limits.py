# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A client cannot multiply the lines of the error log."""

import itertools
import os
import re
import time

import pytest

from support import installation, metrics
from support.client import Client
from support.guessing import PAIR, try_login

# The tests' usual level, debug, leaves out no line.
LEVEL = "LogLevel minitwit:info\n"
TIMES = 20
LONG = os.environ.get("MINITWIT_LONG") == "1"


def lines(httpd, text):
    return [line for line in httpd.error_log.text.splitlines() if text in line]


def account_for(httpd, text, count, began):
    """Asserts that the log accounts for this number of messages, with at most one line a minute. Call it after httpd
    has stopped. began: when the test began. On a busy machine, the messages may take more than a minute."""
    found = lines(httpd, text)
    logged = len([line for line in found if not re.search(r"left out: \d+ messages? like", line)])
    left_out = [int(number) for line in found for number in re.findall(r"left out: (\d+) m", line)]
    assert "left out" not in found[0]
    assert logged + sum(left_out) == count, found
    assert logged <= 1 + int(time.monotonic() - began) // 60, found


@pytest.mark.smoke
def test_each_kind_of_message_has_one_line(make_httpd, own_database, expect_log):
    """All children together write the first line. httpd writes the number of the others when it stops."""
    httpd = make_httpd(start=False, over=own_database, directives=LEVEL)
    # Each registration is slow.
    httpd.slow_request = "MinitwitSlowRequest 1ms\n"
    httpd.password_cost = "MinitwitPasswordMemory 8\n"
    httpd.start()
    own_database.sql("REVOKE INSERT ON messages FROM minitwit_site")
    site, api, nobody = httpd.browser(), httpd.simulator(), Client(httpd.api_url)
    numbers = itertools.count()
    began = time.monotonic()
    kinds = {
        "slow request: POST /register": lambda: api.register(f"user {next(numbers)}"),
        "refused a request that a page of another site sent": lambda: site.post(
            "/logout", headers={"Sec-Fetch-Site": "cross-site"}
        ),
        "refused a request whose Origin is not its Host": lambda: site.post("/logout", headers={"Origin": "http://a"}),
        "refused a request whose Referer is not its Host": lambda: site.post("/logout", headers={"Referer": "http://a/"}),
        'refused a request with the Origin "null"': lambda: site.post("/logout", headers={"Origin": "null"}),
        "the API refused a request without credentials": lambda: nobody.get("/msgs"),
        "the API refused a request with wrong credentials": lambda: nobody.get("/msgs", auth=("a", "b")),
        "database: messages_add_by_username failed, SQLSTATE 42501": lambda: api.tweet("user 1", "hello"),
    }
    for cause in kinds.values():
        for _ in range(TIMES):
            cause()
    httpd.stop()
    expect_log.allow("slow request", *map(re.escape, kinds))
    assert own_database.count("messages") == 0
    assert own_database.count("users") == TIMES
    for kind in kinds:
        account_for(httpd, kind, TIMES, began)
        assert f' messages like "{kind}" in the last ' in lines(httpd, kind)[-1], kind


def test_each_virtual_host_has_a_line_of_its_own(make_httpd, database):
    httpd = make_httpd(start=False, directives=LEVEL)
    httpd.api = httpd.web
    httpd.start()
    for count, url in enumerate((httpd.web_url, httpd.api_url), 1):
        assert Client(url).post("/logout", headers={"Origin": "null"}).status_code == 403
        assert len(lines(httpd, "refused a request with the Origin")) == count


def test_a_reload_starts_no_new_minute(make_httpd, database):
    httpd = make_httpd(directives=LEVEL)
    began = time.monotonic()
    for _ in range(2):
        for _ in range(3):
            assert httpd.browser().post("/logout", headers={"Origin": "null"}).status_code == 403
        assert httpd.graceful().returncode == 0
    httpd.stop()
    account_for(httpd, "refused a request with the Origin", 6, began)


@pytest.mark.expect_log(PAIR)
def test_guesses_for_many_accounts_have_one_line(guarded, database):
    httpd = guarded(limit=1, more=LEVEL)
    began = time.monotonic()
    for number in range(10):
        for _ in range(2):
            outcome = try_login(httpd, "192.0.2.1", f"user {number}")
        assert outcome != "wrong"
    httpd.stop()
    account_for(httpd, "too many wrong passwords", 10, began)


@pytest.mark.skipif(not LONG, reason="takes more than a minute, only with --long")
def test_the_number_appears_without_a_next_message(make_httpd, database):
    """Some other request, or the watchdog of the metrics, writes it after a little more than a minute."""
    polled, watched = (make_httpd(start=False, directives=LEVEL + "MinitwitMetricsInterval 1s\n") for _ in range(2))
    watched.ops = metrics.OPS
    for httpd in (polled, watched):
        httpd.start()
        for _ in range(3):
            assert httpd.browser().post("/logout", headers={"Origin": "null"}).status_code == 403
        assert not lines(httpd, "left out")

    def is_written():
        polled.operator().get("/livez")
        return all(lines(httpd, "left out: 2 messages like") for httpd in (polled, watched))

    installation.wait_until(is_written, "the numbers", 60 + installation.PATIENCE)
    # The next message is the first of its kind again.
    assert polled.browser().post("/logout", headers={"Origin": "null"}).status_code == 403
    assert "left out" not in lines(polled, "refused a request with the Origin")[-1]

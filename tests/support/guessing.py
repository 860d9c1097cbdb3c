# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Attempts to guess passwords from many addresses, at a site behind a proxy."""

import itertools
import re

from support.client import location

PROXY = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n"

# The lines in the error log, one for each series of attempts.
PAIR = r"minitwit:warn.*\[client .*too many wrong passwords for one account from this address"
ACCOUNT = r"minitwit:warn.*too many wrong passwords for one account from many addresses"
ADDRESS = r"minitwit:warn.*too many wrong passwords from this address"
NETWORK = r"minitwit:warn.*too many wrong passwords from the /48 network"


def come_from(httpd, address):
    browser = httpd.browser()
    browser.session.headers["X-Forwarded-For"] = address
    return browser


def try_login(httpd, address, username="alice", password="wrong"):
    """Logs in from an address. Returns "in", "wrong", or the number of seconds to wait."""
    answer = come_from(httpd, address).login(username, password)
    if answer.status_code == 302:
        assert location(answer) == "/"
        return "in"
    if answer.status_code == 200:
        assert "Invalid " in answer.text
        assert "Retry-After" not in answer.headers
        return "wrong"
    assert answer.status_code == 429, answer.text
    return int(answer.headers["Retry-After"])


def is_wait(outcome, most=60):
    return isinstance(outcome, int) and 1 <= outcome <= most


def try_until_refused(httpd, address, username="alice"):
    """Returns the seconds to wait."""
    for _ in range(100):
        outcome = try_login(httpd, address, username)
        if outcome != "wrong":
            return outcome
    raise AssertionError("never refused")


def addresses(start="198.51.100"):
    return (f"{start}.{number}" for number in itertools.count(1))


def logged(httpd, pattern):
    return len(re.findall(pattern, httpd.error_log.text))

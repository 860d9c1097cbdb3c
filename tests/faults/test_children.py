# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""httpd's children killed, and replaced by a new generation, while requests are in work."""

import os
import random
import signal
import time

import pytest

from faults.conftest import describe_load, describe_lost
from support import installation, metrics

_RECOVERY = 10  # s: the longest that the site may take until it is as before


@pytest.fixture
def site(make_httpd):
    return make_httpd(ops=metrics.OPS, directives="MinitwitHashQueue 32\nMinitwitHashWait 10s\n")


def test_children_killed_each_second(site, database, load, lasting, row, expect_log):
    expect_log.allow(r"child pid \d+ exit signal Killed", r"AH00095")
    seconds = lasting(6, 60)
    started = load(site, database, seconds + 6)
    for _ in range(seconds):
        time.sleep(1)
        os.kill(random.choice(site.children()), signal.SIGKILL)
    over = time.monotonic()
    report = started.finish()
    back = started.probe.recovered_after(over)
    assert back < _RECOVERY
    # What the dead held came back: requests in work, connections, places among those who hash passwords.
    installation.wait_until(
        lambda: metrics.scrape(site).get("minitwit_http_requests_in_flight") == 1, "nothing to be in work"
    )
    row(f"a child killed each second, for {seconds} s", describe_load(report), describe_lost(report), back)

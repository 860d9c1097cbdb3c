# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Scenarios of the simulator, sent by many clients at once. The final state must be exact."""

import os
import random
import signal

import pytest

from support import installation, metrics
from support.mounts import mount
from support.replay import TIME_WAS_UP, end, finish, make_scenario, start

# A worker for each client. Otherwise httpd logs that it needs more. No child is ever superfluous or busy with all its
# threads, because mpm_event would then close connections that clients keep open.
_WORKERS = {
    "event": "ThreadLimit 24\nThreadsPerChild 24\nMaxSpareThreads 96\nMaxRequestWorkers 48\n",
    "prefork": "MaxRequestWorkers 24\n",
}
_WORKERS["worker"] = _WORKERS["event"]


@pytest.fixture
def scenario(tmp_path):
    """Makes a scenario of this size."""
    return lambda users, actions: make_scenario(tmp_path / "scenario.tsv", users, actions)


@pytest.fixture
def roomy_httpd(make_httpd):
    """Starts an httpd in which requests wait long enough for a busy machine."""

    def make(**arguments):
        directives = f"{_WORKERS[installation.MPM]}MinitwitPoolTimeout 30s\nMinitwitDatabaseTimeout 30s\nMinitwitHashWait 30s\n"
        return make_httpd(directives=directives, **arguments)

    return make


@pytest.mark.smoke
def test_a_scenario_leaves_the_expected_state(roomy_httpd, database, scenario):
    report = finish(start(scenario(40, 600), roomy_httpd(), "--clients", "12"))
    assert report["done"] == 600
    assert report["verify"]["users"] == database.count("users") == 40
    assert report["verify"]["messages"] == database.count("messages") == report["latency"]["tweet"]["count"]
    assert report["verify"]["follows"] == database.count("followers")


def _wait_for_posts(httpd, process, count):
    """Waits for this number of further posts of the replay."""
    least = _posts(metrics.scrape(httpd)) + count

    def is_enough():
        assert process.poll() is None, f"the replay has ended: {process.communicate()}"
        return _posts(metrics.scrape(httpd)) >= least

    installation.wait_until(is_enough, f"{count} posts")


def _posts(shown, **labels):
    return shown.total("minitwit_http_requests_total", handler="minitwit-api", method="POST", **labels)


def test_every_answer_is_counted(roomy_httpd, database, scenario):
    """The clients keep their connections open, and the API has a prefix."""
    # httpd must not close the connection of a client that stops for a moment.
    httpd = roomy_httpd(ops=metrics.OPS, api="KeepAliveTimeout 60\n" + mount("/some/api", "minitwit-api"))
    replay = start(scenario(60, 2000), httpd, "--keep-alive", "--clients", "12", prefix="/some/api")
    sent = finish(replay)["latency"]
    counts = {kind: sent[kind]["count"] for kind in ("register", "tweet", "follow", "unfollow")}
    shown = metrics.scrape(httpd)
    assert _posts(shown, route="/register", code="204") == counts["register"]
    assert _posts(shown, route="/msgs/<username>", code="204") == counts["tweet"]
    assert _posts(shown, route="/fllws/<username>", code="204") == counts["follow"] + counts["unfollow"]
    assert _posts(shown) == sum(counts.values()) == 2000
    assert shown.get("minitwit_users_registered_total") == counts["register"]
    assert shown.get("minitwit_messages_posted_total") == counts["tweet"]
    assert shown.get("minitwit_follows_total") == counts["follow"]
    assert shown.get("minitwit_unfollows_total") == counts["unfollow"]
    durations = "minitwit_http_request_duration_seconds_count"
    assert shown.total(durations, handler="minitwit-api", method="POST") == 2000


def test_a_killed_child_loses_only_its_requests_in_progress(roomy_httpd, database, scenario, expect_log):
    """The totals lie between the answers that were received and the requests that were sent."""
    expect_log.allow(r"child pid \d+ exit signal Killed", r"AH00095")
    httpd = roomy_httpd(ops=metrics.OPS)
    with start(scenario(100, 30000), httpd, "--retry", "--clients", "12", "--rate", "500") as process:
        _wait_for_posts(httpd, process, 100)
        for _ in range(2):
            os.kill(random.choice(httpd.children()), signal.SIGKILL)
            _wait_for_posts(httpd, process, 100)
        end(process)
        report = finish(process, TIME_WAS_UP)
    received = report["latency"]["all"]["count"]
    # A request without an answer was repeated, or is a tweet of unknown fate.
    sent = received + report["retries"] + report["uncertain"]
    assert received <= _posts(metrics.scrape(httpd)) <= sent
    installation.wait_until(
        lambda: metrics.scrape(httpd).get("minitwit_http_requests_in_flight") == 1, "all requests to end"
    )

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwit-metrics in OpenMetrics: the choice of the format, its form, and the ids of requests as exemplars."""

import re
import signal
import time

import pytest

from support import metrics, openmetrics
from support.installation import wait_until

PUBLIC = {"handler": "minitwit-web", "route": "/public", "method": "GET"}


@pytest.mark.smoke
def test_the_client_chooses_the_format(watched):
    """Both formats have the same samples. The text format is the default."""
    plain = "text/plain; version=0.0.4; charset=utf-8"
    for accept, expected in (
        *((accept, openmetrics.TYPE) for accept in openmetrics.ACCEPT.values()),
        ("application/openmetrics-text", openmetrics.TYPE),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.3", plain),
        ("text/html, */*;q=0.8", plain),
        (None, plain),
    ):
        answer = watched.operator().get("/metrics", headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == expected, accept
        assert "Accept" in re.split(r", *", answer.headers["Vary"])
        assert answer.text.endswith("# EOF\n") == (expected == openmetrics.TYPE)
        assert ("request_id" in answer.text) == (expected == openmetrics.TYPE)
    head = watched.operator().head("/metrics", headers={"Accept": openmetrics.ACCEPT["3"]})
    assert head.headers["Content-Type"] == openmetrics.TYPE
    refused = watched.operator().get("/metrics/else", headers={"Accept": openmetrics.ACCEPT["3"]})
    assert refused.status_code == 404 and refused.headers["Content-Type"].startswith("text/plain")


def test_a_strict_parser_finds_every_metric(watched):
    metrics.wait_for(watched, "minitwit_user_followees_count", 0)
    for path in ("/public", "/nobody"):
        watched.browser().get(path)
    # The second scrape is needed because a scrape counts itself afterwards.
    openmetrics.scrape(watched)
    text = metrics.scrape(watched)
    shown = openmetrics.scrape(watched)
    names = {openmetrics.as_text(sample.name, sample.labels) for sample in shown.samples()}
    assert names == set(text.samples)
    kinds = {name: family.type for name, family in shown.families.items()}
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text.text, re.MULTILINE):
        # A gauge has the name that the family of this counter would have.
        if name == "minitwit_follows_total":
            assert kinds.pop(name) == "unknown"
        elif name == "minitwit_build_info":
            assert kinds.pop("minitwit_build") == "info"
        else:
            assert kinds.pop(name.removesuffix("_total") if kind == "counter" else name) == kind
    assert not kinds
    units = {name: family.unit for name, family in shown.families.items() if family.unit}
    assert units[metrics.DURATION] == units["minitwit_process_cpu_seconds"] == "seconds"
    assert units["minitwit_process_resident_memory_bytes"] == "bytes"
    assert {name for name in kinds if re.search("_(seconds|bytes)$", name)} <= set(units)
    helps = dict(re.findall(r"^# HELP (\w+) (.*)$", text.text, re.MULTILINE))
    assert shown.families["minitwit_http_requests"].documentation == helps["minitwit_http_requests_total"]


def test_a_bucket_shows_the_id_of_a_request(watched):
    began = time.time()
    mark = watched.access_log.mark()
    answer = watched.browser().get("/public")
    ((bound, exemplar),) = openmetrics.scrape(watched).exemplars(**PUBLIC)
    assert exemplar.labels == {"request_id": answer.headers["X-Request-Id"]}
    # The module measures from the end of the header, and the log from the request line.
    (line,) = [entry for entry in watched.access_log.wait(mark) if entry["path"] == "/public"]
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert 0 < exemplar.value <= bound
    assert began - 0.001 <= float(exemplar.timestamp) <= time.time()
    # Each bucket has at most one, even after requests on all children.
    for _ in range(20):
        watched.browser().get("/public")
    found = openmetrics.scrape(watched).exemplars(**PUBLIC)
    assert len({bound for bound, _ in found}) == len(found)


def test_ids_of_a_proxy_are_exemplars_if_they_fit(watched):
    """OpenMetrics allows 118 characters."""
    sent = "AZaz09._~+/=-" + "x" * 105
    for route, path, one in (("/public", "/public", sent), ("/login", "/login", sent + "x"), ("/<username>", "/nobody", "a b")):
        answer = watched.browser().get(path, headers={"X-Request-Id": one})
        expected = [answer.headers["X-Request-Id"]] if len(one) < 119 else []
        assert openmetrics.scrape(watched).ids(handler="minitwit-web", route=route) == expected


@pytest.mark.expect_log("client denied")
def test_refusals_of_httpd_have_exemplars(make_httpd):
    httpd = make_httpd(ops=metrics.OPS)
    httpd.web = httpd.web.replace("</Location>", "Require all denied\n</Location>")
    assert httpd.graceful().returncode == 0
    answer = httpd.browser().get("/public")
    assert answer.status_code == 403
    sent = answer.headers["X-Request-Id"]
    wait_until(lambda: sent in openmetrics.scrape(httpd).ids(route="other"), "the refusal to be counted")


def test_exemplars_survive_killed_children_and_a_graceful_restart(watched, expect_log):
    expect_log.allow(r"child pid \d+ exit signal Killed", r"proc_mutex|AH00095|mutex")
    sent = watched.browser().get("/public").headers["X-Request-Id"]
    old = set(watched.children())
    watched.kill_children(signal.SIGKILL)
    wait_until(lambda: watched.children() and not old & set(watched.children()), "new children")
    assert openmetrics.scrape(watched).ids(**PUBLIC) == [sent]
    assert watched.graceful().returncode == 0
    assert openmetrics.scrape(watched).ids(**PUBLIC) == [sent]


def test_a_later_request_replaces_the_exemplar(watched):
    shown = {}

    def is_replaced():
        watched.browser().get("/favicon.ico")
        found = {bound: one.labels["request_id"] for bound, one in openmetrics.scrape(watched).exemplars(route="/favicon.ico")}
        assert set(shown) <= set(found)
        replaced = [bound for bound, one in shown.items() if found[bound] != one]
        shown.update(found)
        return replaced

    wait_until(is_replaced, "another exemplar")

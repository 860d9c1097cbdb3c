# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwit-metrics: the counters over all child processes, which survive restarts and the end of a child."""

import contextlib
import itertools
import re
import signal
import threading
import time

from support import installation, metrics
from support.installation import wait_until
from support.mounts import mount

_REFUSED = "  Require all denied\n"


def test_the_answer_has_the_type_of_prometheus(watched):
    answer = watched.operator().get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.endswith("\n")
    assert watched.operator().get("/metrics/").status_code == 200
    assert watched.operator().head("/metrics").headers["Content-Length"] != "0"
    refused = watched.operator().post("/metrics")
    assert refused.status_code == 405 and refused.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert watched.operator().get("/metrics/else").status_code == 404


def _types(httpd):
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", metrics.scrape(httpd).text, re.MULTILINE))


def test_every_metric_is_documented_and_shown(watched):
    page = (installation.SOURCE / "docs" / "metrics.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `(minitwit_\w+)` \| (counter|gauge|histogram) \|", page, re.MULTILINE))
    # There was no backup yet.
    assert documented.pop("minitwit_backup_last_success_timestamp_seconds") == "gauge"
    # This site has no search.
    assert documented.pop("minitwit_search_pending_messages") == "gauge"
    # A metric is missing until its value has been read, and after a read that took too long.
    installation.wait_until(lambda: _types(watched).keys() >= documented.keys(), "all metrics")
    assert _types(watched) == documented


def test_a_request_is_counted_by_its_route(watched):
    """An answer 304 counts as well. No label comes from a client."""
    for port, method, path, handler, route, label, code in (
        ("web", "GET", "/public", "minitwit-web", "/public", "GET", 200),
        ("web", "HEAD", "/public", "minitwit-web", "/public", "HEAD", 200),
        ("web", "OPTIONS", "/public", "minitwit-web", "/public", "OPTIONS", 200),
        ("web", "GET", "/", "minitwit-web", "/", "GET", 302),
        ("web", "GET", "/nobody", "minitwit-web", "/<username>", "GET", 404),
        ("web", "GET", "/a/b/c/d", "minitwit-web", "other", "GET", 404),
        ("web", "DELETE", "/public", "minitwit-web", "/public", "other", 405),
        ("web", "BREW", "/public", "minitwit-web", "/public", "other", 405),
        ("web", "POST", "/nobody/follow", "minitwit-web", "/<username>/follow", "POST", 401),
        ("api", "GET", "/latest", "minitwit-api", "/latest", "GET", 200),
        ("api", "GET", "/msgs/nobody", "minitwit-api", "/msgs/<username>", "GET", 403),
        ("api", "POST", "/register", "minitwit-api", "/register", "POST", 400),
        ("api", "GET", "/else", "minitwit-api", "other", "GET", 404),
        ("ops", "GET", "/livez", "minitwit-health", "/livez", "GET", 200),
        ("ops", "GET", "/readyz", "minitwit-health", "/readyz", "GET", 200),
        ("ops", "GET", "/metrics/else", "minitwit-metrics", "other", "GET", 404),
    ):
        client = {"web": watched.browser, "api": watched.simulator, "ops": watched.operator}[port]()
        if port == "api":
            client.session.auth = None
        before = metrics.scrape(watched)
        assert client.request(method, path).status_code == code
        # The module counts a request before it sends the answer, so there is no need to wait.
        after = metrics.scrape(watched)
        labels = {"handler": handler, "route": route, "method": label}
        added = {
            name: after.get(name, **more, **labels) - before.get(name, **more, **labels)
            for name, more in ((metrics.REQUESTS, {"code": str(code)}), (f"{metrics.DURATION}_count", {}))
        }
        assert set(added.values()) == {1}, (path, added)
        # The other request is the first scrape.
        assert after.total(metrics.REQUESTS) - before.total(metrics.REQUESTS) == 2
        count = after.get(f"{metrics.DURATION}_count", **labels)
        assert after.get(f"{metrics.DURATION}_bucket", **labels, le="+Inf") == count
    assert not re.search("nobody|BREW", after.text)
    icon = watched.browser().get("/favicon.ico")
    again = watched.browser().get("/favicon.ico", headers={"If-None-Match": icon.headers["ETag"]})
    assert again.status_code == 304
    assert metrics.count(watched, "minitwit-web", "/favicon.ico", "GET", 304) == 1


def test_counters_of_failures_exist_before_the_first_failure(watched):
    shown = metrics.scrape(watched)
    for code in ("500", "503"):
        series = {(labels["handler"], labels["route"], labels["method"]) for labels, value in shown.select(metrics.REQUESTS, code=code)}
        assert ("minitwit-web", "/login", "GET") in series and ("minitwit-web", "/login", "POST") in series
        assert ("minitwit-api", "/msgs/<username>", "POST") in series
        assert ("minitwit-web", "/public", "POST") not in series
    assert shown.get("minitwit_csrf_rejected_total", default=None) == 0
    assert shown.get("minitwit_logins_total", default=None, result="success") == 0


def test_registrations_logins_messages_and_follows_are_counted(watched):
    """The site and the API count together. A failed attempt counts only for logins."""
    api = watched.simulator()
    assert api.register("ann").status_code == 204
    assert api.register("ann").status_code == 400
    browser = watched.browser()
    browser.register("bob")
    for name, password in (("nobody", "x"), ("bob", "wrong"), ("bob", "secret")):
        browser.login(name, password)
    browser.share("one")
    browser.share("")
    browser.post("/ann/follow")
    browser.post("/ann/unfollow")
    browser.post("/nobody/follow")
    browser.post("/add_message", data={"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert api.tweet("ann", "two").status_code == 204
    assert api.tweet("nobody", "three").status_code == 404
    assert api.follow("ann", "bob").status_code == 204
    assert api.unfollow("ann", "bob").status_code == 204
    assert api.follow("ann", "nobody").status_code == 404
    shown = metrics.scrape(watched)
    assert shown.get("minitwit_users_registered_total") == 2
    assert shown.get("minitwit_messages_posted_total") == 2
    assert shown.get("minitwit_follows_total") == 2
    assert shown.get("minitwit_unfollows_total") == 2
    assert shown.get("minitwit_csrf_rejected_total") == 1
    logins = {labels["result"]: value for labels, value in shown.select("minitwit_logins_total")}
    assert logins == {"success": 1, "invalid_username": 1, "invalid_password": 1, "throttled": 0}


@contextlib.contextmanager
def _one_request_waits(watched, database):
    """Inside, a request waits for a lock of the database."""

    def read():
        with contextlib.suppress(OSError):
            watched.simulator().get("/msgs")

    thread = threading.Thread(target=read)
    with database.locked("messages"):
        thread.start()
        wait_until(
            lambda: metrics.scrape(watched).get("minitwit_http_requests_in_flight") == 2
            and metrics.scrape(watched).get("minitwit_db_connections", state="busy") == 1,
            "the request to wait",
        )
        yield
    thread.join()


def _wait_for_capacity(watched):
    wait_until(
        lambda: metrics.scrape(watched).total("minitwit_db_connections") == metrics.capacity(watched),
        "the capacity to be that of the children",
    )


def test_a_request_in_progress_has_a_busy_connection(watched, database):
    _wait_for_capacity(watched)
    # A client can have an answer a moment before the request ends.
    metrics.wait_for(watched, "minitwit_http_requests_in_flight", 1)
    assert metrics.scrape(watched).get("minitwit_db_connections", state="busy") == 0
    with _one_request_waits(watched, database):
        pass
    metrics.wait_for(watched, "minitwit_http_requests_in_flight", 1)
    after = metrics.scrape(watched)
    assert after.get("minitwit_db_connections", state="busy") == 0
    assert after.get("minitwit_db_connections", state="idle") >= 1


def test_memory_processor_time_and_start_time(watched):
    shown = metrics.scrape(watched)
    assert 1e6 < shown.get("minitwit_process_resident_memory_bytes") < 1e11
    assert abs(time.time() - shown.get("minitwit_process_start_time_seconds")) < 600
    before = shown.get("minitwit_process_cpu_seconds_total")
    wait_until(
        lambda: [watched.browser().get("/public") for _ in range(20)]
        and metrics.scrape(watched).get("minitwit_process_cpu_seconds_total") > before,
        "processor time to be used",
    )


def test_totals_survive_killed_children_and_a_graceful_restart(watched, expect_log):
    expect_log.allow(r"child pid \d+ exit signal Killed", r"proc_mutex|AH00095|mutex")
    for _ in range(10):
        assert watched.browser().get("/public").status_code == 200
    cpu = metrics.scrape(watched).get("minitwit_process_cpu_seconds_total")
    old = set(watched.children())
    watched.kill_children(signal.SIGKILL)
    wait_until(lambda: watched.children() and not old & set(watched.children()), "new children")
    assert metrics.count(watched, "minitwit-web", "/public", "GET", 200) == 10
    assert watched.graceful().returncode == 0
    assert metrics.count(watched, "minitwit-web", "/public", "GET", 200) == 10
    watched.browser().get("/public")
    shown = metrics.scrape(watched)
    assert shown.get(metrics.REQUESTS, handler="minitwit-web", route="/public", method="GET", code="200") == 11
    assert shown.get("minitwit_process_cpu_seconds_total") >= cpu


def test_the_gauges_of_a_killed_child_end_with_it(watched, database, expect_log):
    expect_log.allow(r"child pid \d+ exit signal Killed", r"proc_mutex|AH00095|mutex")
    with _one_request_waits(watched, database):
        watched.kill_children(signal.SIGKILL)
    wait_until(
        lambda: metrics.scrape(watched).get("minitwit_http_requests_in_flight") == 1
        and metrics.scrape(watched).get("minitwit_db_connections", state="busy") == 0,
        "the gauges of the child to end",
    )
    _wait_for_capacity(watched)


def test_children_that_ended_while_nothing_was_mounted_do_not_count(watched):
    """The module does not notice the end of a child while it is mounted nowhere."""
    assert metrics.scrape(watched).total("minitwit_db_connections") > 0
    mounted = set(watched.children())
    mounts = watched.web, watched.api, watched.ops
    watched.web = watched.api = ""
    watched.ops = "# nothing\n"
    assert watched.graceful().returncode == 0
    wait_until(lambda: mounted.isdisjoint(watched.children()), "the children with the mounts to end")
    watched.web, watched.api, watched.ops = mounts
    assert watched.graceful().returncode == 0

    def counts_living_children():
        answer = watched.operator().get("/metrics")
        # A child that httpd started just before the restart has no mounts, and still answers for some time.
        return answer.status_code == 200 and (
            metrics.Metrics(answer.text).total("minitwit_db_connections") == metrics.capacity(watched)
        )

    wait_until(counts_living_children, "the capacity to be that of the living children")


def test_a_request_that_httpd_refuses_is_counted_once(make_httpd, expect_log):
    """In a mount, its route is "other", with or without an error document. Elsewhere it is the route of the error
    document, which has the status of the refusal."""
    expect_log(r"authz_core:error.*client denied")
    httpd = make_httpd(
        ops=metrics.OPS,
        web=mount("/", "minitwit-web")
        + mount("/plain", "minitwit-web", _REFUSED)
        + mount("/document", "minitwit-web", _REFUSED + "  ErrorDocument 403 /public\n"),
        api=mount("/site", "minitwit-web")
        + mount("/elsewhere", "none", _REFUSED + "  ErrorDocument 403 /site/public\n"),
    )
    for path in ("/plain", "/document"):
        assert httpd.browser().get(path).status_code == 403
    answer = httpd.simulator().get("/elsewhere")
    assert answer.status_code == 403 and "Public Timeline" in answer.text
    wait_until(lambda: metrics.count(httpd, "minitwit-web", "other", "GET", 403) == 2, "the refusals to be counted")
    wait_until(lambda: metrics.count(httpd, "minitwit-web", "/public", "GET", 403) == 1, "the refusal to be counted")
    assert metrics.scrape(httpd).total(metrics.REQUESTS, handler="minitwit-web") == 3


def test_hashes_are_counted_while_they_run(make_httpd, expect_log):
    expect_log.allow(r"minitwit:warn.*MinitwitHashLimit")
    httpd = make_httpd(ops=metrics.OPS)
    httpd.stop()
    httpd.password_cost = "MinitwitPasswordMemory 256\nMinitwitPasswordPasses 4\nMinitwitHashLimit 1\nMinitwitHashQueue 0\n"
    httpd.start()
    seen, ending = set(), threading.Event()
    asked = itertools.count()

    def register():
        while not ending.is_set():
            httpd.simulator().register(f"user{next(asked)}")

    def is_seen():
        seen.add(metrics.scrape(httpd).get("minitwit_password_hashes_in_flight"))
        return 1 in seen

    threads = [threading.Thread(target=register) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        wait_until(is_seen, "a hash to run during a scrape")
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    assert max(seen) == 1
    shown = metrics.scrape(httpd)
    assert shown.get("minitwit_password_hashes_in_flight") == 0
    throttled = shown.get("minitwit_throttled_total", reason="hashing")
    assert throttled + shown.get("minitwit_users_registered_total") == next(asked)
    assert metrics.count(httpd, "minitwit-api", "/register", "POST", 503) == throttled


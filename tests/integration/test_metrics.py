# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""minitwit-metrics: what is counted, over all children, and what of it survives them."""

import itertools
import re
import signal
import threading
import time

import pytest

from support import installation, metrics
from support.installation import wait_until


def test_answer(watched):
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


def test_every_metric_is_documented_and_shown(watched):
    metrics.wait_for(watched, "minitwit_user_followees_count", 0)
    shown = dict(re.findall(r"^# TYPE (\w+) (\w+)$", metrics.scrape(watched).text, re.MULTILINE))
    page = (installation.SOURCE / "docs" / "metrics.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `(minitwit_\w+)` \| (counter|gauge|histogram) \|", page, re.MULTILINE))
    # There was no backup yet.
    assert documented.pop("minitwit_backup_last_success_timestamp_seconds") == "gauge"
    assert shown == documented


@pytest.mark.parametrize(
    "port, method, path, handler, route, label, code",
    [
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
    ],
)
def test_a_request_is_counted_by_its_route(watched, port, method, path, handler, route, label, code):
    client = {"web": watched.browser, "api": watched.simulator, "ops": watched.operator}[port]()
    if port == "api":
        client.session.auth = None
    before = metrics.scrape(watched)
    answer = client.request(method, path)
    assert answer.status_code == code
    after = metrics.scrape(watched)
    labels = {"handler": handler, "route": route, "method": label}
    # It is counted before the answer goes out, so there is nothing to wait for.
    assert after.get(metrics.REQUESTS, **labels, code=str(code)) - before.get(metrics.REQUESTS, **labels, code=str(code)) == 1
    # And besides it only the first of the two scrapes.
    assert after.total(metrics.REQUESTS) - before.total(metrics.REQUESTS) == 2
    assert after.get(f"{metrics.DURATION}_count", **labels) - before.get(f"{metrics.DURATION}_count", **labels) == 1
    assert after.get(f"{metrics.DURATION}_bucket", **labels, le="+Inf") == after.get(f"{metrics.DURATION}_count", **labels)


def test_not_modified_is_counted_as_such(watched):
    browser = watched.browser()
    etag = browser.get("/favicon.ico").headers["ETag"]
    assert browser.get("/favicon.ico", headers={"If-None-Match": etag}).status_code == 304
    assert metrics.count(watched, "minitwit-web", "/favicon.ico", "GET", 304) == 1


def test_what_httpd_refuses_is_counted_as_other(make_httpd, expect_log):
    expect_log(r"authz_core:error.*client denied")
    httpd = make_httpd(
        ops=metrics.OPS, web='<Location "/">\nSetHandler minitwit-web\nRequire all denied\n</Location>\n'
    )
    assert httpd.browser().get("/public").status_code == 403
    wait_until(lambda: metrics.count(httpd, "minitwit-web", "other", "GET", 403) == 1, "the refusal to be counted")


def test_failures_are_there_before_the_first(watched):
    shown = metrics.scrape(watched)
    for code in ("500", "503"):
        series = {(labels["handler"], labels["route"], labels["method"]) for labels, value in shown.select(metrics.REQUESTS, code=code)}
        assert ("minitwit-web", "/login", "GET") in series and ("minitwit-web", "/login", "POST") in series
        assert ("minitwit-api", "/msgs/<username>", "POST") in series
        assert ("minitwit-web", "/public", "POST") not in series
    assert shown.get("minitwit_csrf_rejected_total", default=None) == 0
    assert shown.get("minitwit_logins_total", default=None, result="success") == 0


def test_no_label_comes_from_a_client(watched):
    browser = watched.browser()
    for number in range(20):
        browser.get(f"/unheard-of-{number}")
        browser.request(f"M{number}", "/public")
    shown = metrics.scrape(watched)
    assert "unheard" not in shown.text and "M1" not in shown.text
    assert shown.get(metrics.REQUESTS, handler="minitwit-web", route="/<username>", method="GET", code="404") == 20
    assert shown.get(metrics.REQUESTS, handler="minitwit-web", route="/public", method="other", code="405") == 20


def test_events(watched):
    """Registrations, logins, messages and follows, on the site and through the API."""
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


def test_connections_and_requests_in_work(watched, database):
    """A request that waits for a lock of the database is in work, and its connection is busy."""
    api = watched.simulator()
    api.register("ann")
    idle = metrics.scrape(watched)
    assert idle.get("minitwit_http_requests_in_flight") == 1
    assert idle.get("minitwit_db_connections", state="busy") == 0
    capacity = idle.total("minitwit_db_connections")
    assert capacity == metrics.capacity(watched)
    with database.cluster.connect(database.name) as lock:
        lock.cursor().execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(target=lambda: watched.simulator().get("/msgs"))
        thread.start()
        wait_until(
            lambda: metrics.scrape(watched).get("minitwit_http_requests_in_flight") == 2
            and metrics.scrape(watched).get("minitwit_db_connections", state="busy") == 1,
            "the request to be in work",
        )
        lock.rollback()
        thread.join()
    after = metrics.scrape(watched)
    assert after.get("minitwit_http_requests_in_flight") == 1
    assert after.get("minitwit_db_connections", state="busy") == 0
    assert after.get("minitwit_db_connections", state="idle") >= 1


def test_processes(watched):
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


def test_what_a_killed_child_held_comes_back(watched, database, expect_log):
    expect_log.allow(r"child pid \d+ exit signal Killed", r"proc_mutex|AH00095|mutex")
    watched.simulator().register("ann")
    with database.cluster.connect(database.name) as lock:
        lock.cursor().execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")

        def ask():
            try:
                watched.simulator().get("/msgs")
            except OSError:
                pass

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: metrics.scrape(watched).get("minitwit_http_requests_in_flight") == 2, "the request")
        watched.kill_children(signal.SIGKILL)
        thread.join()
        lock.rollback()
    wait_until(
        lambda: metrics.scrape(watched).get("minitwit_http_requests_in_flight") == 1
        and metrics.scrape(watched).get("minitwit_db_connections", state="busy") == 0,
        "what the child held to come back",
    )
    wait_until(
        lambda: metrics.scrape(watched).total("minitwit_db_connections") == metrics.capacity(watched),
        "the capacity to be that of the children",
    )


def test_children_that_ended_unheard_of_are_forgotten(watched):
    """Nobody tells the module of a death while it is mounted nowhere."""
    assert metrics.scrape(watched).total("minitwit_db_connections") > 0
    mounted = set(watched.children())
    mounts = watched.web, watched.api, watched.ops
    watched.web = watched.api = ""
    watched.ops = "# nothing\n"
    assert watched.graceful().returncode == 0
    wait_until(lambda: mounted.isdisjoint(watched.children()), "the children that knew the mounts to end")
    watched.web, watched.api, watched.ops = mounts
    assert watched.graceful().returncode == 0

    def is_of_the_living():
        answer = watched.operator().get("/metrics")
        # A child that httpd began just before the restart knows no mount, and answers for some time yet.
        return answer.status_code == 200 and (
            metrics.Metrics(answer.text).total("minitwit_db_connections") == metrics.capacity(watched)
        )

    wait_until(is_of_the_living, "the capacity to be that of the living")


def test_an_error_document_is_not_counted_besides(make_httpd, expect_log):
    expect_log(r"authz_core:error.*client denied")
    forbidden = '<Location "/forbidden">\nRequire all denied\n</Location>\nErrorDocument 403 /public\n'
    httpd = make_httpd(ops=metrics.OPS, web=f'<Location "/">\nSetHandler minitwit-web\n</Location>\n{forbidden}')
    assert httpd.browser().get("/forbidden").status_code == 403
    wait_until(lambda: metrics.count(httpd, "minitwit-web", "other", "GET", 403) == 1, "the refusal to be counted")
    assert metrics.scrape(httpd).total(metrics.REQUESTS, handler="minitwit-web") == 1


def test_an_error_document_of_a_foreign_path_is_counted_as_the_error(make_httpd, expect_log):
    expect_log(r"authz_core:error.*client denied")
    mounted = '<Location "/site">\nSetHandler minitwit-web\n</Location>\n'
    forbidden = '<Location "/forbidden">\nRequire all denied\n</Location>\nErrorDocument 403 /site/public\n'
    httpd = make_httpd(ops=metrics.OPS, web=mounted + forbidden)
    answer = httpd.browser().get("/forbidden")
    assert answer.status_code == 403 and "Public Timeline" in answer.text
    wait_until(lambda: metrics.count(httpd, "minitwit-web", "/public", "GET", 403) == 1, "the refusal to be counted")
    assert metrics.scrape(httpd).total(metrics.REQUESTS, handler="minitwit-web") == 1


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
        wait_until(is_seen, "a hash to run while it is asked")
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


def test_many_at_once_are_counted_to_the_last(watched):
    """Eight clients on kept connections; no increment is lost."""
    total = 400

    def ask(answers):
        client = watched.browser()
        for _ in range(total // 8):
            answers.append(client.get("/login").status_code)

    answers = []
    threads = [threading.Thread(target=ask, args=(answers,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * total
    assert metrics.count(watched, "minitwit-web", "/login", "GET", 200) == total

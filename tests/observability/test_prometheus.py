# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""A real Prometheus with this repository's configuration watches a real site. All rules and dashboards find their data,
and alerts report outages."""

import itertools
import re
import subprocess
import threading

import pytest
import requests

from support import installation, metrics, monitoring, prometheus, programs, promql
from support.httpd import PATIENT

BENCH = installation.SOURCE / "tests" / "bench"
RUNBOOK = installation.SOURCE / "docs" / "runbooks.md"

GRAVE = (
    "MinitwitSiteDown",
    "MinitwitApiDown",
    "MinitwitNotReady",
    "MinitwitDatabaseDown",
    "MinitwitErrorRatioHigh",
)


@pytest.fixture
def site(make_httpd, own_database, certificate, expect_log):
    """An httpd with everything that Prometheus scrapes, and a listener with TLS."""
    expect_log.allow("ssl:warn")  # about the certificate and the session cache
    certificate_file, key_file = certificate
    # A stopped database refuses connections at once, so long deadlines do no harm.
    directives = f"MaxRequestWorkers 48\nMinitwitMetricsInterval 1s\n{PATIENT}"
    httpd = make_httpd(start=False, over=own_database, directives=directives, ops=metrics.OPS)
    httpd.search = ""  # one alert is about its index
    httpd.tls_port = installation.free_port()
    httpd.modules += ["socache_shmcb", "ssl"]
    httpd.leaks += ["libcrypto.so", "libssl.so"]
    httpd.extra = (
        f"Listen 127.0.0.1:{httpd.tls_port}\n<VirtualHost 127.0.0.1:{httpd.tls_port}>\nSSLEngine on\n"
        f"SSLCertificateFile {certificate_file}\nSSLCertificateKeyFile {key_file}\n{httpd.web}</VirtualHost>\n"
    )
    return httpd.start()


@pytest.fixture
def watched(site, own_cluster, tmp_path):
    with prometheus.watching(tmp_path, site, own_cluster, site.tls_port) as running:
        yield running


def use(site, folder):
    """The simulator replays a scenario, while users open pages, sign in, mistype their password, follow and post."""
    scenario = folder / "scenario.tsv"
    subprocess.run(
        [BENCH / "generate-scenario", "--users", "30", "--actions", "600", "--output", scenario], check=True
    )
    replay = subprocess.Popen(
        [
            BENCH / "replay", scenario, "--url", site.api_url, "--credentials-file", site.credentials,
            "--clients", "8", "--max-seconds", "20",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        for name in ("alice", "bob"):
            assert site.browser().register(name).status_code == 302
        alice = site.browser()
        assert alice.login("nobody").status_code == 200
        assert alice.login("alice", "wrong").status_code == 200
        alice.sign_in("alice")
        alice.get("/bob/follow")
        alice.share("hello")
        alice.get("/bob/unfollow")
        for path in ("/", "/public", "/alice", "/nobody", "/static/style.css"):
            alice.get(path)
        # A page of another site may not post as alice.
        assert alice.post("/add_message", {"text": "x"}, headers={"Origin": "http://evil.example"}).status_code == 403
    finally:
        output, _ = replay.communicate(timeout=60)
    assert replay.returncode in (0, 3), output


def use_again(site, name):
    assert site.browser().register(name).status_code == 302
    site.browser().sign_in(name).share("hello")
    api = site.simulator()
    assert api.register(f"{name} of the API").status_code == 204
    assert api.tweet(name, "hello").status_code == 204


def rule_queries():
    """{rule: queries that must find data}. For a recording rule, these are its expression and its result. For an alert,
    they are its selectors, because its condition finds nothing while all is well."""
    wanted = {}
    for rule in monitoring.rules():
        if "record" in rule:
            wanted[rule["record"]] = [rule["expr"], rule["record"]]
        else:
            wanted[rule["alert"]] = promql.selectors(rule["expr"])
    return wanted


def runbook_queries():
    """{query: its selectors} of docs/runbooks.md. Most of the queries find something only during a fault."""
    blocks = re.findall(r"(?ms)^```promql\n(.*?)^```$", RUNBOOK.read_text(encoding="utf-8"))
    assert blocks
    return {line: promql.selectors(line) for block in blocks for line in block.splitlines()}


def panel_queries(watched):
    wanted = {}
    for name, dashboard in promql.dashboards().items():
        for title, expressions in promql.panels(dashboard):
            wanted[f"{name}: {title}"] = [
                promql.substitute(expression, dashboard, watched.label_values) for expression in expressions
            ]
    return wanted


def without_data(watched, wanted):
    """A line for each query that finds no data or has an error."""
    problems = []
    for where, queries in wanted.items():
        for query in queries:
            try:
                if not watched.query(query):
                    problems.append(f"{where}: no data: {query}")
            except prometheus.QueryError as error:
                problems.append(f"{where}: {error}")
    return problems


def exemplars_lead_to_the_log(site, watched):
    """Prometheus scrapes OpenMetrics and stores the id of a request, which the access log has."""
    answer = site.browser().get("/no/such/page")
    assert answer.status_code == 404
    sent = answer.headers["X-Request-Id"]

    def stored(**labels):
        matchers = ",".join(f'{name}="{value}"' for name, value in labels.items())
        return watched.exemplars(f"rate({metrics.DURATION}_bucket{{{matchers}}}[1m])")

    def mine():
        found = stored(handler="minitwit-web", route="other")
        return [(series, one) for series, one in found if one["labels"] == {"request_id": sent}]

    ((series, one),) = installation.wait_until(mine, "the exemplar to be stored")
    assert 0 < float(one["value"]) <= float(series["le"]) and series["method"] == "GET"
    every = {one["labels"]["request_id"]: series for series, one in stored(job="minitwit")}
    assert len(every) > 1

    def logged():
        lines = {entry["request_id"]: entry for entry in site.access_log.since()}
        return set(every) <= set(lines) and lines

    lines = installation.wait_until(logged, "all of these requests to be in the log")
    assert lines[sent]["path"] == "/no/such/page" and lines[sent]["status"] == 404
    for one, series in every.items():
        assert (lines[one]["handler"], lines[one]["route"]) == (series["handler"], series["route"])
    assert watched.value("sum(prometheus_tsdb_exemplar_out_of_order_exemplars_total)") == 0


def test_rules_runbooks_and_panels_find_data(site, watched, own_database, tmp_path):
    watched.wait_until_firing("MinitwitBackupNever")
    own_database.sql("INSERT INTO backup (succeeded_at) VALUES (now())")
    use(site, tmp_path)
    panels = panel_queries(watched)
    assert panels
    wanted = rule_queries() | runbook_queries() | panels
    problems = []
    newcomers = itertools.count()

    def nothing_is_missing():
        # A query for an increase finds data only if a counter has grown between two scrapes.
        use_again(site, f"newcomer {next(newcomers)}")
        problems[:] = without_data(watched, wanted)
        return not problems

    try:
        installation.wait_until(nothing_is_missing, "data")
    except AssertionError:
        pytest.fail("\n".join(problems))

    watched.wait_until_firing("Watchdog", "MinitwitCertificateEnding")
    # On a busy machine, a probe may have been too late for a moment.
    watched.wait_until_quiet(*GRAVE, "MinitwitBackupNever", "MinitwitScrapeFailing", "MinitwitMonitoringBlind", "MinitwitRuleFailing")
    assert watched.value("sum(prometheus_rule_evaluation_failures_total)") == 0

    exemplars_lead_to_the_log(site, watched)

    scraped = site.operator().get("/metrics")
    assert scraped.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert programs.run("promtool", "check", "metrics", text=scraped.text) == (0, "")


class Visitors:
    """Reads the public timeline repeatedly, and ignores errors."""

    def __init__(self, site):
        self.site = site
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def _run(self):
        while not self.stopped.wait(0.05):
            try:
                self.site.browser().get("/public")
            except requests.ConnectionError:
                pass


def test_alerts_report_outages(site, watched, own_cluster, own_database, faulty, expect_log):
    expect_log.allow("schema is too new")
    with Visitors(site):
        watched.wait_until_firing("Watchdog")
        watched.wait_until_quiet(*GRAVE)

        own_cluster.stop("fast")
        watched.wait_until_firing(*GRAVE)
        own_cluster.start()
        watched.wait_until_quiet("MinitwitSiteDown", "MinitwitApiDown", "MinitwitNotReady", "MinitwitDatabaseDown")

        # The schema was updated without the module.
        newest = "WHERE version = (SELECT max(version) FROM schema_version)"
        own_database.sql(f"UPDATE schema_version SET version = version + 1, works_with = version + 1 {newest}")
        watched.wait_until_firing("MinitwitNotReady")
        assert "MinitwitDatabaseDown" not in watched.firing()
        own_database.sql(f"UPDATE schema_version SET version = version - 1, works_with = version - 1 {newest}")
        watched.wait_until_quiet("MinitwitNotReady")

    site.stop()
    watched.wait_until_firing("MinitwitSiteDown", "MinitwitApiDown", "MinitwitNotReady", "MinitwitScrapeFailing")
    installation.wait_until(lambda: "The site is down" in _titles(watched), "the chat to be told")
    assert watched.webhook.to("/watchdog")

    site.start()
    watched.wait_until_quiet("MinitwitSiteDown", "MinitwitApiDown", "MinitwitNotReady", "MinitwitScrapeFailing")


def _titles(watched):
    return " ".join(message["attachments"][0]["title"] for message in watched.webhook.to("/chat"))

# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The tools of Prometheus, Alertmanager and the blackbox exporter find nothing in this repository's configuration."""

import re

from support import installation, monitoring, programs

RULES = sorted((monitoring.PROMETHEUS / "rules").glob("*.yml"))
TESTS = sorted((monitoring.PROMETHEUS / "tests").glob("*.yml"))


def assert_silent(status, said):
    assert status == 0, said
    assert not re.search(r"(?i)warn|fail|error|not found", said), said


def test_prometheus_and_its_rules():
    strict = ("--lint=all", "--lint-fatal")
    assert_silent(*programs.run("promtool", "check", "config", *strict, monitoring.PROMETHEUS / "prometheus.yml"))
    status, said = programs.run("promtool", "check", "rules", *strict, *RULES)
    assert status == 0, said
    assert said.count("SUCCESS") == len(RULES) > 0


def test_every_alert_fires_and_stays_silent():
    status, said = programs.run("promtool", "test", "rules", *TESTS)
    assert status == 0, said
    assert said.count("SUCCESS") == len(TESTS) > 0


def test_the_blackbox_exporter():
    file = monitoring.PROMETHEUS / "blackbox.yml"
    status, said = programs.run("prometheus-blackbox-exporter", "--config.check", f"--config.file={file}")
    assert status == 0, said
    # Prometheus asks for modules by name, and gives up on a probe that takes longer than itself.
    modules = monitoring.load(file)["modules"]
    configuration = monitoring.load(monitoring.PROMETHEUS / "prometheus.yml")
    probes = [job for job in configuration["scrape_configs"] if job.get("metrics_path") == "/probe"]
    assert {job["params"]["module"][0] for job in probes} == set(modules)
    patience = _seconds(configuration["global"]["scrape_timeout"])
    assert all(_seconds(module["timeout"]) < patience for module in modules.values())


def test_alertmanager():
    assert_silent(*programs.run("amtool", "check-config", monitoring.ALERTMANAGER / "alertmanager.yml"))


def test_alertmanager_with_its_secrets_in_place(tmp_path):
    urls = ("http://127.0.0.1:1/chat", "http://127.0.0.1:1/watchdog")
    file = monitoring.configure_alertmanager(tmp_path / "am", 25, *urls)
    status, said = programs.run("amtool", "check-config", file)
    assert_silent(status, said)
    assert "1 templates" in said
    for secret in re.findall(r"_file: (\S+)", file.read_text()):
        assert secret.startswith(str(tmp_path))


def test_alertmanager_names_no_secret():
    text = (monitoring.ALERTMANAGER / "alertmanager.yml").read_text()
    assert not re.search(r"(?m)^\s*-?\s*\w*(password|token|credentials|secret|api_url|webhook_url):", text)


def test_who_hears_of_what():
    file = monitoring.ALERTMANAGER / "alertmanager.yml"
    for labels, receiver in {
        ("alertname=Watchdog", "severity=none"): "watchdog",
        ("alertname=MinitwitSiteDown", "severity=critical"): "operators",
        ("alertname=MinitwitLatencyHigh", "severity=warning"): "operators",
    }.items():
        options = (f"--config.file={file}", f"--verify.receivers={receiver}")
        status, said = programs.run("amtool", "config", "routes", "test", *options, *labels)
        assert status == 0, said


def test_an_outage_is_told_of_within_a_minute():
    """At the worst moment: just after somebody looked, just before an evaluation."""
    prometheus = monitoring.load(monitoring.PROMETHEUS / "prometheus.yml")
    usual = prometheus["global"]
    intervals = {
        job["job_name"]: _seconds(job.get("scrape_interval", usual["scrape_interval"]))
        for job in prometheus["scrape_configs"]
    }
    evaluation = _seconds(usual["evaluation_interval"])
    alertmanager = monitoring.load(monitoring.ALERTMANAGER / "alertmanager.yml")
    (critical,) = [route for route in alertmanager["route"]["routes"] if route["matchers"] == ['severity="critical"']]
    then = evaluation + _seconds(critical["group_wait"])
    alerts = {rule["alert"]: rule for rule in monitoring.rules() if "alert" in rule}
    assert all(_seconds(alerts[name]["for"]) % evaluation == 0 for name in ("MinitwitSiteDown", "MinitwitDatabaseDown"))
    probes = monitoring.load(monitoring.PROMETHEUS / "blackbox.yml")["modules"]
    for name, job in (("MinitwitSiteDown", "site"), ("MinitwitApiDown", "api"), ("MinitwitNotReady", "ready")):
        noticed = intervals[f"probe-{job}"] + _seconds(probes[job]["timeout"])
        assert noticed + then + _seconds(alerts[name]["for"]) < 60, name
        # A restart fails two probes, when it is slow.
        assert _seconds(alerts[name]["for"]) >= 3 * intervals[f"probe-{job}"], name
    directives = (installation.SOURCE / "docs" / "directives.md").read_text(encoding="utf-8")
    looks = _seconds(re.search(r"Default \| `MinitwitMetricsInterval (\w+)`", directives)[1])
    answer = _seconds(re.search(r"Default \| `MinitwitDatabaseTimeout (\w+)`", directives)[1])
    waits = _seconds(alerts["MinitwitDatabaseDown"]["for"])
    assert looks + 2 * answer + intervals["minitwit"] + then + waits < 60
    # It does not show a second look otherwise.
    assert waits > looks


def test_the_runbook_s_address():
    """Without one, the name of the file; with one, something to click on."""
    templates = monitoring.ALERTMANAGER / "templates"
    options = (f"--template.glob={templates}/*.tmpl", '--template.text={{ template "minitwit.runbooks" . }}')
    status, said = programs.run("amtool", "template", "render", *options)
    assert (status, said.strip()) == (0, "mod_minitwit/")


def _seconds(duration):
    assert duration.endswith("s")
    return float(duration.removesuffix("s"))

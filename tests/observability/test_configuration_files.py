# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The tools of Prometheus, Alertmanager and the blackbox exporter find no problem in this repository's
configuration."""

import re

from support import installation, monitoring, programs

RULES = sorted((monitoring.PROMETHEUS / "rules").glob("*.yml"))
TESTS = sorted((monitoring.PROMETHEUS / "tests").glob("*.yml"))


def assert_silent(status, output):
    assert status == 0, output
    assert not re.search(r"(?i)warn|fail|error|not found", output), output


def test_prometheus_and_its_rules():
    strict = ("--lint=all", "--lint-fatal")
    assert_silent(*programs.run("promtool", "check", "config", *strict, monitoring.PROMETHEUS / "prometheus.yml"))
    status, output = programs.run("promtool", "check", "rules", *strict, *RULES)
    assert status == 0, output
    assert output.count("SUCCESS") == len(RULES) > 0


def test_rules_pass_their_tests():
    status, output = programs.run("promtool", "test", "rules", *TESTS)
    assert status == 0, output
    assert output.count("SUCCESS") == len(TESTS) > 0


def test_the_blackbox_exporter():
    file = monitoring.PROMETHEUS / "blackbox.yml"
    status, output = programs.run("prometheus-blackbox-exporter", "--config.check", f"--config.file={file}")
    assert status == 0, output
    # Prometheus names the modules, and ends a probe at its own timeout.
    modules = monitoring.load(file)["modules"]
    configuration = monitoring.load(monitoring.PROMETHEUS / "prometheus.yml")
    probes = [job for job in configuration["scrape_configs"] if job.get("metrics_path") == "/probe"]
    assert {job["params"]["module"][0] for job in probes} == set(modules)
    timeout = _seconds(configuration["global"]["scrape_timeout"])
    assert all(_seconds(module["timeout"]) < timeout for module in modules.values())


def test_alertmanager(tmp_path):
    assert_silent(*programs.run("amtool", "check-config", monitoring.ALERTMANAGER / "alertmanager.yml"))
    # With the secrets in their files.
    urls = ("http://127.0.0.1:1/chat", "http://127.0.0.1:1/watchdog")
    file = monitoring.configure_alertmanager(tmp_path / "am", 25, *urls)
    status, output = programs.run("amtool", "check-config", file)
    assert_silent(status, output)
    assert "1 templates" in output
    for secret in re.findall(r"_file: (\S+)", file.read_text()):
        assert secret.startswith(str(tmp_path))


def test_alertmanager_s_configuration_contains_no_secret():
    text = (monitoring.ALERTMANAGER / "alertmanager.yml").read_text()
    assert not re.search(r"(?m)^\s*-?\s*\w*(password|token|credentials|secret|api_url|webhook_url):", text)


def test_alerts_reach_their_receivers():
    file = monitoring.ALERTMANAGER / "alertmanager.yml"
    for labels, receiver in {
        ("alertname=Watchdog", "severity=none"): "watchdog",
        ("alertname=MinitwitSiteDown", "severity=critical"): "operators",
        ("alertname=MinitwitLatencyHigh", "severity=warning"): "operators",
    }.items():
        options = (f"--config.file={file}", f"--verify.receivers={receiver}")
        status, output = programs.run("amtool", "config", "routes", "test", *options, *labels)
        assert status == 0, output


def test_an_outage_is_reported_within_a_minute():
    """This holds even if the outage begins just after a probe."""
    prometheus = monitoring.load(monitoring.PROMETHEUS / "prometheus.yml")
    usual = prometheus["global"]
    intervals = {
        job["job_name"]: _seconds(job.get("scrape_interval", usual["scrape_interval"]))
        for job in prometheus["scrape_configs"]
    }
    evaluation = _seconds(usual["evaluation_interval"])
    alertmanager = monitoring.load(monitoring.ALERTMANAGER / "alertmanager.yml")
    (critical,) = [route for route in alertmanager["route"]["routes"] if route["matchers"] == ['severity="critical"']]
    delay = evaluation + _seconds(critical["group_wait"])
    alerts = {rule["alert"]: rule for rule in monitoring.rules() if "alert" in rule}
    assert all(_seconds(alerts[name]["for"]) % evaluation == 0 for name in ("MinitwitSiteDown", "MinitwitDatabaseDown"))
    probes = monitoring.load(monitoring.PROMETHEUS / "blackbox.yml")["modules"]
    for name, job in (("MinitwitSiteDown", "site"), ("MinitwitApiDown", "api"), ("MinitwitNotReady", "ready")):
        detection = intervals[f"probe-{job}"] + _seconds(probes[job]["timeout"])
        assert detection + delay + _seconds(alerts[name]["for"]) < 60, name
        # A slow restart fails two probes.
        assert _seconds(alerts[name]["for"]) >= 3 * intervals[f"probe-{job}"], name
    directives = (installation.SOURCE / "docs" / "directives.md").read_text(encoding="utf-8")
    interval = _seconds(re.search(r"Default \| `MinitwitMetricsInterval (\w+)`", directives)[1])
    timeout = _seconds(re.search(r"Default \| `MinitwitDatabaseTimeout (\w+)`", directives)[1])
    wait = _seconds(alerts["MinitwitDatabaseDown"]["for"])
    assert interval + 2 * timeout + intervals["minitwit"] + delay + wait < 60
    # Otherwise one failed read of the database would fire the alert.
    assert wait > interval


def _seconds(duration):
    assert duration.endswith("s")
    return float(duration.removesuffix("s"))
